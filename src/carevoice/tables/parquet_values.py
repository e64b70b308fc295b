"""Rows of a Parquet file in the columns that it has, and their cells as values of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from carevoice.tables.jsontext import plain_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_NANOSECONDS: Final = "[ns"


class ParquetChunk:
    """Some rows of a Parquet file, in the columns that it has."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def texts(self, column: int) -> list[str]:
        """The comments of a column; null is no comment."""
        return [plain_text(value) for value in _values(self.table.column(column))]

    def rows(self) -> list[list[str]]:
        """Every cell as a text: dates in ISO form, lists and structs as JSON, nothing for null, bytes as UTF-8."""
        return [[plain_text(value) for value in row] for row in self.values()]

    def replaced(self, column: int, texts: Sequence[str]) -> ParquetChunk:
        """The same rows with other texts in a column; where there was no value there is none now."""
        import pyarrow as pa

        old = self.table.column(column)
        cells = [text if valid else None for text, valid in zip(texts, old.is_valid().to_pylist(), strict=True)]
        field = self.table.schema.field(column).with_type(pa.string())
        return ParquetChunk(self.table.set_column(column, field, pa.array(cells, pa.string())))

    def without(self, column: int) -> ParquetChunk:
        """The same rows without a column."""
        return ParquetChunk(self.table.remove_column(column))

    def values(self) -> list[list[object]]:
        """Every cell as a value of Python; times with nanoseconds, which it lacks, as texts."""
        columns = [_values(column) for column in self.table.columns]
        return [list(row) for row in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray) -> list[object]:
    import pyarrow as pa

    if _NANOSECONDS in str(column.type):
        try:
            column = column.cast(_with_microseconds(column.type, texts=False))
        except pa.ArrowInvalid:
            column = column.cast(_with_microseconds(column.type, texts=True))
    try:
        return list(column.to_pylist())
    except (ArithmeticError, LookupError, ValueError):
        # Years and time zones that Python doesn't have.
        return [_value(cell) for cell in column]


def _value(cell: pa.Scalar) -> object:
    try:
        return cell.as_py()
    except (ArithmeticError, LookupError, ValueError):
        return str(getattr(cell, "value", cell.type))


def _with_microseconds(type_: pa.DataType, *, texts: bool) -> pa.DataType:
    """The type with microseconds, or else texts, where it has nanoseconds, at whatever depth."""
    import pyarrow as pa
    from pyarrow import types

    def inner(field: pa.Field) -> pa.Field:
        return field.with_type(_with_microseconds(field.type, texts=texts))

    if getattr(type_, "unit", None) == "ns":
        return pa.string() if texts else _microseconds(type_)
    if types.is_dictionary(type_):
        return _with_microseconds(type_.value_type, texts=texts)
    if types.is_struct(type_):
        return pa.struct([inner(field) for field in type_.fields])
    if types.is_map(type_):
        return pa.map_(inner(type_.key_field), inner(type_.item_field))
    return pa.list_(inner(type_.value_field)) if _is_list(type_) else type_


def _microseconds(type_: pa.DataType) -> pa.DataType:
    import pyarrow as pa
    from pyarrow import types

    if types.is_timestamp(type_):
        return pa.timestamp("us", type_.tz)
    return pa.time64("us") if types.is_time(type_) else pa.duration("us")


def _is_list(type_: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_))
