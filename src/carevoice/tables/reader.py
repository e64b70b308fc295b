"""Reading a CSV file or stream row by row, exactly, or saying which line can't be read and why."""

from __future__ import annotations

import csv
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from carevoice.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Longest cell that is read, in characters, where ``long_cells`` allows it.
LONGEST_CELL: Final = 10_000_000
#: Separators that are told apart, the usual one first.
DELIMITERS: Final = (",", ";", "\t")

_BOM: Final = b"\xef\xbb\xbf"
_LONGEST_NAME: Final = 40
_SAMPLE: Final = 1 << 16
_BLOCK: Final = 1 << 20
_LONGEST_LINE: Final = 4 * LONGEST_CELL
_RESAVE: Final = 'save it as "CSV UTF-8" and try again'
_FOREIGN: Final = (
    (b"\xff\xfe", "is UTF-16 text, which is not read yet"),
    (b"\xfe\xff", "is UTF-16 text, which is not read yet"),
    (b"PK\x03\x04", "is a workbook or a zip archive, not CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook, not CSV"),
    (b"\x1f\x8b", "is compressed, which is not read yet"),
    (b"PAR1", "is a Parquet file, not CSV"),
)


class ByteStream(Protocol):
    """What is asked of an open file or standard input: the bytes at hand, at most ``size`` of them."""

    def read1(self, size: int, /) -> bytes:
        """Return at least one byte, or none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written: its separator and its line ending."""

    delimiter: str = ","
    newline: str = "\n"


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


class CsvReader:
    """Rows of a CSV file or stream as lists of cells, each equal to what the file holds.

    ``header`` has the column names and ``dialect`` the separator and line ending that were found.
    Iterating, once, gives the rows below the header in bounded memory. UTF-8 with or without a byte
    order mark; lines are counted as a text editor does. A line with nothing on it is an empty cell
    in a file of one column; elsewhere it holds no cell, is skipped and counted in ``blank_lines``.

    Raises InputError, naming file, line and remedy, for an empty file or header, a header used twice,
    and while iterating for whatever makes the rows that follow doubtful: an unclosed quote, text after
    a closing quote, a row of the wrong width, a NUL character, bytes that are not UTF-8.
    """

    def __init__(self, stream: ByteStream, name: str) -> None:
        self.name = name
        self.blank_lines = 0
        self._stream = stream
        head, ended = self._read_head()
        newline = _first_newline(head)
        #: The character that ends a line; a CR before an LF is part of the line and harmless to csv.
        self._line_end = newline[-1]
        self._head, self._ended = head, ended
        sample = head.decode(errors="replace")
        self.dialect = Dialect(_sniff(sample, self._line_end, whole=ended), newline)
        self._next_line = 1
        self._row_end = 0
        self._recent: deque[tuple[int, str]] = deque()
        self._parser = csv.reader(chain.from_iterable(self._lines()), delimiter=self.dialect.delimiter, strict=True)
        self.header = self._read_header()

    def __iter__(self) -> Iterator[list[str]]:
        parser, width = self._parser, len(self.header)
        try:
            for row in parser:
                if len(row) != width:
                    if row:
                        raise self._wrong_width(len(row))
                    if width == 1:
                        yield [""]
                    else:
                        self.blank_lines += 1
                else:
                    yield row
                self._row_end = parser.line_num
        except csv.Error as error:
            raise self._unreadable(error) from None

    def _read_head(self) -> tuple[bytes, bool]:
        """The first 64 KiB or more, up to a line end if there is one; whether that is all there is."""
        parts, ended = bytearray(), False
        # A CR at the very end may be half a CR LF.
        while not ended and (
            len(parts) < _SAMPLE or (len(parts) < _LONGEST_LINE and b"\n" not in parts and b"\r" not in parts[:-1])
        ):
            chunk = self._stream.read1(_SAMPLE)
            parts += chunk
            ended = not chunk
        for magic, what in _FOREIGN:
            if parts.startswith(magic):
                raise InputError(f"{self.name} {what}: {_RESAVE}.")
        head = bytes(parts.removeprefix(_BOM))
        if not head:
            raise InputError(f"{self.name} is empty: a header line with column names is needed.")
        return head, ended

    def _blocks(self) -> Iterator[bytes]:
        """The whole file in pieces that end where a line ends."""
        line_end = self._line_end.encode()
        chunk, parts, size = self._head, [], 0
        self._head = b""
        while chunk:
            cut = chunk.rfind(line_end) + 1
            parts.append(chunk[:cut] if cut else chunk)
            size += len(chunk)
            if cut:
                yield b"".join(parts)
                parts, size = [chunk[cut:]], len(chunk) - cut
            elif size > _LONGEST_LINE:
                raise InputError(
                    f"{self.name}, line {self._next_line}: longer than {_LONGEST_LINE:,} bytes: "
                    "check that this is a CSV file."
                )
            chunk = b"" if self._ended else self._stream.read1(_BLOCK)
        if last := b"".join(parts):
            yield last

    def _lines(self) -> Iterator[Iterable[str]]:
        """The text of the file in iterables of lines, each with its ending."""
        for block in self._blocks():
            # Blocks are kept while a row that is not finished reaches into them: see _unreadable.
            while self._recent and self._recent[0][0] + self._recent[0][1].count(self._line_end) <= self._row_end:
                self._recent.popleft()
            text, fault = self._decode(block)
            self._recent.append((self._next_line, text))
            self._next_line += text.count(self._line_end)
            # StringIO splits at LF in C; with "\r" it would turn the LFs of cells into CRs.
            yield StringIO(text, newline="\n") if self._line_end == "\n" else _split(text, self._line_end)
            if fault:
                raise InputError(fault)

    def _decode(self, block: bytes) -> tuple[str, str]:
        """The text of a block up to the line of its first fault, and what is wrong there, if anything."""
        faults: list[tuple[int, str]] = []
        if (nul := block.find(b"\0")) >= 0:
            faults.append((nul, f"a NUL character, which is no text: {_RESAVE}"))
        try:
            text = block.decode()
        except UnicodeDecodeError as error:
            faults.append((error.start, f"not UTF-8, the only encoding that is read so far: {_RESAVE}"))
        if not faults:
            return text, ""
        place, what = min(faults)
        good = block[: block.rfind(self._line_end.encode(), 0, place) + 1].decode()
        line = self._next_line + good.count(self._line_end)
        return good, f"{self.name}, line {line}: {what}."

    def _read_header(self) -> tuple[str, ...]:
        try:
            header = next((row for row in self._parser if row), None)
        except csv.Error as error:
            raise self._unreadable(error) from None
        line = self._parser.line_num
        self._row_end = line
        if header is None:
            raise InputError(f"{self.name} is empty: a header line with column names is needed.")
        first: dict[str, int] = {}
        for number, column in enumerate(header, start=1):
            if not column.strip():
                reason = f"column {number} of {len(header)} has no name: name it, or delete the column"
            elif column in first:
                reason = f'columns {first[column]} and {number} are both called "{short(column)}": rename one'
            else:
                first[column] = number
                continue
            raise InputError(f"{self.name}, line {line}: {reason}.")
        return tuple(header)

    def _wrong_width(self, found: int) -> InputError:
        first, last, width = self._row_end + 1, self._parser.line_num, len(self.header)
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        cells = "1 cell" if found == 1 else f"{found} cells"
        separator = "a tab" if self.dialect.delimiter == "\t" else f'"{self.dialect.delimiter}"'
        remedy = "complete it" if found < width else f"put quotes around a cell that holds {separator}"
        quote = "" if first == last else ", or close a quote that was left open"
        reason = f"a row of {cells}, but the header has {width}: {remedy}{quote}"
        return InputError(f"{self.name}, {where}: {reason}.")

    def _unreadable(self, error: csv.Error) -> InputError:
        """What stopped the parser, found anew in the text of the unfinished row: csv doesn't say where."""
        start = self._row_end + 1
        text = "".join(_lines_from(self._recent, start, self._line_end))
        opened, closed = _quote_lines(text, self.dialect.delimiter, self._line_end)
        if "field limit" in str(error):
            line = start + (opened or 0)
            quote = ":" if opened is None else ", perhaps because its closing quote is missing: add it, or"
            reason = f"a cell opens that is longer than {csv.field_size_limit():,} characters{quote} shorten it"
        elif opened is None:
            line = self._parser.line_num
            reason = "a line break of another kind outside quotes: give all lines the same ending"
        elif closed is None:
            line, reason = start + opened, 'a quoted cell opens and is never closed: add the missing "'
        else:
            line = start + opened
            end = "" if opened == closed else f" on line {start + closed}"
            reason = f"a quoted cell opens, and text follows its closing quote{end}: "
            reason += 'write a quote inside a cell as ""'
        return InputError(f"{self.name}, line {line}: {reason}.")


def short(column: str) -> str:
    """A column name fit for a message: without a header, a comment may stand where a name should."""
    name = " ".join(column.split())
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _first_newline(head: bytes) -> str:
    """The line ending of the first line: the first one outside quotes."""
    quoted = False
    for piece in head.split(b'"'):
        if not quoted:
            ends = [place for place in (piece.find(b"\n"), piece.find(b"\r")) if place >= 0]
            if ends:
                found = piece[min(ends) : min(ends) + 2]
                return "\r\n" if found == b"\r\n" else chr(found[0])
        quoted = not quoted
    return "\n"


def _split(text: str, line_end: str) -> list[str]:
    lines = [line + line_end for line in text.split(line_end)]
    lines[-1] = lines[-1].removesuffix(line_end)
    return lines if lines[-1] else lines[:-1]


def _sniff(sample: str, line_end: str, *, whole: bool) -> str:
    """The separator under which the header has several cells and most rows as many; else a comma."""
    best, best_share = DELIMITERS[0], 0.0
    for delimiter in DELIMITERS:
        widths: list[int] = []
        with suppress(csv.Error):
            widths.extend(len(row) for row in csv.reader(_split(sample, line_end), delimiter=delimiter) if row)
        if not whole and len(widths) > 1:
            widths.pop()
        if not widths or widths[0] == 1:
            continue
        header, *rows = widths
        # A header with the separator in it is some evidence even if no row agrees with it.
        share = max(rows.count(header) / len(rows), 0.01) if rows else 1.0
        if share > best_share:
            best, best_share = delimiter, share
    return best


def _lines_from(blocks: Iterable[tuple[int, str]], start: int, line_end: str) -> Iterator[str]:
    for first, text in blocks:
        yield from _split(text, line_end)[max(start - first, 0) :]


def _quote_lines(text: str, delimiter: str, line_end: str) -> tuple[int | None, int | None]:
    """Lines, from 0, on which the last quoted cell of an unreadable row opens and closes.

    The first is None when no quoted cell is at fault, the second when the cell is never closed.
    """
    place, ends = 0, (delimiter, "\r", "\n")
    while place < len(text):
        if text[place] != '"':
            stops = [stop for stop in (text.find(end, place) for end in ends) if stop >= 0]
            if not stops or text[min(stops)] != delimiter:
                return None, None
            place = min(stops) + 1
            continue
        opened = text.count(line_end, 0, place)
        place = text.find('"', place + 1)
        while place >= 0 and text.startswith('""', place):
            place = text.find('"', place + 2)
        if place < 0:
            return opened, None
        if not text.startswith(ends, place + 1):
            return opened, text.count(line_end, 0, place)
        if text[place + 1] != delimiter:
            return None, None
        place += 2
    return None, None
