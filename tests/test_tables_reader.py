"""Reading CSV: exact cells, and exact faults."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_fakes import Dripping

from carevoice.errors import InputError
from carevoice.tables.chunk import CHUNK_ROWS, Reject
from carevoice.tables.encoding import named_encoding
from carevoice.tables.reader import CsvReader


def read(data: str | bytes, drip: int = 1 << 16) -> tuple[tuple[str, ...], list[list[str]]]:
    table = CsvReader(Dripping(data.encode() if isinstance(data, str) else data, drip), "in.csv")
    return table.header, list(table)


def fault(data: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(data)
    return str(caught.value)


def test_reader_keeps_every_cell_as_it_is() -> None:
    data = 'id,a\n007,None\n,NA\n" x ","say ""hi"", twice"\n1e5,\u2028\x0b\x85\n'
    assert read(data) == (
        ("id", "a"),
        [["007", "None"], ["", "NA"], [" x ", 'say "hi", twice'], ["1e5", "\u2028\x0b\x85"]],
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_reader_keeps_line_breaks_in_cells_whatever_ends_the_lines(newline: str) -> None:
    data = f'"a\rb",text{newline}1,"x\ny\r\nz\r"{newline}2,{newline}'
    table = CsvReader(io.BytesIO(data.encode()), "in.csv")
    assert (table.header, list(table)) == (("a\rb", "text"), [["1", "x\ny\r\nz\r"], ["2", ""]])
    assert table.dialect.newline == newline


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_reader_accepts_any_end_of_the_last_row(end: str) -> None:
    assert read("a,b\n1,2" + end) == (("a", "b"), [["1", "2"]])


def test_reader_drops_a_byte_order_mark() -> None:
    assert read('\ufeff"a",b\n1,\ufeff2\n') == (("a", "b"), [["1", "\ufeff2"]])


def test_reader_accepts_a_header_alone() -> None:
    assert read("a,b") == (("a", "b"), [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_reader_finds_the_separator(delimiter: str) -> None:
    rows = [["id", "text"], ["1", "a"], ["2", "b"]]
    data = "".join(delimiter.join(row) + "\n" for row in rows)
    assert read(data) == (("id", "text"), rows[1:])


@pytest.mark.parametrize(
    "data",
    [
        "id,text\n1,a;b\n2,c;d;e\n",
        'id,"text; free"\n1,a;b\n',
        "text\nfine; thanks\nno\n",
        "text\nfine\tthanks\n",
        'text\n"one, two"\n',
    ],
)
def test_reader_prefers_the_comma(data: str) -> None:
    assert CsvReader(io.BytesIO(data.encode()), "in.csv").dialect.delimiter == ","


def test_reader_finds_semicolons_when_the_header_has_commas_too() -> None:
    assert read("id;comment, if any\n1;a, b\n2;c\n") == (
        ("id", "comment, if any"),
        [["1", "a, b"], ["2", "c"]],
    )


def test_reader_takes_a_blank_line_for_an_empty_cell_where_there_is_one_column() -> None:
    assert read("text\na\n\nb\n") == (("text",), [["a"], [""], ["b"]])


def test_reader_skips_and_counts_blank_lines_where_there_are_several_columns() -> None:
    table = CsvReader(io.BytesIO(b"\na,b\n\n1,2\n\n\n"), "in.csv")
    assert (list(table), table.blank_lines) == ([["1", "2"]], 3)


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        pytest.param("", ["in.csv is empty"], id="empty file"),
        pytest.param("\ufeff\n\r\n", ["in.csv is empty"], id="blank lines only"),
        pytest.param("a,b,a\n", ["line 1", "columns 1 and 3", '"a"', "rename"], id="duplicate header"),
        pytest.param("\na, \n", ["line 2", "column 2 of 2 has no name"], id="blank header"),
        pytest.param('a,b\n1,2\n3,"open\n4,5\n', ["line 3", "never closed"], id="unclosed quote"),
        pytest.param('a,b\n"1\n2","open\n4,5\n', ["line 3", "never closed"], id="unclosed quote in a long row"),
        pytest.param('a,"b\n1,2\n', ["line 1", "never closed"], id="unclosed quote in the header"),
        pytest.param('a,b\n1,"open\n2,x\n3,"y"\n', ["line 2", "closing quote on line 4"], id="quote closed late"),
        pytest.param('a,b\n1,"x"y\n', ["line 2", 'as ""'], id="text after a quote"),
        pytest.param("a,b\n1,2\n3\n", ["line 3", "1 cell,", "header has 2", "complete it"], id="short row"),
        pytest.param("a,b\n1,2,3\n", ["line 2", "3 cells", "header has 2", '","'], id="long row"),
        pytest.param('a,b\n"1\n\n",2,3\n', ["lines 2 to 4", "3 cells"], id="long row of several lines"),
        pytest.param("a,b\n1,2\r3,4\n", ["line 2", "line break of another kind"], id="lone carriage return"),
        pytest.param("a,b\n1,2\n3,\0\n", ["line 3", "NUL", "CSV UTF-8"], id="NUL"),
        pytest.param(b"a,b\n\xc3\xa9,\xc3\xa9\n3,\xff\n", ["line 3", "not UTF-8", "--encoding"], id="stray byte"),
        pytest.param(b'a,b\n\xc3\xa9,\xc3\xa9\n3,"\n\xff"\n', ["line 4", "not UTF-8"], id="stray byte in a long cell"),
        pytest.param(b"\xc3\xa9\xc3\xa9,\xff\n1,2\n", ["line 1", "not UTF-8"], id="stray byte in the header"),
        pytest.param(b"\x1f\x8b....", ["compressed", ".gz"], id="gzip"),
        pytest.param(b"PK\x03\x04....", ["workbook", "CSV UTF-8"], id="XLSX"),
        pytest.param('a,b\n1,"' + "x" * 200_000 + '"\n', ["line 2", "longer than 131,072"], id="huge cell"),
    ],
)
def test_reader_says_where_and_what_is_wrong(data: str | bytes, parts: list[str]) -> None:
    message = fault(data)
    assert [part for part in parts if part not in message] == []
    assert "in.csv" in message


def test_reader_never_shows_a_comment() -> None:
    comment = "Smith told me"
    for data in (
        f'a,b\n1,"{comment}\n',
        f"a,b\n1,{comment},{comment}\n",
        f'a,b\n1,"x"{comment}\n',
        f"{comment} {'x' * 50},{comment} {'x' * 50}\n",
    ):
        assert f"{comment} {'x' * 40}" not in fault(data)


def test_reader_gives_the_rows_before_a_fault() -> None:
    table = CsvReader(io.BytesIO(b"a,b\n1,2\n3,4\n5,\0\n"), "in.csv")
    rows = iter(table)
    seen = [next(rows), next(rows)]
    with pytest.raises(InputError, match="line 4"):
        next(rows)
    assert seen == [["1", "2"], ["3", "4"]]


def test_reader_counts_lines_across_blocks() -> None:
    filler = "1," + "x" * 1000 + "\n"
    data = "a,b\n" + filler * 5000 + '2,"open\n' + filler * 5000
    assert "line 5002" in fault(data)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-8-sig"])
def test_reader_reads_other_encodings(encoding: str) -> None:
    data = 'id;réponse\r\n1;"très ""bien"", merci à tous"\r\n'.encode(encoding)
    table = CsvReader(io.BytesIO(data), "in.csv")
    assert (table.header, list(table)) == (("id", "réponse"), [["1", 'très "bien", merci à tous']])
    assert table.encoding.name == encoding
    assert 'separated by ";"' in table.note


def test_reader_takes_the_encoding_and_the_separator_that_it_is_told() -> None:
    data = "a|b,c\n\u2019|2\n".encode("mac-roman")
    table = CsvReader(io.BytesIO(data), "in.csv", encoding=named_encoding("macroman"), delimiter="|")
    assert (table.header, list(table)) == (("a", "b,c"), [["\u2019", "2"]])


def rejected(data: str | bytes, encoding: str | None = None) -> tuple[list[list[str]], list[Reject]]:
    rejects: list[Reject] = []
    source = data.encode() if isinstance(data, str) else data
    named = named_encoding(encoding) if encoding else None
    table = CsvReader(io.BytesIO(source), "in.csv", rejects.append, encoding=named)
    rows = list(table)
    for reject in rejects:  # each says where in the file it stands
        assert reject.byte is not None
        assert source[: reject.byte].count("\n".encode(encoding or "utf-8")) == reject.line - 1
    return rows, rejects


@pytest.mark.parametrize(
    ("data", "rows", "lines", "raws"),
    [
        pytest.param("a,b\n1\n2,3\n4,5,6\n", [["2", "3"]], [2, 4], ["1", "4,5,6"], id="width"),
        pytest.param('a,b\n"1\n2",3,4\n5,6\n', [["5", "6"]], [2], ['"1\n2",3,4'], id="width, several lines"),
        pytest.param('a,b\n1,"x"y\n2,3\n', [["2", "3"]], [2], ['1,"x"y'], id="text after a quote"),
        pytest.param('a,b\n1,"open\n2,3\n4,5\n', [["2", "3"], ["4", "5"]], [2], ['1,"open'], id="unclosed quote"),
        pytest.param('a,b\n1,"open\n2,x\n3,"y"\n', [["2", "x"], ["3", "y"]], [2], ['1,"open'], id="closed late"),
        pytest.param('a,b\n"1\n2","open\n4,5\n', [["4", "5"]], [2], ['"1\n2","open'], id="opens in a long row"),
        pytest.param('a,b\n"open\n"",""\n"",","\n', [["", ""], ["", ","]], [2], ['"open'], id="closed by chance"),
        pytest.param("a,b\n1,2\r3,4\n5,6\n", [["5", "6"]], [2], ["1,2\r3,4"], id="lone carriage return"),
        pytest.param("a,b\n1,\0\n2,3\n", [["2", "3"]], [2], ["1,\0"], id="NUL"),
        pytest.param(
            b"a,b\n\xc3\xa9,\xc3\xa9\n1,\xff\n2,3\n", [["é", "é"], ["2", "3"]], [3], ["1,\\xff"], id="stray byte"
        ),
        pytest.param('a,b\n1,"\n', [], [2], ['1,"'], id="unclosed at the end"),
        pytest.param('a,b\n1,"', [], [2], ['1,"'], id="unclosed at the very end"),
        pytest.param("a,b\n\n1,2,3\n\n4,5\n", [["4", "5"]], [3], ["1,2,3"], id="blank lines around"),
    ],
)
def test_reader_rejects_bad_rows_and_reads_the_others(
    data: str | bytes, rows: list[list[str]], lines: list[int], raws: list[str]
) -> None:
    good, rejects = rejected(data)
    assert good == rows
    assert [reject.line for reject in rejects] == lines
    assert [reject.raw for reject in rejects] == raws


def test_rejects_of_another_encoding_say_the_byte_of_the_file() -> None:
    rows, rejects = rejected("a,b\né,è\n1\nü,2\n3\n".encode("utf-16-le"), "utf-16-le")
    assert rows == [["é", "è"], ["ü", "2"]]
    assert [reject.line for reject in rejects] == [3, 5]


def test_many_rejects_are_no_slower_than_rows() -> None:
    data = "a,b\n" + "1,2,3\n" * 50_000 + '4,"x"y\n' * 50_000 + "5,6\n"
    rows, rejects = rejected(data[:20_000] + "\n")
    assert (len(rows) + len(rejects)) > 3_000
    table = CsvReader(io.BytesIO(data.encode()), "in.csv", lambda _reject: None)
    assert list(table) == [["5", "6"]]


@given(
    st.lists(
        st.sampled_from(["1,2\n", '"a\nb",c\n', "1\n", '1,"x\n', '1,"x"y\n', "1,\0\n", '"",""\n', "\n"]), max_size=12
    )
)
def test_every_line_is_in_a_row_or_in_a_reject(parts: list[str]) -> None:
    rejects: list[Reject] = []
    table = CsvReader(io.BytesIO(("a,b\n" + "".join(parts)).encode()), "in.csv", rejects.append)
    rows = list(table)
    in_rows = sum(1 + sum(cell.count("\n") for cell in row) for row in rows)
    in_rejects = sum(1 + reject.raw.count("\n") for reject in rejects)
    assert in_rows + in_rejects + table.blank_lines == "".join(parts).count("\n")


def test_chunks_have_the_rows_in_order() -> None:
    data = "a\n" + "".join(f"{n}\n" for n in range(5000))
    chunks = list(CsvReader(io.BytesIO(data.encode()), "in.csv").chunks())
    assert [len(chunk) for chunk in chunks] == [CHUNK_ROWS, CHUNK_ROWS, 5000 - 2 * CHUNK_ROWS]
    assert [text for chunk in chunks for text in chunk.texts(0)] == [str(n) for n in range(5000)]


@given(
    rows=st.lists(st.lists(st.text(max_size=8).filter(lambda cell: "\0" not in cell), min_size=3, max_size=3)),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from([",", ";", "\t"]),
    drip=st.integers(1, 50),
)
def test_reader_reads_back_what_was_quoted(rows: list[list[str]], newline: str, delimiter: str, drip: int) -> None:
    quoted = [delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["a", "b", "c"], *rows]]
    assert read("".join(row + newline for row in quoted), drip) == (("a", "b", "c"), rows)


@given(st.binary(max_size=300), st.integers(1, 300))
def test_reader_reads_any_bytes_or_says_why_not(data: bytes, drip: int) -> None:
    try:
        header, rows = read(data, drip)
    except InputError:
        return
    assert all(len(row) == len(header) for row in rows)
    assert read(data) == (header, rows)
