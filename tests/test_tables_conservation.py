"""Rows in are rows out and rows rejected, and every cell comes back equal: any table, dialect, encoding and format."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carevoice.errors import InputError
from carevoice.tables.cells import LanguageCells
from carevoice.tables.chunk import Reject
from carevoice.tables.formats import Format, ReadOptions, format_of, open_table, open_writer

#: What people and programs put into cells, beside whatever hypothesis thinks of.
USUAL = [
    "",
    "None",
    "NA",
    "null",
    "007",
    "1e5",
    "TRUE",
    "-",
    "- long wait",
    "=1+1",
    "x;y",
    "a\tb",
    'say "hi"',
    "é",
    "日本",
]
#: Characters that every format holds: workbooks have no control characters but tab and line breaks.
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.sampled_from("\t\r\n")
CELLS = st.sampled_from(USUAL) | st.text(LETTERS, max_size=10)
TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8))
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
BAD_LINES = ('1,"x"y', '"open', "1,2,3,4,5,6", "\0")


def header_of(rows: list[list[str]]) -> list[str]:
    return [f"column {number}" for number in range(len(rows[0]) if rows else 1)]


def csv_text(rows: list[list[str]], delimiter: str, newline: str) -> str:
    quoted = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [header_of(rows), *rows]]
    return "".join(line + newline for line in quoted)


def cells_of(path: Path, width: int, options: ReadOptions | None = None) -> list[list[str]]:
    with open_table(str(path), options or ReadOptions()) as table:
        return [list(row[:width]) for chunk in table.chunks() for row in chunk.rows()]


def convert(source: Path, target: Path, options: ReadOptions | None = None) -> list[Reject]:
    """Read a table and write it in the format of the target; what was rejected."""
    rejects: list[Reject] = []
    columns: LanguageCells = LanguageCells("cv_")
    with (
        open_table(str(source), options or ReadOptions(), rejects.append) as table,
        open_writer(str(target), format_of(str(target)), table, columns) as writer,
    ):
        for chunk in table.chunks():
            writer.write(chunk, [None] * len(chunk))
    return rejects


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=TABLES,
    delimiter=st.sampled_from(",;\t|"),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(ENCODINGS),
    target=st.sampled_from(
        ["out.csv", "out.tsv", "out.jsonl", "out.xlsx", "out.parquet", "out.csv.gz", "out.jsonl.gz"]
    ),
)
def test_cells_come_back_equal_through_any_format(
    tmp_path: Path, rows: list[list[str]], delimiter: str, newline: str, encoding: str, target: str
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(csv_text(rows, delimiter, newline).encode(encoding))
    options = ReadOptions(delimiter=delimiter)
    width = len(header_of(rows))
    assert cells_of(source, width, options) == rows
    assert convert(source, tmp_path / target, options) == []
    if not rows and "jsonl" in target:  # without a row there are no keys
        with pytest.raises(InputError, match="no row"):
            cells_of(tmp_path / target, width)
        return
    written = ReadOptions(delimiter=delimiter if delimiter != "\t" else ",") if "csv" in target else None
    assert cells_of(tmp_path / target, width, written) == rows


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TABLES.filter(len), bad=st.lists(st.tuples(st.integers(0, 8), st.sampled_from(BAD_LINES)), max_size=4))
def test_no_row_is_lost_beside_bad_ones(tmp_path: Path, rows: list[list[str]], bad: list[tuple[int, str]]) -> None:
    rows = [[cell.replace("\n", " ").replace("\r", " ") for cell in row] for row in rows]
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\n").writerows([header_of(rows), *rows])
    header, *lines = [line + "\n" for line in sink.getvalue().split("\n")[:-1]]
    if '"' in "".join(lines):
        # Whatever follows an open quote and has quotes itself may be one long cell as well: nobody can tell.
        bad = [(place, line) for place, line in bad if line != '"open']
    if len(rows[0]) == 6:
        return
    for place, line in sorted(bad, reverse=True):
        lines.insert(min(place, len(lines)), line + "\n")
    (tmp_path / "in.csv").write_text(header + "".join(lines), encoding="utf-8", newline="")
    rejects = convert(tmp_path / "in.csv", tmp_path / "out.csv", ReadOptions(delimiter=","))
    assert cells_of(tmp_path / "out.csv", len(rows[0]), ReadOptions(delimiter=",")) == rows
    assert sorted(reject.raw for reject in rejects) == sorted(line for _, line in bad)


@pytest.mark.parametrize("format_", ["csv", "jsonl", "xlsx", "parquet"])
def test_a_table_of_several_chunks_keeps_its_order(tmp_path: Path, format_: Format) -> None:
    rows = [[str(n), f"text {n}"] for n in range(5000)]
    sink = io.StringIO(newline="")
    csv.writer(sink).writerows([["id", "text"], *rows])
    (tmp_path / "in.csv").write_text(sink.getvalue(), encoding="utf-8", newline="")
    convert(tmp_path / "in.csv", tmp_path / f"out.{format_}")
    assert cells_of(tmp_path / f"out.{format_}", 2) == rows


def test_json_lines_keep_every_character(tmp_path: Path) -> None:
    line = '{"n": 1.10, "text":"\\ud83d \\u00e9",  "x" : [1E5, {"a": null}]}'
    (tmp_path / "in.jsonl").write_text(line + "\n", encoding="utf-8")
    convert(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    written = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert written.startswith(line[:-1])
    assert json.loads(written)["cv_language"] == "und"
