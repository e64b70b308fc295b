"""What reading labels takes and gives: options, the examples with their codebook, and what was wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

from carevoice.errors import InputError
from carevoice.taxonomy import Taxonomy
from carevoice.training.data import Example

#: How a table holds its labels: a cell with all of them, 0/1 columns, one row a label, or one label a comment.
Layout = Literal["cell", "columns", "long", "single"]
#: How sentiment is written: -2 … 2, words, 1-5 with 5 the best, or 1-5 with 1 the best.
Scale = Literal["levels", "words", "stars", "grades"]

#: A theme with fewer examples than this is too rare to learn from or to measure.
FEW_EXAMPLES: Final = 5
_SHOWN_ROWS: Final = 8


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """How to read a table of labels; whatever is left out is found from the names and contents of the columns.

    A column name of "" says that there is no such column. ``themes_column`` holds all themes of a comment in a cell,
    ``theme_columns`` are 0/1 columns, ``label_column`` holds one label a row, and ``polarity_column`` the polarity
    of that label. ``taxonomy`` is the user's own codebook: with it, a label that is not in it is a problem; without
    it, such a label becomes a new theme. With ``strict``, any problem is an error.

    Raises InputError for options that are unknown or exclude each other.
    """

    text_column: str | None = None
    language_column: str | None = None
    question_column: str | None = None
    id_column: str | None = None
    sentiment_column: str | None = None
    alert_column: str | None = None
    themes_column: str | None = None
    theme_columns: tuple[str, ...] = ()
    label_column: str | None = None
    polarity_column: str | None = None
    layout: Literal["auto"] | Layout = "auto"
    sentiment_scale: Literal["auto"] | Scale = "auto"
    taxonomy: Taxonomy | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        for option, value, kinds in (
            ("layout", self.layout, get_args(Layout)),
            ("sentiment_scale", self.sentiment_scale, get_args(Scale)),
        ):
            if value not in ("auto", *kinds):
                raise InputError(f"{flag(option)}: {value!r} is not one of auto, {', '.join(kinds)}.")
        columns: str | tuple[str, ...] | None = self.theme_columns
        columns = (columns,) if isinstance(columns, str) else columns or ()
        object.__setattr__(self, "theme_columns", tuple(filter(None, columns)))
        given = [name for name in ("themes_column", "theme_columns", "label_column") if getattr(self, name)]
        if len(given) > 1:
            raise InputError(f"{' and '.join(map(flag, given))} exclude each other: give one.")
        if given and self.layout != "auto" and (given == ["theme_columns"]) != (self.layout == "columns"):
            raise InputError(f"{flag(given[0])} doesn't go with the layout {self.layout}: leave one of them out.")


def flag(option: str) -> str:
    """An option as messages name it, which is how the command line spells it."""
    return "--" + option.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the labels that wants a look, with the rows it is about, 1 being the first under the header.

    The message never holds the text of a comment.
    """

    rows: tuple[int, ...]
    message: str

    def __str__(self) -> str:
        if not self.rows:
            return self.message
        shown = ", ".join(f"{row:,}" for row in self.rows[:_SHOWN_ROWS])
        more = f" and {len(self.rows) - _SHOWN_ROWS:,} more" if len(self.rows) > _SHOWN_ROWS else ""
        return f"row{'s' if len(self.rows) > 1 else ''} {shown}{more}: {self.message}"


@dataclass(frozen=True, slots=True)
class ColumnsUsed:
    """Name of the column that each thing was read from; None where there is none."""

    text: str
    labels: tuple[str, ...]
    polarity: str | None = None
    id: str | None = None
    language: str | None = None
    question: str | None = None
    sentiment: str | None = None
    mixed: str | None = None
    alert: str | None = None

    def items(self) -> tuple[tuple[str, str], ...]:
        """What was read and the column it was in, the labels left out."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self) if field.name != "labels")
        return tuple((name, column) for name, column in pairs if column is not None)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled comments, in the order of their table.

    ``examples``, ``rows`` and ``fields`` go together: a comment, the number of its (first) row, and its other cells
    by column, for grouping: all but its text and its themes. The themes of an example are in the order of
    ``taxonomy``. ``scale`` is how sentiment was read, None without any; ``new_themes`` are those that the base
    taxonomy, or the user's own, did not have.
    """

    examples: tuple[Example, ...]
    rows: tuple[int, ...]
    fields: tuple[Mapping[str, str], ...]
    taxonomy: Taxonomy
    layout: Layout
    single_label: bool
    has_polarity: bool
    has_sentiment: bool
    has_level: bool
    has_alert: bool
    problems: tuple[Problem, ...]
    columns: ColumnsUsed
    scale: Scale | None = None
    new_themes: tuple[str, ...] = ()
