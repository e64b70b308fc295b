"""Writing tables: the input cells as they came, then the added columns."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

from carevoice.errors import InputError
from carevoice.tables.excel import EXCEL_BOM, neutralise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carevoice.tables.chunk import Chunk
    from carevoice.tables.dialect import Dialect
    from carevoice.tables.streams import ByteSink

Answer = TypeVar("Answer")
Answer_contra = TypeVar("Answer_contra", contravariant=True)


#: What an added column holds where it isn't text.
NumberKind = Literal["int", "float"]


class AddedColumns(Protocol[Answer_contra]):
    """Turns the answer for a row into the columns added to that row."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the added columns."""
        ...

    @property
    def numbers(self) -> Mapping[str, NumberKind]:
        """Those of the columns that hold numbers."""
        ...

    def cells(self, answer: Answer_contra) -> list[str]:
        """One text per added column, for CSV."""
        ...

    def values(self, answer: Answer_contra) -> list[object]:
        """One JSON value per added column."""
        ...


class TableWriter(Protocol[Answer_contra]):
    """Writes the header when it is made, and rows as they come, in their order."""

    def write(self, chunk: Chunk, answers: Sequence[Answer_contra]) -> None:
        """Write rows, each with its answer."""
        ...


class CsvWriter(Generic[Answer]):
    """Writes CSV in UTF-8: quotes only where they are needed, so that every cell reads back equal.

    With ``excel``, it begins with a byte order mark, and input cells and names that a spreadsheet would run get an
    apostrophe (see ``carevoice.tables.excel``).
    """

    def __init__(
        self,
        sink: ByteSink,
        header: Sequence[str],
        columns: AddedColumns[Answer],
        dialect: Dialect,
        *,
        excel: bool = False,
    ) -> None:
        self._sink, self._columns, self._excel = sink, columns, excel
        self._lines: list[str] = []
        self._row = 0  # last one that was written
        self._newline = dialect.newline
        # csv quotes a line break in a cell only if it is part of its own line ending, hence CR LF
        # here whatever is written in the end.
        self._csv = csv.writer(_Lines(self._lines), delimiter=dialect.delimiter, lineterminator="\r\n")
        if excel:
            sink.write(EXCEL_BOM)
        self._csv.writerow([*map(neutralise, header), *columns.names] if excel else [*header, *columns.names])
        self._flush()

    def write(self, chunk: Chunk, answers: Sequence[Answer]) -> None:
        """Write rows, each with its answer."""
        cells, rows = self._columns.cells, chunk.rows()
        if self._excel:
            rows = [list(map(neutralise, row)) for row in rows]
        self._csv.writerows([*row, *cells(answer)] for row, answer in zip(rows, answers, strict=True))
        self._flush()

    def _flush(self) -> None:
        newline, first = self._newline, self._row
        self._row += len(self._lines)
        lines = self._lines if newline == "\r\n" else [line[:-2] + newline for line in self._lines]
        try:
            data = "".join(lines).encode()
        except UnicodeEncodeError:
            row = next(row for row, line in enumerate(self._lines, first) if _has_half_pair(line))
            where = f"row {row:,}" if row else "the header"
            raise InputError(
                f"{where}: a text has half a surrogate pair, which JSON can hold and CSV can't: "
                "write JSON lines (.jsonl)."
            ) from None
        self._lines.clear()
        self._sink.write(data)


def _has_half_pair(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


class _Lines:
    """Collects what csv writes, a line at a time."""

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append
