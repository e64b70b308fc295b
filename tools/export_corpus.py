#!/usr/bin/env python3
"""Write the authored corpus as the train and held-out files that ship in ``examples/corpus``.

    python tools/export_corpus.py --data DATA --output examples/corpus

Reads ``train-authored-{en,fr,es}.csv`` in the folder DATA. Rows, their order and their columns stay
as they are; only the split is decided here, by the hash of the text.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from carevoice.training.split import is_heldout

LANGUAGES: Final = ("en", "fr", "es")
COLUMNS: Final = ("id", "language", "source", "question", "text", "sentiment", "mixed", "alert", "themes")


def read(path: Path) -> list[dict[str, str]]:
    """Every row of an authored file, its columns checked."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            message = f"{path}: the columns are {reader.fieldnames}, expected {list(COLUMNS)}"
            raise SystemExit(message)
        return list(reader)


def write(path: Path, rows: Iterable[dict[str, str]]) -> int:
    """Write the rows as UTF-8 CSV with a bare newline after each; returns how many there were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def export(data: Path, output: Path) -> list[str]:
    """Split every language's authored comments; returns one line of report per written file."""
    output.mkdir(parents=True, exist_ok=True)
    report = []
    for language in LANGUAGES:
        rows = read(data / f"train-authored-{language}.csv")
        for name, wanted in (("train", False), ("heldout", True)):
            path = output / f"{name}-{language}.csv"
            count = write(path, (row for row in rows if is_heldout(row["text"]) is wanted))
            report.append(f"{path}: {count} comments")
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the export as a command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train-authored-*.csv")
    parser.add_argument("--output", type=Path, default=Path("examples/corpus"), help="folder to write to")
    options = parser.parse_args(arguments)
    sys.stdout.write("\n".join(export(options.data, options.output)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
