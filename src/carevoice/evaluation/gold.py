"""What people said of a comment, as the metrics want it, and the values that comments are told apart by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError
from carevoice.results import Polarity, SentimentLabel
from carevoice.training.disputes import ALERT_AGREED_COLUMN, EITHER_COLUMN, either_themes

if TYPE_CHECKING:
    from carevoice.training.data import Example
    from carevoice.training.labels import Labelled

#: What is written for a blank cell of a column that comments are told apart by.
BLANK: Final = "(blank)"
#: More values than this make no readable report: the column is then something like an id.
MOST_VALUES: Final = 200

#: Lengths in words: the longest comment of each band, and the name of the band.
_BANDS: Final = ((0, "0 words"), (3, "1-3 words"), (10, "4-10 words"), (30, "11-30 words"), (100, "31-100 words"))
_LONGEST_BAND: Final = "over 100 words"
LENGTH_BANDS: Final = (*(name for _, name in _BANDS), _LONGEST_BAND)


@dataclass(frozen=True, slots=True)
class Gold:
    """The labels of one comment; None is a label that was not given, and that no figure counts.

    ``either`` has themes that only one of two people gave, or on whose polarity they differ: whether
    such a theme is predicted counts neither way.
    """

    themes: tuple[tuple[str, Polarity | None], ...] = ()
    either: frozenset[str] = frozenset()
    sentiment: SentimentLabel | None = None
    level: int | None = None  # -2 … 2
    alert: bool | None = None


def gold_of(example: "Example", fields: Mapping[str, str] | None = None) -> Gold:
    """The labels of an example, with what the second person's columns in ``fields`` say, if they are there."""
    cells = fields or {}
    agreed = cells.get(ALERT_AGREED_COLUMN, "1").strip().lower() in {"1", "true"}
    return Gold(
        example.themes,
        frozenset(either_themes(cells.get(EITHER_COLUMN, ""))),
        example.sentiment,
        example.level,
        example.alert if agreed else None,
    )


def length_band(text: str) -> str:
    """The one of LENGTH_BANDS that a comment falls into."""
    words = len(text.split())
    return next((name for longest, name in _BANDS if words <= longest), _LONGEST_BAND)


def values_by(labelled: "Labelled", columns: Iterable[str], detected: Sequence[str]) -> dict[str, list[str]]:
    """The value of each comment in each of ``columns``.

    Those are columns of the file, or ``language``, ``question`` and ``length``, which every file has: a
    comment without a language of its own has the one in ``detected``.

    Raises InputError, listing what there is, for a column that is not there or that has a value of its own
    for nearly every comment.
    """
    return {column: _values(labelled, column, detected) for column in dict.fromkeys(columns)}


def check_columns(labelled: "Labelled", columns: Iterable[str]) -> None:
    """Raise InputError as ``values_by`` would, before any time is spent on predictions."""
    values_by(labelled, columns, [""] * len(labelled.examples))


def _values(labelled: "Labelled", column: str, detected: Sequence[str]) -> list[str]:
    examples, own = labelled.examples, labelled.fields[0] if labelled.fields else {}
    if column == "language":
        # One that is none of ours is still a value, and what a blank cell leaves open is detected.
        cells = [row.get(column, "").strip() for row in labelled.fields]
        values = [e.language or cell or code for e, cell, code in zip(examples, cells, detected, strict=True)]
    elif column in own:
        values = [row.get(column, "") for row in labelled.fields]
    elif column == "question":
        values = [example.question for example in examples]
    elif column == "length":
        values = [length_band(example.text) for example in examples]
    else:
        known = ", ".join(f'"{name}"' for name in dict.fromkeys(("language", "question", "length", *own)))
        raise InputError(f'--by: there is no column "{column}" to tell comments apart by. There are {known}.')
    values = [value.strip() or BLANK for value in values]
    count = len(set(values))
    if count > MOST_VALUES:
        raise InputError(
            f'--by: the column "{column}" has {count:,} different values: choose one with at most {MOST_VALUES}.'
        )
    return values
