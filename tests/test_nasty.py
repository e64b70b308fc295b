"""Nasty tables: none crashes the command, no row is lost and no cell altered, and what can't be read is said.

``tests/data/nasty/expected.csv`` has a line for each file and what must come of it. Good rows are compared with what
independent readers make of the file: the csv and json modules, openpyxl and pyarrow.
"""

import csv
import gzip
import importlib.util
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Finished, RunCli
from openpyxl import load_workbook

from carevoice.tables.excel import restore

FOLDER = Path(__file__).parent / "data/nasty"
DOCUMENT = FOLDER.parent.parent.parent / "docs/tables.md"
NO_TABLES = {".gitattributes", "expected.csv", "make.py", "packed.py"}
FORMATS = {".jsonl": "jsonl", ".xlsx": "xlsx", ".parquet": "parquet", ".tsv": "tsv"}
REJECTS = "bad.csv"
MARKS = (("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"))
#: An input cell that is so long can't be in a message by chance.
TELLING = 8
#: Files whose comments are odd texts.
ODD = (
    "emoji", "zero-width", "bidi-marks", "combining", "controls", "html", "mojibake", "replacement", "other-scripts",
    "formulas",
)  # fmt: skip
#: Longest cell of all files, and some more.
LONGEST = 300_000
#: Whom every bad row names.
NAME = "Who"


@dataclass(frozen=True, slots=True)
class Case:
    """A line of expected.csv."""

    file: str
    options: str
    encoding: str
    delimiter: str
    exit: str
    rows: str
    rejected: str
    says: str
    what: str

    @property
    def kind(self) -> str:
        plain = Path(self.file.removesuffix(".gz"))
        return self.option("--input-format") or FORMATS.get(plain.suffix, "csv")

    @property
    def output(self) -> str:
        return f"out.{self.option('--format') or self.kind}"

    @property
    def separator(self) -> str:
        return "\t" if self.delimiter == "tab" else self.delimiter

    def option(self, name: str) -> str | None:
        words = self.options.split()
        return words[words.index(name) + 1] if name in words else None

    @property
    def outcome(self) -> str:
        """In words, for the document."""
        rows = f"{self.rows} {'row' if self.rows == '1' else 'rows'}"
        said = f": {self.says}" if self.says else ""
        return {"0": rows + said, "2": f"refused{said}", "3": f"{rows}, {self.rejected} rejected{said}"}[self.exit]


def cases() -> list[Case]:
    with (FOLDER / "expected.csv").open(encoding="utf-8", newline="") as file:
        return [Case(**row) for row in csv.DictReader(file, strict=True)]


CASES = cases()


@pytest.fixture(autouse=True)
def _long_cells() -> Iterator[None]:
    before = csv.field_size_limit(LONGEST)
    yield
    csv.field_size_limit(before)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file} {case.options}".strip())
def test_a_nasty_table_comes_to_what_is_expected(cli: RunCli, tmp_path: Path, case: Case) -> None:
    data = (FOLDER / case.file).read_bytes()
    (tmp_path / case.file).write_bytes(data)
    finished = cli("detect", case.file, "-o", case.output, *case.options.split())
    assert (str(finished.code), finished.out) == (case.exit, ""), finished.err
    assert "Traceback" not in finished.err
    assert NAME not in finished.err
    assert (tmp_path / case.file).read_bytes() == data
    there = {path.name for path in tmp_path.iterdir()} - {case.file}
    if finished.code == 2:
        assert there == set()
        assert finished.err.splitlines()[-1].startswith("Error: ")
        assert case.says in finished.err
        return
    assert there == {case.output, REJECTS} if "--rejects" in case.options else {case.output}
    rejects = rejected(tmp_path) if "--rejects" in case.options else []
    assert len(rejects) == int(case.rejected or 0)
    assert case.says in (rejects[0]["reason"] if rejects else finished.err)
    assert_cells_come_back(case, data, tmp_path / case.output, rejects, finished)


def rejected(folder: Path) -> list[dict[str, str]]:
    with (folder / REJECTS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def assert_cells_come_back(
    case: Case, data: bytes, output: Path, rejects: list[dict[str, str]], finished: Finished
) -> None:
    if case.file.endswith(".gz"):
        data = gzip.decompress(data)
    if case.kind == "jsonl":
        rows = assert_lines_equal(json_rows(data, rejects), output.read_text(encoding="utf-8").split("\n")[:-1])
    elif case.kind == "xlsx":
        before, after = sheet_rows(data, case.option("--sheet"), rejects), sheet_rows(output.read_bytes(), None, [])
        assert [row[: len(before[0])] for row in after] == before
        rows = len(after) - 1
    elif case.kind == "parquet":
        rows = assert_tables_equal(pq.read_table(io.BytesIO(data)), pq.read_table(output), rejects)
    else:
        given, found = csv_rows(case, data, rejects), written_rows(case, output)
        assert [row[: len(given[0])] for row in found] == given
        assert not [cell for row in given[1:] for cell in row if len(cell) >= TELLING and cell in finished.err]
        rows = len(found) - 1
    assert rows == int(case.rows)


def assert_lines_equal(given: list[str], found: list[str]) -> int:
    """Up to the closing brace, lines are the same, character for character; and so are the values under their keys."""
    assert all(new.startswith(old[: old.rindex("}")]) for old, new in zip(given, found, strict=True))
    before, after = ([json.loads(line, parse_float=str, parse_int=str) for line in lines] for lines in (given, found))
    assert [{key: new[key] for key in old} for old, new in zip(before, after, strict=True)] == before
    return len(found)


def assert_tables_equal(table: Any, written: Any, rejects: list[dict[str, str]]) -> int:
    bad = {int(reject["line"]) - 1 for reject in rejects}
    kept = [table.slice(place, 1) for place in range(table.num_rows) if place not in bad]
    good, found = pa.concat_tables([table.slice(0, 0), *kept]), written.select(table.column_names)
    assert found.schema.equals(good.schema)
    # As texts, since NaN is equal to nothing.
    assert repr(found.to_pylist()) == repr(good.to_pylist())
    return int(found.num_rows)


def csv_rows(case: Case, data: bytes, rejects: list[dict[str, str]]) -> list[list[str]]:
    """What csv reads of a file once the rejected lines, found by their bytes, are cut out."""
    codec, mark = case.encoding.removesuffix("-sig"), b""
    if case.encoding in ("utf-16", "utf-8-sig"):
        codec, mark = next((codec, mark) for codec, mark in MARKS if data.startswith(mark))
    on_fault = "surrogateescape" if not codec.startswith("utf-16") else "replace"
    first = re.search("\r\n?|\n", data.decode(codec, on_fault))
    line_end = first[0][-1] if first else "\n"
    text, at = "", len(mark)
    for reject in rejects:
        byte = int(reject["byte"])
        text += data[at:byte].decode(codec, on_fault)
        before = data[len(mark) : byte].decode(codec, on_fault)
        assert int(reject["line"]) == before.count(line_end) + 1
        lines = data[byte:].decode(codec, on_fault).split(line_end)
        cut = line_end.join(lines[: reject["raw"].count(line_end) + 1]) + line_end
        if cut.isascii() and "\0" not in cut and codec == "utf-8":
            assert cut.rstrip("\r\n") == reject["raw"].removeprefix("'").rstrip("\r\n")
        at = byte + len(cut.encode(codec, on_fault if on_fault == "surrogateescape" else "strict"))
    text += data[at:].decode(codec, on_fault)
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=case.separator, strict=True)
    while not header:
        header, *rows = rows
    return [header, *[row or [""] for row in rows if row or len(header) == 1]]


def written_rows(case: Case, output: Path) -> list[list[str]]:
    separator = case.separator if case.kind == "tsv" or case.separator != "\t" else ","
    excel = "--excel" in case.options
    with output.open(encoding="utf-8-sig" if excel else "utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=separator, strict=True))
    return [[restore(cell) for cell in row] for row in rows] if excel else rows


def json_rows(data: bytes, rejects: list[dict[str, str]]) -> list[str]:
    bad = {int(reject["line"]) for reject in rejects}
    lines = enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1)
    return [line.decode() for number, line in lines if number not in bad and line.strip()]


def sheet_rows(data: bytes, name: str | None, rejects: list[dict[str, str]]) -> list[list[Any]]:
    """Values and formulas of the first sheet that isn't hidden, without the rejected rows."""
    bad = {int(reject["line"]) for reject in rejects}
    values, formulas = (shown_sheet(data, name, values=values) for values in (True, False))
    pairs = zip(values, formulas, strict=True)
    rows = [list(zip(*pair, strict=True)) for number, pair in enumerate(pairs, start=1) if number not in bad]
    while not any(value is not None for cell in rows[0] for value in cell):
        del rows[0]
    while not any(value is not None for cell in rows[-1] for value in cell):
        del rows[-1]
    width = sum(value is not None for value, _ in rows[0])
    return [row[:width] for row in rows]


def shown_sheet(data: bytes, name: str | None, *, values: bool) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(data), data_only=values)
    sheet = book[name] if name else next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    return list(sheet.iter_rows(values_only=True))


def test_odd_texts_are_classified_and_come_back(cli: RunCli, tmp_path: Path) -> None:
    texts = [row[1] for name in ODD for row in plain_rows(FOLDER / f"{name}.csv")]
    assert len(texts) > 40
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    finished = cli("classify", "in.csv", "-o", "out.csv")
    assert finished.code == 0, finished.err
    assert "Traceback" not in finished.err
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert [row["text"] for row in rows] == texts
    assert {row["status"] for row in rows} <= {"ok", "empty", "unsupported_language"}


def plain_rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file, strict=True)
    yield from rows


def test_the_script_writes_the_plain_files_byte_for_byte() -> None:
    plain = plain_files()
    assert [name for name, data in plain.items() if (FOLDER / name).read_bytes() != data] == []


def test_every_file_is_made_by_the_scripts_and_expected() -> None:
    there = {path.name for path in FOLDER.iterdir() if path.is_file()} - NO_TABLES
    assert there == {case.file for case in CASES}
    assert set(plain_files()) <= there
    assert {Path(name).suffix for name in there - set(plain_files())} == {".gz", ".xlsx", ".parquet", ".csv"}


def test_the_files_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.iterdir() if path.name not in NO_TABLES]
    assert len([size for size in sizes if size > 3000]) <= 3
    assert max(sizes) < 201_000


def test_the_document_says_what_is_expected() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `") and line.count(" | ") >= 3]
    assert lines == [document_line(case) for case in CASES]


def document_line(case: Case) -> str:
    options = f"`{case.options}`" if case.options else ""
    outcome = case.outcome.replace("|", r"\|")
    return f"| `{case.file}` | {options} | {case.what} | {outcome} |"


def plain_files() -> dict[str, bytes]:
    spec = importlib.util.spec_from_file_location("nasty_make", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    files: dict[str, bytes] = module.plain_files()
    return files
