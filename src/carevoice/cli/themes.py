"""Shows the themes of a taxonomy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import typer

from carevoice.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from carevoice.taxonomy import TextField

_FIELDS: Final[tuple[TextField, ...]] = ("name", "definition", "boundary")


def show_themes(language: str, model: str | None = None) -> None:
    """Write the themes that come along, or those of a model folder, to standard output.

    A terminal gets a table; anything else tab-separated values: id, name, definition, boundary.

    Raises ModelError if the folder is no model or damaged.
    """
    if model is None:
        taxonomy = load_taxonomy()
    else:
        from carevoice.model.folder import open_folder

        taxonomy = open_folder(model).config.taxonomy
    rows = [[theme.id, *(theme.text(field, language) for field in _FIELDS)] for theme in taxonomy]
    if sys.stdout.isatty():
        _show_table(rows, f"{len(taxonomy)} themes, taxonomy {taxonomy.version}")
        return
    for row in [["id", *_FIELDS], *rows]:
        typer.echo("\t".join(" ".join(cell.split()) for cell in row))


def _show_table(rows: list[list[str]], title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", show_lines=True)
    for column in ("id", *_FIELDS):
        table.add_column(column, no_wrap=column == "id")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
