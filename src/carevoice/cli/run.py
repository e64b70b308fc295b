"""Runs a task over a table: finds the columns, checks the file, writes the answers."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Generic, TypeVar

from carevoice.cli.comment_columns import find_comment_columns
from carevoice.cli.output import FirstRows, harmless, progress, say
from carevoice.cli.resume import Answers, kept_answers
from carevoice.cli.shown import Shown
from carevoice.errors import InputError, RowError
from carevoice.tables.cells import SideBySide
from carevoice.tables.columns import check_added_columns
from carevoice.tables.files import DASH, can_be_read_twice
from carevoice.tables.formats import open_table, open_writer
from carevoice.tables.names import short
from carevoice.tables.reader import long_cells
from carevoice.tables.rejects import rejects_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from carevoice.cli.comment_columns import CommentColumn
    from carevoice.cli.request import TableOptions
    from carevoice.cli.summary import Summary
    from carevoice.cli.tasks import Task
    from carevoice.language import LanguagePrior
    from carevoice.tables.chunk import Chunk, Reject, TableReader, TakesReject
    from carevoice.tables.writer import AddedColumns, TableWriter

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Field(Generic[Answer]):
    """A column of comments, and what becomes of its answers."""

    column: CommentColumn
    added: AddedColumns[Answer]
    summary: Summary[Answer]
    first_rows: FirstRows[Answer]


@dataclass(frozen=True, slots=True)
class _Checked:
    """What is known of a table that was read before; nothing of a stream."""

    rows: int | None = None
    prior: LanguagePrior | None = None


@long_cells()
def run(options: TableOptions, make_task: Callable[[], Task[Answer]]) -> int:
    """Read the table, have the task answer each row, write the output and return the number of rejected rows.

    A regular file is read twice: first whole, for faults and for its language mix, then to be
    answered. A stream is answered as it comes and ends at its first fault, unless faults are rejected.

    Raises InputError for options, files and rows that can't be used; an output file is then as it
    was before, and what went to standard output is right up to the fault.
    """
    options.check()
    with rejects_file(options.rejects) if options.rejects else nullcontext(None) as rejects:
        try:
            _read_and_answer(options, make_task, rejects.take if rejects else None)
        except RowError as error:
            if options.show_text and error.raw:
                say(f"It reads: {harmless(error.raw)}")
            raise InputError(f"{error} Or put such rows aside with --rejects FILE.") from error
    count = rejects.count if rejects else 0
    if count:
        say(f"Rejected rows: {count:,}, written to {options.rejects}")
    return count


def _read_and_answer(options: TableOptions, make_task: Callable[[], Task[Answer]], take: TakesReject | None) -> None:
    twice = can_be_read_twice(options.source)
    # Read twice, a file tells its rejected rows the second time.
    with open_table(options.source, options.read, _passed_over if take and twice else take) as table:
        task, fields = _find(options, table, make_task)
        if table.note:
            say(f"{table.name}: {table.note}")
        if not twice:
            _answer(options, table, fields, task, _Checked())
            return
        checked = _check(options, table, [field.column for field in fields], task)
        header = table.header
    with open_table(options.source, options.read, take) as table:
        if table.header != header:
            raise InputError(f"{table.name} was changed while it was read: try again.")
        _answer(options, table, fields, task, checked)


def _passed_over(_reject: Reject) -> None:
    pass


def _find(
    options: TableOptions, table: TableReader, make_task: Callable[[], Task[Answer]]
) -> tuple[Task[Answer], list[_Field[Answer]]]:
    """The columns of comments, before the task is made, which takes time."""
    with _about(table):
        columns = find_comment_columns(table.header, options.named, with_questions=options.takes_questions)
    task = make_task()
    fields = []
    for column in columns:
        prefix = options.prefix if len(columns) == 1 else f"{options.prefix}{column.name}_"
        added = task.columns(prefix)
        fields.append(_Field(column, added, task.summary(), FirstRows(column.place, column.name, added)))
    with _about(table):
        check_added_columns(table.header, SideBySide([field.added for field in fields]).names, options.prefix)
    return task, fields


@contextmanager
def _about(table: TableReader) -> Iterator[None]:
    """Name the file in errors about its columns."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{table.name}: {error}") from error


def _check(options: TableOptions, table: TableReader, columns: Sequence[CommentColumn], task: Task[Answer]) -> _Checked:
    """Read a table to its end: count its rows and, if the task wants it, find its language mix."""
    from carevoice.tables.mojibake import looks_mojibake

    estimator = None
    if task.detector is not None:
        from carevoice.language import PriorEstimator

        estimator = PriorEstimator(task.detector)
    rows = 0
    with _progress(options, "Reading", None) as advance:
        for chunk in table.chunks():
            for column in columns:
                texts = chunk.texts(column.place)
                if not rows and (mojibake := looks_mojibake(texts)):
                    say(f"{table.name}: {mojibake.describe()}.")
                if estimator:
                    estimator.add(texts)
            rows += len(chunk)
            advance(len(chunk))
    return _Checked(rows, estimator.result() if estimator else None)


def _answer(
    options: TableOptions,
    table: TableReader,
    fields: Sequence[_Field[Answer]],
    task: Task[Answer],
    checked: _Checked,
) -> None:
    start = perf_counter()
    places = [field.column.place for field in fields]
    shown = Shown(task, places, redact=options.redact, drop=options.drop_text and not options.for_eyes)
    output: AbstractContextManager[TableWriter[Sequence[Answer]] | None] = nullcontext(None)
    if not options.for_eyes:
        output = open_writer(
            options.written_to or DASH,
            options.written_as,
            table,
            SideBySide([field.added for field in fields]),
            header=shown.header(table.header),
            excel=options.excel,
        )
    rows = 0
    # The answers are kept until the output is in its place.
    with (
        _kept(options, fields, task, checked) as kept,
        output as writer,
        _progress(options, task.title, checked.rows) as advance,
    ):
        for chunk in table.chunks():
            answers = kept.next(len(chunk), partial(_found, task, chunk, fields, checked.prior))
            written = shown.chunk(chunk, answers)
            if writer is not None:
                writer.write(written, answers)
            for number, field in enumerate(fields):
                own = [row[number] for row in answers]
                field.summary.add(own)
                if writer is None:
                    field.first_rows.take(written, own)
            rows += len(chunk)
            advance(len(chunk))
    if options.for_eyes:
        for field in fields:
            field.first_rows.show()
    if options.for_eyes or options.to_file:
        _say_summary(options, table, fields, rows, perf_counter() - start)


def _found(
    task: Task[Answer], chunk: Chunk, fields: Sequence[_Field[Answer]], prior: LanguagePrior | None
) -> list[tuple[Answer, ...]]:
    """The answers to each row of a chunk, one for each column of comments."""
    answers = []
    for field in fields:
        column = field.column
        answers.append(task.answers(chunk.texts(column.place), column.questions(chunk), prior))
    return list(zip(*answers, strict=True))


@contextmanager
def _kept(
    options: TableOptions, fields: Sequence[_Field[Answer]], task: Task[Answer], checked: _Checked
) -> Iterator[Answers[Answer]]:
    """Keep the answers of a run from a file to a file, which can be gone on with."""
    if not options.to_file or task.kept is None or checked.rows is None:
        yield Answers(None, None)
        return
    settings = {
        "columns": [[f.column.place, f.column.question, f.column.asked] for f in fields],
        "read": str(options.read),
        "rejects": bool(options.rejects),
    }
    output = str(options.written_to)
    with kept_answers(output, options.source, settings, task.kept, resume=options.resume) as answers:
        yield answers


def _progress(options: TableOptions, title: str, total: int | None) -> AbstractContextManager[Callable[[int], None]]:
    """A progress bar, unless the terminal may be where the data goes."""
    if options.for_eyes or options.to_file:
        return progress(title, total)
    return nullcontext(lambda _rows: None)


def _say_summary(
    options: TableOptions, table: TableReader, fields: Sequence[_Field[Answer]], rows: int, seconds: float
) -> None:
    where = f", written to {options.written_to}" if options.to_file else "; nothing was written, -o FILE does that"
    speed = f" ({rows / seconds:,.0f} rows/s)" if rows else ""
    say(f"{rows:,} {'row' if rows == 1 else 'rows'} in {seconds:.1f} s{speed}{where}")
    if table.blank_lines:
        say(f"Blank lines skipped: {table.blank_lines:,}")
    for field in fields:
        if len(fields) > 1:
            say(f'Column "{short(field.column.name)}":')
        say(*field.summary.lines())
