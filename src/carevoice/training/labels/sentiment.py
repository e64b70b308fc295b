"""Sentiment from the scales in which people write it: levels, words, stars or school grades."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from carevoice.errors import InputError
from carevoice.questions import normalised
from carevoice.results import SentimentLabel
from carevoice.training.data import sentiment_of
from carevoice.training.labels.labelled import Scale
from carevoice.training.labels.values import number_of

_CLASS_WORDS: Final[dict[SentimentLabel, str]] = {
    "negative": "negative negatif negativo negativa neg",
    "neutral": "neutral neutre neutro neutra neu",
    "mixed": "mixed mixte mixto mixta mitige ambivalent",
    "positive": "positive positif positivo positiva pos",
}
_CLASSES: Final[dict[str, SentimentLabel]] = {
    word: label for label, words in _CLASS_WORDS.items() for word in words.split()
}
_STRONG: Final = frozenset({"very", "highly", "strongly", "extremely", "tres", "muy", "extremement"})
_WEAK: Final = frozenset({"somewhat", "rather", "slightly", "fairly", "mostly", "plutot", "assez", "algo", "bastante"})
_LEVEL: Final[dict[SentimentLabel, int]] = {"negative": -1, "neutral": 0, "positive": 1}
_HIGHEST_LEVEL: Final = 2
_HIGHEST_STAR: Final = 5
_MIDDLE_STAR: Final = 3
_MIXED_MARK: Final = "m"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell says about sentiment; None where it doesn't say."""

    label: SentimentLabel | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class SentimentReader:
    """Reads the cells of one column. ``graded``: its words tell strong from plain, so that they give a level too."""

    scale: Scale
    graded: bool = False

    def read(self, cell: str, *, mixed: bool = False) -> Reading | None:
        """The sentiment of a cell, nothing known for an empty one, None for one that can't be read."""
        if not cell.strip():
            return Reading("mixed") if mixed else Reading()
        if self.scale == "words":
            found = _word(cell)
            if found is None:
                return None
            label, level = found
            return Reading("mixed" if mixed else label, level if self.graded else None)
        level_only = cell.strip().casefold()
        if self.scale == "levels" and level_only.endswith(_MIXED_MARK):
            level_only, mixed = level_only.removesuffix(_MIXED_MARK), True
        level = _level(level_only, self.scale)
        return None if level is None else Reading(sentiment_of(level, mixed=mixed), level)


def sentiment_reader(cells: Iterable[str], scale: Literal["auto"] | Scale) -> tuple[SentimentReader, str]:
    """The reader for a column, and a doubt about it that the user should know of, "" if there is none.

    Words speak for themselves; so do numbers from -2 to 2. Raises InputError, without naming the table, where
    numbers leave open what they mean, and where no cell can be read.
    """
    given = Counter(cell for cell in cells if cell.strip())
    doubt = ""
    if scale == "auto":
        scale, doubt = _found_scale(given)
    graded = scale == "words" and any(abs(level or 0) == _HIGHEST_LEVEL for _, level in filter(None, map(_word, given)))
    reader = SentimentReader(scale, graded)
    if given and not any(map(reader.read, given)):
        raise InputError(f'no cell can be read on the scale "{scale}": {_REMEDY}.')
    return reader, doubt


_REMEDY: Final = (
    "say what it is with --sentiment-scale levels (-2 to 2), words, stars (1 to 5, 5 is best) or grades (1 to 5, 1 is "
    'best), or leave it out with --sentiment-column ""'
)


def _found_scale(given: Counter[str]) -> tuple[Scale, str]:
    read = {cell: number_of(cell.strip().casefold().removesuffix(_MIXED_MARK)) for cell in given}
    numbers = [number for number in read.values() if number is not None]
    counted = sum(given[cell] for cell, number in read.items() if number is not None)
    words = sum(count for cell, count in given.items() if _word(cell))
    if not given or (words and words >= counted):
        return "words", ""
    if not numbers:
        raise InputError(f"neither words such as negative and positive nor whole numbers: {_REMEDY}.")
    lowest, highest = min(numbers), max(numbers)
    if lowest < 0:
        return "levels", ""
    if lowest > 0 or highest > _HIGHEST_LEVEL:
        raise InputError(f"numbers from {lowest} to {highest} may mean several things: {_REMEDY}.")
    return "levels", (
        f"sentiment has the numbers {lowest} to {highest} and none below 0: read as levels from -2 to 2, 0 neutral; "
        "confirm it with --sentiment-scale levels"
    )


def _level(cell: str, scale: Scale) -> int | None:
    number = number_of(cell)
    if number is None:
        return None
    if scale == "levels":
        return number if abs(number) <= _HIGHEST_LEVEL else None
    if not 1 <= number <= _HIGHEST_STAR:
        return None
    return number - _MIDDLE_STAR if scale == "stars" else _MIDDLE_STAR - number


def _word(cell: str) -> tuple[SentimentLabel, int | None] | None:
    """Class and level of ``très négatif`` and the like; a mixed comment may have any level."""
    *modifier, word = normalised(cell).split() or [""]
    label = _CLASSES.get(word)
    if label is None or len(modifier) > 1 or (modifier and modifier[0] not in _STRONG | _WEAK):
        return None
    level = _LEVEL.get(label)
    if level is not None and modifier and modifier[0] in _STRONG:
        level *= _HIGHEST_LEVEL
    return label, level
