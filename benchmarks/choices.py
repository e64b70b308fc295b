#!/usr/bin/env python3
"""Measure what choices of the shipped model bring, each beside the model as it is; prints Markdown.

    python benchmarks/choices.py --data ../shared/data -o choices.md
    python benchmarks/choices.py --data ../shared/data --other "last cycle alone=build/last"

Variants of the shipped folder read long comments by clause from another length on, or never; the question is left out
of the comments once. Others are model folders of one's own: weights after one cycle of training, or an earlier version.
Differences are of paired bootstrap resamples over the comments of all languages, as in `carevoice evaluate --compare`.
The last two rows are about the held-out reviews of examples/corpus, as they are and typed in capitals.
"""

import argparse
import csv
import dataclasses
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import peers
import report

from carevoice import evaluate
from carevoice.evaluation import Report
from carevoice.model.clauses import ClauseSpec
from carevoice.model.folder import open_folder, write_config

LANGUAGES: Final = ("en", "fr", "es")
CORPUS: Final = Path(__file__).parent.parent / "examples" / "corpus"
COLUMNS: Final = (
    "id",
    "language",
    "question",
    "text",
    "sentiment",
    "mixed",
    "alert",
    "themes",
    "themes_either",
    "alert_agreed",
)
SHOWN: Final = ("theme_polarity_micro_f1", "sentiment_macro_f1")
#: Least words of a comment that is read by clause too; no comment has so many as the last.
CLAUSES: Final = (("read by clause from 16 words on", 16), ("never read by clause", 10**9))


def write(path: Path, rows: Sequence[peers.Row]) -> Path:
    """Write labelled rows of all languages as one table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({"themes_either": "", "alert_agreed": "1", **row} for row in rows)
    return path


def labelled(folder: Path, part: str) -> list[peers.Row]:
    """Rows of a labelled file of each language."""
    return [
        {**row, "language": language}
        for language in LANGUAGES
        for row in peers.read_rows(folder / f"{part}-{language}.csv")
    ]


def with_clauses(model: Path, target: Path, min_words: int) -> Path:
    """Copy a model folder and let it read comments by clause from another length on."""
    shutil.copytree(model, target)
    config = open_folder(target).config
    write_config(target, dataclasses.replace(config, clauses=ClauseSpec(min_words, config.clauses.weight)))
    return target


def by_language(measured: Report, figure: str) -> list[str]:
    """Write a figure for each language."""
    groups = {group.value: group for group in measured.by["language"]}
    return [f"{groups[language].figures[figure].value:.3f}" for language in LANGUAGES]


def line(title: str, measured: Report) -> list[str]:
    """Write the figures of a variant, and what they have more than those of the shipped model."""
    cells = [title]
    for figure in SHOWN:
        cells.append(" / ".join(by_language(measured, figure)))
        if measured.comparison is None:
            cells.append("")
        else:
            # The comparison says what the shipped model has more than the variant.
            found = measured.comparison.figures[figure].difference
            cells.append(f"{0 - found.value:+.3f} [{0 - found.high:+.3f}, {0 - found.low:+.3f}]")
    return cells


def choices(shipped: Path, data: Path, others: Mapping[str, Path]) -> str:
    """Measure every variant on the dev files."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        gold = write(work / "dev.csv", labelled(data, "dev"))
        lines = [line("as shipped", evaluate(shipped, gold, by=["language"]))]
        variants = {title: with_clauses(shipped, work / f"clauses-{words}", words) for title, words in CLAUSES}
        for title, model in (variants | dict(others)).items():
            lines.append(line(title, evaluate(model, gold, by=["language"], compare=shipped)))
            report.note(" | ".join(lines[-1]))
        unasked = write(work / "unasked.csv", [{**row, "question": ""} for row in labelled(data, "dev")])
        lines.append(line("questions left out", evaluate(shipped, unasked, by=["language"])))
        held = labelled(CORPUS, "heldout-reviews")
        plain = evaluate(shipped, write(work / "held.csv", held), by=["language"])
        loud = write(work / "loud.csv", [{**row, "text": row["text"].upper()} for row in held])
        lines.append(line("held-out reviews", plain))
        lines.append(line("held-out reviews, typed in capitals", evaluate(shipped, loud, by=["language"])))
    header = ["", "theme+polarity micro-F1, en / fr / es", "more than as shipped"]
    header += ["sentiment macro-F1, en / fr / es", "more than as shipped"]
    return report.table(header, lines)


def main() -> None:
    """Run from the command line."""
    words = __doc__.split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=words[0], epilog=words[1], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with dev-{en,fr,es}.csv")
    parser.add_argument("--other", action="append", default=[], metavar="NAME=FOLDER", help="another model to measure")
    parser.add_argument("-o", "--output", type=Path, help="file for the section; standard output by default")
    options = parser.parse_args()
    others = {name: Path(folder) for name, _, folder in (other.partition("=") for other in options.other)}
    table = choices(open_folder(None).path, options.data, others)
    report.emit("## What choices bring\n\n" + report.run_lines(report.this_command()) + "\n" + table, options.output)


if __name__ == "__main__":
    main()
