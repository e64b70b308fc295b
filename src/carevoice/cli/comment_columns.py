"""The columns that hold comments, and what question the comments of each answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from carevoice.errors import InputError
from carevoice.tables.columns import find_question_column, find_text_column, names_comments
from carevoice.tables.names import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carevoice.tables.chunk import Chunk


@dataclass(frozen=True, slots=True)
class Named:
    """The columns and questions that a user names; questions, in a column or in words, one for each text column."""

    texts: tuple[str, ...] = ()
    question_columns: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentColumn:
    """A column of comments: where it is, and where its question is: in a column, or in ``asked`` for all rows."""

    name: str
    place: int
    question: int | None = None
    asked: str = ""

    def questions(self, chunk: Chunk) -> Sequence[str] | None:
        """The question of each row of a chunk; None if none is known of any."""
        if self.question is not None:
            return chunk.texts(self.question)
        return [self.asked] * len(chunk) if self.asked else None


def find_comment_columns(header: Sequence[str], named: Named, *, with_questions: bool) -> tuple[CommentColumn, ...]:
    """The columns of comments that are named, in that order, or else the obvious one.

    Without a question of its own, a column answers what its name asks, unless that is a mere word for comments: an
    export of a survey has the questions for names. Raises InputError for columns that aren't there, that can't be
    found, or that are named twice, and for questions that aren't one for each column.
    """
    places = [find_text_column(header, name) for name in named.texts] or [find_text_column(header)]
    names = [header[place] for place in places]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f'--text-column: "{short(name)}" is named twice: once is enough.')
    _check_counts(named, len(places))
    columns = []
    for number, (name, place) in enumerate(zip(names, places, strict=True)):
        question = _question_column(header, named, number) if with_questions else None
        if question == place:
            raise InputError(f'The column "{short(name)}" can\'t hold both the comments and the questions.')
        asked = ""
        if with_questions and question is None and not named.question_columns:
            asked = named.questions[number] if named.questions else "" if names_comments(name) else name
        columns.append(CommentColumn(name, place, question, asked))
    return tuple(columns)


def _check_counts(named: Named, texts: int) -> None:
    if named.question_columns and named.questions:
        raise InputError("Give the questions in columns, --question-column, or in words, --question: not both.")
    for option, given in (("--question-column", named.question_columns), ("--question", named.questions)):
        if given and len(given) != texts:
            columns = "column" if texts == 1 else "columns"
            raise InputError(
                f"{option} is given {len(given)} times for {texts} {columns} of comments: give one for each "
                '--text-column, in the same order, "" for none.'
            )


def _question_column(header: Sequence[str], named: Named, number: int) -> int | None:
    if named.question_columns:
        return find_question_column(header, named.question_columns[number])
    # Where there are several columns of comments, their questions are their names.
    return None if named.questions or len(named.texts) > 1 else find_question_column(header)
