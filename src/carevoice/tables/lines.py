"""The lines of a text file, as they come, and where in the file each of them stands."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from io import StringIO
from itertools import chain
from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError
from carevoice.tables.dialect import split_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from carevoice.tables.streams import ByteStream

#: A line that is longer, in bytes, is no line of a table.
LONGEST_LINE: Final = 40_000_000
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Block:
    first: int  # number of its first line
    byte: int  # where it begins in the file
    text: str
    faulty: bool  # holds characters that are no text

    def last(self, line_end: str) -> int:
        """Number of the last line that ends in it."""
        return self.first + self.text.count(line_end) - 1


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a line begins, in the text of its block and in the file."""

    block: _Block
    line: int
    place: int
    byte: int


class Lines:
    """Lines of a stream in UTF-8, each with its ending, in blocks that are kept as long as a row reaches into them.

    ``done`` is to be set to the number of the last line of the last row that was read; ``faulty`` says whether a row
    that comes after may hold what is no text: NUL characters, or bytes that are not UTF-8, which become lone
    surrogates.
    """

    def __init__(
        self, stream: ByteStream, name: str, line_end: str, *, byte: int, size: Callable[[str], int] | None
    ) -> None:
        """``stream`` gives the file without its byte order mark, beginning at ``byte`` of the file.

        ``size`` tells how many bytes a text has there; None in UTF-8.
        """
        self.done = 0
        self.faulty = False
        self._stream, self._name, self._line_end = stream, name, line_end
        self._size = size or _utf8_size
        self._on_fault = "surrogatepass" if size else "surrogateescape"
        self._byte, self._next = byte, 1
        self._blocks: deque[_Block] = deque()
        self._mark: _Mark | None = None
        self._rest = chain.from_iterable(self._texts())

    def __iter__(self) -> Iterator[str]:
        """The lines that were not read yet."""
        return self._rest

    def back(self, first: int, last: int) -> None:
        """Give the lines from ``first`` to ``last``, which were read, once more."""
        self._rest = chain(split_lines(self.text(first, last), self._line_end), self._rest)

    def text(self, first: int, last: int) -> str:
        """The text of some lines that come after those that are done."""
        parts = []
        for block in self._blocks:
            if block.first <= last and block.last(self._line_end) + 1 >= first:
                begin = max(first, block.first)
                start = self._find(block, begin).place
                parts.append(block.text[start : _after(block.text, start, last + 1 - begin, self._line_end)])
        return "".join(parts)

    def byte(self, line: int) -> int:
        """Where in the file a line begins that comes after those that are done."""
        return self._find(next(block for block in reversed(self._blocks) if block.first <= line), line).byte

    def _find(self, block: _Block, line: int) -> _Mark:
        """Where a line of a block begins; faults come one after the other, so the search goes on from the last one."""
        mark = self._mark
        if mark is None or mark.block is not block or mark.line > line:
            mark = _Mark(block, block.first, 0, block.byte)
        place = _after(block.text, mark.place, line - mark.line, self._line_end)
        self._mark = _Mark(block, line, place, mark.byte + self._size(block.text[mark.place : place]))
        return self._mark

    def _texts(self) -> Iterator[Iterable[str]]:
        for data in self._pieces():
            while self._blocks and self._blocks[0].last(self._line_end) <= self.done:
                self._blocks.popleft()
            faulty = b"\0" in data
            try:
                text = data.decode()
            except UnicodeDecodeError:
                text, faulty = data.decode(errors=self._on_fault), True
            self._blocks.append(_Block(self._next, self._byte, text, faulty))
            self._next += text.count(self._line_end)
            self._byte += self._size(text)
            self.faulty = any(block.faulty for block in self._blocks)
            # StringIO splits at LF in C; with "\r" it would turn the LFs of cells into CRs.
            yield StringIO(text, newline="\n") if self._line_end == "\n" else split_lines(text, self._line_end)

    def _pieces(self) -> Iterator[bytes]:
        """The whole file in pieces that end where a line ends."""
        line_end = self._line_end.encode()
        parts: list[bytes] = []
        size = 0
        while chunk := self._stream.read1(_BLOCK):
            cut = chunk.rfind(line_end) + 1
            parts.append(chunk[:cut] if cut else chunk)
            size += len(chunk)
            if cut:
                yield b"".join(parts)
                parts, size = [chunk[cut:]], len(chunk) - cut
            elif size > LONGEST_LINE:
                raise InputError(
                    f"{self._name}, line {self._next}: longer than {LONGEST_LINE:,} bytes: check that this is a table."
                )
        if last := b"".join(parts):
            yield last


def _after(text: str, place: int, lines: int, line_end: str) -> int:
    """Where so many lines on from a place in a text begins; its end if there are fewer."""
    for _ in range(lines):
        place = text.find(line_end, place) + 1
        if not place:
            return len(text)
    return place


def _utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogateescape"))
