"""Noticing text that some other program decoded wrongly before: ``trÃ¨s`` for ``très``, ``â€™`` for an apostrophe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Of the cells with more than ASCII in them, the share that must be affected: wrong decoding spares hardly any.
_SHARE: Final = 0.1
#: As many cells must be affected, or at least a tenth of all of them in a table of a few rows.
_CELLS: Final = 3


@dataclass(frozen=True, slots=True)
class Mojibake:
    """How many of the cells that were looked at hold wrongly decoded text."""

    affected: int
    cells: int

    @property
    def share(self) -> float:
        """The share of affected cells, blank ones not counted."""
        return self.affected / self.cells

    def describe(self) -> str:
        """What is wrong and what to do, for a message; no cell is quoted."""
        return (
            f"{self.affected:,} of {self.cells:,} cells ({self.share:.0%}) hold garbled letters: the text was saved as "
            "UTF-8 and read as Windows-1252 or the like by another program before: export it again as UTF-8"
        )


def looks_mojibake(texts: Iterable[str]) -> Mojibake | None:
    """Whether a sample of cells holds text in UTF-8 that was read as Windows-1252, Latin-1 or MacRoman; None if not.

    At least three cells must be affected, or a tenth of all cells, and a tenth of those with any character that isn't
    ASCII: a garbled quotation or two among many rows is the business of whoever wrote it. Nothing is changed.
    """
    cells = foreign = affected = 0
    for text in texts:
        if text.isascii():
            cells += bool(text.strip())
            continue
        cells += 1
        foreign += 1
        affected += _GARBLED.search(text) is not None
    if affected and affected >= _SHARE * foreign and affected >= min(_CELLS, _SHARE * cells):
        return Mojibake(affected, cells)
    return None


def _garbled() -> re.Pattern[str]:
    """What accented letters, signs and emoji in UTF-8 look like if each of their bytes is taken for a character.

    Only pairs that no writer means are among them. Of the first bytes in UTF-8, those that stand for a letter like
    ``É`` are left out, since a quotation mark or a dash after it is nothing odd; hardly any accent needs them.
    """
    later = bytes(range(0x80, 0xC0))
    any_later = later.decode("cp1252", "ignore") + later.decode("latin-1")
    # In Portuguese capitals, Ã may end a word, and these may follow it; in garbled text, a letter comes after them.
    closing = b"\x85\x91\x92\x93\x94\x96\x97".decode("cp1252")
    other = "".join(character for character in any_later if character not in closing)
    mac_later = later.decode("mac-roman")
    return re.compile(
        "|".join(
            (
                rf"[ÂÃ](?:[{other}]|[{closing}](?=\w))",  # é, à, ñ, «, ¿
                r"Å[\x92\x93\u2019\u201c]",  # œ
                rf"â[{any_later}]{{2}}",  # typographic apostrophes and dashes, €
                rf"ð[\x9fŸ][{any_later}]{{2}}",  # emoji
                r"ï\xb8|ï¿½|ï»¿",  # the end of an emoji, the replacement character, the byte order mark
                # The same in MacRoman, whose √ is also a tick that may stand before a capital.
                rf"[√¬][{mac_later[0x20:]}]",
                rf"\u201a[{mac_later}]{{2}}",
                "\uf8ffü",
            )
        )
    )


_GARBLED: Final = _garbled()
