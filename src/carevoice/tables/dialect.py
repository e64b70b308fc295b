"""How a CSV file is written: its separator and its line ending, found from its beginning."""

from __future__ import annotations

import csv
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

#: Separators that are told apart, the usual one first.
DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str = ","
    newline: str = "\n"


def first_newline(head: bytes) -> str:
    """The line ending of the first line: the first one outside quotes."""
    quoted = False
    for piece in head.split(b'"'):
        if not quoted:
            ends = [place for place in (piece.find(b"\n"), piece.find(b"\r")) if place >= 0]
            if ends:
                found = piece[min(ends) : min(ends) + 2]
                return "\r\n" if found == b"\r\n" else chr(found[0])
        quoted = not quoted
    return "\n"


def split_lines(text: str, line_end: str) -> list[str]:
    """The lines of a text, each with its ending."""
    lines = [line + line_end for line in text.split(line_end)]
    lines[-1] = lines[-1].removesuffix(line_end)
    return lines if lines[-1] else lines[:-1]


def find_delimiter(sample: str, line_end: str, *, whole: bool) -> str:
    """The separator under which the header has several cells and most rows as many; else a comma."""
    best, best_share = DELIMITERS[0], 0.0
    for delimiter in DELIMITERS:
        widths: list[int] = []
        with suppress(csv.Error):
            widths.extend(len(row) for row in csv.reader(split_lines(sample, line_end), delimiter=delimiter) if row)
        if not whole and len(widths) > 1:
            widths.pop()
        if not widths or widths[0] == 1:
            continue
        header, *rows = widths
        # A header with the separator in it is some evidence even if no row agrees with it.
        share = max(rows.count(header) / len(rows), 0.01) if rows else 1.0
        if share > best_share:
            best, best_share = delimiter, share
    return best
