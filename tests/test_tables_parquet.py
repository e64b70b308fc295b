"""Parquet: columns keep their types and values, and faults are named."""

import datetime as dt
import io
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_fakes import Table, Verdicts

from carevoice.errors import InputError, MissingExtraError
from carevoice.results import Alert, Language, Result, Sentiment, ThemeMention
from carevoice.tables.cells import LanguageCells, ResultCells
from carevoice.tables.chunk import Chunk, Reject
from carevoice.tables.parquet import ParquetReader, ParquetWriter

NAMES = ["verdict", "score"]


def saved(folder: Path, table: pa.Table, **options: Any) -> str:
    path = folder / "in.parquet"
    pq.write_table(table, path, **options)
    return str(path)


def written(header: tuple[str, ...], *chunks: Chunk) -> bytes:
    sink = io.BytesIO()
    with ParquetWriter(sink, header, Verdicts()) as writer:
        for chunk in chunks:
            writer.write(chunk, [0.5] * len(chunk))
    return sink.getvalue()


def through(path: str, rows: int = 2048) -> pa.Table:
    """What is written of a file that is read."""
    with ParquetReader(path, rows=rows) as source:
        data = written(source.header, *source.chunks())
    return pq.read_table(io.BytesIO(data))


def fault(path: str) -> str:
    with pytest.raises(InputError) as caught, ParquetReader(path) as source:
        list(source.chunks())
    return str(caught.value)


MOMENT = dt.datetime.fromisoformat("2024-01-31T12:30:01.000005")
COLUMNS = {
    "text": pa.array(["a", None, "", "007", "None"]),
    "large": pa.array(["a", None, "", "x", "y"], pa.large_string()),
    "bytes": pa.array([b"caf\xc3\xa9", None, b"\xff", b"", b"x"]),
    "ward": pa.array(["x", "y", None, "x", "x"]).dictionary_encode(),
    "nothing": pa.nulls(5),
    "small": pa.array([1, -1, None, 0, 127], pa.int8()),
    "big": pa.array([2**64 - 1, None, 0, 1, 2], pa.uint64()),
    "real": pa.array([0.1, float("nan"), None, float("inf"), -0.0]),
    "exact": pa.array([Decimal("1.10"), None, Decimal("-0.01"), Decimal(0), Decimal(5)], pa.decimal128(12, 2)),
    "yes": pa.array([True, None, False, True, True]),
    "day": pa.array([dt.date(2024, 1, 31), None, dt.date(1, 1, 1), None, None]),
    "when": pa.array([MOMENT, None, MOMENT, None, None], pa.timestamp("us")),
    "nano": pa.array([1, None, 10**18, None, 0], pa.timestamp("ns", "UTC")),
    "took": pa.array([dt.timedelta(hours=30), None, None, None, None]),
    "list": pa.array([["a", None], None, [], ["b"], []]),
    "struct": pa.array([{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}, None, None]),
    "map": pa.array([[("k", 1)], None, [], None, None], pa.map_(pa.string(), pa.int32())),
}


@pytest.mark.parametrize("rows", [1, 2, 3, 2048])
def test_every_column_comes_back_with_its_type_and_metadata(tmp_path: Path, rows: int) -> None:
    fields = [pa.field(name, column.type, metadata={"unit": name}) for name, column in COLUMNS.items()]
    table = pa.table(list(COLUMNS.values()), schema=pa.schema(fields, metadata={"made by": "a test"}))
    path = saved(tmp_path, table, row_group_size=2)
    output = through(path, rows)
    before = pq.read_table(path)
    assert output.column_names == [*COLUMNS, *NAMES]
    same = output.select(list(COLUMNS))
    assert same.schema.equals(before.schema, check_metadata=True)
    # NaN isn't equal to itself; its place is.
    assert same.drop_columns("real").equals(before.drop_columns("real"))
    assert list(map(str, same["real"].to_pylist())) == ["0.1", "nan", "None", "inf", "-0.0"]
    assert output.schema.metadata[b"made by"] == b"a test"
    assert output["verdict"].to_pylist() == ["good"] * 5
    assert output["score"].type == pa.float64()


def test_cells_have_texts_and_values(tmp_path: Path) -> None:
    with ParquetReader(saved(tmp_path, pa.table(COLUMNS))) as source:
        (chunk,) = source.chunks()
    assert chunk.rows()[0] == [
        "a", "a", "café", "x", "", "1", "18446744073709551615", "0.1", "1.10", "true", "2024-01-31",
        "2024-01-31T12:30:01.000005", "1970-01-01 00:00:00.000000001Z", "1 day, 6:00:00",
        '["a",null]', '{"a":1,"b":["x"]}', '[["k",1]]',
    ]  # fmt: skip
    assert set(chunk.rows()[1]) == {"", "-1", "nan", "y"}
    assert chunk.texts(0) == ["a", "", "", "007", "None"]
    assert chunk.texts(2)[2] == "\\xff"
    values = chunk.values()[0]
    assert values[8:12] == [Decimal("1.10"), True, dt.date(2024, 1, 31), MOMENT]


def test_nanoseconds_are_dates_where_they_are_none_and_else_texts(tmp_path: Path) -> None:
    second = 10**9
    table = pa.table(
        {
            "whole": pa.array([second], pa.timestamp("ns")),
            "part": pa.array([second + 1], pa.timestamp("ns")),
            "time": pa.array([second], pa.time64("ns")),
            "took": pa.array([second], pa.duration("ns")),
            "list": pa.array([[second + 1]], pa.list_(pa.timestamp("ns"))),
            "nest": pa.array([{"a": [1]}], pa.struct([("a", pa.list_(pa.time64("ns"), 1))])),
            "dict": pa.array([second], pa.timestamp("ns")).dictionary_encode(),
            "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.duration("ns"))),
            "far": pa.array([10**17], pa.timestamp("ms")),
        }
    )
    with ParquetReader(saved(tmp_path, table)) as source:
        (chunk,) = source.chunks()
    moment = dt.datetime.fromisoformat("1970-01-01T00:00:01")
    assert chunk.values() == [
        [
            moment,
            "1970-01-01 00:00:01.000000001",
            dt.time(0, 0, 1),
            dt.timedelta(seconds=1),
            ["1970-01-01 00:00:01.000000001"],
            {"a": ["00:00:00.000000001"]},
            moment,
            [("k", "1")],
            str(10**17),
        ]
    ]


texts = st.sampled_from(["", "None", "NA", "null", "007", "\U0001f600", '"', "a\nb\r\n", "\0"]) | st.text(max_size=8)


@given(st.lists(st.tuples(texts, st.none() | texts), min_size=1, max_size=6), st.integers(1, 3))
def test_texts_of_any_format_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str | None]], size: int
) -> None:
    chunks = [Table([list(row) for row in rows[start : start + size]]) for start in range(0, len(rows), size)]
    path = tmp_path_factory.mktemp("parquet") / "out.parquet"
    path.write_bytes(written(("a", "b"), *chunks))
    with ParquetReader(str(path), rows=size) as source:
        assert source.header == ("a", "b", *NAMES)
        read = list(source.chunks())
    assert [len(chunk) for chunk in read] == [len(chunk) for chunk in chunks]
    assert [row for chunk in read for row in chunk.values()] == [[*row, "good", 0.5] for row in rows]


def test_values_of_other_formats_become_texts() -> None:
    data = written(("a", "b", "c", "d"), Table([[1, None, [1.5, None], MOMENT]]))
    table = pq.read_table(io.BytesIO(data))
    assert table.to_pylist() == [
        {"a": "1", "b": None, "c": "[1.5,null]", "d": MOMENT.isoformat(), "verdict": "good", "score": 0.5}
    ]


def test_real_results_have_types() -> None:
    columns = ResultCells(model="m 1", themes=("empathy",), probabilities=True, prefix="cv_")
    assert columns.numbers == {
        "cv_language_confidence": "float",
        "cv_sentiment_score": "float",
        "cv_alert": "int",
        "cv_alert_score": "float",
        "cv_p_empathy": "float",
    }
    assert LanguageCells().numbers == {"language_confidence": "float"}
    themes = (ThemeMention("wait_time", "criticised", 0.9), ThemeMention("empathy", "praised", 1.0))
    result = Result(Language("fr", 1.0), "ok", Sentiment("mixed", -0.5), themes, Alert(flag=True, probability=1), (1,))
    sink = io.BytesIO()
    with ParquetWriter(sink, ["text"], columns) as writer:
        writer.write(Table([["a"], [""]]), [result, Result(Language("und", 0.0), "empty")])
    table = pq.read_table(sink)
    assert [str(field.type) for field in table.schema] == [
        "string", "string", "double", "string", "string", "double", "string", "int64", "double", "string", "double",
    ]  # fmt: skip
    assert [list(row.values()) for row in table.to_pylist()] == [
        ["a", "fr", 1.0, "ok", "mixed", -0.5, "wait_time-;empathy+", 1, 1.0, "m 1", 1.0],
        ["", "und", None, "empty", None, None, "", None, None, "m 1", None],
    ]


def test_row_groups_stay_small(tmp_path: Path) -> None:
    path = saved(tmp_path, pa.table({"a": pa.array(range(40_000))}))
    with ParquetReader(path) as source:
        sizes = [len(chunk) for chunk in source.chunks()]
    assert sizes == [2048] * 19 + [1088]
    with ParquetReader(path) as source:
        file = pq.ParquetFile(io.BytesIO(written(source.header, *source.chunks())))
    groups = [file.metadata.row_group(index).num_rows for index in range(file.metadata.num_row_groups)]
    assert groups == [16_384, 16_384, 7_232]
    assert file.read()["a"].to_pylist() == list(range(40_000))


def test_equal_rows_give_equal_bytes() -> None:
    table = Table([["a"], ["b"]])
    assert written(("a",), table) == written(("a",), table)


def test_table_without_rows_is_a_file_without_rows() -> None:
    table = pq.read_table(io.BytesIO(written(("a",))))
    assert (table.num_rows, table.column_names) == (0, ["a", *NAMES])


def test_output_that_is_left_unfinished_is_no_file() -> None:
    sink = io.BytesIO()

    def fail() -> None:
        with ParquetWriter(sink, ("a",), Verdicts()) as writer:
            for _ in range(9):
                writer.write(Table([["x"]] * 2048), [0.5] * 2048)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert sink.getvalue().startswith(b"PAR1")
    with pytest.raises(pa.ArrowInvalid):
        pq.read_table(sink)


def test_sink_that_fails_says_so_itself() -> None:
    class Full:
        def write(self, _data: bytes, /) -> None:
            raise InputError("out.parquet can't be written: no space.")

    with (
        pytest.raises(InputError, match="no space"),
        ParquetWriter(Full(), ("a",), Verdicts()) as writer,
    ):
        writer.write(Table([["x"]]), [0.5])


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        written(("a", "b"), Table([["x", "y"]]), Table([["x", "y"], ["x", "\ud800"]]))
    reason = "a text has half a surrogate pair, which Parquet lacks: write JSONL instead"
    assert str(caught.value) == f'row 3, column "b": {reason}.'


def bad_texts(folder: Path) -> str:
    raw = pa.array([b"ok", b"caf\xe9", b"fine", b"\xff"])
    texts = pa.Array.from_buffers(pa.string(), 4, raw.buffers())
    return saved(folder, pa.table({"id": [1, 2, 3, 4], "text": texts}))


def test_text_that_is_not_utf8_is_a_fault(tmp_path: Path) -> None:
    path = bad_texts(tmp_path)
    reason = "a value that its type doesn't allow, such as a text that is not UTF-8"
    assert fault(path) == f'{path}, row 2, column "text": {reason}: write the file anew with texts in UTF-8.'
    rejects: list[Reject] = []
    with ParquetReader(path, rejects.append, rows=2) as source:
        assert [chunk.rows() for chunk in source.chunks()] == [[["1", "ok"], ["3", "fine"]]]
    assert rejects == [Reject(2, None, "text", reason, ""), Reject(4, None, "text", reason, "")]


REMEDY = "write it anew, without encryption, and try again."


@pytest.mark.parametrize("data", [b"", b"id,text\n1,a\n", b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_what_is_no_parquet_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "in.parquet"
    path.write_bytes(data)
    assert fault(str(path)) == f"{path} is encrypted, damaged or no Parquet file: {REMEDY}"


def test_damaged_pages_are_refused(tmp_path: Path) -> None:
    path = Path(saved(tmp_path, pa.table({"a": ["x" * 100, "y" * 100]})))
    data = bytearray(path.read_bytes())
    data[4:60] = b"\xff" * 56
    path.write_bytes(data)
    assert fault(str(path)) == f"{path} is encrypted, damaged or no Parquet file: {REMEDY}"


def test_encrypted_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    path.write_bytes(b"PARE" + b"\0" * 40 + b"PARE")
    assert fault(str(path)) == f"{path} is encrypted: save it without encryption and try again."


def test_columns_need_names_of_their_own(tmp_path: Path) -> None:
    path = saved(tmp_path, pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]))
    assert fault(path) == f'{path}: columns 1 and 2 are both called "a": rename one.'
    path = saved(tmp_path, pa.table([pa.array([1]), pa.array([2])], names=["a", " "]))
    assert fault(path) == f"{path}: column 2 of 2 has no name: name it, or delete the column."
    path = saved(tmp_path, pa.table({}))
    assert fault(path) == f"{path} has no columns: one with comments is needed."


def test_standard_input_and_missing_files_are_refused(tmp_path: Path) -> None:
    assert fault("-") == "standard input: Parquet can't be read from there: save it to a file and name that."
    assert "there is no such file" in fault(str(tmp_path / "none.parquet"))


def test_extra_is_named_where_pyarrow_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r'Reading Parquet files needs the extra "parquet"'):
        ParquetReader("in.parquet")
    with pytest.raises(MissingExtraError, match=r'Writing Parquet files needs the extra "parquet"'):
        ParquetWriter(io.BytesIO(), ("a",), Verdicts())
