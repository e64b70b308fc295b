"""Going on with an interrupted run: answers are kept in a journal beside the output."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import carevoice
from carevoice.cli.output import say
from carevoice.errors import InputError
from carevoice.resources import sha256_of
from carevoice.tables.files import remove_unfinished
from carevoice.tables.journal import Journal, journal_of, left_behind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from carevoice.cli.tasks import Kept

Answer = TypeVar("Answer")


class Answers(Generic[Answer]):
    """Answers to one chunk after the other: those that an interrupted run has kept, then those that ``find`` finds.

    A row has one answer for each of its comments.
    """

    def __init__(self, journal: Journal | None, kept: Kept[Answer] | None) -> None:
        self._journal, self._kept = journal, kept
        self._before: Iterator[Sequence[Any]] = journal.kept() if journal else iter(())
        self._is_over = False

    def next(self, count: int, find: Callable[[], Sequence[tuple[Answer, ...]]]) -> Sequence[tuple[Answer, ...]]:
        """The answers to the next chunk, of ``count`` rows. Raises InputError if as many were not kept."""
        before = None if self._is_over else next(self._before, None)
        if before is not None and self._kept is not None:
            if len(before) != count:
                raise InputError("The journal doesn't fit the input: leave --resume out to start anew.")
            return [tuple(map(self._kept.decode, values)) for values in before]
        self._is_over = True
        answers = find()
        if self._journal is not None and self._kept is not None:
            self._journal.add([list(map(self._kept.encode, row)) for row in answers])
        return answers


@contextmanager
def kept_answers(
    output: str, source: str, settings: dict[str, object], kept: Kept[Answer], *, resume: bool
) -> Iterator[Answers[Answer]]:
    """Answers of a run from a file to a file; ``settings`` are those of the table that the answers depend on.

    Raises InputError if ``resume`` is asked for and the journal is that of another run.
    """
    path = journal_of(output)
    starts_anew = left_behind(path) and not resume
    made_of = {
        "input": sha256_of(source),
        "options": json.dumps(settings, sort_keys=True, default=str),
        "version of CareVoice": carevoice.__version__,
        **kept.made_of,
    }
    with Journal(path, made_of, resume=resume) as journal:
        # Only now is it known that no other run is writing the output.
        if starts_anew:
            say(f"An interrupted run left {path.name}; --resume would have gone on from there, this run starts anew.")
        if resume:
            remove_unfinished(output)
        yield Answers(journal, kept)
