"""The parts of a workbook: a zip archive that is opened with care, for anyone may have made it."""

from __future__ import annotations

import re
import warnings
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile, ZipFile

from carevoice.errors import InputError
from carevoice.tables.xlsx_cells import Book
from carevoice.tables.xlsx_sheet import DamageError, Formats, Strings, refuse_document_type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

_OLE: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK"
#: Unpacked sizes in bytes. What is that large and packs that well was made to fill memory.
_LARGEST: Final = 4 << 30
_SUSPICIOUS: Final = 64 << 20
_BEST_RATIO: Final = 200
_ENCRYPTED: Final = 1  # bit of the flags of a member
_STYLES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_THEME: Final = "application/vnd.openxmlformats-officedocument.theme+xml"
_RESAVE: Final = 'save it as "Excel workbook (.xlsx)" and try again'
_DATA: Final = re.compile(rb"<(?:\w+:)?(?:v|is)[\s>]")
_GLANCE: Final = 1 << 20
_YEAR_1904: Final = 1904
#: What openpyxl and zipfile raise when a workbook is not what it should be.
_DAMAGE: Final = (
    DamageError, BadZipFile, zlib.error, EOFError, OSError, SyntaxError, ArithmeticError, AttributeError,
    LookupError, MemoryError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


class Package:
    """The parts of a workbook; ``sheets`` has the sheets that aren't hidden, or all if all are.

    Raises InputError, naming the file, for what is no workbook, is damaged, has a password, declares
    document types, which no workbook needs, or holds a part that unpacks to an absurd size.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._name = name
        with self.damage():
            self._archive = self._open(stream)
        for member in self._archive.infolist():
            if member.flag_bits & _ENCRYPTED:
                raise InputError(f"{name} has a password: save it without one and try again.")
            packed = max(member.compress_size, 1)
            if member.file_size > _LARGEST or (
                member.file_size > _SUSPICIOUS and member.file_size / packed > _BEST_RATIO
            ):
                raise InputError(f"{name} unpacks to an absurd size: check where it comes from, or save it as CSV.")
        with self.damage():
            self._read_workbook(stream)

    @contextmanager
    def damage(self) -> Iterator[None]:
        """Turn whatever a damaged workbook leads to into InputError."""
        try:
            yield
        except _DAMAGE as error:
            raise InputError(f"{self._name} is damaged, or no Excel workbook: open it in Excel, {_RESAVE}.") from error

    def book(self, sheet: str) -> Book:
        """What the cells of a sheet have in common."""
        styles, theme = self._bytes(_STYLES), self._bytes(_THEME)
        formats: list[str] = []
        if styles is not None:
            with self._open_part(_STYLES) as stream:
                formats = list(Formats().read(stream))
        return Book(sheet, styles, theme, formats or ["General"], self._from_1904)

    def strings(self) -> list[str]:
        """The texts that cells share."""
        from openpyxl.xml.constants import SHARED_STRINGS

        if SHARED_STRINGS not in self._parts:
            return []
        with self._open_part(SHARED_STRINGS) as stream:
            return list(Strings().read(stream))

    def sheet(self, title: str) -> IO[bytes]:
        """Open a sheet."""
        return self._archive.open(self.sheets[title])

    def has_data(self, title: str) -> bool:
        """Whether there is a value early in a sheet."""
        with self.sheet(title) as stream:
            return _DATA.search(stream.read(_GLANCE)) is not None

    def _open(self, stream: IO[bytes]) -> ZipFile:
        magic = stream.read(len(_OLE))
        if magic == _OLE:
            raise InputError(f"{self._name} is an old Excel workbook, or has a password: without one, {_RESAVE}.")
        if not magic.startswith(_ZIP):
            raise InputError(f"{self._name} is no Excel workbook: {_RESAVE}.")
        return ZipFile(stream)

    def _read_workbook(self, stream: IO[bytes]) -> None:
        from openpyxl.reader.excel import ExcelReader

        for member in self._archive.namelist():
            if member.endswith((".xml", ".rels")):
                with self._archive.open(member) as part:
                    refuse_document_type(part)
        with warnings.catch_warnings():
            # About what is left out: charts, filters and so on.
            warnings.simplefilter("ignore")
            workbook = ExcelReader(stream, read_only=True, keep_links=False)
            workbook.read_manifest()
            workbook.read_workbook()
            found = [(sheet, rel) for sheet, rel in workbook.parser.find_sheets() if "chartsheet" not in rel.Type]
        shown = [pair for pair in found if pair[0].state == "visible"] or found
        self.sheets = {str(sheet.name): str(rel.target) for sheet, rel in shown}
        self._parts = {
            str(part.ContentType): str(part.PartName).removeprefix("/") for part in workbook.package.Override
        }
        self._from_1904 = workbook.wb.epoch.year == _YEAR_1904
        if not self.sheets:
            raise DamageError("no sheet")

    def _open_part(self, content: str) -> IO[bytes]:
        return self._archive.open(self._parts[content])

    def _bytes(self, content: str) -> bytes | None:
        if content not in self._parts:
            return None
        with self._open_part(content) as stream:
            return stream.read()
