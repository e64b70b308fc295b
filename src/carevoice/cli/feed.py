"""Hands the cells of rows to an analysis and keeps the rows until their answers come back."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeVar

from carevoice.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Answer = TypeVar("Answer")


class RowFeed:
    """Texts and questions of a stream of rows, for an analysis that reads ahead of its answers.

    Rows that were read and not yet answered are kept, and no more. A row that can't be read ends the
    texts, so that every row before it is still answered; ``fault`` then says what was wrong.
    """

    def __init__(self, rows: Iterable[list[str]], text: int, question: int | None = None) -> None:
        self.fault: InputError | None = None
        self._rows = iter(rows)
        self._text, self._question = text, question
        self._waiting: deque[list[str]] = deque()
        self._texts: deque[str] = deque()
        self._questions: deque[str] = deque()

    def texts(self) -> Iterator[str]:
        """The text of each row."""
        return self._take(self._texts)

    def questions(self) -> Iterator[str] | None:
        """The question of each row, in step with the texts, if there is a column of questions."""
        return None if self._question is None else self._take(self._questions)

    def answered(self, answers: Iterable[Answer]) -> Iterator[tuple[list[str], Answer]]:
        """Each row with its answer; answers come in the order of the texts, one for each."""
        for answer in answers:
            yield self._waiting.popleft(), answer
        if self._waiting or self._advance():
            raise RuntimeError("fewer answers than rows")

    def _take(self, cells: deque[str]) -> Iterator[str]:
        while cells or self._advance():
            yield cells.popleft()

    def _advance(self) -> bool:
        """Read one more row; False at the end or at a row that can't be read."""
        try:
            row = next(self._rows, None)
        except InputError as fault:
            self.fault = fault
            self._rows = iter(())
            return False
        if row is None:
            return False
        self._waiting.append(row)
        self._texts.append(row[self._text])
        if self._question is not None:
            self._questions.append(row[self._question])
        return True
