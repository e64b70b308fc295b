"""Runs a task over a table: finds the columns, checks the file, writes the answers."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from carevoice.cli.output import FirstRows, progress, say
from carevoice.cli.resume import Answers, kept_answers
from carevoice.cli.shown import Shown
from carevoice.errors import InputError
from carevoice.tables.columns import check_added_columns, find_question_column, find_text_column
from carevoice.tables.files import DASH, can_be_read_twice, check_output
from carevoice.tables.formats import PLAIN, ReadOptions, format_of, open_table, open_writer
from carevoice.tables.reader import long_cells
from carevoice.tables.rejects import rejects_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from carevoice.cli.tasks import Task
    from carevoice.language import LanguagePrior
    from carevoice.tables.chunk import Chunk, Reject, TableReader, TakesReject
    from carevoice.tables.formats import Format
    from carevoice.tables.writer import TableWriter

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class TableOptions:
    """The options about the table that ``classify`` and ``detect`` share."""

    source: str
    output: str | None = None
    text_column: str | None = None
    question_column: str | None = None
    read: ReadOptions = PLAIN
    format: Format | None = None
    prefix: str = ""
    excel: bool = False
    rejects: str | None = None
    resume: bool = False
    redact: bool = False
    drop_text: bool = False

    @property
    def to_file(self) -> bool:
        """Whether a file is to be written."""
        return self.output not in (None, DASH)

    @property
    def for_eyes(self) -> bool:
        """Whether the answers are to be looked at on a terminal, and written nowhere."""
        return self.output is None and sys.stdout.isatty()


@dataclass(frozen=True, slots=True)
class _Columns:
    text: int
    question: int | None


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
    _check_paths(options)
    with rejects_file(options.rejects) if options.rejects else nullcontext(None) as rejects:
        _read_and_answer(options, make_task, rejects.take if rejects else None)
    count = rejects.count if rejects else 0
    if count:
        say(f"Rejected rows: {count:,}, written to {options.rejects}")
    return count


def _read_and_answer(options: TableOptions, make_task: Callable[[], Task[Answer]], take: TakesReject | None) -> None:
    twice = can_be_read_twice(options.source)
    # Read twice, a file tells its rejected rows the second time.
    with open_table(options.source, options.read, _passed_over if take and twice else take) as table:
        columns = _find_columns(options, table.header)
        task = make_task()
        check_added_columns(table.header, task.columns.names, options.prefix)
        if table.note:
            say(f"{table.name}: {table.note}")
        if not twice:
            _answer(options, table, columns, task, _Checked())
            return
        checked = _check(options, table, columns.text, task)
        header = table.header
    with open_table(options.source, options.read, take) as table:
        if table.header != header:
            raise InputError(f"{table.name} was changed while it was read: try again.")
        _answer(options, table, columns, task, checked)


def _check_paths(options: TableOptions) -> None:
    output = options.output if options.to_file else None
    for path in filter(None, (output, options.rejects)):
        check_output(path, options.source)
    if output and options.rejects and Path(output).resolve() == Path(options.rejects).resolve():
        raise InputError(f"{options.rejects} is also the output: give the rejected rows a file of their own.")
    if options.resume and not (output and can_be_read_twice(options.source)):
        raise InputError("--resume goes from a file to a file, named with -o: a stream can't be gone on with.")


def _passed_over(_reject: Reject) -> None:
    pass


def _find_columns(options: TableOptions, header: tuple[str, ...]) -> _Columns:
    text = find_text_column(header, options.text_column)
    question = find_question_column(header, options.question_column)
    if question == text:
        raise InputError(f'The column "{header[text]}" can\'t hold both the comments and the questions.')
    return _Columns(text, question)


def _check(options: TableOptions, table: TableReader, text: int, task: Task[Answer]) -> _Checked:
    """Read a table to its end: count its rows and, if the task wants it, find its language mix."""
    from carevoice.tables.mojibake import looks_mojibake

    estimator = None
    if task.detector is not None:
        from carevoice.language import PriorEstimator

        estimator = PriorEstimator(task.detector)
    rows = 0
    with _progress(options, "Reading", None) as advance:
        for chunk in table.chunks():
            texts = chunk.texts(text)
            if not rows and (mojibake := looks_mojibake(texts)):
                say(f"{table.name}: {mojibake.describe()}.")
            if estimator:
                estimator.add(texts)
            rows += len(chunk)
            advance(len(chunk))
    return _Checked(rows, estimator.result() if estimator else None)


def _answer(
    options: TableOptions, table: TableReader, columns: _Columns, task: Task[Answer], checked: _Checked
) -> None:
    start = perf_counter()
    first_rows = FirstRows(columns.text, table.header[columns.text], task.columns, options.prefix)
    if options.for_eyes:
        output: AbstractContextManager[TableWriter[Answer]] = nullcontext(first_rows)
    else:
        header = [name for place, name in enumerate(table.header) if place != columns.text or not options.drop_text]
        written_as = format_of(options.output or DASH, named=options.format)
        output = open_writer(
            options.output or DASH, written_as, table, task.columns, header=header, excel=options.excel
        )
    shown = Shown(task, columns.text, redact=options.redact, drop=options.drop_text and not options.for_eyes)
    rows = 0
    # The answers are kept until the output is in its place.
    with (
        _kept(options, columns, task, checked) as kept,
        output as writer,
        _progress(options, task.title, checked.rows) as advance,
    ):
        for chunk in table.chunks():
            answers = kept.next(len(chunk), partial(_found, task, chunk, columns, checked.prior))
            writer.write(shown.chunk(chunk, answers), answers)
            task.summary.add(answers)
            rows += len(chunk)
            advance(len(chunk))
    if options.for_eyes:
        first_rows.show()
    if options.for_eyes or options.to_file:
        _say_summary(options, table, task, rows, perf_counter() - start)


def _found(task: Task[Answer], chunk: Chunk, columns: _Columns, prior: LanguagePrior | None) -> Sequence[Answer]:
    questions = None if columns.question is None else chunk.texts(columns.question)
    return task.answers(chunk.texts(columns.text), questions, prior)


@contextmanager
def _kept(options: TableOptions, columns: _Columns, task: Task[Answer], checked: _Checked) -> Iterator[Answers[Answer]]:
    """Keep the answers of a run from a file to a file, which can be gone on with."""
    if not options.to_file or task.kept is None or checked.rows is None:
        yield Answers(None, None)
        return
    settings = {
        "columns": [columns.text, columns.question],
        "read": str(options.read),
        "rejects": bool(options.rejects),
    }
    with kept_answers(str(options.output), options.source, settings, task.kept, resume=options.resume) as answers:
        yield answers


def _progress(options: TableOptions, title: str, total: int | None) -> AbstractContextManager[Callable[[int], None]]:
    """A progress bar, unless the terminal may be where the data goes."""
    if options.for_eyes or options.to_file:
        return progress(title, total)
    return nullcontext(lambda _rows: None)


def _say_summary(options: TableOptions, table: TableReader, task: Task[Answer], rows: int, seconds: float) -> None:
    where = f", written to {options.output}" if options.to_file else "; nothing was written, -o FILE does that"
    speed = f" ({rows / seconds:,.0f} rows/s)" if rows else ""
    say(f"{rows:,} {'row' if rows == 1 else 'rows'} in {seconds:.1f} s{speed}{where}")
    if table.blank_lines:
        say(f"Blank lines skipped: {table.blank_lines:,}")
    say(*task.summary.lines())
