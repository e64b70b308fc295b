"""E-mail and web addresses.

Every pattern begins only where a word does and is possessive, so that no character is read more than
a few times, whatever the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from carevoice.redaction.spans import Span, blank

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOMAIN: Final = r"[\w-]++(?:\.[\w-]++)*?\.[^\W\d_]{2,}+(?!\.?[\w-])"
_EMAIL: Final = re.compile(rf"(?<![\w.+%'&-])[\w+%&-][\w.+%'&-]*+@{_DOMAIN}")
#: Endings that are no words, so that a full stop without a space after it makes no address of two sentences.
_ENDINGS: Final = "com|org|net|edu|gov|info|uk|fr|ie|mx|eu|io|app|health|cat|scot|wales|bzh|quebec"
#: Endings that are words as well, believed only where a path follows.
_WORDS: Final = "es|be|ca|ch|us|me|ar|cl|co|pe|lu|gal|eus|nhs"
_TAIL: Final = r"[^\s<>\[\]\"«»]*+"
_URL: Final = re.compile(
    rf"(?<![\w@.-])(?:https?://\w{_TAIL}|www\.\w{_TAIL}"
    rf"|[\w-]++(?:\.[\w-]++)*?\.(?:(?:{_ENDINGS})(?![\w@-]|\.\w)(?:[:/?#]{_TAIL})?|(?:{_WORDS})/{_TAIL}))",
    re.IGNORECASE,
)
#: What ends a sentence or a bracket rather than an address.
_AFTER: Final = ".,;:!?'*…"


def addresses(text: str) -> list[Span]:
    """E-mail and web addresses in a text in plain form, in order."""
    if "." not in text:
        return []
    urls = list(_urls(text))
    if "@" not in text:
        return urls
    emails = [Span(*found.span(), "EMAIL") for found in _EMAIL.finditer(blank(text, urls))]
    return sorted(urls + emails)


def _urls(text: str) -> Iterator[Span]:
    for found in _URL.finditer(text):
        address = found[0].rstrip(_AFTER)
        if address.endswith(")") and "(" not in address:
            # The bracket was opened before the address.
            address = address.rstrip(_AFTER + ")")
        yield Span(found.start(), found.start() + len(address), "URL")
