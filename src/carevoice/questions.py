"""Which question a comment answers, told from the words in which it was asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError
from carevoice.resources import resource

if TYPE_CHECKING:
    from pathlib import Path

#: The questions that are told apart; "" is any other, or none. The model gets the place in this list.
QUESTIONS: Final = ("", "good", "improve", "why")

_LANGUAGES: Final = ("en", "fr", "es")
_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class QuestionRule:
    """Says which question it is when the words fit: one word of each list must be in it.

    Words may be several in a row, as ``normalised`` makes them; one that ends with ``*`` stands for
    all that begin so.
    """

    question: str
    words: tuple[tuple[str, ...], ...]

    def pattern(self) -> re.Pattern[str]:
        """Matches a question that was put in lower case and between spaces."""
        lists = ("|".join(re.escape(word).replace(r"\*", r"\w*") for word in words) for words in self.words)
        return re.compile("".join(f"(?=.* (?:{words}) )" for words in lists))


class QuestionMap:
    """Maps the words of a question to one of QUESTIONS; immutable, safe to use from many threads."""

    def __init__(
        self,
        phrases: Mapping[str, Iterable[str]],
        rules: Iterable[QuestionRule] = (),
        ignored: Iterable[str] = (),
    ) -> None:
        """Make a map from whole questions by QUESTIONS and, for all others, rules in their order.

        Raises InputError for a question that is not one of QUESTIONS, and for a phrase listed for two.
        """
        self._phrases: dict[str, str] = {question: question for question in QUESTIONS}
        for question, texts in phrases.items():
            for text in texts:
                known = self._phrases.setdefault(_squeezed(normalised(text)), _checked(question))
                if known != question:
                    raise InputError(f'The question "{text}" is listed for "{known}" and "{question}": keep one.')
        self._rules = tuple((_checked(rule.question), rule.pattern()) for rule in rules)
        skip = "|".join(map(re.escape, ignored))
        self._ignored = re.compile(f" (?:{skip})(?= )" if skip else r"(?!)")
        # A survey asks the same few questions over and over.
        self._remembered = lru_cache(_REMEMBERED)(self._find)

    def canonical(self, question: str | None) -> str:
        """The one of QUESTIONS that is asked by these words; "" when none of them is."""
        return self._remembered(question) if question else ""

    def _find(self, question: str) -> str:
        words = normalised(question)
        known = self._phrases.get(_squeezed(words))
        if known is not None:
            return known
        spaced = self._ignored.sub("", f" {words} ")
        return next((found for found, pattern in self._rules if pattern.match(spaced)), "")


def normalised(text: str) -> str:
    """A text in lower case, without accents, with one space for whatever is no letter or digit."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", bare))


def load_questions(path: Path | None = None) -> QuestionMap:
    """Read a question map from a YAML file; the one that comes with CareVoice when no path is given.

    Raises InputError naming the file and the place in it that is wrong.
    """
    # Imported here: only those who read the file need YAML.
    import yaml

    file = resource("configs/questions.yaml") if path is None else path
    try:
        text = file.read_text(encoding="utf-8-sig")
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
        return _question_map(data)
    except OSError as error:
        raise InputError(f"{file} can't be read: {(error.strerror or 'unreadable').lower()}.") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{file}{where}: not a YAML file in UTF-8: correct it.") from error
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _question_map(data: object) -> QuestionMap:
    top = _mapping(data, "the file", ("phrases", "ignored", "rules"))
    by_question = _mapping(top.get("phrases", {}), '"phrases"', QUESTIONS)
    phrases = {}
    for question, by_language in by_question.items():
        where = f'"phrases", "{question}"'
        texts = _mapping(by_language, where, _LANGUAGES)
        phrases[question] = [
            text for language, listed in texts.items() for text in _texts(listed, f'{where}, "{language}"')
        ]
    rules = top.get("rules", [])
    if not isinstance(rules, list):
        raise InputError('"rules" must be a list.')
    found = [_rule(rule, f"rule {number}") for number, rule in enumerate(rules, start=1)]
    ignored = _texts(top["ignored"], '"ignored"') if "ignored" in top else []
    return QuestionMap(phrases, found, map(normalised, ignored))


def _rule(data: object, where: str) -> QuestionRule:
    rule = _mapping(data, where, ("as", "any", "all"))
    if "as" not in rule or ("any" in rule) == ("all" in rule):
        raise InputError(f'{where} needs "as" and one of "any" and "all".')
    lists = [rule["any"]] if "any" in rule else rule["all"]
    if not isinstance(lists, list) or not lists:
        raise InputError(f'{where}: "all" must be a list of lists.')
    return QuestionRule(str(rule["as"]), tuple(tuple(_words(_texts(words, where), where)) for words in lists))


def _words(texts: list[str], where: str) -> list[str]:
    for text in texts:
        if normalised(text.removesuffix("*")) != text.removesuffix("*"):
            raise InputError(f'{where}: write "{text}" in lower case, without accents and punctuation.')
    return texts


def _mapping(data: object, where: str, keys: Iterable[str]) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise InputError(f"{where} must be a mapping.")
    for key in data:
        if key not in keys:
            raise InputError(f'{where}: "{key}" is not known; use only {", ".join(filter(None, keys))}.')
    return data


def _texts(data: object, where: str) -> list[str]:
    # YAML makes a bare yes or no a truth value, and 10 a number: such a phrase wants quotes.
    if not isinstance(data, list) or not data or not all(isinstance(text, str) and text.strip() for text in data):
        raise InputError(f"{where} must be a list of texts; put doubtful ones in quotes.")
    return data


def _checked(question: str) -> str:
    if question not in QUESTIONS:
        raise InputError(f'"{question}" is not one of {", ".join(filter(None, QUESTIONS))}.')
    return question


def _squeezed(words: str) -> str:
    return words.replace(" ", "")
