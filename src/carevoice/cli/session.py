"""What one run of the command line knows of itself: its exit codes, and whether tracebacks are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import typer

#: Exit codes, beside 128 + the number of a signal, which is 130 for Ctrl-C. A reader that closes its
#: end of a pipe has seen enough: that is 0 too.
DONE: Final = 0
OUR_FAULT: Final = 1
BAD_INPUT: Final = 2
WITH_REJECTS: Final = 3


@dataclass(slots=True)
class Session:
    """What is known of the command line when it has failed."""

    debug: bool = False

    def trace(self, error: Exception) -> None:
        """Show where an error comes from, if that is wanted."""
        if self.debug:
            import traceback

            traceback.print_exception(error)


def _note_debug(context: typer.Context, value: bool) -> bool:  # noqa: FBT001  # the shape that typer calls
    if value:
        context.ensure_object(Session).debug = True
    return value


Debug = Annotated[
    bool,
    typer.Option(
        "--debug", callback=_note_debug, is_eager=True, help="Show the traceback of an error, which may hold comments."
    ),
]
