"""Writing tables: the input cells as they came, then the added columns."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from carevoice.tables.reader import Dialect

Answer = TypeVar("Answer")
Answer_contra = TypeVar("Answer_contra", contravariant=True)


class ByteSink(Protocol):
    """What is asked of an open file or standard output."""

    def write(self, data: bytes, /) -> object:
        """Take all of the bytes."""
        ...


class AddedColumns(Protocol[Answer_contra]):
    """Turns the answer for a row into the columns added to that row."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the added columns."""
        ...

    def cells(self, answer: Answer_contra) -> list[str]:
        """One text per added column, for CSV."""
        ...

    def values(self, answer: Answer_contra) -> list[object]:
        """One JSON value per added column."""
        ...


class TableWriter(Protocol[Answer_contra]):
    """Writes the header when it is made, and rows as they come, in their order."""

    def write(self, rows: Iterable[tuple[Sequence[str], Answer_contra]]) -> None:
        """Write input rows, each with its answer."""
        ...


class CsvWriter(Generic[Answer]):
    """Writes CSV in UTF-8: quotes only where they are needed, so that every cell reads back equal."""

    def __init__(self, sink: ByteSink, header: Sequence[str], columns: AddedColumns[Answer], dialect: Dialect) -> None:
        self._sink, self._columns = sink, columns
        self._lines: list[str] = []
        self._newline = dialect.newline
        # csv quotes a line break in a cell only if it is part of its own line ending, hence CR LF
        # here whatever is written in the end.
        self._csv = csv.writer(_Lines(self._lines), delimiter=dialect.delimiter, lineterminator="\r\n")
        self._csv.writerow([*header, *columns.names])
        self._flush()

    def write(self, rows: Iterable[tuple[Sequence[str], Answer]]) -> None:
        """Write input rows, each with its answer."""
        cells = self._columns.cells
        self._csv.writerows([*row, *cells(answer)] for row, answer in rows)
        self._flush()

    def _flush(self) -> None:
        newline = self._newline
        lines = self._lines if newline == "\r\n" else [line[:-2] + newline for line in self._lines]
        data = "".join(lines).encode()
        self._lines.clear()
        self._sink.write(data)


class JsonlWriter(Generic[Answer]):
    """Writes one JSON object a line in UTF-8; input cells stay texts, whatever they look like."""

    def __init__(self, sink: ByteSink, header: Sequence[str], columns: AddedColumns[Answer]) -> None:
        self._sink, self._columns = sink, columns
        self._keys = (*header, *columns.names)
        self._encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode

    def write(self, rows: Iterable[tuple[Sequence[str], Answer]]) -> None:
        """Write input rows, each with its answer."""
        keys, values, encode = self._keys, self._columns.values, self._encode
        lines = [encode(dict(zip(keys, (*row, *values(answer)), strict=True))) + "\n" for row, answer in rows]
        self._sink.write("".join(lines).encode())


class _Lines:
    """Collects what csv writes, a line at a time."""

    def __init__(self, lines: list[str]) -> None:
        self.write = lines.append
