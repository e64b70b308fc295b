"""Parsing the parts of a workbook that may be large, a piece at a time, refusing what no workbook needs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from xml.parsers import expat

from carevoice.tables.xlsx_cells import MOST_COLUMNS, MOST_ROWS, Cell, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

    from openpyxl.formula.translate import Translator

Part = TypeVar("Part")

_BLOCK: Final = 1 << 16
_LONGEST_TEXT: Final = 10_000_000
_MAIN: Final = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main}",
    "http://purl.oclc.org/ooxml/spreadsheetml/main}",
)
#: Types of cells, and what is made of them: "str" is the text that a formula gives.
_KINDS: Final[dict[str, Kind]] = {"n": "n", "s": "s", "str": "s", "inlineStr": "s", "b": "b", "e": "e", "d": "d"}


class DamageError(Exception):
    """A part of a workbook isn't what it has to be."""


class _Parser(Generic[Part]):
    """Collects the text of some elements of a part, and what is made of it."""

    #: Elements whose text is wanted.
    wanted: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.done: list[Part] = []
        self.text: list[str] | None = None
        self._size = 0

    def read(self, stream: IO[bytes]) -> Iterator[Part]:
        """What the part holds. Raises DamageError if it isn't well-formed or has a document type."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _no_document_type
        try:
            while data := stream.read(_BLOCK):
                parser.Parse(data, False)  # noqa: FBT003
                yield from self.done
                self.done.clear()
            parser.Parse(b"", True)  # noqa: FBT003
        except expat.ExpatError as error:
            raise DamageError(f"not well-formed: {error}") from error
        yield from self.done

    def begin(self, element: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, element: str, text: str) -> None:
        """An element ends; the text is that of wanted elements."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name.startswith(_MAIN):
            element = name.rpartition("}")[2]
            if element in self.wanted:
                self.text, self._size = [], 0
            self.begin(element, attributes)

    def _end(self, name: str) -> None:
        if name.startswith(_MAIN):
            text, self.text = "".join(self.text or ()), None
            self.end(name.rpartition("}")[2], text)

    def _characters(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)
            self._size += len(data)
            if self._size > _LONGEST_TEXT:
                raise DamageError("a text is too long")


class Strings(_Parser[str]):
    """The texts that cells share, without their formatting and reading aids."""

    wanted = frozenset({"t"})

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[str] = []
        self._aid = False

    def begin(self, element: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        if element == "si":
            self._runs = []
        elif element == "rPh":
            self._aid = True

    def end(self, element: str, text: str) -> None:
        if element == "t" and not self._aid:
            self._runs.append(text)
        elif element == "rPh":
            self._aid = False
        elif element == "si":
            self.done.append("".join(self._runs))


class Formats(_Parser[str]):
    """The number format of each style that a cell may have."""

    def __init__(self) -> None:
        from openpyxl.styles.numbers import BUILTIN_FORMATS

        super().__init__()
        self._codes: dict[int, str] = dict(BUILTIN_FORMATS)
        self._inside = False

    def begin(self, element: str, attributes: dict[str, str]) -> None:
        if element == "numFmt" and not self._inside:
            self._codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif element == "cellXfs":
            self._inside = True
        elif element == "xf" and self._inside:
            self.done.append(self._codes.get(_number(attributes.get("numFmtId", "0")), "General"))

    def end(self, element: str, text: str) -> None:  # noqa: ARG002
        if element == "cellXfs":
            self._inside = False


class Rows(_Parser[tuple[int, list[Cell | None]]]):
    """The rows of a sheet that the file has, each with its number and its cells from the first column on."""

    wanted = frozenset({"v", "f", "t"})

    def __init__(self, strings: Sequence[str], styles: int) -> None:
        from openpyxl.utils.cell import column_index_from_string

        super().__init__()
        self._index = column_index_from_string
        self._strings, self._styles = strings, styles
        self._shared: dict[str, Translator] = {}
        self._row, self._cells = 0, list[Cell | None]()
        self._cell, self._formula = dict[str, str](), dict[str, str]()
        self._value: str | None = None
        self._runs: list[str] | None = None
        self._source: str | None = None
        self._aid = False

    def begin(self, element: str, attributes: dict[str, str]) -> None:
        if element == "row":
            row = _number(attributes.get("r", str(self._row + 1)))
            if not self._row < row <= MOST_ROWS:
                raise DamageError("rows are not in order")
            self._row, self._cells = row, []
        elif element == "c":
            self._cell, self._value, self._runs, self._source = attributes, None, None, None
        elif element == "is":
            self._runs = []
        elif element == "f":
            self._formula = attributes
        elif element == "rPh":
            self._aid = True

    def end(self, element: str, text: str) -> None:
        if element == "v":
            self._value = text
        elif element == "f":
            self._source = text
        elif element == "t" and self._runs is not None and not self._aid:
            self._runs.append(text)
        elif element == "rPh":
            self._aid = False
        elif element == "c":
            self._put()
        elif element == "row":
            self.done.append((self._row, self._cells))

    def _put(self) -> None:
        """Put the cell that has ended into its column."""
        letters = self._cell.get("r", "").rstrip("0123456789")
        try:
            column = self._index(letters) if letters else len(self._cells) + 1
        except ValueError as error:
            raise DamageError("a cell is nowhere") from error
        if not len(self._cells) < column <= MOST_COLUMNS:
            raise DamageError("cells are not in order")
        self._cells += [None] * (column - 1 - len(self._cells))
        given = self._cell.get("t", "n")
        raw = self._value or None
        if given == "s" and raw is not None:
            raw = self._shared_string(raw)
        elif given == "inlineStr":
            raw = None if self._runs is None else "".join(self._runs)
        elif given == "str":
            raw = self._value
        style = _number(self._cell.get("s", "0"))
        formula, array = (None, None) if self._source is None else self._formula_at(column, self._source)
        kind = _KINDS.get(given, "n")
        self._cells.append(Cell(kind, raw, style if style < self._styles else 0, formula, array))

    def _shared_string(self, index: str) -> str:
        number = _number(index)
        if number >= len(self._strings):
            raise DamageError("a text is missing")
        return self._strings[number]

    def _formula_at(self, column: int, text: str) -> tuple[str | None, str | None]:
        """The formula of the cell and its range if it is one for an array; shared ones are spelled out."""
        from openpyxl.formula.tokenizer import TokenizerError
        from openpyxl.formula.translate import Translator
        from openpyxl.utils.cell import get_column_letter

        place = f"{get_column_letter(column)}{self._row}"
        kind, name = self._formula.get("t"), self._formula.get("si", "")
        if kind == "array":
            return f"={text}", self._formula.get("ref", place)
        try:
            if kind == "shared" and text:
                self._shared[name] = Translator(f"={text}", place)
            elif kind == "shared" and name in self._shared:
                return str(self._shared[name].translate_formula(place)), None
        except (TokenizerError, ValueError) as error:
            raise DamageError("a formula can't be read") from error
        return (f"={text}" if text else None), None


def _number(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdecimal():
        raise DamageError("a number is needed")
    return int(text)


def _no_document_type(*_: object) -> None:
    # Entities that unfold without end, or into files, are declared there.
    raise DamageError("a document type is declared")


def refuse_document_type(stream: IO[bytes]) -> None:
    """Raise DamageError if the part declares a document type, which stands before its first element."""
    parser = expat.ParserCreate()
    begun: list[str] = []
    parser.StartElementHandler = lambda name, _attributes: begun.append(name)
    parser.StartDoctypeDeclHandler = _no_document_type
    # What isn't well-formed is none of the parts that are read, or refused when it is read.
    with suppress(expat.ExpatError):
        while not begun and (data := stream.read(_BLOCK)):
            parser.Parse(data, False)  # noqa: FBT003
