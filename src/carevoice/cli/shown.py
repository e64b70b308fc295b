"""What is written of the comments themselves: all of it, without what identifies people, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carevoice.cli.tasks import Task
    from carevoice.tables.chunk import Chunk

Answer = TypeVar("Answer")


class Shown(Generic[Answer]):
    """Redacts or drops the column of comments of a chunk that was answered.

    Raises MissingExtraError if redaction isn't installed.
    """

    def __init__(self, task: Task[Answer], text: int, *, redact: bool, drop: bool) -> None:
        self._task, self._text, self._drop = task, text, drop
        self._redactor = None
        if redact and not drop:
            from carevoice.redaction import Redactor

            self._redactor = Redactor()

    def chunk(self, chunk: Chunk, answers: Sequence[Answer]) -> Chunk:
        """The chunk as it is to be written."""
        if self._drop:
            return chunk.without(self._text)
        if self._redactor is None:
            return chunk
        pairs = zip(chunk.texts(self._text), answers, strict=True)
        return chunk.replaced(
            self._text, [self._redactor.redact(text, self._task.language(answer)) for text, answer in pairs]
        )
