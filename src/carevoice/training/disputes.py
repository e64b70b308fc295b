"""What two annotators of a comment do not agree on, as the columns say that the second one adds to a table."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from carevoice.results import POLARITY_SYMBOLS

if TYPE_CHECKING:
    from carevoice.training.data import Example

#: Themes that only one of the two gave; one that is there with two polarities was given by both.
EITHER_COLUMN: Final = "themes_either"
#: Whether they agree: 0 where they don't.
SENTIMENT_AGREED_COLUMN: Final = "sentiment_agreed"
ALERT_AGREED_COLUMN: Final = "alert_agreed"

_NO: Final = frozenset({"0", "no", "false"})
_SIGNS: Final = "".join(POLARITY_SYMBOLS.values())


def either_themes(cell: str) -> list[str]:
    """The theme ids of a cell such as ``wait_time-;food+~``, without polarities, as often as they are there."""
    return [theme for part in cell.split(";") if (theme := part.strip().rstrip(_SIGNS))]


def undisputed(example: "Example", cells: Mapping[str, str], known: Collection[str]) -> "Example":
    """The example with what is disputed left open, so that it is neither learnt nor measured.

    ``cells`` are those of the example's row by column. Themes that are not ``known`` are passed over.
    """
    given = [theme for theme in either_themes(cells.get(EITHER_COLUMN, "")) if theme in known]
    sure = dict(example.themes)
    sure |= {theme: None for theme in given if given.count(theme) > 1 and theme not in sure}
    felt, raised = (
        cells.get(column, "").strip().lower() not in _NO for column in (SENTIMENT_AGREED_COLUMN, ALERT_AGREED_COLUMN)
    )
    return replace(
        example,
        themes=tuple(sure.items()),
        doubtful=tuple(dict.fromkeys(theme for theme in given if theme not in sure)),
        sentiment=example.sentiment if felt else None,
        level=example.level if felt else None,
        alert=example.alert if raised else None,
    )
