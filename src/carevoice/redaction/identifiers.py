"""National identifiers, told by their form and their check digit or letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from carevoice.errors import MissingExtraError
from carevoice.redaction.spans import Span, blank

if TYPE_CHECKING:
    from collections.abc import Callable

#: No digit beside it, nor a longer group of digits, of which this would be a part.
_ALONE: Final = r"(?<![0-9])(?<![0-9]{3}[ -])", r"(?!-?[0-9])(?! [0-9]{3})"
_NIR: Final = re.compile(
    rf"{_ALONE[0]}[1-8][ .-]?[0-9]{{2}}[ .-]?[0-9]{{2}}[ .-]?(?:[0-9]{{2}}|2[ABab])[ .-]?[0-9]{{3}}[ .-]?[0-9]{{3}}"
    rf"[ .-]?[0-9]{{2}}{_ALONE[1]}"
)
#: A letter after a space may be a word of its own, as "y" and "a" are in Spanish: there it is a capital.
_LETTER: Final = r"(?:-? ?[A-Z]|-?[a-z])(?![^\W_])"
_NIE: Final = re.compile(rf"(?<![^\W_])[XYZxyz][ -]?[0-9]{{7}}{_LETTER}")
_DNI: Final = re.compile(rf"{_ALONE[0]}(?:[0-9]{{8}}|[0-9]{{2}}\.[0-9]{{3}}\.[0-9]{{3}}){_LETTER}")
_NHS: Final = re.compile(rf"{_ALONE[0]}[0-9]{{3}}([ -]?)[0-9]{{3}}\1[0-9]{{4}}{_ALONE[1]}")
#: Nine digits without hyphens or spaces may be anything: there is no check digit.
_SSN: Final = re.compile(rf"{_ALONE[0]}[0-9]{{3}}([ -])[0-9]{{2}}\1[0-9]{{4}}{_ALONE[1]}")
_SEPARATORS: Final = str.maketrans("", "", " .-")


@dataclass(frozen=True, slots=True)
class _Identifier:
    """An identifier: its name, how it is written, and whether its characters are right."""

    kind: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]


class Identifiers:
    """Finds the identifiers of the United Kingdom, France, Spain and the United States.

    Raises MissingExtraError without python-stdnum.
    """

    def __init__(self) -> None:
        try:
            from stdnum.es import dni, nie
            from stdnum.fr import nir
            from stdnum.gb import nhs
            from stdnum.us import ssn
        except ImportError as error:
            raise MissingExtraError("Redaction", "redact") from error
        self._known = (
            _Identifier("NIR", _NIR, nir.is_valid),
            _Identifier("NIE", _NIE, nie.is_valid),
            _Identifier("DNI", _DNI, dni.is_valid),
            _Identifier("NHS_NUMBER", _NHS, nhs.is_valid),
            _Identifier("SSN", _SSN, ssn.is_valid),
        )

    def find(self, text: str) -> list[Span]:
        """The identifiers in a text in plain form, in order."""
        spans: list[Span] = []
        for known in self._known:
            found = [
                Span(*match.span(), known.kind)
                for match in known.pattern.finditer(text)
                if known.is_valid(match[0].translate(_SEPARATORS).upper())
            ]
            text = blank(text, found)
            spans += found
        return sorted(spans)
