"""Which comments are held out of training, decided by their text alone."""

import hashlib
import re
import unicodedata
from typing import Final

#: One comment in this many is held out.
HELD_OUT_ONE_IN: Final = 10

_WHITESPACE: Final = re.compile(r"\s+")


def normalised(text: str) -> str:
    """The text without the differences that make trivial duplicates.

    Composed characters, no letter case, every run of white space a single space, none at the ends.
    """
    return _WHITESPACE.sub(" ", unicodedata.normalize("NFC", text).casefold()).strip()


def is_heldout(text: str) -> bool:
    """Whether a comment belongs to the held-out tenth and must never be trained on.

    The answer is a function of the text, so that it is the same in every file, order and run, and
    trivial duplicates of a comment fall on the same side.
    """
    digest = hashlib.sha256(normalised(text).encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_ONE_IN == 0
