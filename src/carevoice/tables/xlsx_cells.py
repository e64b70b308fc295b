"""Cells of a workbook in the form that the file has them, and what they mean.

openpyxl knows the rules of the format, but would not give cells back as they were: numbers lose digits,
times what is below a millisecond, formulas their values, and texts with escapes change.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from carevoice.tables.jsontext import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Rows and columns of a sheet.
MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384

_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_LIKE_AN_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_SURROGATES: Final = range(0xD800, 0xE000)
_SECONDS: Final = 60
#: From here on, Excel's numbers have more digits than it keeps.
_EXACT: Final = 10**15

Kind = Literal["n", "s", "b", "e", "d"]


class Cell(NamedTuple):
    """A cell: number, text, truth value, error or ISO date, as it stands in the file."""

    kind: Kind
    raw: str | None  # None where there is no value; a text still has its _x000D_ escapes
    style: int
    formula: str | None  # with its "="
    array: str | None  # the range of an array formula


class Row(NamedTuple):
    """Cells below the header, and the number of their row in the sheet."""

    number: int
    cells: Sequence[Cell | None]


@dataclass(frozen=True, slots=True)
class Book:
    """What the cells of a workbook have in common."""

    sheet: str
    styles: bytes | None  # the part as it is
    theme: bytes | None
    formats: Sequence[str]  # the number format of each style
    from_1904: bool  # whether days are counted from there


class XlsxChunk:
    """Some rows of a sheet. The text and the value of a formula are those that were stored with it."""

    def __init__(self, book: Book, table: Sequence[Row]) -> None:
        self.book, self.table = book, table

    def __len__(self) -> int:
        return len(self.table)

    def texts(self, column: int) -> list[str]:
        """The comments of a column; an error such as #N/A is none."""
        cells = [row.cells[column] for row in self.table]
        return ["" if cell is None or cell.kind == "e" else text_of(cell, self.book) for cell in cells]

    def rows(self) -> list[list[str]]:
        """Every cell as a text: dates in ISO form, TRUE and FALSE, a formula without a value as its own text."""
        return [["" if cell is None else text_of(cell, self.book) for cell in row.cells] for row in self.table]

    def replaced(self, column: int, texts: Sequence[str]) -> XlsxChunk:
        """The same rows with other texts in a column, in the style that they had."""
        rows = []
        for row, text in zip(self.table, texts, strict=True):
            old = row.cells[column]
            raw = raw_text(text)
            new = old and Cell("s", raw, old.style, None, None)
            rows.append(Row(row.number, [*row.cells[:column], new, *row.cells[column + 1 :]]))
        return XlsxChunk(self.book, rows)

    def without(self, column: int) -> XlsxChunk:
        """The same rows without a column, and formulas as the values that were stored with them."""
        rows = []
        for row in self.table:
            kept = [*row.cells[:column], *row.cells[column + 1 :]]
            rows.append(Row(row.number, [cell and cell._replace(formula=None, array=None) for cell in kept]))
        return XlsxChunk(self.book, rows)

    def values(self) -> list[list[object]]:
        """Every cell as a value: str, int, float, bool, date, datetime, time or timedelta."""
        return [[None if cell is None else value_of(cell, self.book) for cell in row.cells] for row in self.table]


def is_blank(cell: Cell | None) -> bool:
    """Whether nothing is to be seen in the cell."""
    return cell is None or (not cell.raw and cell.formula is None)


def text_of(cell: Cell, book: Book) -> str:
    """The cell as a text."""
    value = value_of(cell, book)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(value.total_seconds(), _SECONDS)
        hours, minutes = divmod(int(minutes), _SECONDS)
        return f"{hours}:{minutes:02}:{seconds:06.3f}".removesuffix(".000")
    return plain_text(value)


def value_of(cell: Cell, book: Book) -> object:
    """The cell as a value; a formula without one is its own text."""
    raw = cell.raw
    if raw is None:
        return cell.formula
    if cell.kind == "s":
        return _ESCAPE.sub(_unescaped, raw)
    if cell.kind == "b":
        return raw not in ("0", "false")
    if cell.kind != "n":
        return raw
    number = number_of(raw)
    kind = _date_kind(book.formats[cell.style])
    return number if kind is None else _date_of(number, kind, from_1904=book.from_1904)


def number_of(raw: str) -> int | float:
    """The number; an int where it is a whole one. Raises ValueError for what is no number."""
    if raw.isdecimal():
        return int(raw)
    number = float(raw)
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


@lru_cache(maxsize=1024)
def _date_kind(number_format: str) -> str | None:
    from openpyxl.styles.numbers import is_datetime, is_timedelta_format

    if is_timedelta_format(number_format):
        return "duration"
    return is_datetime(number_format.lower())


def _date_of(number: float, kind: str, *, from_1904: bool) -> object:
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    try:
        found = from_excel(number, MAC_EPOCH if from_1904 else WINDOWS_EPOCH, timedelta=kind == "duration")
    except (OverflowError, ValueError):
        # Excel shows ##### for days that it doesn't have.
        return number
    whole = isinstance(found, dt.datetime) and found.time() == dt.time()
    return found.date() if whole and kind == "date" else found


def raw_text(text: str) -> str:
    """A text as a cell holds it: what looks like an escape in it is written as one."""
    return _LIKE_AN_ESCAPE.sub("_x005F_", text)


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if code in _SURROGATES else chr(code)
