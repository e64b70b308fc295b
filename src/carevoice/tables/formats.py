"""The formats of tables: told by the name of a file, opened for reading and for writing."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from carevoice.errors import InputError
from carevoice.tables.dialect import Dialect
from carevoice.tables.encoding import Encoding, find_encoding
from carevoice.tables.files import DASH, can_be_read_twice, open_bytes, standard_output, whole_file
from carevoice.tables.format_names import Format
from carevoice.tables.reader import CsvReader
from carevoice.tables.writer import CsvWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carevoice.tables.chunk import TableReader, TakesReject
    from carevoice.tables.streams import ByteStream
    from carevoice.tables.writer import AddedColumns, TableWriter

Answer = TypeVar("Answer")
#: Endings of names, and the formats that they promise; any other promises CSV.
_ENDINGS: Final[dict[str, Format]] = {
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
}
#: Endings that promise a format which isn't read, and what to do.
_NOT_READ: Final = {
    ".xls": 'an old Excel workbook isn\'t read: save it as "Excel workbook (.xlsx)" or "CSV UTF-8" and try again',
    ".ods": 'an OpenDocument table isn\'t read: save it as "Excel workbook (.xlsx)" or "CSV UTF-8" and try again',
    ".json": "a JSON document isn't read, JSON lines are: one object a line, in a file that ends in .jsonl",
    ".zip": "an archive isn't read: unpack it and try again",
}
_PACKED: Final = ".gz"
_BINARY: Final = ("xlsx", "parquet")
_NAMED_DELIMITERS: Final = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_NO_DELIMITERS: Final = '"\r\n\0'


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a table, where it isn't plain from its name and its beginning."""

    format: Format | None = None
    encoding: Encoding | None = None
    delimiter: str | None = None
    sheet: str | None = None


#: Everything is to be found out.
PLAIN: Final = ReadOptions()


def format_of(path: str, *, named: Format | None = None) -> Format:
    """The format of a file, by its name unless it is ``named``. Raises InputError for one that isn't read."""
    if named is not None:
        return named
    name = path.lower().removesuffix(_PACKED)
    for ending, remedy in _NOT_READ.items():
        if name.endswith(ending):
            raise InputError(f"{path}: {remedy}.")
    return next((format_ for ending, format_ in _ENDINGS.items() if name.endswith(ending)), "csv")


def read_options(format_: Format | None, encoding: str | None, delimiter: str | None, sheet: str | None) -> ReadOptions:
    """What a user asks for in words. Raises InputError for an encoding or a separator that is none."""
    from carevoice.tables.encoding import named_encoding

    separator = _NAMED_DELIMITERS.get(delimiter or "", delimiter)
    if separator is not None and (len(separator) != 1 or separator in _NO_DELIMITERS):
        raise InputError("--delimiter takes one character, such as ; or tab, and neither a quote nor a line break.")
    return ReadOptions(format_, named_encoding(encoding) if encoding else None, separator, sheet)


@contextmanager
def open_table(path: str, options: ReadOptions = PLAIN, reject: TakesReject | None = None) -> Iterator[TableReader]:
    """Open a table, or standard input for ``-``, and read its header.

    ``reject`` gets rows that can't be read. Raises InputError for what can't be read as a table, MissingExtraError if
    the reader of a format isn't installed.
    """
    format_ = format_of(path, named=options.format)
    if format_ == "xlsx":
        from carevoice.tables.xlsx import XlsxReader

        with XlsxReader(path, reject, sheet=options.sheet) as workbook:
            yield workbook
    elif format_ == "parquet":
        from carevoice.tables.parquet import ParquetReader

        with ParquetReader(path, reject) as parquet:
            yield parquet
    else:
        encoding = options.encoding
        if format_ != "jsonl" and encoding is None and can_be_read_twice(path):
            with _unpacked(path) as stream:
                encoding = find_encoding(stream, path)
        with _unpacked(path) as stream:
            name = "standard input" if path == DASH else path
            if format_ == "jsonl":
                from carevoice.tables.jsonl import JsonlReader

                yield JsonlReader(stream, name, reject)
            else:
                delimiter = options.delimiter or ("\t" if format_ == "tsv" else None)
                packed = path.lower().endswith(_PACKED)
                yield CsvReader(stream, name, reject, encoding=encoding, delimiter=delimiter, packed=packed)


@contextmanager
def _unpacked(path: str) -> Iterator[ByteStream]:
    with open_bytes(path) as stream:
        if path.lower().endswith(_PACKED):
            from carevoice.tables.compressed import open_gz

            yield open_gz(stream, path)
        else:
            yield stream


@contextmanager
def open_writer(
    path: str,
    format_: Format,
    source: TableReader,
    columns: AddedColumns[Answer],
    *,
    header: Sequence[str] | None = None,
    excel: bool = False,
) -> Iterator[TableWriter[Answer]]:
    """Open an output, or standard output for ``-``, for the rows of ``source`` with ``columns`` added.

    ``header`` are the input columns that are written, by default all. A file holds everything when the block ends, or
    stays as it was. With ``excel``, CSV begins with a byte order mark, and cells that a spreadsheet would run are
    neutralised. Raises InputError for what can't be written, MissingExtraError if the writer of a format isn't
    installed.
    """
    header = source.header if header is None else header
    if path == DASH and format_ in _BINARY:
        raise InputError(f"standard output is no place for {format_}: name a file with -o.")
    with whole_file(path) if path != DASH else nullcontext(standard_output()) as plain, ExitStack() as stack:
        sink = plain
        if path.lower().endswith(_PACKED) and format_ not in _BINARY:
            from carevoice.tables.compressed import GzipSink

            sink = stack.enter_context(GzipSink(plain))
        if format_ == "xlsx":
            from carevoice.tables.xlsx import XlsxWriter

            yield stack.enter_context(XlsxWriter(sink, header, columns))
        elif format_ == "parquet":
            from carevoice.tables.parquet import ParquetWriter

            yield stack.enter_context(ParquetWriter(sink, header, columns))
        elif format_ == "jsonl":
            from carevoice.tables.jsonl import JsonlWriter

            yield JsonlWriter(sink, header, columns)
        else:
            yield CsvWriter(sink, header, columns, _dialect(format_, source), excel=excel)


def _dialect(format_: Format, source: TableReader) -> Dialect:
    """That of the input if it is CSV too, so that a file for French or Spanish Excel stays one."""
    if format_ == "tsv":
        return Dialect("\t")
    return source.dialect if isinstance(source, CsvReader) and source.dialect.delimiter != "\t" else Dialect()
