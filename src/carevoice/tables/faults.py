"""What is wrong with a row that csv can't read, found anew in its text: csv itself doesn't say where."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import Final

_NO_TEXT: Final = re.compile("[\\0\ud800-\udfff]")
_RESAVE: Final = 'save the file as "CSV UTF-8" and try again'


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and how to mend it, and on which lines; what comes after ``last`` can be read on its own."""

    line: int  # to be named to the user
    last: int
    reason: str


def wrong_width(first: int, last: int, found: int, width: int, delimiter: str) -> Fault:
    """A row of ``found`` cells under a header of ``width``."""
    cells = "1 cell" if found == 1 else f"{found} cells"
    separator = "a tab" if delimiter == "\t" else f'"{delimiter}"'
    remedy = "complete it" if found < width else f"put quotes around a cell that holds {separator}"
    quote = "" if first == last else ", or close a quote that was left open"
    return Fault(first, last, f"a row of {cells}, but the header has {width}: {remedy}{quote}")


def no_text(first: int, last: int, text: str, line_end: str, encoding: str) -> Fault | None:
    """A row with characters that are no text: NUL, or bytes that the encoding doesn't have, as lone surrogates."""
    found = _NO_TEXT.search(text)
    if found is None:
        return None
    what = "a NUL character, which is no text" if found[0] == "\0" else f"bytes that are not {encoding}"
    line = first + text.count(line_end, 0, found.start())
    return Fault(line, last, f"{what}: name the right encoding with --encoding, or {_RESAVE}")


def open_quote(line: int) -> Fault:
    """A quoted cell that opens on a line and is never closed."""
    return Fault(line, line, 'a quoted cell opens and is never closed: add the missing "')


def has_stray_quote(line: str, delimiter: str) -> bool:
    """Whether a line has a quote that neither begins nor ends a cell, nor is doubled within one."""
    separator = re.escape(delimiter)
    quoted = rf'(?:^|(?<={separator}))"(?:[^"]|"")*+"(?={separator}|[\r\n]|$)'
    return '"' in re.sub(quoted, "", line)


def unreadable(error: csv.Error, first: int, last: int, text: str, delimiter: str, line_end: str) -> Fault:
    """What stopped the parser in the row that begins on line ``first``; ``text`` goes to ``last``, where it stopped."""
    opened, closed = _quote_lines(text, delimiter, line_end)
    if "field limit" in str(error):
        line = first + (opened or 0)
        quote = ":" if opened is None else ", perhaps because its closing quote is missing: add it, or"
        reason = f"a cell opens that is longer than {csv.field_size_limit():,} characters{quote} shorten it"
    elif opened is None:
        line = last
        reason = "a line break of another kind outside quotes: give all lines the same ending"
    elif closed is None:
        return open_quote(first + opened)
    else:
        line = first + opened
        end = "" if opened == closed else f" on line {first + closed}"
        reason = f"a quoted cell opens, and text follows its closing quote{end}: "
        reason += 'write a quote inside a cell as ""'
    return Fault(line, line, reason)


def _quote_lines(text: str, delimiter: str, line_end: str) -> tuple[int | None, int | None]:
    """Lines, from 0, on which the last quoted cell of an unreadable row opens and closes.

    The first is None when no quoted cell is at fault, the second when the cell is never closed.
    """
    place, ends = 0, (delimiter, "\r", "\n")  # of a cell
    while place < len(text):
        if text[place] != '"':
            stop = text.find(delimiter, place)
            if stop < 0 or any(text.find(end, place, stop) >= 0 for end in "\r\n"):
                return None, None
            place = stop + 1
            continue
        opened = text.count(line_end, 0, place)
        place = text.find('"', place + 1)
        while place >= 0 and text.startswith('""', place):
            place = text.find('"', place + 2)
        if place < 0:
            return opened, None
        if not text.startswith(ends, place + 1):
            return opened, text.count(line_end, 0, place)
        if text[place + 1] != delimiter:
            return None, None
        place += 2
    return None, None
