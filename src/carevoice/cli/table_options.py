"""The options of ``classify`` and ``detect`` about the tables that they read and write.

Nothing heavy may be imported here: every start of the command reads this.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from carevoice.cli.parameters import with_parameters
from carevoice.tables import format_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from carevoice.cli.request import TableOptions
    from carevoice.tables.format_names import Format as FormatName

Source = Annotated[
    str,
    typer.Argument(
        metavar="IN",
        help='Table with one comment a row: CSV, TSV, JSON lines (also as .gz), Excel, Parquet; "-" is standard input.',
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="OUT",
        help='File to write, replaced if it is there; "-" is standard output. Without it, a pipe gets '
        "the data and a terminal the first rows and a summary.",
    ),
]
TextColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--text-column",
        metavar="NAME",
        help="Column of comments, if its name does not say so. May be repeated: added columns then begin with "
        "its name.",
        show_default=False,
    ),
]
Format = Annotated[
    format_names.Format | None,
    typer.Option("--format", help="Format of the output: by the ending of OUT, else csv.", show_default=False),
]
InputFormat = Annotated[
    format_names.Format | None,
    typer.Option("--input-format", help="Format of the input: by the ending of IN, else csv.", show_default=False),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Encoding of CSV, such as windows-1252, if the one that is found is wrong.",
        show_default=False,
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(
        metavar="CHARACTER", help="Separator of columns in CSV, if the one that is found is wrong.", show_default=False
    ),
]
Excel = Annotated[
    bool,
    typer.Option(
        "--excel",
        help="Write CSV for Excel: with byte order mark, and an apostrophe before cells that it would run as formulas.",
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Sheet of an Excel workbook, if not the first.", show_default=False),
]
Redact = Annotated[
    bool,
    typer.Option(
        "--redact",
        help="Mask e-mail and web addresses, numbers that identify people and names in the written comments.",
    ),
]
DropText = Annotated[bool, typer.Option("--drop-text", help="Leave the comments themselves out of the output.")]
InPlace = Annotated[bool, typer.Option("--in-place", help="Put the output in the place of the input.")]
ShowText = Annotated[
    bool, typer.Option("--show-text", help="Show what stands in a row that can't be read; else no comment is shown.")
]
Rejects = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Write rows that can't be read to this CSV file and go on; else the first of them ends the run.",
        show_default=False,
    ),
]
Prefix = Annotated[
    str, typer.Option(metavar="TEXT", help="Put before the name of every added column.", show_default=False)
]

#: What the commands' argument ``about`` is; typer doesn't see it, see ``takes_table``.
About: TypeAlias = "TableOptions"
#: The options in the order of the help: what each is, and its default.
PARAMETERS: Final[Mapping[str, tuple[Any, object]]] = {
    "source": (Source, inspect.Parameter.empty),
    "output": (Output, None),
    "text_column": (TextColumns, None),
    "format_": (Format, None),
    "input_format": (InputFormat, None),
    "encoding": (Encoding, None),
    "delimiter": (Delimiter, None),
    "sheet": (Sheet, None),
    "excel": (Excel, False),
    "redact": (Redact, False),
    "drop_text": (DropText, False),
    "in_place": (InPlace, False),
    "rejects": (Rejects, None),
    "show_text": (ShowText, False),
    "prefix": (Prefix, ""),
}


def takes_table(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options about tables; it gets them as one argument, ``about``."""
    return with_parameters(command, "about", PARAMETERS, _table_options)


def _table_options(
    *,
    text_column: list[str] | None,
    format_: FormatName | None,
    input_format: FormatName | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    **given: Any,  # noqa: ANN401  # each is checked by its option
) -> TableOptions:
    """The options as a run wants them. Raises InputError for an encoding or a separator that is none."""
    from carevoice.cli.comment_columns import Named
    from carevoice.cli.request import TableOptions
    from carevoice.tables.formats import read_options

    read = read_options(input_format, encoding, delimiter, sheet)
    return TableOptions(named=Named(tuple(text_column or ())), read=read, format=format_, **given)
