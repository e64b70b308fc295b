"""Cells that a spreadsheet would run as formulas, made harmless and back again."""

from __future__ import annotations

import re
from typing import Final

#: What a CSV file in UTF-8 begins with, so that Excel doesn't take it for Windows-1252.
EXCEL_BOM: Final = b"\xef\xbb\xbf"

#: A number and nothing else: there is no operator in it and no name that could be run.
_NUMBER: Final = r"[+-](?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?%?"
#: Apostrophes, then what begins a formula, as a rule after blanks that some programs drop.
_FORMULA: Final = re.compile(
    rf"'*+(?![ ]*+{_NUMBER}[ ]*+\Z)(?:[\t\r\n]|[\s\ufeff]*+[-=+@\0\N{{FULLWIDTH EQUALS SIGN}}"
    r"\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}])"
)


def neutralise(cell: str) -> str:
    """The cell as a text for a spreadsheet: with an apostrophe in front if it could be run, else as it is.

    Run are cells that begin with ``=``, ``+``, ``-``, ``@`` or their full-width forms, a tab, a line break or NUL.
    Blanks before the sign count for nothing, since some programs drop them first. A number with its sign, such as
    ``-5``, ``+3.2``, ``-1,5`` or ``-1e-3``, is harmless and stays a number; a telephone number or sum with blanks,
    hyphens or brackets in it gets the apostrophe. So does a cell that has apostrophes before such a sign already, so
    that ``restore`` gives back any cell exactly.

    A spreadsheet shows the apostrophe. It protects a cell, not a file that is opened with the wrong separator.
    """
    return "'" + cell if _FORMULA.match(cell) else cell


def restore(cell: str) -> str:
    """The cell that ``neutralise`` made this of; a cell that needs no apostrophe is left as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
