"""What a person at a terminal sees: progress, the first rows and the summary."""

from __future__ import annotations

import sys
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from carevoice.tables.chunk import Chunk
    from carevoice.tables.writer import AddedColumns

Answer = TypeVar("Answer")

_FIRST_ROWS: Final = 10
_LONGEST_TEXT: Final = 200
#: Added columns that are shown of a row; the others are for machines.
_SHOWN: Final = ("language", "sentiment", "themes", "alert")


def say(*lines: str) -> None:
    """Write lines to standard error, where they don't mix with data."""
    for line in lines:
        typer.echo(line, err=True)


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar with rows per second while the block runs; what is given is called with numbers of rows.

    Nothing is shown unless standard error is a terminal.
    """
    if not sys.stderr.isatty():
        yield lambda _rows: None
        return
    from rich.console import Console  # costs as much as all else at start
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rows(ProgressColumn):
        def render(self, task: Task) -> Text:
            of = "" if task.total is None else f" of {int(task.total):,}"
            speed = "" if not task.speed else f", {task.speed:,.0f} rows/s"
            return Text(f"{int(task.completed):,}{of} rows{speed}")

    columns = (TextColumn("{task.description}"), BarColumn(), Rows(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda rows: bar.advance(task, rows)


class FirstRows(Generic[Answer]):
    """Keeps the first rows with their answers, to show them as a table on a terminal."""

    def __init__(self, text: int, name: str, columns: AddedColumns[Answer]) -> None:
        self._text, self._name, self._columns = text, name, columns
        # The first column of any task is the language.
        prefix = columns.names[0].removesuffix(_SHOWN[0])
        self._names = {columns.names.index(prefix + name): name for name in _SHOWN if prefix + name in columns.names}
        self._rows: list[list[str]] = []

    def take(self, chunk: Chunk, answers: Iterable[Answer]) -> None:
        """Keep what is still wanted of the rows."""
        wanted = _FIRST_ROWS - len(self._rows)
        if wanted:
            for text, answer in zip(chunk.texts(self._text)[:wanted], answers, strict=False):
                cells = self._columns.cells(answer)
                self._rows.append([text, *(cells[place] for place in self._names)])

    def show(self) -> None:
        """Write the table to standard output."""
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(title=f"The first {len(self._rows)} rows", title_justify="left")
        table.add_column(Text(harmless(self._name)), ratio=1)
        for name in self._names.values():
            table.add_column(name)
        for text, *cells in self._rows:
            # Spaces between themes let a long list wrap.
            table.add_row(Text(harmless(text)), *(Text(cell.replace(";", " ")) for cell in cells))
        Console().print(table)


def harmless(text: str) -> str:
    """A text on one line, cut if long, without characters that would steer the terminal."""
    line = " ".join(text[: 2 * _LONGEST_TEXT].split())
    line = "".join("�" if unicodedata.category(letter) in ("Cc", "Cf") else letter for letter in line)
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"
