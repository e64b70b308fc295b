"""A comment in capitals is read in small letters, which the encoder knows far better."""

from typing import Final

#: "RAS" and "N/A" stay; "TRES BIEN" does not.
_MIN_LETTERS: Final = 6


def calm(text: str) -> str:
    """The text in small letters if all of it is in capitals, else the text as it is."""
    return text.lower() if text.isupper() and sum(map(str.isalpha, text)) >= _MIN_LETTERS else text
