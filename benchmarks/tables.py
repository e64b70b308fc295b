#!/usr/bin/env python3
"""Time reading and writing a CSV file, without any analysis, beside pandas in the same run; prints Markdown.

    python benchmarks/tables.py -o tables.md

The file is made of the comments of examples/corpus, again and again, with ids and sites beside them. Both read every
cell as text and write all of them again; CareVoice checks the file whole before, as `carevoice classify` does, once for
its encoding and once for its rows.
"""

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd
import report

from carevoice.tables.cells import LanguageCells
from carevoice.tables.formats import open_table, open_writer
from carevoice.tables.reader import long_cells

CORPUS: Final = Path(__file__).parent.parent / "examples" / "corpus"
ROWS: Final = 200_000
RUNS: Final = 5


def make_file(path: Path, rows: int) -> None:
    """Write the table."""
    texts = []
    for file in sorted(CORPUS.glob("train-*.csv")):
        with file.open(encoding="utf-8", newline="") as source:
            texts += [row["text"] for row in csv.DictReader(source)]
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["id", "site", "date", "text"])
        writer.writerows(
            [f"{n:07}", f"Ward {n % 30}", f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}", texts[n % len(texts)]]
            for n in range(rows)
        )


def ours(source: Path, target: Path) -> None:
    """Check, read and write as the command does, with two blank columns for the answers."""
    with long_cells():
        with open_table(str(source)) as table:
            for chunk in table.chunks():
                chunk.texts(3)
        with (
            open_table(str(source)) as table,
            open_writer(str(target), "csv", table, LanguageCells("cv_")) as writer,
        ):
            for chunk in table.chunks():
                writer.write(chunk, [None] * len(chunk))


def once_through(source: Path, target: Path) -> None:
    """Read and write, without the check."""
    with (
        long_cells(),
        open_table(str(source)) as table,
        open_writer(str(target), "csv", table, LanguageCells("cv_")) as writer,
    ):
        for chunk in table.chunks():
            writer.write(chunk, [None] * len(chunk))


def theirs(source: Path, target: Path) -> None:
    """Read and write with pandas, with two columns more."""
    frame = pd.read_csv(source, dtype=str, keep_default_na=False)
    frame["cv_language"], frame["cv_language_confidence"] = "und", ""
    frame.to_csv(target, index=False)


def seconds(work: Callable[[Path, Path], None], source: Path, target: Path) -> float:
    """The median of some runs, after one that isn't counted."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        work(source, target)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])  # type: ignore[union-attr]
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("-o", "--output", type=Path, help="file for the section; standard output by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        make_file(source, options.rows)
        size = source.stat().st_size / 1e6
        peer = seconds(theirs, source, target)
        lines = [["pandas, read and written", f"{peer:.2f}", "1.00"]]
        for name, work in (("CareVoice, read and written", once_through), ("CareVoice, checked before", ours)):
            taken = seconds(work, source, target)
            lines.append([name, f"{taken:.2f}", f"{taken / peer:.2f}"])
            report.note(" | ".join(lines[-1]))
    text = (
        "## Reading and writing tables\n\n"
        + report.run_lines(report.this_command())
        + f"\n{options.rows:,} rows of CSV, {size:.0f} MB, medians of {RUNS} runs; target: at most 1.5.\n\n"
        + report.table(["", "seconds", "times pandas"], lines)
    )
    report.emit(text, options.output)


if __name__ == "__main__":
    main()
