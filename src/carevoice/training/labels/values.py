"""What single cells say: yes or no, a polarity, a language."""

import re
from typing import Final

from carevoice.questions import normalised
from carevoice.results import POLARITY_SYMBOLS, Polarity

_NUMBER: Final = re.compile(r"([+-]?)(\d{1,9})(?:[.,]0+)?")
_YES: Final = frozenset({"x", "yes", "y", "true", "oui", "vrai", "si", "verdadero", "✓", "✔", "☑"})
_NO: Final = frozenset({"no", "n", "false", "non", "faux", "falso"})
_SYMBOLS: Final[dict[str, Polarity]] = {symbol: polarity for polarity, symbol in POLARITY_SYMBOLS.items()} | {
    "+/-": "both",
    "+-": "both",
    "-+": "both",
    "±": "both",
}
_POLARITY_WORDS: Final[dict[Polarity, str]] = {
    "praised": "praised praise positive positif positive positivo positiva pos loue elogiado elogiada",
    "criticised": "criticised criticized criticism negative negatif negative negativo negativa neg critique criticado",
    "both": "both mixed mixte mixto mixta ambos",
    "mentioned": "mentioned mention neutral neutre neutro neutra neu mentionne mencionado mencionada",
}
_POLARITIES: Final[dict[str, Polarity]] = {
    word: polarity for polarity, words in _POLARITY_WORDS.items() for word in words.split()
} | {"les deux": "both"}
_NUMBERS: Final[dict[int, Polarity]] = {-1: "criticised", 0: "mentioned", 1: "praised"}
_LANGUAGE_WORDS: Final = {
    "en": "en eng english anglais ingles",
    "fr": "fr fra fre french francais frances",
    "es": "es spa spanish espagnol espanol castellano castilian",
}
_LANGUAGES: Final = {word: code for code, words in _LANGUAGE_WORDS.items() for word in words.split()}
#: Signs that stand for a minus where a spreadsheet or a typesetter was at work.
_MINUS: Final = str.maketrans(dict.fromkeys("\u2212\u2013\u2010\u2011", "-"))
#: A polarity at the end of a label: ``food-``, ``food (+)``, ``food: +/-``.
_SIGN_AT_END: Final = re.compile(r"(?:[:(]\s*)?(\+/-|\+-|-\+|[±+~=-])\s*\)?$")
#: Likewise as a word: ``food: negative``, ``food (praised)``.
_WORD_AT_END: Final = re.compile(r"[:(]\s*([^\W\d_]+)\s*\)?$")
#: The characters at the end of a label in which a polarity is looked for.
_END: Final = 40


def number_of(cell: str) -> int | None:
    """The whole number in a cell, None for anything else."""
    match = _NUMBER.fullmatch(cell.strip().translate(_MINUS))
    return int(match[1] + match[2]) if match else None


def truth_of(cell: str) -> bool | None:
    """Yes or no, as people write it in three languages; None for anything else, an empty cell included."""
    number = number_of(cell)
    if number is not None:
        return bool(number) if number in {0, 1} else None
    word = normalised(cell) or cell.strip()
    return True if word in _YES else False if word in _NO else None


def polarity_of(cell: str, *, numbers: bool = False) -> Polarity | None:
    """The polarity of a sign or a word; with ``numbers``, also of -1, 0 and 1. None for anything else."""
    sign = cell.strip().translate(_MINUS)
    if sign in _SYMBOLS:
        return _SYMBOLS[sign]
    number = number_of(cell)
    if number is not None:
        return _NUMBERS.get(number) if numbers else None
    return _POLARITIES.get(normalised(cell))


def split_polarity(label: str) -> tuple[str, Polarity | None]:
    """A label without the polarity at its end, and that polarity: ``wait_time-`` or ``Wait time: negative``."""
    label = label.strip()
    start = max(len(label) - _END, 0)
    end = label[start:].translate(_MINUS)
    for pattern in (_SIGN_AT_END, _WORD_AT_END):
        match = pattern.search(end)
        if match and (polarity := polarity_of(match[1])):
            bare = label[: start + match.start()].rstrip()
            if any(map(str.isalnum, bare)):
                return bare, polarity
    return label, None


def language_of(cell: str) -> str | None:
    """``en``, ``fr`` or ``es`` from a code (``fr-CA``) or a name, "" for an empty cell, None for anything else."""
    words = normalised(cell).split()
    if not words:
        return ""
    return _LANGUAGES.get(words[0])
