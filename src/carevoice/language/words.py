"""From a text to the words that tell its language, and to its script."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

#: Longer words are cut here: nothing after it tells more about the language.
MAX_WORD_LENGTH: Final = 40

_WORD: Final = re.compile(r"[^\W\d_]+'?")
_APOSTROPHES: Final = re.compile("[\u2018\u2019\u02bc\u00b4\u0060\u2032]")
# Addresses carry letters of no language; the first test keeps the common case cheap.
_ADDRESS_HINT: Final = re.compile(r"://|www\.|@")
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.-]+", re.IGNORECASE)
# Greek to the end of the scripts below the Latin extensions, then CJK, Hangul and the rest.
_FOREIGN: Final = re.compile(
    "[\u0370-\u1dff\u1f00-\u1fff\u2c00-\u2c5f\u2c80-\u2dff\u3005-\ua6ff\ua800-\uab2f"
    "\uab70-\ufaff\ufb1d-\ufdff\ufe70-\ufefc\uff66-\uffdc\U00010280-\U0001cfff\U0001e000-\U0001efff"
    "\U00020000-\U0003ffff]"
)
_REPEATED: Final = re.compile(r"(.)\1{2,}", re.DOTALL)
_NO_ANSWER: Final = frozenset({"na", "n a"})


def normalise(text: str) -> str:
    """Return the lower-case form with compatibility characters and apostrophes unified, addresses removed."""
    if not text.isascii():
        text = _APOSTROPHES.sub("'", unicodedata.normalize("NFKC", text))
    if _ADDRESS_HINT.search(text):
        text = _ADDRESS.sub(" ", text)
    return text.lower()


def split_words(normalised: str) -> list[str]:
    """Split into runs of letters, each with the apostrophe after it: ``l'accueil`` is ``l'``, ``accueil``.

    Empty when the text is no evidence of any language: no word of two letters, or just "N/A".
    """
    words = _WORD.findall(normalised)
    if max(map(len, words), default=0) <= 1 or " ".join(words[:3]) in _NO_ANSWER:
        return []
    return words


def is_foreign_script(normalised: str) -> bool:
    """Whether the text is mainly in a script other than Latin, which no served language uses."""
    if normalised.isascii() or not _FOREIGN.search(normalised):
        return False
    foreign = sum(map(str.isalpha, _FOREIGN.findall(normalised)))
    # Half as many are enough: a Chinese or Korean letter says as much as two or three Latin ones.
    return foreign * 2 > sum(map(str.isalpha, normalised)) - foreign


def squeeze(words: Sequence[str]) -> list[str]:
    """Return words as the model sees them: no letter thrice in a row, MAX_WORD_LENGTH letters at most."""
    joined = _REPEATED.sub(r"\1\1", "\n".join(words))
    return [word[:MAX_WORD_LENGTH] for word in joined.split("\n")]
