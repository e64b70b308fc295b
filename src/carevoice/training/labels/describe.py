"""Saying aloud what was read."""

from typing import Final

from carevoice.tables.names import short
from carevoice.training.labels.checks import listed
from carevoice.training.labels.labelled import Labelled, Layout, Scale

_LISTED_PROBLEMS: Final = 20
_LISTED_COLUMNS: Final = 6
_LAYOUTS: Final[dict[Layout, str]] = {
    "cell": "all themes of a comment in a cell",
    "columns": "a column for each theme",
    "long": "a row for each label",
    "single": "one label a comment",
}
_SCALES: Final[dict[Scale, str]] = {
    "levels": "-2 to 2",
    "words": "words",
    "stars": "1 to 5, 5 is best",
    "grades": "1 to 5, 1 is best",
}


def describe(labelled: Labelled) -> str:
    """What was read, from which layout and columns, and every problem, as lines for people."""
    count, themes = len(labelled.examples), len({theme for e in labelled.examples for theme, _ in e.themes})
    comments = "1 comment" if count == 1 else f"{count:,} comments"
    found = f"{themes} theme{'' if themes == 1 else 's'}"
    if themes < len(labelled.taxonomy):
        found = f"{themes} of {len(labelled.taxonomy)} themes"
    sentiment = "sentiment present" if labelled.has_sentiment else "no sentiment"
    lines = [
        f"read {comments}, {found}, {sentiment}",
        f"layout: {labelled.layout} ({_LAYOUTS[labelled.layout]}), {_with_polarity(labelled)}",
        f"columns: {_columns(labelled)}",
    ]
    if labelled.new_themes:
        lines.append(f"new themes: {', '.join(labelled.new_themes)}")
    return "\n".join([*lines, *(f"problem: {line}" for line in listed(labelled.problems, _LISTED_PROBLEMS))])


def _with_polarity(labelled: Labelled) -> str:
    return "with polarity" if labelled.has_polarity else "without polarity"


def _columns(labelled: Labelled) -> str:
    labels = labelled.columns.labels
    shown = ", ".join(f'"{short(name)}"' for name in labels[:_LISTED_COLUMNS])
    more = f" and {len(labels) - _LISTED_COLUMNS} more" if len(labels) > _LISTED_COLUMNS else ""
    parts = [f"{role} in {_quoted(labelled, role, name)}" for role, name in labelled.columns.items()]
    return "; ".join([parts[0], f"themes in {shown}{more}", *parts[1:]])


def _quoted(labelled: Labelled, role: str, name: str) -> str:
    scale = f" ({_SCALES[labelled.scale]})" if role == "sentiment" and labelled.scale else ""
    return f'"{short(name)}"{scale}'
