"""Plain values as Markdown that shows them as they are."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

#: What CommonMark, GitHub's tables and its formulas give a meaning within a line.
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>&|~$#])")
_CODE: Final = re.compile(r"[\w./+=:-]+(?: [\w./+=:-]+)*")


class Markdown(str):
    """A text that is Markdown already, and is not to be escaped again."""

    __slots__ = ()


def escaped(value: object) -> Markdown:
    """A value on one line in which nothing is taken for Markdown or HTML; "" for None.

    For use within a line: what has a meaning at the start of one only, such as a dash, is left alone.
    """
    if isinstance(value, Markdown):
        return value
    line = "" if value is None else " ".join(str(value).split())
    visible = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return Markdown(_SPECIAL.sub(r"\\\1", visible))


def code(value: object) -> Markdown:
    """A name as code, such as a theme's id; escaped where it holds signs that code can't show in every place."""
    text = str(value)
    return Markdown(f"`{text}`") if _CODE.fullmatch(text) else escaped(text)


def listed(values: Iterable[object]) -> Markdown:
    """Some values as "a, b and c"."""
    *first, last = [escaped(value) for value in values] or [Markdown()]
    return Markdown(f"{', '.join(first)} and {last}" if first else last)


def table(header: Sequence[object], rows: Iterable[Sequence[object]], *, left: int = 1) -> Markdown:
    """A table: that many columns are set to the left, all others to the right, as numbers are."""
    rule = ["---"] * left + ["---:"] * (len(header) - left)
    cells = [[escaped(cell) for cell in row] for row in (header, *rows)]
    lines: list[Sequence[str]] = [cells[0], rule, *cells[1:]]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
