"""Columns and rows that stand for any others in the tests of tables."""

import io
from collections.abc import Sequence
from typing import ClassVar

from carevoice.tables.jsontext import plain_text
from carevoice.tables.writer import NumberKind


class Verdicts:
    """Two added columns: a text and a number."""

    names = ("verdict", "score")
    numbers: ClassVar[dict[str, NumberKind]] = {"score": "float"}

    def cells(self, answer: float) -> list[str]:
        return ["good", f"{answer:.4f}"]

    def values(self, answer: float) -> list[object]:
        return ["good", answer]


class Table:
    """Some rows of a format that is none of those that are tested."""

    def __init__(self, rows: list[list[object]]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def texts(self, column: int) -> list[str]:
        return [plain_text(row[column]) for row in self._rows]

    def rows(self) -> Sequence[Sequence[str]]:
        return [[plain_text(cell) for cell in row] for row in self._rows]

    def values(self) -> Sequence[Sequence[object]]:
        return self._rows


class Dripping(io.BytesIO):
    """A stream that gives a few bytes at a time, as a slow pipe does."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read1(self, size: int | None = -1, /) -> bytes:
        wanted = self._size if size is None or size < 0 else min(size, self._size)
        return super().read1(wanted)
