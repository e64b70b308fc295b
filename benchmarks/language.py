#!/usr/bin/env python3
"""Measure language detection against other libraries in one run; prints Markdown.

    python benchmarks/language.py                                # the held-out comments of examples/corpus
    python benchmarks/language.py --data ../shared/data          # also its language-dev.csv

Speed is per second of processor time, so it is that of one core whatever a library does with threads.
Needs numpy and whichever of langdetect, lingua, py3langid, eld and langidentify should be
compared; a library that is not installed is left out of the tables.
"""

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from carevoice.language import PriorEstimator, load_detector

SERVED: Final = ("en", "fr", "es")
RESAMPLES: Final = 2000
NOTE: Final = """## Language detection

Accuracy with 95 % bootstrap intervals. "File prior" takes the comments of each served language for a
file of their own. A text of another language counts as refused when it isn't taken for a served one.
"""
Detect = Callable[[list[str]], list[str]]


@dataclass(frozen=True)
class Row:
    """A text with the language it is in and the kind of text it is."""

    text: str
    language: str
    kind: str


# --- detectors: each returns one of en, fr, es, other, und per text -----------------------------------


def served_code(code: str | None) -> str:
    """Return a library's own code as one of ours."""
    if not code or code in {"un", "und", "unknown"}:
        return "und"
    return code if code in SERVED else "other"


def carevoice(*, prior: bool) -> Detect:
    """Build the shipped detector, with or without the mix of the measured texts as prior."""
    detector = load_detector()

    def detect(texts: list[str]) -> list[str]:
        mix = None
        if prior:
            estimator = PriorEstimator(detector)
            estimator.add(texts)
            mix = estimator.result()
        return [language.code for language in detector.detect_batch(texts, mix)]

    return detect


def langdetect() -> Detect:
    """Build langdetect, seeded, through the project's own wrapper."""
    detector = load_detector("langdetect")
    return lambda texts: [language.code for language in detector.detect_batch(texts)]


def lingua(languages: Sequence[str]) -> Detect:
    """Build lingua in its accurate mode; no languages mean all."""
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    if languages:
        codes = [getattr(IsoCode639_1, code.upper()) for code in languages]
        builder = LanguageDetectorBuilder.from_iso_codes_639_1(*codes)
    else:
        builder = LanguageDetectorBuilder.from_all_languages()
    detector = builder.with_preloaded_language_models().build()

    def one(text: str) -> str:
        found = detector.detect_language_of(text)
        return served_code(found.iso_code_639_1.name.lower() if found else None)

    return lambda texts: [one(text) for text in texts]


def py3langid(languages: Sequence[str]) -> Detect:
    """Build py3langid; no languages mean all."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    if languages:
        identifier.set_languages(list(languages))
    return lambda texts: [served_code(identifier.classify(text)[0]) for text in texts]


def eld(languages: Sequence[str]) -> Detect:
    """Build eld; no languages mean all."""
    from eld import LanguageDetector

    detector = LanguageDetector()
    if languages:
        detector.lang_subset(list(languages), save=False)
    return lambda texts: [served_code(detector.detect(text).language) for text in texts]


def langidentify(languages: Sequence[str]) -> Detect:
    """Build langidentify's light model."""
    from langidentify import Detector, Language, Model

    detector = Detector(Model.load_lite(Language.from_comma_separated(",".join(languages))))
    return lambda texts: [served_code(detector.detect(text).iso_code) for text in texts]


# eld keeps its language subset in a module, so the full one has to come first.
DETECTORS: Final[dict[str, Callable[[], Detect]]] = {
    "carevoice": partial(carevoice, prior=False),
    "carevoice, file prior": partial(carevoice, prior=True),
    "langdetect": langdetect,
    "lingua, all": partial(lingua, ()),
    "lingua, three": partial(lingua, SERVED),
    "py3langid, all": partial(py3langid, ()),
    "py3langid, three": partial(py3langid, SERVED),
    "eld, all": partial(eld, ()),
    "eld, three": partial(eld, SERVED),
    "langidentify, three": partial(langidentify, SERVED),
}


# --- data ---------------------------------------------------------------------------------------------


def read(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def read_heldout(folder: Path) -> list[Row]:
    """Read the held-out comments whole, and the first three words of each."""
    rows = []
    for language in SERVED:
        for row in read(folder / f"heldout-{language}.csv"):
            words = row["text"].split()
            length = "1-4" if len(words) < 5 else "5-12" if len(words) < 13 else "13+"
            rows.append(Row(row["text"], language, f"comment of {length} words"))
            if len(words) > 4:
                rows.append(Row(" ".join(words[:3]), language, "first 3 words of a comment"))
    return rows


def read_dev(folder: Path) -> list[Row]:
    """Read the measured texts of language-dev.csv, the other languages' kinds merged."""
    return [
        # The kinds of other languages name the language: sentence_pt, pair_pt and so on.
        Row(row["text"], row["language"], row["kind"].removesuffix("_" + row["kind"].rpartition("_")[2]))
        if row["language"] == "other"
        else Row(row["text"], row["language"], row["kind"])
        for row in read(folder / "language-dev.csv")
    ]


def speed_texts(folder: Path, count: int) -> list[str]:
    """Return different comments of 3 to 23 words, about 13 on average, the languages in turn."""
    columns = []
    for language in SERVED:
        texts = dict.fromkeys(row["text"] for row in read(folder / f"train-{language}.csv"))
        columns.append([text for text in texts if 3 <= len(text.split()) <= 23])
    mixed = [text for triple in zip(*columns, strict=False) for text in triple]
    return mixed[:count]


# --- measures -----------------------------------------------------------------------------------------


def interval(hits: NDArray[np.bool_]) -> str:
    """Accuracy with its 95 % bootstrap interval."""
    rng = np.random.default_rng(0)
    # Resampling n hits and misses with replacement is a binomial draw of n at the observed rate.
    means = rng.binomial(len(hits), hits.mean(), RESAMPLES) / len(hits)
    low, high = np.quantile(means, (0.025, 0.975))
    return f"{hits.mean():.3f} ({low:.3f}-{high:.3f})"


def table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Write a Markdown table, its first column to the left and the others to the right."""
    marks = ["---", *("---:" for _ in header[1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, marks, *lines)) + "\n"


def by_file(rows: Sequence[Row], detect: Detect) -> list[str]:
    """Return the answers when each served language's comments are a file, and every other text one."""
    answers = [""] * len(rows)
    files = [[n for n, row in enumerate(rows) if row.language == code] for code in SERVED]
    files += [[n] for n, row in enumerate(rows) if row.language not in SERVED]
    for numbers in files:
        for number, answer in zip(numbers, detect([rows[n].text for n in numbers]), strict=True):
            answers[number] = answer
    return answers


def quality(name: str, rows: Sequence[Row], answers: dict[str, list[str]]) -> str:
    """Write the table of accuracy by language and by kind of text."""
    gold = np.array([row.language for row in rows])
    kinds = np.array([row.kind for row in rows])
    served = np.isin(gold, SERVED)
    columns = {"en, fr, es": served, **{code: gold == code for code in SERVED}}
    columns |= {kind: (kinds == kind) & served for kind in sorted(set(kinds[served]))}
    for kind, title in (("sentence", "other sentence refused"), ("pair", "other word pair refused")):
        columns[title] = (gold == "other") & (kinds == kind)
    columns["und"] = gold == "und"
    columns = {title: chosen for title, chosen in columns.items() if chosen.any()}
    lines = []
    for detector, found in answers.items():
        codes = np.array(found)
        # Whatever doesn't take a text of another language for a served one has refused it.
        hits = np.where(gold == "other", ~np.isin(codes, SERVED), codes == gold)
        lines.append([detector, *(interval(hits[chosen]) for chosen in columns.values())])
    header = ["detector", *(f"{title} (n={chosen.sum()})" for title, chosen in columns.items())]
    return f"### {name}\n\n" + table(header, lines)


def rate(detect: Detect, texts: Sequence[str]) -> float:
    """Texts per second of processor time: the best of three runs, a slow detector on fewer texts."""
    probe = list(texts[:300])
    begin = time.process_time()
    detect(probe)
    slow = time.process_time() - begin > 0.1
    sample = list(texts[:900] if slow else texts)
    best = np.inf
    for _ in range(1 if slow else 3):
        begin = time.process_time()
        detect(sample)
        best = min(best, time.process_time() - begin)
    return len(sample) / float(best)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark as a command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder with language-dev.csv")
    parser.add_argument("--heldout", type=Path, default=Path("examples/corpus"), help="folder of the corpus")
    parser.add_argument("--only", nargs="*", help="names of detectors, as in the table")
    parser.add_argument("--output", type=Path, help="file for the tables; default: standard output")
    options = parser.parse_args(arguments)
    sets: dict[str, list[Row]] = {"Held-out comments": read_heldout(options.heldout)}
    if options.data:
        sets["language-dev.csv"] = read_dev(options.data)
    timed = speed_texts(options.heldout, 5000)
    answers: dict[str, dict[str, list[str]]] = {name: {} for name in sets}
    rates: dict[str, float] = {}
    for name, build in DETECTORS.items():
        if options.only and name not in options.only:
            continue
        sys.stderr.write(f"{name}\n")
        try:
            detect: Any = build()
        except ImportError as error:
            sys.stderr.write(f"  left out: {error}\n")
            continue
        rates[name] = rate(detect, timed)
        for title, rows in sets.items():
            with_prior = name == "carevoice, file prior"
            answers[title][name] = by_file(rows, detect) if with_prior else detect([row.text for row in rows])
    words = np.mean([len(text.split()) for text in timed])
    own = rates.get("carevoice", float("nan"))
    lines = [[name, f"{value:,.0f}", f"{own / value:.2f}"] for name, value in rates.items()]
    report = "\n".join(
        [
            NOTE,
            *(quality(title, rows, answers[title]) for title, rows in sets.items()),
            f"### Speed\n\n{len(timed)} different comments, {words:.1f} words on average, one core.\n",
            table(["detector", "comments/s", "carevoice is faster by"], lines),
        ]
    )
    if options.output:
        options.output.write_text(report, encoding="utf-8")
    else:
        sys.stdout.write(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
