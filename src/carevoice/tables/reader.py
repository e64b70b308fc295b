"""Reading a CSV file or stream row by row, exactly, or saying which line can't be read and why."""

from __future__ import annotations

import csv
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError, RowError
from carevoice.tables.chunk import CHUNK_ROWS, LONGEST_RAW, Reject
from carevoice.tables.dialect import Dialect, find_delimiter, first_newline
from carevoice.tables.encoding import Encoding, Utf8Stream, guess_encoding, source_offset
from carevoice.tables.faults import Fault, has_stray_quote, no_text, open_quote, unreadable, wrong_width
from carevoice.tables.lines import LONGEST_LINE, Lines
from carevoice.tables.names import check_header

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carevoice.tables.chunk import TakesReject
    from carevoice.tables.streams import ByteStream

#: Longest cell that is read, in characters, where ``long_cells`` allows it.
LONGEST_CELL: Final = 10_000_000

_UTF_8: Final = ("utf-8", "utf-8-sig")
_SEPARATORS: Final = {"\t": "tabs"}
_SAMPLE: Final = 1 << 16
_RESAVE: Final = 'save it as "CSV UTF-8" and try again'
_UNPACK: Final = "let its name end in .gz, or unpack it"
_LINES: Final = "write one JSON object per line and let its name end in .jsonl, or give --input-format jsonl"
#: How files begin that are no CSV, what they are and what to do; the last ones may have blanks before them.
_FOREIGN: Final = (
    (re.compile(rb"PK\x03\x04"), "is a workbook or a zip archive, not CSV", _RESAVE),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "is an old Excel workbook, not CSV", _RESAVE),
    (re.compile(rb"\x1f\x8b"), "is compressed", _UNPACK),
    (re.compile(rb"PAR1"), "is a Parquet file, not CSV", "let its name end in .parquet"),
    (re.compile(rb"%PDF-"), "is a PDF document, not CSV", _RESAVE),
    (re.compile(rb"\x89PNG\r|\xff\xd8\xff|GIF8[79]a"), "is a picture, not CSV", _RESAVE),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE), "is a web page, not CSV", _RESAVE),
    (re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"[^"\n]*"\s*:'), "is JSON, not CSV", _LINES),
)


@contextmanager
def long_cells() -> Iterator[None]:
    """Let cells be up to LONGEST_CELL characters long while the block runs.

    Python's limit is 131,072. It holds for the whole process, all of its threads included, so it is
    for a program to raise and not for a library.
    """
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


@dataclass(frozen=True, slots=True)
class TextChunk:
    """Rows whose every cell is a text."""

    cells: list[list[str]]

    def __len__(self) -> int:
        return len(self.cells)

    def texts(self, column: int) -> list[str]:
        return [row[column] for row in self.cells]

    def rows(self) -> Sequence[Sequence[str]]:
        return self.cells

    def values(self) -> Sequence[Sequence[object]]:
        return self.cells

    def replaced(self, column: int, texts: Sequence[str]) -> TextChunk:
        rows = zip(self.cells, texts, strict=True)
        return TextChunk([[*row[:column], text, *row[column + 1 :]] for row, text in rows])

    def without(self, column: int) -> TextChunk:
        return TextChunk([row[:column] + row[column + 1 :] for row in self.cells])


class CsvReader:
    """Rows of a CSV file or stream as lists of cells, each equal to what the file holds.

    ``header`` has the column names, ``dialect`` the separator and line ending and ``encoding`` the encoding that
    were found or given. Iterating, once, gives the rows below the header in bounded memory. Lines are counted as a text
    editor does. A line with nothing on it is an empty cell in a file of one column; elsewhere it holds no cell, is
    skipped and counted in ``blank_lines``.

    What makes a row doubtful is an unclosed quote, text after a closing quote, another number of cells than the header
    has, a NUL character, bytes that the encoding doesn't have. With ``reject``, it gets such rows, those with a
    misplaced quote without the lines below it, which are then read on their own. Without, they raise RowError. An
    empty file or header and a name used twice always raise InputError. Messages name file, line and remedy.
    """

    def __init__(
        self,
        stream: ByteStream,
        name: str,
        reject: TakesReject | None = None,
        *,
        encoding: Encoding | None = None,
        delimiter: str | None = None,
        packed: bool = False,
    ) -> None:
        self.name = name
        self.blank_lines = 0
        self._reject = reject
        start = _Head(stream)
        start.read(_SAMPLE)
        for beginning, what, remedy in _FOREIGN:
            if beginning.match(start.data):
                if packed and remedy is _UNPACK:
                    what, remedy = "is packed twice", "unpack it once"  # noqa: PLW2901
                raise InputError(f"{name} {what}: {remedy}.")
        self.encoding = encoding or guess_encoding(bytes(start.data), name)
        utf8 = Utf8Stream(start, self.encoding)
        head = _Head(utf8)
        head.read(_SAMPLE)
        if not head.data:
            raise self._empty()
        newline = first_newline(bytes(head.data))
        #: The character that ends a line; a CR before an LF is part of the line and harmless to csv.
        self._line_end = newline[-1]
        sample = bytes(head.data).decode(errors="replace")
        self.dialect = Dialect(delimiter or find_delimiter(sample, self._line_end, whole=head.ended), newline)
        size = None if self.encoding.name in _UTF_8 else lambda text: source_offset(text, self.encoding)
        self._lines = Lines(head, name, self._line_end, byte=utf8.mark, size=size)
        self._lines_before = 0  # of the parser's first one
        self._parser = csv.reader(iter(self._lines), delimiter=self.dialect.delimiter, strict=True)
        self.header = self._read_header()

    @property
    def note(self) -> str:
        """The encoding and the separator, unless they are the usual ones."""
        separator = _SEPARATORS.get(self.dialect.delimiter, f'"{self.dialect.delimiter}"')
        parts = [
            "" if self.encoding.name in _UTF_8 else f"read as {self.encoding.describe()}",
            "" if self.dialect.delimiter == "," else f"columns are separated by {separator}",
        ]
        said = ", ".join(filter(None, parts))
        return f"{said[:1].upper()}{said[1:]}." if said else ""

    def __iter__(self) -> Iterator[list[str]]:
        width, lines = len(self.header), self._lines
        while True:
            before = self._lines_before
            try:
                for row in self._parser:
                    if len(row) == width and not lines.faulty:
                        yield row
                    elif (good := self._looked_at(row)) is not None:
                        yield good
                    lines.done = before + self._parser.line_num
            except csv.Error as error:
                self._recover(self._unreadable(error))
            except _OpenQuoteError:
                self._recover(open_quote(lines.done + 1))
            else:
                return

    def chunks(self) -> Iterator[TextChunk]:
        """The rows, CHUNK_ROWS at a time; those before a fault come before it is raised."""
        rows: list[list[str]] = []
        try:
            for row in self:
                rows.append(row)
                if len(rows) == CHUNK_ROWS:
                    yield TextChunk(rows)
                    rows = []
        except InputError:
            if rows:
                yield TextChunk(rows)
            raise
        if rows:
            yield TextChunk(rows)

    def _read_header(self) -> tuple[str, ...]:
        try:
            header = next((row for row in self._parser if row), None)
        except csv.Error as error:
            raise InputError(self._message(self._unreadable(error))) from None
        if header is None:
            raise self._empty()
        line = self._parser.line_num
        if header[0].casefold().startswith("sep=") and not any(header[1:]):
            raise InputError(f'{self.name}, line {line}: a "sep=" line for Excel, not a header: delete it.')
        if self._lines.faulty and (fault := self._no_text(1, line)):
            raise InputError(self._message(fault))
        check_header(header, f"{self.name}, line {line}")
        self._lines.done = line
        return tuple(header)

    def _looked_at(self, row: list[str]) -> list[str] | None:
        """The row if it is good after all; None if it was blank or is rejected."""
        width, first, last = len(self.header), self._lines.done + 1, self._line
        if not row:
            if width == 1:
                return [""]
            self.blank_lines += 1
        elif self._lines.faulty and (fault := self._no_text(first, last)):
            # First, for the wrong width may come of it.
            self._refuse(fault)
        elif len(row) != width:
            if first < last and self._was_left_open(first):
                raise _OpenQuoteError
            self._refuse(wrong_width(first, last, len(row), width, self.dialect.delimiter))
        else:
            return row
        return None

    def _was_left_open(self, line: int) -> bool:
        """Whether a row of several lines is one with an open quote, closed by chance in rows that follow.

        It is if the line below it, read by itself, is a row with every quote in its place. Without anybody who takes
        rejects it makes no difference.
        """
        if self._reject is None:
            return False
        text = self._lines.text(line + 1, line + 1)
        try:
            row = next(csv.reader([text], delimiter=self.dialect.delimiter, strict=True), [])
        except csv.Error:
            return False
        return len(row) == len(self.header) and not has_stray_quote(text, self.dialect.delimiter)

    def _recover(self, fault: Fault) -> None:
        """Go on below the line with the misplaced quote."""
        first, last = self._lines.done + 1, self._line
        if first < fault.last and self._was_left_open(first):
            fault = open_quote(first)
        self._refuse(fault)
        self._lines.done = fault.last
        if fault.last < last:
            self._lines.back(fault.last + 1, last)
        self._lines_before = fault.last
        self._parser = csv.reader(iter(self._lines), delimiter=self.dialect.delimiter, strict=True)

    def _refuse(self, fault: Fault) -> None:
        """Reject the lines from the first that isn't done to the last of the fault, or raise."""
        first = self._lines.done + 1
        text = self._lines.text(first, fault.last).removesuffix("\n").removesuffix("\r")
        raw = text[:LONGEST_RAW].encode(errors="surrogateescape").decode(errors="backslashreplace")
        if self._reject is None:
            raise RowError(self._message(fault), raw) from None
        self._reject(Reject(first, self._lines.byte(first), "", fault.reason, raw))

    @property
    def _line(self) -> int:
        """The last line that the parser has read."""
        return self._lines_before + self._parser.line_num

    def _unreadable(self, error: csv.Error) -> Fault:
        first, last = self._lines.done + 1, self._line
        text = self._lines.text(first, last)
        return unreadable(error, first, last, text, self.dialect.delimiter, self._line_end)

    def _no_text(self, first: int, last: int) -> Fault | None:
        return no_text(first, last, self._lines.text(first, last), self._line_end, self.encoding.describe())

    def _message(self, fault: Fault) -> str:
        first = self._lines.done + 1
        several = fault.line == first < fault.last
        where = f"lines {first} to {fault.last}" if several else f"line {fault.line}"
        return f"{self.name}, {where}: {fault.reason}."

    def _empty(self) -> InputError:
        return InputError(f"{self.name} is empty: a header line with column names is needed.")


class _OpenQuoteError(Exception):
    """A row of several lines, of which only the first is at fault."""


class _Head:
    """A stream whose beginning can be looked at before it is read."""

    def __init__(self, stream: ByteStream) -> None:
        self.data = bytearray()
        self.ended = False
        self._stream = stream

    def read(self, size: int) -> None:
        """Look at the first ``size`` bytes, and on to the end of a line that is not too long, if there are so many."""
        # A CR at the very end may be half a CR LF.
        while not self.ended and (
            len(self.data) < size
            or (len(self.data) < LONGEST_LINE and b"\n" not in self.data and b"\r" not in self.data[:-1])
        ):
            chunk = self._stream.read1(size)
            self.data += chunk
            self.ended = not chunk

    def read1(self, size: int, /) -> bytes:
        if self.data:
            given = bytes(self.data[:size])
            del self.data[:size]
            return given
        return b"" if self.ended else self._stream.read1(size)
