"""What a user asks of ``classify`` and ``detect`` about the tables that they read and write."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from carevoice.cli.comment_columns import Named
from carevoice.errors import InputError
from carevoice.tables.files import DASH, can_be_read_twice, check_output
from carevoice.tables.formats import PLAIN, ReadOptions, format_of

if TYPE_CHECKING:
    from carevoice.tables.format_names import Format


@dataclass(frozen=True, slots=True)
class TableOptions:
    """The options about the table that the two commands share."""

    source: str
    output: str | None = None
    named: Named = Named()  # noqa: RUF009  # it is frozen
    takes_questions: bool = True
    read: ReadOptions = PLAIN
    format: Format | None = None
    prefix: str = ""
    excel: bool = False
    in_place: bool = False
    rejects: str | None = None
    resume: bool = False
    redact: bool = False
    drop_text: bool = False
    show_text: bool = False

    @property
    def written_to(self) -> str | None:
        """The file, or ``-`` for standard output, that is named for the output; None if none is."""
        return self.source if self.in_place else self.output

    @property
    def written_as(self) -> Format:
        """The format of the output."""
        named = self.format or (self.read.format if self.in_place else None)
        return format_of(self.written_to or DASH, named=named)

    @property
    def to_file(self) -> bool:
        """Whether a file is to be written."""
        return self.written_to not in (None, DASH)

    @property
    def for_eyes(self) -> bool:
        """Whether the answers are to be looked at on a terminal, and written nowhere."""
        return self.written_to is None and sys.stdout.isatty()

    def check(self) -> None:
        """Raise InputError for what can't be done together, and for paths that can't be written."""
        if self.in_place:
            self._check_in_place()
        output = self.output if self.to_file else None
        for path in filter(None, (output, self.rejects)):
            check_output(path, self.source)
        if output and self.rejects and Path(output).resolve() == Path(self.rejects).resolve():
            raise InputError(f"{self.rejects} is also the output: give the rejected rows a file of their own.")
        if self.resume and not (self.to_file and can_be_read_twice(self.source)):
            raise InputError("--resume goes from a file to a file, named with -o: a stream can't be gone on with.")

    def _check_in_place(self) -> None:
        """Nothing may be lost where the input is replaced."""
        if self.output is not None:
            raise InputError("--in-place writes to the input itself: leave out either it or -o.")
        if not can_be_read_twice(self.source):
            raise InputError(f"--in-place replaces a file, and {self.source} is none: name an output with -o.")
        if self.rejects:
            raise InputError("--in-place would take the rejected rows out of the input: name an output with -o.")
        read_as = format_of(self.source, named=self.read.format)
        if read_as == "xlsx":
            raise InputError("--in-place would lose the other sheets and looks of a workbook: name an output with -o.")
        if self.written_as != read_as:
            raise InputError(f"--in-place keeps the format, {read_as}: name an output with -o to change it.")
