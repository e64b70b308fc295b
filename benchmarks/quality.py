#!/usr/bin/env python3
"""Measure what `carevoice classify` finds against labelled comments, beside other methods; prints Markdown.

    python benchmarks/quality.py                                             # the held-out comments of examples/corpus
    python benchmarks/quality.py --data ../shared/data --train ../shared/data --train examples/corpus -o quality.md

Measured files: `heldout-{en,fr,es}.csv` and `heldout-reviews-{en,fr,es}.csv` of examples/corpus and, with --data,
`dev-{en,fr,es}.csv` of that folder. The real command classifies a copy of each that has the columns id, question and
text only; `score.py` scores what comes out. The peers get the same training comments as the model: --train names each
folder of `train-*.csv` that the model was trained on, by default examples/corpus. Training them takes minutes;
--no-peers leaves them out.
"""

import argparse
import csv
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import peers
import report
import score

LANGUAGES: Final = ("en", "fr", "es")
CORPUS: Final = Path(__file__).parent.parent / "examples" / "corpus"
OURS, SVM, VADER = "CareVoice", "TF-IDF + linear SVM", "VADER"
MEASURES: Final = {
    "theme_polarity_micro_f1": "theme+polarity micro-F1",
    "theme_micro_f1": "theme micro-F1",
    "theme_macro_f1": "theme macro-F1, themes with 8 or more",
    "sentiment_macro_f1": "sentiment macro-F1, three classes",
    "sentiment_accuracy": "sentiment accuracy, three classes",
}
#: What real comments should reach: the least for en, fr and es, and the aim.
TARGETS: Final = {
    "theme_polarity_micro_f1": ("0.75", "0.70", "0.72", "0.82"),
    "theme_macro_f1": ("0.71", "0.70", "0.70", "0.78"),
    "sentiment_macro_f1": ("0.83", "0.81", "0.79", "0.88"),
}
ALERT_TARGET: Final = "at least 0.75, aim 0.90"
BINS: Final = 15
SIGNS: Final = {"+": "praised", "-": "criticised", "~": "both", "=": "mentioned"}
NOTE: Final = """
95 % bootstrap intervals over comments in brackets. F1 of themes: a theme that only one of two annotators gave, or where
they differ in polarity, counts neither way; a theme with the wrong polarity counts as one false positive and one false
negative. Sentiment: mixed counts as neutral. `benchmarks/score.py` is the metric.
"""
Row = Mapping[str, str]
Pair = tuple[int, int, float]  # gold alert, flagged, score


@dataclass(frozen=True)
class Gold:
    """A labelled file."""

    path: Path
    language: str
    rows: dict[str, Row]


# --- data and predictions -----------------------------------------------------------------------------


def read_gold(folder: Path, part: str) -> list[Gold]:
    """Read the labelled files of a folder; a file by one annotator has nothing that only one of two gave."""
    files = []
    for language in LANGUAGES:
        path = folder / f"{part}-{language}.csv"
        rows = score.read(path, ["id", "question", "text", "themes", "sentiment", "mixed", "alert"])
        files.append(Gold(path, language, {key: {"themes_either": "", **row} for key, row in rows.items()}))
    return files


def classify(gold: Gold, model: Path | None) -> dict[str, Row]:
    """Run the command on the columns id, question and text; gives its rows by id."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "comments.csv"), Path(name, "themes.csv")
        with source.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "question", "text"])
            writer.writerows([row["id"], row["question"], row["text"]] for row in gold.rows.values())
        command = [sys.executable, "-m", "carevoice", "classify", str(source), "-o", str(target), "--probabilities"]
        if model is not None:
            command += ["--model", str(model)]
        finished = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        if finished.returncode:
            raise SystemExit(f"carevoice classify failed on {gold.path}: {finished.stderr.strip()}")
        rows = score.read(target, ["id", "themes", "sentiment", "alert", "alert_score"])
    if list(rows) != list(gold.rows):
        raise SystemExit(f"carevoice classify gave other rows than those of {gold.path}")
    return dict(rows)


# --- measures -----------------------------------------------------------------------------------------


def with_interval(value: float, low: float, high: float) -> str:
    """Write a figure with its interval."""
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def bootstrap(items: Sequence[Any], measure: Callable[[Sequence[Any]], float], rounds: int) -> str:
    """Write a measure of items with its 95 % interval over resampled items."""
    rng = random.Random(0)  # noqa: S311
    samples = sorted(measure(rng.choices(items, k=len(items))) for _ in range(rounds))
    return with_interval(measure(items), samples[int(0.025 * rounds)], samples[max(0, int(0.975 * rounds) - 1)])


def alert_pairs(gold: Gold, predicted: Mapping[str, Row]) -> list[Pair]:
    """Gold alert, flag and score of the comments on whose alert the annotators agree."""
    return [
        (int(row["alert"]), int(predicted[key]["alert"] or 0), float(predicted[key]["alert_score"] or 0))
        for key, row in gold.rows.items()
        if row.get("alert_agreed", "1") == "1"
    ]


def recall_at_half(pairs: Sequence[Pair]) -> float:
    """Best recall of alerts at a precision of 0.5 or more."""
    return score.alert_recall([(wanted, value) for wanted, _, value in pairs])


def flag_recall(pairs: Sequence[Pair]) -> float:
    """Share of the alerts that are flagged."""
    return sum(w and f for w, f, _ in pairs) / max(1, sum(w for w, _, _ in pairs))


def flag_precision(pairs: Sequence[Pair]) -> float:
    """Share of the flags that are alerts."""
    return sum(w and f for w, f, _ in pairs) / max(1, sum(f for _, f, _ in pairs))


def judged_probabilities(gold: Gold, predicted: Mapping[str, Row]) -> Iterator[tuple[float, bool]]:
    """Give probability and truth of each theme of each comment, without themes that only one annotator gave."""
    for key, row in gold.rows.items():
        want = score.tokens(row["themes"], key)
        either = {t.strip().rstrip(score.POLARITIES) for t in row["themes_either"].split(";")}
        for name, cell in predicted[key].items():
            theme = name.removeprefix("p_")
            # Empty where the comment was refused as one of another language.
            if name.startswith("p_") and cell and (theme in want or theme not in either):
                yield float(cell), theme in want


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Mean gap between probability and frequency over 15 equal bins, weighted by their size."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for value, truth in pairs:
        bins[min(int(value * BINS), BINS - 1)].append((value, truth))
    return sum(abs(sum(v for v, _ in b) - sum(t for _, t in b)) for b in bins) / max(1, len(pairs))


def polarity_hits(gold: Gold, predicted: Mapping[str, Row]) -> dict[str, tuple[int, int]]:
    """Count, for each polarity, the required themes that were found and how many of them got it right."""
    counts = dict.fromkeys(SIGNS, (0, 0))
    for key, row in gold.rows.items():
        got = score.tokens(predicted[key]["themes"], key)
        for theme, sign in score.tokens(row["themes"], key).items():
            if theme in got:
                right, found = counts[sign]
                counts[sign] = right + (got[theme] == sign), found + 1
    return counts


# --- tables -------------------------------------------------------------------------------------------


def main_table(results: Mapping[str, list[dict[str, Any] | None]], *, targets: bool) -> str:
    """Write every measure of every system by language."""
    lines = []
    for key, title in MEASURES.items():
        for system, by_language in results.items():
            if system == VADER and not key.startswith("sentiment"):
                continue
            cells = [with_interval(found[key], *found["interval"][key]) if found else "" for found in by_language]
            *least, aim = TARGETS.get(key, ("", "", "", ""))
            target = f"at least {' / '.join(least)}, aim {aim}" if aim and system == OURS else ""
            lines.append([title, system, *cells, *([target] if targets else [])])
    return report.table(["measure", "system", *LANGUAGES, *(["target"] if targets else [])], lines, left=2)


def alert_table(pairs: Mapping[str, list[Pair]], rounds: int, *, targets: bool) -> str:
    """Write recall and precision of alerts, the three languages together."""
    lines = []
    for system, found in pairs.items():
        cells = [bootstrap(found, measure, rounds) for measure in (recall_at_half, flag_recall, flag_precision)]
        lines.append([system, *cells, *([ALERT_TARGET if system == OURS else ""] if targets else [])])
    header = ["system", "recall at precision 0.5", "recall as shipped", "precision as shipped"]
    counts = next(iter(pairs.values()))
    title = f"Alerts, the three languages together ({sum(w for w, _, _ in counts)} in {len(counts)} comments):\n\n"
    return title + report.table([*header, *(["target of the first"] if targets else [])], lines)


def theme_table(found: Sequence[dict[str, Any]], peer: Sequence[dict[str, Any] | None]) -> str:
    """Write the F1 of each theme by language, the peer's in parentheses, with support."""
    lines = []
    for theme in sorted({theme for result in found for theme in result["per_theme"]}):
        cells = []
        for ours, theirs in zip(found, peer, strict=True):
            got = ours["per_theme"].get(theme)
            if got is None:
                cells += ["", "0"]
                continue
            other = theirs["per_theme"].get(theme) if theirs else None
            cells += [f"{got['f1']:.2f}" + (f" ({other['f1']:.2f})" if other else ""), str(got["support"])]
        lines.append([f"`{theme}`", *cells])
    header = ["theme", *(title for language in LANGUAGES for title in (f"{language} F1", "n"))]
    beside = f" In parentheses: {SVM}." if any(peer) else ""
    return f"F1 of each theme, whatever its polarity, and comments that have it.{beside}\n\n" + report.table(
        header, lines
    )


def polarity_table(golds: Sequence[Gold], predicted: Sequence[Mapping[str, Row]]) -> str:
    """Write the share of found themes whose polarity is right."""
    counts = [polarity_hits(gold, found) for gold, found in zip(golds, predicted, strict=True)]
    lines = []
    for sign, name in SIGNS.items():
        cells = [f"{right / n:.3f} ({right}/{n})" if n else "" for right, n in (c[sign] for c in counts)]
        lines.append([f"{name} (`{sign}`)", *cells])
    totals = [tuple(map(sum, zip(*c.values(), strict=True))) for c in counts]
    lines.append(["all", *(f"{right / n:.3f} ({right}/{n})" if n else "" for right, n in totals)])
    title = "Required themes that were found: share with the right polarity, by the right one.\n\n"
    return title + report.table(["polarity", *LANGUAGES], lines)


def calibration_table(golds: Sequence[Gold], predicted: Sequence[Mapping[str, Row]]) -> str:
    """Write how far probabilities of themes are from frequencies, and what was refused."""
    lines = []
    for gold, found in zip(golds, predicted, strict=True):
        pairs = list(judged_probabilities(gold, found))
        likely = [pair for pair in pairs if pair[0] >= 0.1]
        refused = sum(row["status"] != "ok" for row in found.values())
        lines.append(
            [
                gold.language,
                f"{calibration_error(pairs):.4f}",
                f"{calibration_error(likely):.3f}",
                f"{sum(v for v, _ in pairs) / max(1, len(pairs)):.4f}",
                f"{sum(t for _, t in pairs) / max(1, len(pairs)):.4f}",
                f"{refused} of {len(found)}",
            ]
        )
    header = [
        "language",
        "ECE",
        "ECE, probabilities of 0.1 and more",
        "mean probability",
        "frequency",
        "not classified",
    ]
    title = f"Calibration: expected error of theme probabilities ({BINS} equal bins) over all comments and themes.\n\n"
    return title + report.table(header, lines)


# --- engines ------------------------------------------------------------------------------------------


def agreement_table(golds: Sequence[Gold], model: Path | None) -> str:
    """Compare the int8 engine with torch, fp32 arithmetic on the same stored weights."""
    import carevoice

    fast, exact = carevoice.load(model), carevoice.load(model, engine="torch")
    lines = []
    total = same_total = 0
    for gold in golds:
        texts = [row["text"] for row in gold.rows.values()]
        questions = [row["question"] for row in gold.rows.values()]
        same = signed = sentiment = 0
        widest = 0.0
        pairs = zip(
            fast.stream(texts, questions, language=gold.language),
            exact.stream(texts, questions, language=gold.language),
            strict=True,
        )
        for a, b in pairs:
            same += {t.id for t in a.themes} == {t.id for t in b.themes}
            signed += set(map(str, a.themes)) == set(map(str, b.themes))
            sentiment += (a.sentiment and a.sentiment.label) == (b.sentiment and b.sentiment.label)
            widest = max([widest, *(abs(p - q) for p, q in zip(a.probabilities, b.probabilities, strict=True))])
        total, same_total = total + len(texts), same_total + same
        shares = (f"{count / len(texts):.1%}" for count in (same, signed, sentiment))
        lines.append([f"`{gold.path.name}`", *shares, f"{widest:.3f}", str(len(texts))])
    header = ["file", "same themes", "same themes and polarities", "same sentiment", "widest gap of a probability", "n"]
    title = f"int8 on ONNX Runtime against fp32 on torch: {same_total / total:.1%} of all theme sets are the same.\n\n"
    return title + report.table(header, lines)


# --- the report ---------------------------------------------------------------------------------------


def group_section(
    title: str, golds: Sequence[Gold], peer: "peers.LinearPeer | None", options: argparse.Namespace, *, targets: bool
) -> str:
    """Measure one group of three files."""
    predicted: dict[str, list[dict[str, Row] | None]] = {OURS: []}
    for gold in golds:
        report.note(f"classify {gold.path.name}")
        predicted[OURS].append(classify(gold, options.model))
    if peer is not None:
        predicted[SVM] = [dict(peer.predict([dict(row) for row in gold.rows.values()])) for gold in golds]
    if options.peers and find_spec("vaderSentiment"):
        predicted[VADER] = [
            dict(peers.vader([dict(row) for row in gold.rows.values()])) if gold.language == "en" else None
            for gold in golds
        ]
    results: dict[str, list[dict[str, Any] | None]] = {}
    for system, answers in predicted.items():
        report.note(f"score {system}")
        results[system] = [
            None if answer is None else score.score(gold.rows, answer, options.rounds)[0]
            for gold, answer in zip(golds, answers, strict=True)
        ]
    ours = [answer for answer in predicted[OURS] if answer is not None]
    pairs = {
        system: [p for gold, a in zip(golds, answers, strict=True) if a is not None for p in alert_pairs(gold, a)]
        for system, answers in predicted.items()
        if system != VADER
    }
    sizes = ", ".join(f"{gold.language} {len(gold.rows)}" for gold in golds)
    return "\n".join(
        [
            f"### {title}\n\nComments: {sizes}.\n",
            main_table(results, targets=targets),
            alert_table(pairs, options.rounds, targets=targets),
            theme_table([found for found in results[OURS] if found], results.get(SVM, [None] * len(golds))),
            polarity_table(golds, ours),
            calibration_table(golds, ours),
        ]
    )


def peer_lines(rows: Sequence[Row], peer: "peers.LinearPeer") -> str:
    """Say how the peers were made."""
    chosen = peer.settings
    weight = chosen.sentiment_weight or "none"
    return f"""### The peers

{SVM}: words and word pairs, and character 2- to 5-grams within words; one linear SVM for each of
{len(peer.labels)} themes with polarity, each sentiment and the alert; one model for the three languages,
{len(rows):,} training comments, the question as one more word. Chosen on a sixth of them:
C {chosen.theme_cost} and threshold {chosen.threshold} for themes, C {chosen.sentiment_cost} and class weights
{weight} for sentiment.

{VADER}: English sentiment only; positive from a compound score of 0.05, negative to -0.05.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark as a command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with dev-{en,fr,es}.csv")
    parser.add_argument(
        "--train", type=Path, metavar="DIR", action="append", help="folder with train-*.csv; repeatable"
    )
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="model folder; default: the shipped one")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="measure CareVoice alone")
    parser.add_argument("--rounds", type=int, default=1000, help="bootstrap rounds; default: 1000")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.md", help="default: standard output")
    options = parser.parse_args(arguments)
    heldout = read_gold(CORPUS, "heldout")
    groups = [
        ("Held-out comments of `examples/corpus`", heldout, False),
        ("Held-out reviews of `examples/corpus`", read_gold(CORPUS, "heldout-reviews"), False),
    ]
    if options.data:
        groups.insert(0, ("Real comments (`dev-*.csv`)", read_gold(options.data, "dev"), True))
    engines = []
    # First, so that a model that can't be run is found at once.
    if find_spec("torch") and find_spec("transformers"):
        report.note("compare the engines")
        engines.append("### The two engines\n\n" + agreement_table(heldout, options.model))
    peer, rows = None, []
    if options.peers:
        measured = [row["text"] for _, golds, _ in groups for gold in golds for row in gold.rows.values()]
        rows = peers.training_rows(options.train or [CORPUS], measured)
        report.note(f"train {SVM} on {len(rows)} comments")
        peer = peers.LinearPeer(rows, peers.tuned(rows))
    parts = ["## Quality\n", report.run_lines(report.this_command()), NOTE]
    parts += [group_section(title, golds, peer, options, targets=targets) for title, golds, targets in groups]
    parts += engines
    if peer is not None:
        parts.append(peer_lines(rows, peer))
    report.emit("\n".join(parts), options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
