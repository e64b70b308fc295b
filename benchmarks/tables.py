#!/usr/bin/env python3
"""Measure what tables cost: reading and writing beside pandas, the command beside its inference, memory; in Markdown.

    python benchmarks/tables.py -o tables.md
    python benchmarks/tables.py --only memory --rows 100000

- `pandas`: reading and writing a CSV file, without any analysis. The file is made of the comments of examples/corpus,
  again and again, with ids and sites beside them. Both read every cell as text and write all of them again; CareVoice
  checks the file whole before, as `carevoice classify` does, once for its encoding and once for its rows.
- `overhead`: the whole command on a CSV file beside a process of Python that has the same comments in a list and
  does nothing but load the model and analyse them.
- `memory`: the peak of memory of the whole command on a long table in each format. Its rows differ, but only in
  their ids: a few comments come again and again, which are analysed once for each chunk, or it would take an hour.
"""

import argparse
import csv
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd
import report
import speed

from carevoice.tables.cells import LanguageCells
from carevoice.tables.format_names import Format
from carevoice.tables.formats import open_table, open_writer
from carevoice.tables.reader import long_cells

CORPUS: Final = Path(__file__).parent.parent / "examples" / "corpus"
PARTS: Final = ("pandas", "overhead", "memory")
ROWS: Final = 200_000
RUNS: Final = 5
LONG_TABLE: Final = 1_000_000  # rows
DISTINCT: Final = 50  # comments of the long table
COMMENTS: Final = 8_000
FORMATS: Final[tuple[Format, ...]] = ("csv", "jsonl", "xlsx", "parquet")
#: Nothing but inference, on the comments of a JSON list.
INFERENCE: Final = """
import json, sys, carevoice
with open(sys.argv[1], encoding="utf-8") as file:
    texts = json.load(file)
for result in carevoice.load().stream(texts):
    pass
"""


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


def once_through(source: Path, target: Path, format_: Format = "csv") -> None:
    """Read and write, without the check."""
    with (
        long_cells(),
        open_table(str(source)) as table,
        open_writer(str(target), format_, table, LanguageCells("cv_")) as writer,
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


def beside_pandas(work: Path) -> str:
    """Time reading and writing."""
    source, target = work / "in.csv", work / "out.csv"
    make_file(source, ROWS)
    size = source.stat().st_size / 1e6
    peer = seconds(theirs, source, target)
    lines = [["pandas, read and written", f"{peer:.2f}", "1.00"]]
    for name, task in (("CareVoice, read and written", once_through), ("CareVoice, checked before", ours)):
        taken = seconds(task, source, target)
        lines.append([name, f"{taken:.2f}", f"{taken / peer:.2f}"])
        report.note(" | ".join(lines[-1]))
    return (
        f"### Beside pandas\n\n{ROWS:,} rows of CSV, {size:.0f} MB, medians of {RUNS} runs; target: at most 1.5.\n\n"
        + report.table(["", "seconds", "times pandas"], lines)
    )


def overhead(work: Path) -> str:
    """Time the whole command beside its inference, in turn, so that both meet the same machine."""
    texts = speed.comments(COMMENTS, speed.SHORT)
    source, target, plain = work / "in.csv", work / "out.csv", work / "texts.json"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([n, text] for n, text in enumerate(texts))])
    plain.write_text(json.dumps(texts), encoding="utf-8")
    runs: dict[str, tuple[str, ...]] = {
        "inference alone": (sys.executable, "-c", INFERENCE, str(plain)),
        "`carevoice classify`": (*speed.COMMAND, "classify", str(source), "-o", str(target)),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(RUNS):
        for name, command in runs.items():
            start = time.perf_counter()
            speed.process(*command)()
            times[name].append(time.perf_counter() - start)
        report.note(f"overhead: {times}")
    alone = statistics.median(times["inference alone"])
    lines = [
        [name, *speed.span(taken), f"{statistics.median(taken) / alone - 1:+.1%}"] for name, taken in times.items()
    ]
    return (
        f"### Beside inference\n\n{COMMENTS:,} different comments, {speed.mean_words(texts):.1f} words on average; "
        f"whole processes, medians of {RUNS} runs in turn; target: at most +10 %.\n\n"
        + report.table(["", "seconds", "from, to", "overhead"], lines)
    )


def memory(work: Path, rows: int) -> str:
    """Measure the peak of memory on a long table, read and written in each format."""
    texts = speed.comments(DISTINCT, speed.SHORT)
    first = work / "long.csv"
    with first.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "site", "text"])
        writer.writerows([f"{n:07}", f"Ward {n % 30}", texts[n % DISTINCT]] for n in range(rows))
    lines = []
    for format_ in FORMATS:
        source, target = work / f"long.{format_}", work / f"out.{format_}"
        if source != first:
            once_through(first, source, format_)
        start = time.perf_counter()
        peak = speed.peak_memory([*speed.COMMAND, "classify", str(source), "-o", str(target)])
        taken = time.perf_counter() - start
        lines.append([format_, f"{source.stat().st_size / 1e6:,.0f}", f"{peak:,.0f}", f"{taken:,.0f}"])
        report.note(" | ".join(lines[-1]))
        target.unlink()
    return (
        f"### Memory\n\nLargest resident memory of `carevoice classify` on {rows:,} rows with {DISTINCT} different "
        "comments, from a format to the same; target: at most 450 MB.\n\n"
        + report.table(["format", "input, MB", "peak, MB", "seconds"], lines)
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rows", type=int, default=LONG_TABLE, help=f"rows of `memory`; default: {LONG_TABLE}")
    parser.add_argument("-o", "--output", type=Path, help="file for the section; standard output by default")
    options = parser.parse_args()
    sections = ["## Tables\n", report.run_lines(report.this_command())]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if "pandas" in options.only:
            sections.append(beside_pandas(work))
        if "overhead" in options.only:
            sections.append(overhead(work))
        if "memory" in options.only:
            sections.append(memory(work, options.rows))
    report.emit("\n".join(sections), options.output)


if __name__ == "__main__":
    main()
