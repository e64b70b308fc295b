"""What is written of the comments themselves: all of it, without what identifies people, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carevoice.cli.tasks import Task
    from carevoice.tables.chunk import Chunk

Answer = TypeVar("Answer")


class Shown(Generic[Answer]):
    """Redacts or drops the columns of comments, at ``places``, of a chunk that was answered.

    Raises MissingExtraError if redaction isn't installed.
    """

    def __init__(self, task: Task[Answer], places: Sequence[int], *, redact: bool, drop: bool) -> None:
        self._task, self._places, self._drop = task, places, drop
        self._redactor = None
        if redact and not drop:
            from carevoice.redaction import Redactor

            self._redactor = Redactor()

    def header(self, header: Sequence[str]) -> list[str]:
        """The names of the columns that are written."""
        return [name for place, name in enumerate(header) if not (self._drop and place in self._places)]

    def chunk(self, chunk: Chunk, rows: Sequence[Sequence[Answer]]) -> Chunk:
        """The chunk as it is to be written; the rows of answers have one for each of the places."""
        if self._drop:
            for place in sorted(self._places, reverse=True):
                chunk = chunk.without(place)
        elif self._redactor is not None:
            for number, place in enumerate(self._places):
                pairs = zip(chunk.texts(place), rows, strict=True)
                texts = [self._redactor.redact(text, self._task.language(row[number])) for text, row in pairs]
                chunk = chunk.replaced(place, texts)
        return chunk
