"""Writing a workbook of one sheet, row by row, so that every cell comes back as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from carevoice.errors import InputError, MissingExtraError
from carevoice.tables import xlsx_xml as xml
from carevoice.tables.blocks import Completed, Forwards
from carevoice.tables.names import short
from carevoice.tables.xlsx_cells import MOST_COLUMNS, MOST_ROWS, XlsxChunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

    from carevoice.tables.chunk import Chunk
    from carevoice.tables.streams import ByteSink
    from carevoice.tables.writer import AddedColumns
    from carevoice.tables.xlsx_cells import Book

Answer = TypeVar("Answer")

_LARGEST_SHEET: Final = (1 << 31) - (1 << 24)  # in bytes; plain zip archives, which Excel needs, end at 2 GiB
_OTHERWISE: Final = "write CSV, JSONL or Parquet instead"


class XlsxWriter(Completed, Generic[Answer]):
    """Writes a workbook to any stream, without a file in between. Use it as a context manager, which completes it.

    Cells of a workbook keep their value, style and formula. Those of other formats become texts,
    whatever they look like, numbers where Excel keeps all their digits, truth values, and dates where it
    counts them rightly, else texts; a text is never made a formula. Equal rows give equal bytes.

    Raises InputError for what no sheet holds: too many rows or columns, a text that is too long or has a
    control character; MissingExtraError without openpyxl.
    """

    def __init__(self, sink: ByteSink, header: Sequence[str], columns: AddedColumns[Answer]) -> None:
        try:
            from openpyxl.utils.cell import get_column_letter
        except ImportError as error:
            raise MissingExtraError("Writing Excel workbooks", "xlsx") from error
        self._names = (*header, *columns.names)
        if len(self._names) > MOST_COLUMNS:
            raise InputError(f"a sheet holds {MOST_COLUMNS:,} columns, not {len(self._names):,}: {_OTHERWISE}.")
        self._letters = [get_column_letter(column) for column in range(1, len(self._names) + 1)]
        self._width, self._columns, self._output = len(header), columns, Forwards(sink)
        self._row, self._size = 1, 0
        self._archive: ZipFile | None = None
        self._sheet: IO[bytes] | None = None
        self._book: Book | None = None
        # Made now, so that what can't be written is found before hours of work.
        self._header = self._row_of(
            [self._cell(place, xml.foreign_cell, name, name) for place, name in enumerate(self._names)]
        )

    def write(self, chunk: Chunk, answers: Sequence[Answer]) -> None:
        """Write the rows of a chunk, each with its answer."""
        if self._archive is None:
            self._begin(chunk.book if isinstance(chunk, XlsxChunk) else None)
        if isinstance(chunk, XlsxChunk) and chunk.book is self._book:
            for row, answer in zip(chunk.table, answers, strict=True):
                self._count()
                cells = [
                    xml.native_cell(self._place(place), cell, moved_from=f"{self._letters[place]}{row.number}")
                    for place, cell in enumerate(row.cells)
                ]
                self._put(self._row_of(cells + self._answer(answer)))
            return
        for values, texts, answer in zip(chunk.values(), chunk.rows(), answers, strict=True):
            self._count()
            cells = [
                self._cell(place, xml.foreign_cell, *cell) for place, cell in enumerate(zip(values, texts, strict=True))
            ]
            self._put(self._row_of(cells + self._answer(answer)))

    def _begin(self, book: Book | None) -> None:
        self._book = book
        self._archive = ZipFile(cast("IO[bytes]", self._output), "w")
        for name, data in xml.parts_around(book):
            with self._archive.open(_member(name), "w") as part:
                part.write(data)
        self._sheet = self._archive.open(_member(xml.SHEET), "w")
        self._put(xml.SHEET_BEGINS + self._header)

    def _complete(self) -> None:
        self._put(xml.SHEET_ENDS)

    def _close(self) -> None:
        for part in (self._sheet, self._archive):
            if part is not None:
                part.close()

    def _put(self, text: str) -> None:
        if self._archive is None:
            self._begin(None)
        data = text.encode()
        self._size += len(data)
        if self._size > _LARGEST_SHEET:
            raise InputError(f"row {self._row:,}: the sheet is too large for Excel: {_OTHERWISE}.")
        cast("IO[bytes]", self._sheet).write(data)

    def _count(self) -> None:
        if self._row == MOST_ROWS:
            raise InputError(f"there are more rows than the {MOST_ROWS:,} that a sheet holds: {_OTHERWISE}.")
        self._row += 1

    def _row_of(self, cells: list[str]) -> str:
        return f'<row r="{self._row}">{"".join(cells)}</row>'

    def _place(self, place: int) -> str:
        return f"{self._letters[place]}{self._row}"

    def _answer(self, answer: Answer) -> list[str]:
        pairs = zip(self._columns.values(answer), self._columns.cells(answer), strict=True)
        return [self._cell(place, xml.added_cell, *pair) for place, pair in enumerate(pairs, start=self._width)]

    def _cell(self, place: int, make: Callable[[str, object, str], str], value: object, text: str) -> str:
        try:
            return make(self._place(place), value, text)
        except xml.UnfitError as error:
            where = f'row {self._row:,}, column "{short(self._names[place])}"'
            raise InputError(f"{where}: {error}: {_OTHERWISE}.") from None


def _member(name: str) -> ZipInfo:
    """A member of an archive that is the same whenever and wherever it is written."""
    member = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.compress_type = ZIP_DEFLATED
    member.create_system = 3
    return member
