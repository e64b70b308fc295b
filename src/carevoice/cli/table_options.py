"""The options of ``classify`` and ``detect`` about the tables that they read and write.

Nothing heavy may be imported here: every start of the command reads this.
"""

from __future__ import annotations

from typing import Annotated

import typer

from carevoice.tables import format_names

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
