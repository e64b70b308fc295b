"""JSON Lines: lines come back as they were, and faults are named."""

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_fakes import Table, Verdicts

from carevoice.errors import InputError
from carevoice.results import Alert, Language, Result, Sentiment, ThemeMention
from carevoice.tables.cells import ResultCells
from carevoice.tables.chunk import LONGEST_RAW, Reject
from carevoice.tables.jsonl import JsonlChunk, JsonlReader, JsonlWriter
from carevoice.tables.jsontext import json_text

ADDED = ', "verdict": "good", "score": 0.5}'


class Dripping(io.BytesIO):
    """A stream that gives a few bytes at a time, as a slow pipe does."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(min(size or 3, 3))


def reader(data: str | bytes, rejects: list[Reject] | None = None, rows: int = 2048) -> JsonlReader:
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return JsonlReader(stream, "in.jsonl", None if rejects is None else rejects.append, rows=rows)


def only_chunk(data: str | bytes) -> JsonlChunk:
    (chunk,) = reader(data).chunks()
    return chunk


def written(data: str | bytes, rows: int = 2048) -> str:
    source, sink = reader(data, rows=rows), io.BytesIO()
    writer = JsonlWriter(sink, source.header, Verdicts())
    for chunk in source.chunks():
        writer.write(chunk, [0.5] * len(chunk))
    return sink.getvalue().decode()


def fault(data: str | bytes, rows: int = 2048) -> str:
    with pytest.raises(InputError) as caught:
        list(reader(data, rows=rows).chunks())
    return str(caught.value)


keys = st.text(min_size=1, max_size=6).filter(lambda key: bool(key.strip()) and key not in Verdicts.names)
# "Cs" are halves of surrogate pairs, which JSON has as escapes.
texts = st.sampled_from(["", "None", "NA", "null", "007", "\ud800", "\U0001f600", '"', "a\nb\r\n", "\0"]) | st.text(
    st.characters(codec=None, exclude_categories=()), max_size=8
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=4,
)
numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,9})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Lines, written with all the freedom that JSON gives, and what they hold."""
    names = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    rows = []
    for index in range(draw(st.integers(1, 5))):
        cells = {name: draw(values) for name in names if not index or draw(st.booleans())}
        space = draw(st.sampled_from(["", " ", "\t", "  \r"]))
        separators = (f"{space},{space}", f"{space}:{space}")
        text = json.dumps(cells, ensure_ascii=draw(st.booleans()), separators=separators)
        try:
            text.encode()
        except UnicodeEncodeError:
            text = json.dumps(cells, separators=separators)
        rows.append((f"{space}{text}{space}", cells))
    return rows


@given(tables(), st.booleans(), st.integers(1, 3))
def test_lines_come_back_character_for_character(
    table: list[tuple[str, dict[str, Any]]],
    last_line_ends: bool,  # noqa: FBT001
    rows: int,
) -> None:
    data = "\n".join(line for line, _ in table) + "\n" * last_line_ends
    output = written(data, rows).split("\n")
    assert output.pop() == ""
    for (line, cells), result in zip(table, output, strict=True):
        end = line.rindex("}")
        assert result.startswith(line[:end])
        assert result.endswith(line[end:])
        assert json.loads(result) == {**cells, "verdict": "good", "score": 0.5}
    # What was written can be read, and has the same cells.
    before = [row for chunk in reader(data, rows=rows).chunks() for row in chunk.rows()]
    after = [row for chunk in reader("\n".join(output), rows=rows).chunks() for row in chunk.rows()]
    assert [row[:-2] for row in after] == before


@given(numbers)
def test_numbers_keep_their_digits(number: str) -> None:
    chunk = only_chunk(f'{{"n": {number}}}')
    assert chunk.rows() == [[number]]
    ((value,),) = chunk.values()
    assert value == Decimal(number)
    assert isinstance(value, int) == (str(int(Decimal(number))) == number)


@given(st.lists(values, min_size=1, max_size=3))
def test_cells_of_other_formats_keep_their_type(row: list[object]) -> None:
    sink = io.BytesIO()
    writer = JsonlWriter(sink, [f"c{index}" for index in range(len(row))], Verdicts())
    writer.write(Table([row]), [0.5])
    assert list(json.loads(sink.getvalue()).values()) == [*row, "good", 0.5]


def test_cells_that_json_lacks_become_texts() -> None:
    sink = io.BytesIO()
    writer = JsonlWriter(sink, ["a", "b", "c"], Verdicts())
    writer.write(Table([[float("nan"), Decimal("1.10"), b"caf\xc3\xa9"]]), [0.5])
    assert sink.getvalue().decode() == '{"a": "nan", "b": 1.10, "c": "café"' + ADDED + "\n"


def test_real_results_are_spliced_in() -> None:
    source, sink = reader('{"id":1.10,"text":"a\\u00e9"}\r\n{}'), io.BytesIO()
    columns = ResultCells(model="m 1", themes=("empathy",))
    result = Result(
        Language("fr", 0.98765),
        "ok",
        Sentiment("mixed", -0.5),
        (ThemeMention("empathy", "praised", 1.0),),
        Alert(flag=True, probability=0.75),
    )
    writer = JsonlWriter(sink, source.header, columns)
    for chunk in source.chunks():
        writer.write(chunk, [result, Result(Language("und", 0.0), "empty")])
    first, second = sink.getvalue().decode().splitlines()
    assert first == (
        '{"id":1.10,"text":"a\\u00e9", "language": "fr", "language_confidence": 0.9877, "status": "ok", '
        '"sentiment": "mixed", "sentiment_score": -0.5, '
        '"themes": [{"id":"empathy","polarity":"praised","probability":1.0}], '
        '"alert": 1, "alert_score": 0.75, "model": "m 1"}'
    )
    assert second.startswith('{"language": "und", "language_confidence": null, "status": "empty"')


def test_crlf_stays() -> None:
    assert written('{"a": 1}\r\n{ }\r\n') == '{"a": 1' + ADDED + '\r\n{ "verdict": "good", "score": 0.5}\r\n'


def test_header_has_the_keys_of_the_first_chunk() -> None:
    source = reader('{"b": 1}\n{"a": 2, "b": 3}\n{"a": 4}\n', rows=2)
    assert source.header == ("b", "a")
    assert [chunk.rows() for chunk in source.chunks()] == [[["1", ""], ["3", "2"]], [["", "4"]]]


def test_comments_are_texts_of_whole_characters() -> None:
    lines = ['"x\\ud800y"', '"\\ud83d\\ude00"', "null", "1.10", "true", '[1.10, {"a": "é"}]']
    chunk = only_chunk("\n".join(f'{{"t": {line}}}' for line in lines) + "\n{}")
    assert chunk.texts(0) == ["x\ufffdy", "\U0001f600", "", "1.10", "true", '[1.10,{"a":"é"}]', ""]
    assert [row[0] for row in chunk.rows()][:2] == ["x\ud800y", "\U0001f600"]
    assert [row[0] for row in chunk.values()][2:] == [None, Decimal("1.10"), True, [Decimal("1.10"), {"a": "é"}], None]


def test_numbers_beyond_arithmetic_stay_texts() -> None:
    huge, long = "1E99999999999999999999", "7" * 5000
    assert only_chunk(f'{{"a": {huge}, "b": {long}, "c": -0}}').values() == [[huge, Decimal(long), Decimal("-0")]]


def test_blank_lines_are_counted() -> None:
    source = reader('\ufeff{"a": 1}\n\n  \r\n{"a": 2}\n\n')
    assert [len(chunk) for chunk in source.chunks()] == [2]
    assert source.blank_lines == 3


def test_slow_pipe_gives_the_same_rows() -> None:
    data = '\ufeff{"a": "é"}\n\n{"a": 2}'.encode()
    source = JsonlReader(Dripping(data), "-")
    assert [chunk.rows() for chunk in source.chunks()] == [[["é"], ["2"]]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": 1', "not JSON from character 8 on: write one JSON object per line"),
        ('{"a": 1} {"a": 2}', "not JSON from character 10 on: write one JSON object per line"),
        ('{"a": "tab\there"}', "not JSON from character 11 on: write one JSON object per line"),
        ('[{"a": 1}]', "a JSON list, not an object: write one JSON object per line"),
        ("3", "a JSON value, not an object: write one JSON object per line"),
        ('{"a": 1, "a": 1}', 'the key "a" is used twice: rename one, or delete it'),
        ('{"a": {"b": 1, "b": 2}}', 'the key "b" is used twice: rename one, or delete it'),
        ('{"a": NaN}', "NaN is not JSON: write null, or a number"),
        ('{"a": -Infinity}', "-Infinity is not JSON: write null, or a number"),
        ('{" ": 1}', "a key is blank: name it, or delete it"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "lists or objects are nested too deeply: flatten them"),
        (b'{"a": "caf\xe9"}', "not UTF-8: save the file in UTF-8 and try again"),
    ],
)
def test_faults_name_line_and_remedy(line: str | bytes, reason: str) -> None:
    data = line.encode() if isinstance(line, str) else line
    assert fault(b'{"a": 1}\n\n' + data) == f"in.jsonl, line 3: {reason}."


def test_key_that_comes_late_is_a_fault() -> None:
    what = 'the key "b\ufffd" is in none of the first 1 rows'
    expected = f"in.jsonl, line 2: {what}: give it to the first row too, with null as its value."
    assert fault('{"a": 1}\n{"b\\ud800": 1}\n', rows=1) == expected


def test_line_that_is_too_long_is_a_fault_and_the_next_is_read() -> None:
    rejects: list[Reject] = []
    data = b'{"a": "' + b"x" * 40_000_001 + b'"}\n{"a": 1}\n'
    assert [chunk.rows() for chunk in reader(data, rejects).chunks()] == [[["1"]]]
    (reject,) = rejects
    assert reject.reason == "longer than 40,000,000 bytes"
    assert len(reject.raw) == LONGEST_RAW
    assert fault(data).endswith("longer than 40,000,000 bytes: check that this is a JSON Lines file.")


def test_rejects_say_where_and_why() -> None:
    rejects: list[Reject] = []
    data = '\ufeff{"a": "é"}\nno\n{"a": 1, "a": 2}\n{"a": 2}\n{"b": 0}\n'.encode() + b"\xff"
    source = reader(data, rejects, rows=1)
    assert [chunk.rows() for chunk in source.chunks()] == [[["é"]], [["2"]]]
    assert rejects == [
        Reject(2, 15, "", "not JSON from character 1 on", "no"),
        Reject(3, 18, "a", 'the key "a" is used twice', '{"a": 1, "a": 2}'),
        Reject(5, 44, "b", 'the key "b" is in none of the first 1 rows', '{"b": 0}'),
        Reject(6, 53, "", "not UTF-8", "\ufffd"),
    ]
    assert data[44:].startswith(b'{"b"')


@pytest.mark.parametrize("data", ["", "\n\n", "\ufeff"])
def test_file_without_rows_is_refused(data: str) -> None:
    assert fault(data) == "in.jsonl has no row that can be read: write one JSON object per line."


def test_objects_without_keys_are_refused() -> None:
    assert fault("{}\n{}\n") == "in.jsonl: the objects have no keys: give each comment a key."


def test_one_answer_per_row_is_asked_for() -> None:
    source = reader('{"a": 1}\n')
    writer = JsonlWriter(io.BytesIO(), source.header, Verdicts())
    (chunk,) = source.chunks()
    with pytest.raises(ValueError, match="zip"):
        writer.write(chunk, [])


@given(values)
def test_compact_json_loses_nothing(value: object) -> None:
    assert json.loads(json_text(value)) == value
