"""Reading a sheet of an Excel workbook, with every cell as it stands in the file."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING

from carevoice.errors import InputError, MissingExtraError, RowError
from carevoice.tables.blocks import Opened
from carevoice.tables.chunk import CHUNK_ROWS, LONGEST_RAW, Reject
from carevoice.tables.files import DASH, open_bytes
from carevoice.tables.names import check_header, short
from carevoice.tables.xlsx_cells import Cell, Row, XlsxChunk, is_blank, number_of, text_of
from carevoice.tables.xlsx_package import Package
from carevoice.tables.xlsx_sheet import Rows
from carevoice.tables.xlsx_writer import XlsxWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carevoice.tables.chunk import TakesReject

__all__ = ["XlsxChunk", "XlsxReader", "XlsxWriter"]


class XlsxReader(Opened):
    """Rows of one sheet of a workbook: the one that is named, else the first that isn't hidden; see TableReader.

    The first row with anything in it is the header. Empty rows between others are rows of blank cells;
    those at the end are none and are counted in ``blank_lines``. A formula is read as the value that was
    stored with it, and nothing is ever calculated, run or followed. A row is unreadable if a cell stands
    to the right of the header, or if a number is none. The texts that cells share are held in memory.

    Close it after use, or use it as a context manager. Raises InputError, naming file and remedy, for what
    Package doesn't open, a sheet that isn't there, and a header that is missing, has a blank or a name used
    twice; MissingExtraError without openpyxl.
    """

    def __init__(
        self, path: str, reject: TakesReject | None = None, *, sheet: str | None = None, rows: int = CHUNK_ROWS
    ) -> None:
        try:
            import openpyxl  # noqa: F401
        except ImportError as error:
            raise MissingExtraError("Reading Excel workbooks", "xlsx") from error
        if path == DASH:
            raise InputError("standard input: a workbook can't be read from there: save it to a file and name that.")
        self.name, self.note, self.blank_lines = path, "", 0
        self._reject, self._chunk_rows = reject, rows
        with ExitStack() as stack:
            self._package = Package(stack.enter_context(open_bytes(path)), path)
            title = self._title(sheet)
            with self._package.damage():
                self._book = self._package.book(title)
                rows_of = Rows(self._package.strings(), len(self._book.formats)).read
                self._rows = rows_of(stack.enter_context(self._package.sheet(title)))
                self.header = self._read_header()
            self._stack = stack.pop_all()

    def chunks(self) -> Iterator[XlsxChunk]:
        """The rows below the header, once."""
        rows = self._read_rows()
        while table := list(islice(rows, self._chunk_rows)):
            yield XlsxChunk(self._book, table)

    def _title(self, wanted: str | None) -> str:
        sheets = self._package.sheets
        if wanted is not None:
            if wanted not in sheets:
                known = ", ".join(f'"{title}"' for title in sheets)
                raise InputError(f'{self.name} has no sheet "{short(wanted)}": name one of {known}.')
            return wanted
        first, *others = sheets
        with self._package.damage():
            full = [title for title in others if self._package.has_data(title)]
        if full:
            names = ", ".join(f'"{title}"' for title in full)
            self.note = f'The sheet "{first}" is read, and not {names}: --sheet names another.'
        return first

    def _read_header(self) -> tuple[str, ...]:
        for number, cells in self._rows:
            names = ["" if cell is None else text_of(cell, self._book) for cell in cells]
            while names and not names[-1].strip():
                names.pop()
            if names:
                self._row = number
                check_header(names, f"{self.name}, row {number}")
                return tuple(names)
        raise InputError(f'{self.name}: the sheet "{self._book.sheet}" is empty: give it a row with column names.')

    def _read_rows(self) -> Iterator[Row]:
        width = len(self.header)
        blank = (None,) * width
        with self._package.damage():
            for number, cells in self._rows:
                if all(map(is_blank, cells)):
                    self.blank_lines += 1
                    continue
                self.blank_lines = 0
                for between in range(self._row + 1, number):
                    yield Row(between, blank)
                self._row = number
                if fault := self._fault(cells):
                    self._refuse(number, cells, *fault)
                else:
                    yield Row(number, [*cells[:width], *blank[len(cells) :]])

    def _fault(self, cells: list[Cell | None]) -> tuple[int, str, str] | None:
        """The column that is at fault, why, and what to do."""
        for column, cell in enumerate(cells):
            if cell is None or cell.raw is None:
                continue
            if column >= len(self.header) and cell.raw:
                return column, "a cell to the right of the last column that has a name", "name its column, or clear it"
            if cell.kind == "n" and not _is_number(cell.raw):
                return column, "a number that is none", "open the workbook in Excel and save it again"
        return None

    def _refuse(self, number: int, cells: list[Cell | None], column: int, reason: str, remedy: str) -> None:
        from openpyxl.utils.cell import get_column_letter

        raw = "\t".join("" if cell is None else cell.raw or "" for cell in cells)[:LONGEST_RAW]
        if self._reject is None:
            place = f"cell {get_column_letter(column + 1)}{number}"
            raise RowError(f"{self.name}, row {number}: {reason}, {place}: {remedy}.", raw)
        name = self.header[column] if column < len(self.header) else ""
        self._reject(Reject(number, None, name, reason, raw))


def _is_number(raw: str) -> bool:
    try:
        return isfinite(number_of(raw))
    except (OverflowError, ValueError):
        return False
