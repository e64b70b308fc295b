"""Names of people by the recognisers of spaCy, where its pipelines are installed."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError
from carevoice.redaction.spans import Span
from carevoice.redaction.titles import is_no_name, without_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spacy.language import Language

#: How the names of pipelines begin that recognise people, by language; an ending says how large they are.
_FAMILIES: Final = {"en": "en_core_web_", "fr": "fr_core_news_", "es": "es_core_news_"}
_SIZES: Final = ("lg", "md", "sm")
_PEOPLE: Final = frozenset({"PERSON", "PER"})
#: What a pipeline may hold beside its recogniser and what that reads.
_NOT_NEEDED: Final = (
    *("tagger", "parser", "senter", "sentencizer", "attribute_ruler", "lemmatizer", "trainable_lemmatizer"),
    *("morphologizer", "textcat", "textcat_multilabel", "entity_linker", "span_ruler", "spancat"),
)
#: Longer texts are read in pieces: the memory that a recogniser takes grows with the text.
_LONGEST: Final = 100_000
_LONGEST_NAME: Final = 60
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_AROUND: Final = " \t\r\n.,;:!?()[]{}\"'«»*-"


def installed_pipelines() -> dict[str, str]:
    """The name of the largest installed pipeline of each language that has one."""
    if find_spec("spacy") is None:
        return {}
    # spaCy's own list is the same, but takes all of spaCy, and of torch if that is there.
    installed = sorted({entry.name for entry in entry_points(group="spacy_models")}, key=_order)
    found: dict[str, str] = {}
    for language, family in _FAMILIES.items():
        for name in installed:
            if name.startswith(family):
                found.setdefault(language, name)
    return found


class People:
    """Recognises the names of people with a pipeline per language, loaded when it is first needed.

    ``pipelines`` has, by language, the name of an installed pipeline or the path of its folder.
    """

    def __init__(self, pipelines: Mapping[str, str]) -> None:
        self._pipelines = dict(pipelines)
        self._loaded: dict[str, Language] = {}

    def require(self, language: str) -> None:
        """Raise InputError if the language is one of those served and has no pipeline."""
        if language in _FAMILIES and language not in self._pipelines:
            raise no_pipeline((language,))

    def find(self, text: str, language: str) -> list[Span]:
        """The names in a text, in order; none in a language without pipeline."""
        if language not in self._pipelines:
            return []
        if language not in self._loaded:
            import spacy

            self._loaded[language] = spacy.load(self._pipelines[language], exclude=_NOT_NEEDED)
        recognise = self._loaded[language]
        # spaCy keeps its words as UTF-8, which has no lone surrogates.
        readable = _SURROGATE.sub("\ufffd", text)
        spans = []
        for start, end in _pieces(readable):
            for entity in recognise(readable[start:end]).ents:
                if entity.label_ in _PEOPLE:
                    span = _trimmed(readable, start + entity.start_char, start + entity.end_char)
                    if span:
                        spans.append(span)
        return spans


def no_pipeline(languages: tuple[str, ...] = tuple(_FAMILIES)) -> InputError:
    """The error that says how to get pipelines for the languages."""
    remedies = " or ".join(f"python -m spacy download {_FAMILIES[language]}sm" for language in languages)
    return InputError(
        f"No spaCy pipeline that recognises names is installed for {', '.join(languages)}: "
        f"install spaCy and run {remedies} beforehand, or do without names."
    )


def _order(name: str) -> tuple[int, str]:
    size = name.rpartition("_")[2]
    return (_SIZES.index(size) if size in _SIZES else len(_SIZES)), name


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = start + _LONGEST
        if end < len(text):
            end = max(text.rfind(" ", start, end), text.rfind("\n", start, end)) + 1 or end
        yield start, min(end, len(text))
        start = end


def _trimmed(text: str, start: int, end: int) -> Span | None:
    """What is a name of an entity: no title before it, no mark around it, a capital somewhere, no digit."""
    start += without_title(text[start:end])
    while start < end and text[start] in _AROUND:
        start += 1
    while start < end and text[end - 1] in _AROUND:
        end -= 1
    name = text[start:end]
    words = name.split()
    good = (
        0 < len(name) <= _LONGEST_NAME
        and any(character.isupper() for character in name)
        and not any(character.isdigit() or character in "[]@/" for character in name)
        and not all(is_no_name(word) for word in words)
    )
    return Span(start, end, "NAME") if good else None
