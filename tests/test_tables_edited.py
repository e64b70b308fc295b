"""Chunks with other texts in a column, or without it: all other cells stay as they are, in every format."""

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carevoice.tables.cells import LanguageCells
from carevoice.tables.chunk import Chunk
from carevoice.tables.formats import format_of, open_table, open_writer

TEXTS = ["call 020 7946 0999", "", "fine_x000D_"]
MASKED = ["call [PHONE]", "", "fine_x000D_"]


def csv_file(path: Path) -> None:
    path.write_text("id,text,n\n" + "".join(f"00{n},{text},1.10\n" for n, text in enumerate(TEXTS)))


def jsonl_file(path: Path) -> None:
    lines = [f'{{"id":"00{n}" , "text":"{text}","n":1.10}}\n' for n, text in enumerate(TEXTS)]
    path.write_text("".join(lines))


def xlsx_file(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["id", "text", "n"])
    for n, text in enumerate(TEXTS):
        book.active.append([f"00{n}", text, dt.datetime(2024, 1, 31, 12)])  # noqa: DTZ001  # workbooks have no zones
    book.save(path)


def parquet_file(path: Path) -> None:
    table = pa.table({"id": ["000", "001", "002"], "text": TEXTS, "n": pa.array([Decimal("1.10")] * 3)})
    pq.write_table(table, path)


FILES: dict[str, Callable[[Path], None]] = {
    "in.csv": csv_file,
    "in.jsonl": jsonl_file,
    "in.xlsx": xlsx_file,
    "in.parquet": parquet_file,
}


def written(folder: Path, name: str, edit: Callable[[Chunk], Chunk], header: list[str]) -> list[list[object]]:
    """The cells of a file that was read, edited, written in its own format and read again."""
    target = folder / f"out{Path(name).suffix}"
    with (
        open_table(str(folder / name)) as table,
        open_writer(str(target), format_of(name), table, LanguageCells(), header=header) as writer,
    ):
        for chunk in table.chunks():
            writer.write(edit(chunk), [None] * len(chunk))
    with open_table(str(target)) as table:
        assert list(table.header[: len(header)]) == header
        return [list(row[: len(header)]) for chunk in table.chunks() for row in chunk.values()]


def original(path: Path) -> list[list[object]]:
    with open_table(str(path)) as table:
        return [list(row) for chunk in table.chunks() for row in chunk.values()]


@pytest.mark.parametrize("name", FILES)
def test_a_column_gets_other_texts(tmp_path: Path, name: str) -> None:
    FILES[name](tmp_path / name)
    found = written(tmp_path, name, lambda chunk: chunk.replaced(1, MASKED), ["id", "text", "n"])
    assert [[row[0], row[2]] for row in found] == [[row[0], row[2]] for row in original(tmp_path / name)]
    assert [row[1] or "" for row in found] == MASKED


@pytest.mark.parametrize("name", FILES)
def test_a_column_is_left_out(tmp_path: Path, name: str) -> None:
    FILES[name](tmp_path / name)
    found = written(tmp_path, name, lambda chunk: chunk.without(1), ["id", "n"])
    assert found == [[row[0], row[2]] for row in original(tmp_path / name)]


def test_other_values_of_json_stay_as_they_are_written(tmp_path: Path) -> None:
    jsonl_file(tmp_path / "in.jsonl")
    written(tmp_path, "in.jsonl", lambda chunk: chunk.replaced(1, MASKED), ["id", "text", "n"])
    first = (tmp_path / "out.jsonl").read_text().splitlines()[0]
    assert first.startswith('{"id": "000", "text": "call [PHONE]", "n": 1.10, "language"')


def test_types_of_parquet_stay(tmp_path: Path) -> None:
    parquet_file(tmp_path / "in.parquet")
    written(tmp_path, "in.parquet", lambda chunk: chunk.without(1), ["id", "n"])
    schema = pq.read_schema(io.BytesIO((tmp_path / "out.parquet").read_bytes()))
    assert str(schema.field("n").type) == "decimal128(3, 2)"
