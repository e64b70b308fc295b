"""The options of the commands about how a table of labels is to be read.

Nothing heavy may be imported here: every start of the command reads this.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from carevoice.training.labels import LabelOptions

LayoutName = Literal["auto", "cell", "columns", "long", "single"]
ScaleName = Literal["auto", "levels", "words", "stars", "grades"]


def _column(what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar="NAME", help=what, show_default=False)
    return option


QuestionColumn = Annotated[str | None, _column('Column of the question that each comment answers; "" for none.')]
LanguageColumn = Annotated[str | None, _column("Column of the language: en, fr or es.")]
IdColumn = Annotated[str | None, _column("Column that names each comment.")]
SentimentColumn = Annotated[str | None, _column('Column of the sentiment; "" for none.')]
AlertColumn = Annotated[str | None, _column('Column that says 1 for an alert; "" for none.')]
ThemesColumn = Annotated[str | None, _column("Column with all themes of a comment: wait_time-;empathy+")]
ThemeColumns = Annotated[
    list[str] | None,
    typer.Option("--theme-columns", metavar="NAME", help="0/1 column of a theme; may be repeated.", show_default=False),
]
LabelColumn = Annotated[str | None, _column("Column with one label a row.")]
PolarityColumn = Annotated[str | None, _column("Column of the polarity of that label.")]
Layout = Annotated[
    LayoutName,
    typer.Option(help="Themes in one cell, in 0/1 columns, one row a label, or one label a comment."),
]
SentimentScale = Annotated[
    ScaleName,
    typer.Option(help="Sentiment from -2 to 2, in words, 1 to 5 with 5 the best, or with 1 the best."),
]
TaxonomyFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="YAML file of your own themes: no other label counts.", show_default=False),
]
Strict = Annotated[bool, typer.Option("--strict", help="Stop at any problem with the labels.")]


def label_options(taxonomy: Path | None, **given: Any) -> LabelOptions:  # noqa: ANN401  # each is checked by its option
    """The options as the reader of labels wants them, the taxonomy read from its file.

    Raises TaxonomyError for a file that is no taxonomy, and InputError for options that exclude each other.
    """
    from carevoice.taxonomy import load_taxonomy
    from carevoice.training.labels import LabelOptions

    return LabelOptions(taxonomy=None if taxonomy is None else load_taxonomy(taxonomy), **given)
