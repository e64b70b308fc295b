"""Runs a task over a table: finds the columns, checks the file, writes the answers."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from carevoice.cli.feed import RowFeed
from carevoice.cli.output import FirstRows, progress, say
from carevoice.errors import InputError
from carevoice.tables.columns import check_added_columns, find_question_column, find_text_column
from carevoice.tables.files import (
    DASH,
    can_be_read_twice,
    check_output,
    open_table,
    standard_output,
    whole_file,
)
from carevoice.tables.reader import long_cells
from carevoice.tables.writer import CsvWriter, JsonlWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from carevoice.cli.tasks import Task
    from carevoice.language import LanguagePrior
    from carevoice.tables.reader import CsvReader
    from carevoice.tables.writer import TableWriter

Answer = TypeVar("Answer")
_WRITTEN_TOGETHER: Final = 256
_JSONL_ENDINGS: Final = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class TableOptions:
    """The options about the table that ``classify`` and ``detect`` share."""

    source: str
    output: str | None = None
    text_column: str | None = None
    question_column: str | None = None
    format: Literal["csv", "jsonl"] | None = None
    prefix: str = ""

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
def run(options: TableOptions, make_task: Callable[[], Task[Answer]]) -> None:
    """Read the table, have the task answer each row and write the output.

    A regular file is read twice: first whole, for faults and for its language mix, then to be
    answered. A stream is answered as it comes and ends at its first fault.

    Raises InputError for options, files and rows that can't be used; an output file is then as it
    was before, and what went to standard output is right up to the fault.
    """
    if options.output is not None and options.to_file:
        check_output(options.output, options.source)
    with open_table(options.source) as table:
        columns = _find_columns(options, table.header)
        task = make_task()
        check_added_columns(table.header, task.columns.names, options.prefix)
        if table.dialect.delimiter != ",":
            separator = {"\t": "tabs"}.get(table.dialect.delimiter, f'"{table.dialect.delimiter}"')
            say(f"{table.name}: the columns are separated by {separator}.")
        if not can_be_read_twice(options.source):
            _answer(options, table, columns, task, _Checked())
            return
        checked = _check(options, table, columns.text, task)
        header = table.header
    with open_table(options.source) as table:
        if table.header != header:
            raise InputError(f"{table.name} was changed while it was read: try again.")
        _answer(options, table, columns, task, checked)


def _find_columns(options: TableOptions, header: tuple[str, ...]) -> _Columns:
    text = find_text_column(header, options.text_column)
    question = find_question_column(header, options.question_column)
    if question == text:
        raise InputError(f'The column "{header[text]}" can\'t hold both the comments and the questions.')
    return _Columns(text, question)


def _check(options: TableOptions, table: CsvReader, text: int, task: Task[Answer]) -> _Checked:
    """Read a table to its end: count its rows and, if the task wants it, find its language mix."""
    if task.detector is None:
        return _Checked(sum(1 for _ in table))
    from carevoice.language import PriorEstimator

    estimator = PriorEstimator(task.detector)
    rows = 0
    texts = (row[text] for row in table)
    with _progress(options, "Reading", None) as advance:
        while chunk := list(islice(texts, 4096)):
            estimator.add(chunk)
            rows += len(chunk)
            advance(len(chunk))
    return _Checked(rows, estimator.result())


def _answer(
    options: TableOptions,
    table: CsvReader,
    columns: _Columns,
    task: Task[Answer],
    checked: _Checked,
) -> None:
    start = perf_counter()
    feed = RowFeed(table, columns.text, columns.question)
    answered = feed.answered(task.answers(feed, checked.prior))
    first_rows = FirstRows(columns.text, table.header[columns.text], task.columns, options.prefix)
    if options.for_eyes:
        output: AbstractContextManager[TableWriter[Answer]] = nullcontext(first_rows)
    else:
        output = _writer(options, table, task)
    rows = 0
    with output as writer:
        with _progress(options, task.title, checked.rows) as advance:
            while chunk := list(islice(answered, _WRITTEN_TOGETHER)):
                writer.write(chunk)
                task.summary.add(answer for _, answer in chunk)
                rows += len(chunk)
                advance(len(chunk))
        if feed.fault is not None:
            raise feed.fault
    if options.for_eyes:
        first_rows.show()
    if options.for_eyes or options.to_file:
        _say_summary(options, table, task, rows, perf_counter() - start)


def _progress(options: TableOptions, title: str, total: int | None) -> AbstractContextManager[Callable[[int], None]]:
    """A progress bar, unless the terminal may be where the data goes."""
    if options.for_eyes or options.to_file:
        return progress(title, total)
    return nullcontext(lambda _rows: None)


@contextmanager
def _writer(options: TableOptions, table: CsvReader, task: Task[Answer]) -> Iterator[TableWriter[Answer]]:
    """Open the output and write its header."""
    by_ending = "jsonl" if (options.output or "").lower().endswith(_JSONL_ENDINGS) else "csv"
    opened = whole_file(str(options.output)) if options.to_file else nullcontext(standard_output())
    with opened as sink:
        if (options.format or by_ending) == "jsonl":
            yield JsonlWriter(sink, table.header, task.columns)
        else:
            yield CsvWriter(sink, table.header, task.columns, table.dialect)


def _say_summary(options: TableOptions, table: CsvReader, task: Task[Answer], rows: int, seconds: float) -> None:
    where = f", written to {options.output}" if options.to_file else "; nothing was written, -o FILE does that"
    speed = f" ({rows / seconds:,.0f} rows/s)" if rows else ""
    say(f"{rows:,} {'row' if rows == 1 else 'rows'} in {seconds:.1f} s{speed}{where}")
    if table.blank_lines:
        say(f"Blank lines skipped: {table.blank_lines:,}")
    say(*task.summary.lines())
