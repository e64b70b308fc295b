"""What passes between a reader and a writer: some rows at a time, in the form that their format has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

#: Rows of every chunk but the last. Comments are analysed a chunk at a time, so that a run which goes on after an
#: interruption meets the same batches as one that was never interrupted.
CHUNK_ROWS: Final = 2048


class Chunk(Protocol):
    """Some rows of a table, each with a cell for every column of the header."""

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def texts(self, column: int) -> list[str]:
        """The cells of a column as comments to be analysed: a cell without a value is ``""``."""
        ...

    def rows(self) -> Sequence[Sequence[str]]:
        """Every cell as a text, for formats that know nothing else."""
        ...

    def replaced(self, column: int, texts: Sequence[str]) -> Chunk:
        """The same rows with other texts in a column."""
        ...

    def without(self, column: int) -> Chunk:
        """The same rows without a column."""
        ...

    def values(self) -> Sequence[Sequence[object]]:
        """Every cell as the value that it is: a str, a number, a date, None, a list and so on."""
        ...


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that can't be read, and why; ``raw`` is what stands there, a text of at most ``LONGEST_RAW`` characters."""

    line: int  # from 1, as an editor counts, or the number of the row in a workbook or Parquet file
    byte: int | None  # where it begins in the (unpacked) file, None in binary formats
    column: str  # name of the column that is at fault, "" if it is the row as a whole
    reason: str  # without the text of any comment
    raw: str


LONGEST_RAW: Final = 10_000
#: Takes a row that can't be read.
TakesReject: TypeAlias = "Callable[[Reject], None]"


class TableReader(Protocol):
    """Reads a table once, from its beginning to its end, in bounded memory.

    Without something that takes rejects, the first row that can't be read raises InputError, naming file, line and
    remedy; with it, such rows go there and the others are read.
    """

    @property
    def name(self) -> str:
        """What to call the file in messages."""
        ...

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        ...

    @property
    def note(self) -> str:
        """What users should know about how the file is read, in a sentence; "" if nothing."""
        ...

    @property
    def blank_lines(self) -> int:
        """Lines so far that hold no cell at all; they are no rows."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """The rows below the header."""
        ...
