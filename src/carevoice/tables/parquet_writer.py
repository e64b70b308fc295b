"""Writing Parquet: input columns as they are, and columns that are added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from carevoice.errors import InputError, MissingExtraError
from carevoice.tables.blocks import Completed, Forwards
from carevoice.tables.chunk import CHUNK_ROWS
from carevoice.tables.names import short
from carevoice.tables.parquet_values import ParquetChunk

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    import pyarrow.parquet as pq

    from carevoice.tables.chunk import Chunk
    from carevoice.tables.streams import ByteSink
    from carevoice.tables.writer import AddedColumns

Answer = TypeVar("Answer")

_GROUP: Final = 8 * CHUNK_ROWS


class ParquetWriter(Completed, Generic[Answer]):
    """Writes Parquet to any stream. Use it as a context manager, which completes the file.

    Columns of a Parquet file keep their types, values and metadata; cells of other formats are texts, null
    where there is no value. Added columns that don't hold numbers are texts as in CSV. Equal rows give equal bytes.

    Raises InputError for a text with half a surrogate pair, which UTF-8 lacks; MissingExtraError without pyarrow.
    """

    def __init__(self, sink: ByteSink, header: Sequence[str], columns: AddedColumns[Answer]) -> None:
        try:
            import pyarrow as pa
        except ImportError as error:
            raise MissingExtraError("Writing Parquet files", "parquet") from error
        types = {None: pa.string(), "int": pa.int64(), "float": pa.float64()}
        self._header, self._columns, self._output = tuple(header), columns, Forwards(sink)
        self._added = [pa.field(name, types[columns.numbers.get(name)]) for name in columns.names]
        self._held: list[pa.Table] = []
        self._row, self._waiting = 0, 0
        self._writer: pq.ParquetWriter | None = None

    def write(self, chunk: Chunk, answers: Sequence[Answer]) -> None:
        """Write the rows of a chunk, each with its answer."""
        import pyarrow as pa

        table = chunk.table if isinstance(chunk, ParquetChunk) else self._texts(chunk)
        values = [self._columns.values(answer) for answer in answers]
        texts = [self._columns.cells(answer) for answer in answers]
        for place, field in enumerate(self._added):
            cells = [row[place] for row in values]
            if field.type == pa.string():
                pairs = zip(cells, texts, strict=True)
                cells = [None if value is None else row[place] for value, row in pairs]
            table = table.append_column(field, pa.array(cells, field.type))
        self._held.append(table)
        self._row += table.num_rows
        self._waiting += table.num_rows
        if self._waiting >= _GROUP:
            self._complete()

    def _texts(self, chunk: Chunk) -> pa.Table:
        import pyarrow as pa

        values, rows, columns = chunk.values(), chunk.rows(), []
        for place, name in enumerate(self._header):
            cells = [None if row[place] is None else text[place] for row, text in zip(values, rows, strict=True)]
            try:
                columns.append(pa.array(cells, pa.string()))
            except UnicodeEncodeError:
                index = next(index for index, cell in enumerate(cells) if cell is not None and not _has_utf8(cell))
                where = f'row {self._row + index + 1:,}, column "{short(name)}"'
                reason = "a text has half a surrogate pair, which Parquet lacks"
                raise InputError(f"{where}: {reason}: write JSONL instead.") from None
        return pa.table(columns, names=list(self._header))

    def _complete(self) -> None:
        """Write what has come as a row group."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._writer is None:
            texts = pa.schema([pa.field(name, pa.string()) for name in self._header] + self._added)
            schema = self._held[0].schema if self._held else texts
            # Else the items of lists would be given another name.
            self._writer = pq.ParquetWriter(self._output, schema, use_compliant_nested_type=False)
        if self._held:
            self._writer.write_table(pa.concat_tables(self._held), row_group_size=_GROUP)
        self._held, self._waiting = [], 0

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _has_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
