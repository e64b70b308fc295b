"""Spans of a text, and the plain form of it in which they are searched, character for character."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What a span may be, in the order in which it is searched.
KINDS: Final = ("URL", "EMAIL", "NIR", "NIE", "DNI", "NHS_NUMBER", "SSN", "PHONE", "NUMBER", "NAME")

_MASK: Final = re.compile(rf"\[(?:{'|'.join(KINDS)})\]")
_OTHER_DIGIT: Final = re.compile(r"(?![0-9])\d")
#: Spaces, those of no width among them, hyphens and signs of other widths, each for a common one.
_COMMON: Final = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u200b\u202f\u2060\u3000\ufeff", " "),
        **dict.fromkeys("\u00ad\u2010\u2011\u2012\u2013\u2212\uff0d", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc", "'"),
        "\uff0b": "+",
        "\uff20": "@",
        "\uff0e": ".",
        "\uff08": "(",
        "\uff09": ")",
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Part of a text, ``end`` excluded, and which of KINDS it is."""

    start: int
    end: int
    kind: str


def mask(kind: str) -> str:
    """What stands in a text for a span of that kind."""
    return f"[{kind}]"


def plain_form(text: str) -> str:
    """The text with any script's digits, spaces, hyphens and full-width signs as common ones.

    Masks in it are blank. It has as many characters as the text, so that a span of one is a span of the other.
    """
    if "[" in text:
        text = blank(text, (Span(*found.span(), "") for found in _MASK.finditer(text)))
    if text.isascii():
        return text
    # A digit that Unicode has and this Python's tables lack would be none for the pattern either.
    return _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text.translate(_COMMON))


def blank(text: str, spans: Iterable[Span]) -> str:
    """The text with each span, in order, overwritten: brackets as of a mask, and of the old length."""
    parts: list[str] = []
    end = 0
    for span in spans:
        parts += text[end : span.start], "[", "]" * (span.end - span.start - 1)
        end = span.end
    return "".join((*parts, text[end:])) if end else text
