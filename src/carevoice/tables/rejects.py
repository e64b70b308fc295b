"""The file of the rows that could not be read."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from carevoice.tables.excel import neutralise
from carevoice.tables.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carevoice.tables.chunk import Reject
    from carevoice.tables.streams import ByteSink

REJECT_COLUMNS: Final = ("line", "byte", "column", "reason", "raw")


class Rejects:
    """Writes rows that were rejected, as CSV in UTF-8, and counts them."""

    def __init__(self, sink: ByteSink) -> None:
        self.count = 0
        self._sink = sink
        self._csv = csv.writer(self, lineterminator="\r\n")
        self._csv.writerow(REJECT_COLUMNS)

    def take(self, reject: Reject) -> None:
        """Write a row; what a spreadsheet would run is neutralised, for somebody will open this file in one."""
        self.count += 1
        byte = "" if reject.byte is None else reject.byte
        self._csv.writerow((reject.line, byte, reject.column, reject.reason, neutralise(reject.raw)))

    def write(self, line: str, /) -> None:
        """Take a line from csv."""
        self._sink.write(line.encode(errors="backslashreplace"))


@contextmanager
def rejects_file(path: str) -> Iterator[Rejects]:
    """Open the file of rejected rows; it appears whole, when the block ends, or not at all."""
    with whole_file(path) as sink:
        yield Rejects(sink)
