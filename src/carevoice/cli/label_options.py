"""The options of the commands about how a table of labels is to be read.

Nothing heavy may be imported here: every start of the command reads this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

import typer

from carevoice.cli.parameters import with_parameters

if TYPE_CHECKING:
    from carevoice.training.labels import LabelOptions


def _column(what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar="NAME", help=what, show_default=False)
    return option


TextColumn = Annotated[str | None, _column("Column of the comments, if its name does not say so.")]
#: What the commands' argument ``labels`` is; typer doesn't see it, see ``takes_labels``.
Labels: TypeAlias = "LabelOptions"

#: The options in the order of the help: what each is, and its default. They are the fields of LabelOptions.
PARAMETERS: Final[Mapping[str, tuple[Any, object]]] = {
    "text_column": (TextColumn, None),
    "question_column": (
        Annotated[str | None, _column('Column of the question that each comment answers; "" for none.')],
        None,
    ),
    "language_column": (Annotated[str | None, _column("Column of the language: en, fr or es.")], None),
    "id_column": (Annotated[str | None, _column("Column that names each comment.")], None),
    "themes_column": (
        Annotated[str | None, _column("Column with all themes of a comment: wait_time-;empathy+")],
        None,
    ),
    "theme_columns": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--theme-columns", metavar="NAME", help="0/1 column of a theme; may be repeated.", show_default=False
            ),
        ],
        None,
    ),
    "label_column": (Annotated[str | None, _column("Column with one label a row.")], None),
    "polarity_column": (Annotated[str | None, _column("Column of the polarity of that label.")], None),
    "sentiment_column": (Annotated[str | None, _column('Column of the sentiment; "" for none.')], None),
    "sentiment_scale": (
        Annotated[
            Literal["auto", "levels", "words", "stars", "grades"],
            typer.Option(help="Sentiment from -2 to 2, in words, 1 to 5 with 5 the best, or with 1 the best."),
        ],
        "auto",
    ),
    "alert_column": (Annotated[str | None, _column('Column that says 1 for an alert; "" for none.')], None),
    "layout": (
        Annotated[
            Literal["auto", "cell", "columns", "long", "single"],
            typer.Option(help="Themes in one cell, in 0/1 columns, one row a label, or one label a comment."),
        ],
        "auto",
    ),
    "taxonomy": (
        Annotated[
            Path | None,
            typer.Option(
                metavar="FILE", help="YAML file of your own themes: no other label counts.", show_default=False
            ),
        ],
        None,
    ),
    "strict": (Annotated[bool, typer.Option("--strict", help="Stop at any problem with the labels.")], False),
}


def takes_labels(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options about labels; it gets them as one argument, ``labels``."""
    return with_parameters(command, "labels", PARAMETERS, _label_options)


def _label_options(
    *,
    taxonomy: Path | None,
    theme_columns: list[str] | None,
    **given: Any,  # noqa: ANN401  # as above
) -> LabelOptions:
    """The options as the reader of labels wants them, the taxonomy read from its file.

    Raises TaxonomyError for a file that is no taxonomy, and InputError for options that exclude each other.
    """
    from carevoice.taxonomy import load_taxonomy
    from carevoice.training.labels import LabelOptions

    themes = None if taxonomy is None else load_taxonomy(taxonomy)
    return LabelOptions(taxonomy=themes, theme_columns=tuple(theme_columns or ()), **given)
