"""Names of columns: checked, and fit for a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_NAME: Final = 40


def short(column: str) -> str:
    """A column name fit for a message: without a header, a comment may stand where a name should."""
    name = " ".join(column.split())
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def check_header(header: Sequence[str], where: str) -> None:
    """Raise InputError, naming ``where``, for a column without a name or a name used twice."""
    first: dict[str, int] = {}
    for number, column in enumerate(header, start=1):
        if not column.strip():
            reason = f"column {number} of {len(header)} has no name: name it, or delete the column"
        elif column in first:
            reason = f'columns {first[column]} and {number} are both called "{short(column)}": rename one'
        else:
            first[column] = number
            continue
        raise InputError(f"{where}: {reason}.")
