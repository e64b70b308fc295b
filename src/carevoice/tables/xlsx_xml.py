"""The XML of a workbook: its cells, and the parts around its sheet."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Final, cast
from xml.sax.saxutils import escape, quoteattr

from carevoice.tables.xlsx_cells import raw_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from carevoice.tables.xlsx_cells import Book, Cell

#: Name of the part that has the sheet, and what stands around its rows.
SHEET: Final = "xl/worksheets/sheet1.xml"
SHEET_BEGINS: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
SHEET_ENDS: Final = "</sheetData></worksheet>"

_LONGEST_TEXT: Final = 32_767  # in UTF-16
_DIGITS: Final = 10**15  # has more than the 15 that Excel keeps
_FIRST_DAY: Final = dt.date(1900, 3, 1)  # Excel has a 29th of February 1900, and miscounts what is before it
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
#: Styles for dates in a workbook that has none of its own.
_DATE, _DATETIME, _TIME, _DURATION = 1, 2, 3, 4
_FORMATS: Final = ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "hh:mm:ss", "[h]:mm:ss")
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PLACE: Final = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]+(:\$?[A-Z]{1,3}\$?[0-9]+)?|\$?[A-Z]+:\$?[A-Z]+|\$?[0-9]+:\$?[0-9]+")

_TYPES: Final = "application/vnd.openxmlformats-officedocument"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


class UnfitError(Exception):
    """A cell can't hold a value."""


def foreign_cell(place: str, value: object, text: str) -> str:
    """A cell for the value of another format, or for its text where a sheet would change the value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return _date_cell(place, value, text)
    number = _kept_number(value)
    return text_cell(place, text) if number is None else f'<c r="{place}"><v>{number}</v></c>'


def added_cell(place: str, value: object, text: str) -> str:
    """A cell for a number that was found, or for the text of anything else; none for a text without characters."""
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    return text_cell(place, text) if text else ""


def text_cell(place: str, text: str) -> str:
    """A cell for a text, never a formula. Raises UnfitError if it is too long or has characters that XML lacks."""
    if 2 * len(text) > _LONGEST_TEXT and len(text.encode("utf-16-le", "surrogatepass")) > 2 * _LONGEST_TEXT:
        raise UnfitError(f"a text is longer than the {_LONGEST_TEXT:,} characters that a cell holds")
    if _NO_XML.search(text):
        raise UnfitError("a text has a control character, or half a surrogate pair, which no cell holds")
    return _inline(place, "", raw_text(text))


def native_cell(place: str, cell: Cell | None, *, moved_from: str) -> str:
    """A cell of a workbook as it was; its formula too, unless that needs something that isn't in this sheet."""
    if cell is None:
        return ""
    style = f' s="{cell.style}"' if cell.style else ""
    formula = "" if cell.formula is None else _formula(cell, place, moved_from)
    if cell.raw is None:
        # A formula that was never calculated and can't stay is at least a text.
        if cell.formula is not None and not formula:
            return _inline(place, style, cell.formula)
        return f'<c r="{place}"{style}>{formula}</c>'
    if cell.kind == "s":
        if not formula:
            return _inline(place, style, cell.raw)
        return f'<c r="{place}"{style} t="str">{formula}<v>{_escaped(cell.raw)}</v></c>'
    return f'<c r="{place}"{style} t="{cell.kind}">{formula}<v>{_escaped(cell.raw)}</v></c>'


def parts_around(book: Book | None) -> list[tuple[str, bytes]]:
    """Names and contents of all parts but the sheet, with the styles of the workbook that the cells come from."""
    styles = _own_styles() if book is None or book.styles is None else book.styles
    # A theme with pictures refers to parts that aren't here.
    theme = None if book is None or book.theme is None or b"r:embed" in book.theme else book.theme
    title = "Sheet1" if book is None else book.sheet
    found = [
        ("worksheet", "worksheets/sheet1.xml", f"{_TYPES}.spreadsheetml.worksheet+xml"),
        ("styles", "styles.xml", f"{_TYPES}.spreadsheetml.styles+xml"),
    ]
    if theme is not None:
        found.append(("theme", "theme/theme1.xml", f"{_TYPES}.theme+xml"))
    workbook = f"{_TYPES}.spreadsheetml.sheet.main+xml"
    overrides = [("workbook.xml", workbook), *((target, content) for _, target, content in found)]
    texts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(f'<Override PartName="/xl/{target}" ContentType="{content}"/>' for target, content in overrides)
        + "</Types>",
        "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        f'<workbookPr date1904="{int(book is not None and book.from_1904)}"/>'
        f'<sheets><sheet name={quoteattr(title)} sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations([(kind, target) for kind, target, _ in found]),
    }
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    parts = [(name, (declaration + text).encode()) for name, text in texts.items()]
    parts.append(("xl/styles.xml", styles))
    return parts if theme is None else [*parts, ("xl/theme/theme1.xml", theme)]


def _relations(targets: list[tuple[str, str]]) -> str:
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'


def _own_styles() -> bytes:
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode="{code}"/>' for number, code in enumerate(_FORMATS, start=164)
    )
    styles = "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for number in (0, 164, 165, 166, 167)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<styleSheet xmlns="{_MAIN}">'
        f'<numFmts count="{len(_FORMATS)}">{formats}</numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_FORMATS) + 1}">{styles}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ).encode()


def _date_cell(place: str, value: dt.date | dt.time | dt.timedelta, text: str) -> str:
    from openpyxl.utils.datetime import to_excel

    style = None
    if isinstance(value, dt.datetime):
        if value.tzinfo is None and value.date() >= _FIRST_DAY and not value.microsecond % 1000:
            style = _DATETIME
    elif isinstance(value, dt.date):
        style = _DATE if value >= _FIRST_DAY else None
    elif isinstance(value, dt.time):
        style = _TIME if value.tzinfo is None and not value.microsecond % 1000 else None
    elif value >= dt.timedelta() and not value % _MILLISECOND:
        style = _DURATION
    if style is None:
        return text_cell(place, text)
    days = cast("Callable[[object], float]", to_excel)(value)
    return f'<c r="{place}" s="{style}"><v>{days!r}</v></c>'


def _kept_number(value: object) -> str | None:
    """The number as Excel keeps it, or None if that would change it."""
    if isinstance(value, int):
        return str(value) if abs(value) < _DIGITS else None
    if isinstance(value, float):
        return repr(value) if isfinite(value) else None
    if isinstance(value, Decimal) and value.is_finite():
        near = float(value)
        return repr(near) if isfinite(near) and Decimal(repr(near)) == value else None
    return None


def _formula(cell: Cell, place: str, moved_from: str) -> str:
    formula = cell.formula or ""
    if not _stands_alone(formula) or (cell.array is not None and place != moved_from):
        return ""
    if place != moved_from:
        from openpyxl.formula.translate import Translator

        formula = str(Translator(formula, moved_from).translate_formula(place))
    array = "" if cell.array is None else f' t="array" ref={quoteattr(cell.array)}'
    return f"<f{array}>{_escaped(formula.removeprefix('='))}</f>"


@lru_cache(maxsize=4096)
def _stands_alone(formula: str) -> bool:
    """Whether a formula needs nothing but cells of its own sheet: no names, tables or other sheets."""
    from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError

    try:
        tokens = Tokenizer(formula).items
    except TokenizerError:
        return False
    ranges = [token.value for token in tokens if token.type == Token.OPERAND and token.subtype == Token.RANGE]
    return all(_PLACE.fullmatch(place) for place in ranges)


def _inline(place: str, style: str, text: str) -> str:
    return f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{_escaped(text)}</t></is></c>'


def _escaped(text: str) -> str:
    # Parsers of XML read a plain CR as a line feed.
    return escape(text, {"\r": "&#13;"})
