"""Reading Parquet files."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError, MissingExtraError, RowError
from carevoice.tables.blocks import Opened
from carevoice.tables.chunk import CHUNK_ROWS, Reject
from carevoice.tables.files import DASH, open_bytes
from carevoice.tables.names import check_header, short
from carevoice.tables.parquet_values import ParquetChunk
from carevoice.tables.parquet_writer import ParquetWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from carevoice.tables.chunk import TakesReject

__all__ = ["ParquetChunk", "ParquetReader", "ParquetWriter"]

_ENCRYPTED: Final = b"PARE"
_NOT_ALLOWED: Final = "a value that its type doesn't allow, such as a text that is not UTF-8"


class ParquetReader(Opened):
    """Rows of a Parquet file; see TableReader. A row is unreadable if a text in it isn't UTF-8.

    Close it after use, or use it as a context manager. Raises InputError, naming file and remedy, for what
    is no Parquet file, is damaged or encrypted, has no columns, or one without a name or with a name used
    twice; MissingExtraError without pyarrow.
    """

    def __init__(self, path: str, reject: TakesReject | None = None, *, rows: int = CHUNK_ROWS) -> None:
        try:
            import pyarrow.parquet as pq
        except ImportError as error:
            raise MissingExtraError("Reading Parquet files", "parquet") from error
        if path == DASH:
            raise InputError("standard input: Parquet can't be read from there: save it to a file and name that.")
        self.name, self.note, self.blank_lines = path, "", 0
        self._reject, self._chunk_rows = reject, rows
        with ExitStack() as stack:
            stream = stack.enter_context(open_bytes(path))
            if stream.read(len(_ENCRYPTED)) == _ENCRYPTED:
                raise InputError(f"{path} is encrypted: save it without encryption and try again.")
            with self._damage():
                self._file = stack.enter_context(pq.ParquetFile(stream, buffer_size=1 << 20))
                self.header = tuple(map(str, self._file.schema_arrow.names))
            if not self.header:
                raise InputError(f"{path} has no columns: one with comments is needed.")
            check_header(self.header, path)
            self._stack = stack.pop_all()

    def chunks(self) -> Iterator[ParquetChunk]:
        """All rows, once."""
        import pyarrow as pa

        # One batch without rows, so that a file that has none tells its types too.
        held: list[pa.RecordBatch] = [pa.RecordBatch.from_pylist([], schema=self._file.schema_arrow)]
        some = False
        for batch in self._batches():
            held.append(batch)
            while sum(part.num_rows for part in held) >= self._chunk_rows:
                table = pa.Table.from_batches(held)
                some = True
                yield ParquetChunk(table.slice(0, self._chunk_rows))
                held = table.slice(self._chunk_rows).to_batches()
        if not some or any(part.num_rows for part in held):
            yield ParquetChunk(pa.Table.from_batches(held))

    def _batches(self) -> Iterator[pa.RecordBatch]:
        """Batches of the rows that can be read."""
        import pyarrow as pa

        first = 1
        with self._damage():
            for batch in self._file.iter_batches(self._chunk_rows, use_threads=False):
                try:
                    batch.validate(full=True)
                except pa.ArrowInvalid:
                    yield from self._good_rows(batch, first)
                else:
                    yield batch
                first += batch.num_rows

    def _good_rows(self, batch: pa.RecordBatch, first: int) -> Iterator[pa.RecordBatch]:
        """The rows of a batch one by one, without those that are at fault."""
        for index in range(batch.num_rows):
            row = batch.slice(index, 1)
            fault = next((name for name, cell in zip(self.header, row.columns, strict=True) if not _is_valid(cell)), "")
            if not fault:
                yield row
            elif self._reject is None:
                where = f'{self.name}, row {first + index:,}, column "{short(fault)}"'
                raise RowError(f"{where}: {_NOT_ALLOWED}: write the file anew with texts in UTF-8.", "")
            else:
                self._reject(Reject(first + index, None, fault, _NOT_ALLOWED, ""))

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """Turn whatever a damaged file leads to into InputError."""
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError, ValueError, KeyError, NotImplementedError) as error:
            what = "is encrypted, damaged or no Parquet file"
            raise InputError(f"{self.name} {what}: write it anew, without encryption, and try again.") from error


def _is_valid(cell: pa.Array) -> bool:
    import pyarrow as pa

    try:
        cell.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
