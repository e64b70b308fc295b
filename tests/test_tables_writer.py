"""Writing tables: input cells come back equal, answers look the same every time."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevoice.results import Alert, Language, Result, Sentiment, ThemeMention
from carevoice.tables.cells import LANGUAGE_COLUMNS, LanguageCells, ResultCells
from carevoice.tables.dialect import Dialect
from carevoice.tables.excel import restore
from carevoice.tables.reader import CsvReader, TextChunk
from carevoice.tables.writer import CsvWriter

FULL = Result(
    language=Language("fr", 0.98765),
    status="ok",
    sentiment=Sentiment("mixed", -0.00001),
    themes=(ThemeMention("wait_time", "criticised", 0.91239), ThemeMention("empathy", "praised", 1.0)),
    alert=Alert(flag=True, probability=0.75),
    probabilities=(1.0, 0.91239),
)
EMPTY = Result(Language("und", 0.0), "empty")
FOREIGN = Result(Language("other", 0.9), "unsupported_language")


def is_name(cell: str) -> bool:
    """Whether a cell may stand in the header of a table that languages are added to."""
    return bool(cell.strip()) and not cell.startswith("\ufeff") and cell not in LANGUAGE_COLUMNS


cells = st.text(max_size=12).filter(lambda cell: "\0" not in cell)
tables = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(cells.filter(is_name), min_size=width, max_size=width, unique=True),
        st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5),
    )
)


def result_cells(*, probabilities: bool = False, prefix: str = "") -> ResultCells:
    return ResultCells(model="m 1.0.0", themes=("empathy", "wait_time"), probabilities=probabilities, prefix=prefix)


@given(tables, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_csv_cells_come_back_equal(table: tuple[list[str], list[list[str]]], delimiter: str, newline: str) -> None:
    header, rows = table
    sink = io.BytesIO()
    columns = LanguageCells("cv_")
    writer = CsvWriter(sink, header, columns, Dialect(delimiter, newline))
    writer.write(TextChunk(rows), [Language("es", 0.5)] * len(rows))
    expected = [[*header, *columns.names], *([*row, "es", "0.5000"] for row in rows)]
    text = sink.getvalue().decode()
    if newline != "\r":
        lines = io.StringIO(text, newline="\n")
        assert list(csv.reader(lines, delimiter=delimiter, strict=True)) == expected
    if delimiter == ",":
        # The separator is found for certain only where it is the usual one.
        written = CsvReader(io.BytesIO(sink.getvalue()), "out.csv")
        assert [list(written.header), *written] == expected


@given(tables)
def test_csv_for_excel_begins_with_a_mark_and_runs_nothing(table: tuple[list[str], list[list[str]]]) -> None:
    header, rows = table
    header, rows = ["=1+1", *header], [["=cmd()", *row] for row in rows]
    sink = io.BytesIO()
    CsvWriter(sink, header, LanguageCells("cv_"), Dialect(), excel=True).write(TextChunk(rows), [None] * len(rows))
    data = sink.getvalue()
    assert data.startswith(b"\xef\xbb\xbf'=1+1,")
    written = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="\n"), strict=True))
    assert not any(cell.startswith(("=", "@", "\t", "\r")) for row in written for cell in row)
    assert [[restore(cell) for cell in row[:-2]] for row in written] == [header, *rows]


def test_csv_quotes_only_what_needs_it() -> None:
    sink = io.BytesIO()
    CsvWriter(sink, ["id", "text"], LanguageCells(), Dialect()).write(
        TextChunk([["1", "a b"], ["2", "a,\rb"]]), [None, None]
    )
    assert sink.getvalue() == b'id,text,language,language_confidence\n1,a b,und,\n2,"a,\rb",und,\n'


def test_result_cells_have_fixed_decimals() -> None:
    assert result_cells(probabilities=True).cells(FULL) == [
        "fr", "0.9877", "ok", "mixed", "0.0000", "wait_time-;empathy+", "1", "0.7500", "m 1.0.0",
        "1.0000", "0.9124",
    ]  # fmt: skip


def test_result_values_are_numbers_and_objects() -> None:
    assert result_cells(probabilities=True).values(FULL) == [
        "fr", 0.9877, "ok", "mixed", 0.0,
        [
            {"id": "wait_time", "polarity": "criticised", "probability": 0.9124},
            {"id": "empathy", "polarity": "praised", "probability": 1.0},
        ],
        1, 0.75, "m 1.0.0", 1.0, 0.9124,
    ]  # fmt: skip
    assert "-0.0" not in json.dumps(result_cells().values(FULL))


@pytest.mark.parametrize(("result", "first"), [(EMPTY, ["und", "", "empty"]), (FOREIGN, ["other", "0.9000"])])
def test_result_cells_without_an_answer_are_blank(result: Result, first: list[str]) -> None:
    row = result_cells(probabilities=True).cells(result)
    assert row[: len(first)] == first
    assert row[3:] == ["", "", "", "", "", "m 1.0.0", "", ""]
    assert result_cells(probabilities=True).values(result)[3:] == [
        None,
        None,
        [],
        None,
        None,
        "m 1.0.0",
        None,
        None,
    ]


def test_result_columns_have_their_names_in_order() -> None:
    names = [
        "language",
        "language_confidence",
        "status",
        "sentiment",
        "sentiment_score",
        "themes",
        "alert",
        "alert_score",
        "model",
    ]
    assert result_cells().names == tuple(names)
    assert result_cells(probabilities=True, prefix="cv_").names == (
        *("cv_" + name for name in names), "cv_p_empathy", "cv_p_wait_time",
    )  # fmt: skip
