"""JSON Lines, one object a line: every number and escape stays as it is written."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, NoReturn, TypeAlias, TypeVar, cast

from carevoice.errors import InputError, RowError
from carevoice.tables.chunk import CHUNK_ROWS, LONGEST_RAW, Reject
from carevoice.tables.jsontext import Nested, Number, json_text, number_value, plain_text, quoted
from carevoice.tables.lines import LONGEST_LINE
from carevoice.tables.names import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carevoice.tables.chunk import Chunk, TakesReject
    from carevoice.tables.streams import ByteSink, ByteStream
    from carevoice.tables.writer import AddedColumns

Answer = TypeVar("Answer")

_BLOCK: Final = 1 << 20
_ONE_A_LINE: Final = "write one JSON object per line"

#: What a key may have; a plain str is a text.
Cell: TypeAlias = str | bool | None


class JsonlChunk:
    """Some objects with the lines that they come from."""

    def __init__(self, header: tuple[str, ...], lines: list[str], objects: list[dict[str, Cell]]) -> None:
        self.lines, self.objects = lines, objects
        self._header = header

    def __len__(self) -> int:
        return len(self.lines)

    def texts(self, column: int) -> list[str]:
        """The comments of a column; half a surrogate pair, which is no character, is read as U+FFFD."""
        key = self._header[column]
        return [_whole_characters(plain_text(cells.get(key))) for cells in self.objects]

    def rows(self) -> list[list[str]]:
        """Every cell as a text: numbers as written, lists and objects as compact JSON, nothing for null."""
        return [[plain_text(cells.get(key)) for key in self._header] for cells in self.objects]

    def replaced(self, column: int, texts: Sequence[str]) -> JsonlChunk:
        """The same objects with other texts under a key; their other values stay as they are written."""
        key = self._header[column]
        pairs = zip(self.objects, texts, strict=True)
        objects: list[dict[str, Cell]] = [cells | {key: text} if key in cells else cells for cells, text in pairs]
        return JsonlChunk(self._header, list(map(_line_of, objects)), objects)

    def without(self, column: int) -> JsonlChunk:
        """The same objects without a key."""
        left = self._header[column]
        objects = [{key: cell for key, cell in cells.items() if key != left} for cells in self.objects]
        header = tuple(key for key in self._header if key != left)
        return JsonlChunk(header, list(map(_line_of, objects)), objects)

    def values(self) -> list[list[object]]:
        """Every cell as a value: int, or Decimal where int can't hold the number; None for a key that is missing."""
        return [[_value(cells.get(key)) for key in self._header] for cells in self.objects]


class JsonlReader:
    """Rows of a JSON Lines file or stream; see TableReader.

    ``header`` has the keys of the first chunk in the order in which they appear. A key that is missing
    from a row is a blank cell; a key that the header lacks makes a row unreadable, like anything that
    is not one JSON object in UTF-8, a key used twice, a blank key, NaN and infinities, which JSON doesn't have.

    Raises InputError if no row can be read.
    """

    def __init__(
        self, stream: ByteStream, name: str, reject: TakesReject | None = None, *, rows: int = CHUNK_ROWS
    ) -> None:
        self.name, self.note = name, ""
        self.blank_lines = 0
        self._stream, self._reject, self._rows = stream, reject, rows
        self._known: frozenset[str] | None = None
        self._first_fault = ""
        self._decode = json.JSONDecoder(
            object_pairs_hook=_unique, parse_float=Number, parse_int=Number, parse_constant=_no_constant
        ).decode
        self._objects = self._read_objects()
        self._first = list(islice(self._objects, rows))
        if not self._first:
            raise InputError(f"{name} has no row that can be read{self._first_fault or f': {_ONE_A_LINE}'}.")
        self.header = tuple(dict.fromkeys(key for _, cells in self._first for key in cells))
        if not self.header:
            raise InputError(f"{name}: the objects have no keys: give each comment a key.")
        self._known = frozenset(self.header)

    def chunks(self) -> Iterator[JsonlChunk]:
        """All rows, once."""
        rows, self._first = self._first, []
        while rows:
            yield JsonlChunk(self.header, [line for line, _ in rows], [cells for _, cells in rows])
            rows = list(islice(self._objects, self._rows))

    def _read_objects(self) -> Iterator[tuple[str, dict[str, Cell]]]:
        for line in self._lines():
            if line.data.isspace() or not line.data:
                self.blank_lines += 1
                continue
            try:
                row = self._parse(line)
            except _FaultError as fault:
                self._first_fault = self._first_fault or f"; line {line.number} is {fault.reason}: {fault.remedy}"
                raw = line.data[: 4 * LONGEST_RAW].decode(errors="replace")[:LONGEST_RAW]
                if self._reject is None:
                    raise RowError(f"{self.name}, line {line.number}: {fault.reason}: {fault.remedy}.", raw) from None
                self._reject(Reject(line.number, line.byte, fault.column, fault.reason, raw))
            else:
                yield row

    def _lines(self) -> Iterator[_Line]:
        """Lines without their LF; of one that is too long, only the beginning is kept."""
        number, byte, size, parts = 1, 0, 0, list[bytes]()
        while block := self._stream.read1(_BLOCK):
            *ended, rest = block.split(b"\n")
            for piece in ended:
                parts.append(piece if size <= LONGEST_LINE else b"")
                size += len(piece)
                yield _line(number, byte, size, parts)
                number, byte, size, parts = number + 1, byte + size + 1, 0, []
            if size <= LONGEST_LINE:
                parts.append(rest)
            size += len(rest)
        if size:
            yield _line(number, byte, size, parts)

    def _parse(self, line: _Line) -> tuple[str, dict[str, Cell]]:
        """The line and its cells, or _FaultError."""
        if line.too_long:
            raise _FaultError(f"longer than {LONGEST_LINE:,} bytes", "check that this is a JSON Lines file")
        try:
            text = line.data.decode()
            found = self._decode(text)
            if not isinstance(found, dict):
                what = "a JSON list" if isinstance(found, list) else "a JSON value"
                raise _FaultError(f"{what}, not an object", _ONE_A_LINE)
            cells = {key: _cell(value) for key, value in found.items()}
        except UnicodeDecodeError:
            raise _FaultError("not UTF-8", "save the file in UTF-8 and try again") from None
        except json.JSONDecodeError as error:
            raise _FaultError(f"not JSON from character {error.pos + 1} on", _ONE_A_LINE) from None
        except RecursionError:
            raise _FaultError("lists or objects are nested too deeply", "flatten them") from None
        for key in cells:
            if not key.strip():
                raise _FaultError("a key is blank", "name it, or delete it")
            if self._known is not None and key not in self._known:
                what = f'the key "{_printable(key)}" is in none of the first {self._rows:,} rows'
                raise _FaultError(what, "give it to the first row too, with null as its value", _printable(key))
        return text, cells


class JsonlWriter(Generic[Answer]):
    """Writes one JSON object a line in UTF-8.

    Of lines that were JSON before, everything up to the closing brace stays as it is, character for
    character, and the added keys follow. Cells of other formats stay what they are: texts texts,
    whatever they look like, numbers numbers with all their digits, dates ISO texts.
    """

    def __init__(self, sink: ByteSink, header: Sequence[str], columns: AddedColumns[Answer]) -> None:
        self._sink, self._columns = sink, columns
        self._keys = [f"{quoted(key)}: " for key in header]
        self._added = [f"{quoted(name)}: " for name in columns.names]

    def write(self, chunk: Chunk, answers: Sequence[Answer]) -> None:
        """Write the rows of a chunk, each with its answer."""
        if isinstance(chunk, JsonlChunk):
            pairs = zip(chunk.lines, chunk.objects, answers, strict=True)
            lines = [self._spliced(line, bool(cells), answer) for line, cells, answer in pairs]
        else:
            rows = zip(chunk.values(), answers, strict=True)
            lines = [f"{{{self._pairs(values)}, {self._answer(answer)}}}\n" for values, answer in rows]
        # Half a surrogate pair becomes its JSON escape; inside a string of JSON it can be nothing else.
        self._sink.write("".join(lines).encode(errors="backslashreplace"))

    def _spliced(self, line: str, filled: bool, answer: Answer) -> str:  # noqa: FBT001
        end = line.rindex("}")
        return f"{line[:end]}{', ' if filled else ''}{self._answer(answer)}{line[end:]}\n"

    def _answer(self, answer: Answer) -> str:
        values = self._columns.values(answer)
        return ", ".join([name + json_text(value) for name, value in zip(self._added, values, strict=True)])

    def _pairs(self, values: Sequence[object]) -> str:
        return ", ".join([key + json_text(value) for key, value in zip(self._keys, values, strict=True)])


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    byte: int
    data: bytes
    too_long: bool


class _FaultError(Exception):
    """Why a line can't be read, and what to do about it."""

    def __init__(self, reason: str, remedy: str, column: str = "") -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.column = reason, remedy, column


def _line(number: int, byte: int, size: int, parts: list[bytes]) -> _Line:
    data = b"".join(parts)
    return _Line(number, byte, data.removeprefix(BOM_UTF8) if number == 1 else data, size > LONGEST_LINE)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        key = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise _FaultError(f'the key "{_printable(key)}" is used twice', "rename one, or delete it", _printable(key))
    return found


def _no_constant(name: str) -> NoReturn:
    raise _FaultError(f"{name} is not JSON", "write null, or a number")


def _printable(key: str) -> str:
    return _whole_characters(short(key))


def _cell(value: object) -> Cell:
    return Nested(json_text(value)) if isinstance(value, list | dict) else cast("Cell", value)


def _line_of(cells: dict[str, Cell]) -> str:
    return f"{{{', '.join([f'{quoted(key)}: {json_text(cell)}' for key, cell in cells.items()])}}}"


def _value(cell: Cell) -> object:
    if isinstance(cell, Number):
        return number_value(cell)
    if isinstance(cell, Nested):
        return json.loads(cell, parse_float=number_value, parse_int=number_value)
    return cell


def _whole_characters(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
