"""Masking what identifies people, part by part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from carevoice.redaction.identifiers import Identifiers
from carevoice.redaction.names import People, installed_pipelines, no_pipeline
from carevoice.redaction.numbers import numbers
from carevoice.redaction.patterns import addresses
from carevoice.redaction.phones import Phones
from carevoice.redaction.spans import blank, mask, plain_form
from carevoice.redaction.titles import titled_names

if TYPE_CHECKING:
    from carevoice.redaction.spans import Span

#: Seven digits that may belong together: what no identifier and no phone number is without.
_DIGITS: Final = re.compile(r"[0-9](?:[ABab .()/-]{0,3}[0-9]){6}")


class Redactor:
    """Finds and masks what identifies people in comments in English, French and Spanish.

    Addresses, phone numbers, national identifiers and long numbers are found by rules, and so are
    names that follow a title. Other names are recognised by spaCy, where a pipeline of the comment's
    language is installed: with ``names=None`` if there is one, with True in any case, with False never.

    Raises MissingExtraError without the extra "redact", and InputError if ``names`` is True and no
    pipeline is installed.
    """

    def __init__(self, names: bool | None = None) -> None:  # noqa: FBT001
        self._identifiers = Identifiers()
        self._phones = Phones()
        self._names_needed = names is True
        pipelines = {} if names is False else installed_pipelines()
        if names and not pipelines:
            raise no_pipeline()
        self._people = People(pipelines)

    def find(self, text: str, language: str = "") -> tuple[Span, ...]:
        """What is to be masked in a text, in order and without overlap.

        ``language`` is a code such as "en": it says whose phone numbers may lack a country code, and which
        recogniser reads the names. Without it the phone numbers of all countries are looked for, and only
        names with a title.

        Raises InputError if names must be recognised and the language, one of the three, has no pipeline.
        """
        if self._names_needed:
            self._people.require(language)
        plain = plain_form(text)
        spans: list[Span] = []
        # What is left beside a span may be a number of its own, hence again until nothing is found.
        while found := self._by_rules(plain, language):
            spans += found
            plain = blank(plain, found)
        people = self._people.find(text, language)
        spans += (name for name in people if not set("[]") & set(plain[name.start : name.end]))
        return tuple(sorted(spans))

    def redact(self, text: str, language: str = "") -> str:
        """The text with a mask such as ``[EMAIL]`` for each span that ``find`` returns.

        Raises InputError as ``find`` does.
        """
        parts: list[str] = []
        end = 0
        for span in self.find(text, language):
            parts += text[end : span.start], mask(span.kind)
            end = span.end
        return "".join((*parts, text[end:]))

    def _by_rules(self, plain: str, language: str) -> list[Span]:
        """Spans in a text in plain form, in order; each search leaves alone what one before it found."""
        spans = addresses(plain)
        plain = blank(plain, spans)
        if _DIGITS.search(plain):
            found = self._identifiers.find(plain)
            plain = blank(plain, found)
            long_numbers = numbers(plain, language, self._phones)
            plain = blank(plain, long_numbers)
            spans += found + long_numbers
        return sorted(spans + titled_names(plain))
