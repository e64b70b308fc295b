#!/usr/bin/env python3
"""Score the output of `carevoice classify` against gold files: the official metric of CareVoice.

    score.py GOLD.csv PREDICTED.csv [GOLD2.csv PREDICTED2.csv ...] [--prefix cv_] [--json]

GOLD has columns id, themes, themes_either, sentiment (-2..2), mixed, alert, alert_agreed. PREDICTED holds, for the
same ids, the columns themes ("wait_time-;empathy+"), sentiment (negative | neutral | mixed | positive, or empty) and,
where there, alert (0/1) and alert_score, each behind --prefix. Classify the columns id, question and text only: a gold
column left in the input would be read as a prediction.

Two people labelled each gold comment. `themes` is what both gave: required. `themes_either` is what one gave, or where
their polarities differ: such a theme is neither rewarded nor punished, whatever polarity is predicted. A theme with the
wrong polarity counts as one false positive and one false negative. Intervals are 95 % bootstrap over comments, 1,000
rounds, seed 0. Standard library only.
"""

import argparse
import csv
import json
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

Row = Mapping[str, str]
#: What one comment adds: (exact tp, fp, fn), {theme: (tp, fp, fn)}, (gold sentiment, predicted sentiment).
Counts = tuple[list[int], dict[str, tuple[int, ...]], tuple[str, str]]

POLARITIES: Final = "+-~="
LABELS: Final = ("negative", "neutral", "positive")


def tokens(cell: str | None, where: str) -> dict[str, str]:
    """Read a cell such as "wait_time-;empathy+" as {theme: polarity}; `where` names it in the message."""
    parts = [t.strip() for t in (cell or "").split(";") if t.strip()]
    bad = [t for t in parts if t[-1] not in POLARITIES]
    if bad:
        raise SystemExit(f"{where}: theme without polarity: {bad[0]!r}")
    return {t[:-1]: t[-1] for t in parts}


def f1(tp: int, fp: int, fn: int) -> float:
    """F1 of counts, 0 where there is nothing to find and nothing was found."""
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0


def compare(gold: Row, predicted: Row) -> Counts:
    """Count for one comment: (exact tp, fp, fn), {theme: (tp, fp, fn)}, (gold label, predicted label)."""
    want, got = tokens(gold["themes"], gold["id"]), tokens(predicted["themes"], gold["id"])
    open_ = {t.strip().rstrip(POLARITIES) for t in (gold.get("themes_either") or "").split(";") if t.strip()}
    exact = [0, 0, 0]
    themes: dict[str, tuple[int, ...]] = {}
    for theme in set(want) | set(got):
        right = theme in want and want[theme] == got.get(theme)
        exact[0] += right
        exact[1] += theme in got and not right and theme not in open_
        exact[2] += theme in want and not right
        if theme in want or theme not in open_:
            themes[theme] = (theme in want and theme in got, theme not in want, theme in want and theme not in got)
    level = int(gold["sentiment"])
    label = "neutral" if gold["mixed"] == "1" or level == 0 else "positive" if level > 0 else "negative"
    guess = (predicted["sentiment"] or "neutral").strip().lower()
    return exact, themes, (label, "neutral" if guess == "mixed" else guess)


def summary(counts: Sequence[Counts], min_support: int = 8) -> tuple[dict[str, float], dict[str, tuple[int, ...]]]:
    """Add up counts: the measures, and {theme: (tp, fp, fn)}; macro-F1 is over themes with `min_support` or more."""
    exact = [sum(c[0][k] for c in counts) for k in range(3)]
    per: dict[str, tuple[int, ...]] = {}
    for _, themes, _ in counts:
        for theme, c in themes.items():
            per[theme] = tuple(a + b for a, b in zip(per.get(theme, (0, 0, 0)), c, strict=True))
    macro = [f1(*c) for c in per.values() if c[0] + c[2] >= min_support]
    pairs = [c[2] for c in counts]
    sentiment = [
        f1(sum(a == b == x for a, b in pairs), sum(b == x != a for a, b in pairs), sum(a == x != b for a, b in pairs))
        for x in LABELS
    ]
    return {
        "theme_polarity_micro_f1": f1(*exact),
        "theme_micro_f1": f1(*[sum(c[k] for c in per.values()) for k in range(3)]),
        "theme_macro_f1": sum(macro) / max(1, len(macro)),
        "sentiment_accuracy": sum(a == b for a, b in pairs) / max(1, len(pairs)),
        "sentiment_macro_f1": sum(sentiment) / 3,
    }, per


def alert_recall(pairs: Sequence[tuple[int, float]], precision: float = 0.5) -> float:
    """Best recall over thresholds of the score at which precision is still reached; pairs of (gold 0/1, score)."""
    best = hit = 0
    total = sum(g for g, _ in pairs)
    ranked = sorted(pairs, key=lambda p: -p[1])
    for n, (g, s) in enumerate(ranked, 1):
        hit += g
        if (n == len(ranked) or ranked[n][1] < s) and hit / n >= precision:
            best = hit
    return best / total if total else 0.0


def read(path: str | Path, columns: Sequence[str]) -> dict[str, dict[str, str]]:
    """Read a CSV file as {id: row}; it must have `columns` and no id twice."""
    with Path(path).open(encoding="utf-8-sig", newline="") as f:
        reader = csv.DictReader(f)
        lacking = [c for c in columns if c not in (reader.fieldnames or [])]
        if lacking:
            raise SystemExit(f"{path}: no column {', '.join(lacking)}")
        rows: dict[str, dict[str, str]] = {}
        for r in reader:
            if r["id"] in rows:
                raise SystemExit(f"{path}: id {r['id']} stands twice")
            rows[r["id"]] = r
        return rows


def load(gold_path: str | Path, predicted_path: str | Path, prefix: str = "") -> tuple[dict[str, Row], dict[str, Row]]:
    """Read a gold file and its predictions as {id: row}, the latter with `prefix` taken off."""
    gold = read(gold_path, ["id", "themes", "themes_either", "sentiment", "mixed"])
    raw = read(predicted_path, ["id", prefix + "themes", prefix + "sentiment"])
    lost = [i for i in gold if i not in raw]
    if lost:
        raise SystemExit(f"{predicted_path}: {len(lost)} gold ids have no row, first: {', '.join(lost[:5])}")
    cut = len(prefix)
    return dict(gold), {i: {k[cut:]: v for k, v in raw[i].items() if k and k.startswith(prefix)} for i in gold}


def score(
    gold: Mapping[str, Row], predicted: Mapping[str, Row], rounds: int = 1000
) -> tuple[dict[str, Any], list[tuple[int, float]]]:
    """Score {id: row} against {id: row}: the measures, and the pairs of (gold alert, alert_score) to pool."""
    counts = [compare(g, predicted[i]) for i, g in gold.items()]
    result, per = summary(counts)
    rng = random.Random(0)  # noqa: S311
    samples = [summary(rng.choices(counts, k=len(counts)))[0] for _ in range(rounds)]
    low, high = int(0.025 * rounds), max(0, int(0.975 * rounds) - 1)
    interval = {k: [sorted(s[k] for s in samples)[j] for j in (low, high)] for k in result} if rounds else {}
    judged = [(int(g["alert"]), predicted[i]) for i, g in gold.items() if g.get("alert_agreed", "1") == "1"]
    flags = [(a, p["alert"].strip() in ("1", "true", "True")) for a, p in judged if "alert" in p]
    scores = [(a, float(p["alert_score"] or 0)) for a, p in judged if "alert_score" in p]
    if flags:
        result["alert_recall"] = sum(a and b for a, b in flags) / max(1, sum(a for a, _ in flags))
        result["alert_precision"] = sum(a and b for a, b in flags) / max(1, sum(b for _, b in flags))
    if scores:
        result["alert_recall_at_precision_0.5"] = alert_recall(scores)
    return {
        "comments": len(gold),
        **result,
        "interval": interval,
        "per_theme": {t: {"f1": round(f1(*c), 3), "support": c[0] + c[2]} for t, c in sorted(per.items())},
    }, scores


def main() -> None:
    """Run as a command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="GOLD PREDICTED")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if len(args.files) % 2:
        parser.error("give pairs: GOLD PREDICTED")
    results: dict[str, dict[str, Any]] = {}
    pooled: list[tuple[int, float]] = []
    for gold_path, predicted_path in zip(args.files[::2], args.files[1::2], strict=True):
        results[gold_path], scores = score(*load(gold_path, predicted_path, args.prefix))
        pooled += scores
    pooled_recall = alert_recall(pooled) if pooled else None
    if args.json:
        json.dump({"files": results, "alert_recall_at_precision_0.5_pooled": pooled_recall}, sys.stdout, indent=1)
        return
    for path, r in results.items():
        print(path)
        for k, v in r.items():
            if isinstance(v, float):
                band = r["interval"].get(k)
                print(f"  {k:30s} {v:.3f}" + (f"  [{band[0]:.3f}, {band[1]:.3f}]" if band else ""))
        print(f"  {'comments':30s} {r['comments']}")
        for t, v in r["per_theme"].items():
            print(f"    {t:20s} {v['f1']:.3f}  n={v['support']}")
    if pooled_recall is not None:
        print(f"alert recall at precision 0.5, pooled: {pooled_recall:.3f}")


if __name__ == "__main__":
    main()
