"""Workbooks: cells come back as they were, with value, format and formula, and faults are named."""

import datetime as dt
import io
import json
import sys
import warnings
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_fakes import Table, Verdicts

from carevoice.errors import InputError, MissingExtraError
from carevoice.results import Alert, Language, Result, Sentiment, ThemeMention
from carevoice.tables.cells import ResultCells
from carevoice.tables.chunk import LONGEST_RAW, Chunk, Reject
from carevoice.tables.jsonl import JsonlReader, JsonlWriter
from carevoice.tables.xlsx import XlsxReader, XlsxWriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
ADDED = ("verdict", "score")

#: Styles: 0 plain, 1 bold with a date, 2 a duration, 3 a percentage, 4 a date and time.
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="DD/MM/YYYY"/>'
    '<numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts>'
    '<fonts count="2"><font/><font><b/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="14" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    '<xf numFmtId="164" fontId="1" fillId="0" borderId="0"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0"/>'
    '<xf numFmtId="9" fontId="0" fillId="0" borderId="0"/><xf numFmtId="22" fontId="0" fillId="0" borderId="0"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def workbook(folder: Path, *sheets: str, strings: str = "", head: str = "", extra: str = "", state: str = "") -> str:
    """A workbook written by hand, with what programs other than openpyxl write; a sheet is the XML of its rows."""
    names = [f"Sheet {number}" for number in range(1, len(sheets) + 1)]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}" {state if number == 1 else ""}/>'
        for number, name in enumerate(names, start=1)
    )
    others = {"styles": STYLES, "sharedStrings": f'<sst xmlns="{MAIN}">{strings}</sst>'}
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
    targets += [(kind, f"{kind}.xml") for kind in others]
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    overrides = "".join(
        f'<Override PartName="/xl/{target}" ContentType="{TYPE}.{kind}+xml"/>'
        for kind, target in [("sheet.main", "workbook.xml"), *targets]
    )
    path = folder / "in.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            f"{overrides}</Types>",
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{extra}<sheets>{listed}</sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}/relationships">{relations}</Relationships>'
        )
        for kind, xml in others.items():
            archive.writestr(f"xl/{kind}.xml", xml)
        for number, rows in enumerate(sheets, start=1):
            sheet = f'{head}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
            archive.writestr(f"xl/worksheets/sheet{number}.xml", sheet)
    return str(path)


def row(number: int, *cells: str) -> str:
    """The XML of a row: a cell is the text in it, or its XML from the attributes on."""
    letters = "ABCDEFGH"
    found = [
        f'<c r="{letters[place]}{number}" {cell}</c>'
        if cell.endswith(">")
        else f'<c r="{letters[place]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        for place, cell in enumerate(cells)
    ]
    return f'<row r="{number}">{"".join(found)}</row>'


def read(path: str, sheet: str | None = None) -> list[list[str]]:
    with XlsxReader(path, sheet=sheet) as source:
        return [list(source.header), *(cells for chunk in source.chunks() for cells in chunk.rows())]


def written(header: tuple[str, ...], *chunks: Chunk) -> bytes:
    sink = io.BytesIO()
    with XlsxWriter(sink, header, Verdicts()) as writer:
        for chunk in chunks:
            writer.write(chunk, [0.5] * len(chunk))
    return sink.getvalue()


def through(path: str, rows: int = 2048) -> bytes:
    """What is written of a workbook that is read."""
    with XlsxReader(path, rows=rows) as source:
        return written(source.header, *source.chunks())


def sheet_of(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").decode()


def fault(path: str | Path, sheet: str | None = None) -> str:
    with pytest.raises(InputError) as caught, XlsxReader(str(path), sheet=sheet) as source:
        list(source.chunks())
    return str(caught.value)


def is_held(text: str) -> bool:
    """Whether XML has all of the characters."""
    return all(character in "\t\n\r" or "\x20" <= character < "\ufffe" or character > "\uffff" for character in text)


special = ["", "None", "NA", "null", "007", "=1+1", "#N/A", "TRUE", "\U0001f600", '"', " a\r\nb\n\r ", "_x000D_", "<&>"]
texts = st.sampled_from(special) | st.text(max_size=8).filter(is_held)
moments = st.datetimes(dt.datetime.fromisoformat("1900-03-01"), dt.datetime.fromisoformat("9999-12-31T23:59:59"))
values = (
    st.none()
    | st.booleans()
    | texts
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
    | moments.map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
    | st.dates(dt.date(1900, 3, 1))
    | st.times().map(lambda time: time.replace(microsecond=0))
    | st.integers(0, 10**9).map(lambda seconds: dt.timedelta(seconds=seconds))
)


@given(st.lists(st.tuples(texts, values), min_size=1, max_size=5), st.integers(1, 3))
def test_cells_of_any_format_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, object]], size: int
) -> None:
    chunks = [Table([list(cells) for cells in rows[start : start + size]]) for start in range(0, len(rows), size)]
    path = tmp_path_factory.mktemp("xlsx") / "out.xlsx"
    path.write_bytes(written(("a", "b"), *chunks))
    with XlsxReader(str(path), rows=size) as source:
        assert source.header == ("a", "b", *ADDED)
        read = list(source.chunks())
        assert [len(chunk) for chunk in read] == [len(chunk) for chunk in chunks]
        found = [cells for chunk in read for cells in chunk.values()]
        assert found == [[*cells, "good", 0.5] for cells in rows]
        assert [list(map(type, cells[:2])) for cells in found] == [list(map(type, cells)) for cells in rows]
        # Another time, as cells of a workbook.
        again = written(("a", "b", "c", "d"), *read)
    path.write_bytes(again)
    with XlsxReader(str(path)) as source:
        assert [cells[:4] for chunk in source.chunks() for cells in chunk.values()] == found


def test_other_programs_read_the_same(tmp_path: Path) -> None:
    cells = [0.1, "=1+1", True, " a\r\n<b>", dt.date(2024, 1, 31), None, "#N/A", ""]
    path = tmp_path / "out.xlsx"
    path.write_bytes(written(tuple("abcdefgh"), Table([cells])))
    book = openpyxl.load_workbook(path)
    header, found = book.worksheets[0].iter_rows()
    assert [cell.value for cell in header] == [*"abcdefgh", *ADDED]
    assert [cell.data_type for cell in found] == ["n", "s", "b", "s", "d", "n", "s", "s", "s", "n"]
    midnight = dt.datetime.fromisoformat("2024-01-31")
    assert [cell.value for cell in found] == [0.1, "=1+1", True, " a\r\n<b>", midnight, None, "#N/A", "", "good", 0.5]
    assert found[4].number_format == "yyyy-mm-dd"
    book.close()


def test_json_lines_become_cells(tmp_path: Path) -> None:
    line = '{"a": 1.10, "b": 12345678901234567890, "c": "007", "d": null, "e": true, "f": [1.10, {}], "g": -5}'
    source = JsonlReader(io.BytesIO(line.encode()), "in.jsonl")
    path = tmp_path / "out.xlsx"
    path.write_bytes(written(source.header, *source.chunks()))
    with XlsxReader(str(path)) as copy:
        (chunk,) = copy.chunks()
        values = [[1.1, "12345678901234567890", "007", None, True, "[1.10,{}]", -5, "good", 0.5]]
        assert chunk.values() == values
        # And back again.
        sink = io.BytesIO()
        JsonlWriter(sink, [f"c{index}" for index in range(9)], Verdicts()).write(chunk, [0.5])
    assert list(json.loads(sink.getvalue()).values()) == [*values[0], "good", 0.5]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10**15, "1000000000000000"),
        (Decimal("0.12345678901234567890"), "0.12345678901234567890"),
        (Decimal("1E400"), "1E+400"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (dt.date(1900, 2, 28), "1900-02-28"),
        (dt.datetime.fromisoformat("2024-01-31T00:00:00.000001"), "2024-01-31T00:00:00.000001"),
        (dt.datetime.fromisoformat("2024-01-31T00:00:00+01:00"), "2024-01-31T00:00:00+01:00"),
        (dt.time(0, 0, 0, 1), "00:00:00.000001"),
        (dt.timedelta(microseconds=1), "0:00:00.000001"),
        ([1, {"a": None}], '[1,{"a":null}]'),
    ],
)
def test_what_excel_would_change_is_a_text(tmp_path: Path, value: object, text: str) -> None:
    path = tmp_path / "out.xlsx"
    path.write_bytes(written(("a",), Table([[value]])))
    with XlsxReader(str(path)) as source:
        assert [chunk.values() for chunk in source.chunks()] == [[[text, "good", 0.5]]]


NATIVE = (
    row(1, "id", "text", "when", "formula")
    + row(2, 't="s"><v>0</v>', 't="s"><v>1</v>', 's="1"><v>45322</v>', 's="3"><f>A2*2</f><v>0.30000000000000004</v>')
    + row(3, "><v>1.10</v>", 't="str"><f>UPPER(B2)</f><v>A_x005F_x000D_</v>', 's="2"><v>1.25</v>', 't="b"><v>1</v>')
    + row(4, 't="e"><v>#N/A</v>', " padded ", 's="4"><v>45322.123456789012</v>', 't="d"><v>2024-01-31</v>')
    + row(5, 's="3">', 't="e"><f>1/0</f><v>#DIV/0!</v>', 's="1"><v>60</v>', '><f t="array" ref="D5">A2:A3</f><v>7</v>')
    + row(6, "=x", "><v>1E+2</v>", 's="1"><v>99999999</v>', '><f t="shared" ref="D6:D7" si="0">A6+$A$2</f><v>8</v>')
    + row(7, "a\r&#13;", 't="inlineStr"><is><r><t>x</t></r></is>', 's="9"><v>5</v>', '><f t="shared" si="0"/><v>9</v>')
)
SHARED = (
    "<si><t>=not a formula</t></si><si><r><t xml:space='preserve'>bold </t></r><r><t>t_x000D_xt</t></r>"
    "<rPh><t>aid</t></rPh></si>"
)


@pytest.mark.parametrize("rows", [1, 2, 2048])
def test_cells_of_a_workbook_come_back_as_they_were(tmp_path: Path, rows: int) -> None:
    path = workbook(tmp_path, NATIVE, strings=SHARED)
    data = through(path, rows)
    xml = sheet_of(data)
    for expected in (
        '<c r="A2" t="inlineStr"><is><t xml:space="preserve">=not a formula</t></is></c>',
        '<c r="B2" t="inlineStr"><is><t xml:space="preserve">bold t_x000D_xt</t></is></c>',
        '<c r="C2" s="1" t="n"><v>45322</v></c>',
        '<c r="D2" s="3" t="n"><f>A2*2</f><v>0.30000000000000004</v></c>',
        '<c r="A3" t="n"><v>1.10</v></c>',
        '<c r="B3" t="str"><f>UPPER(B2)</f><v>A_x005F_x000D_</v></c>',
        '<c r="C3" s="2" t="n"><v>1.25</v></c>',
        '<c r="D3" t="b"><v>1</v></c>',
        '<c r="A4" t="e"><v>#N/A</v></c>',
        '<c r="C4" s="4" t="n"><v>45322.123456789012</v></c>',
        '<c r="D4" t="d"><v>2024-01-31</v></c>',
        '<c r="A5" s="3"></c>',
        '<c r="B5" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '<c r="C5" s="1" t="n"><v>60</v></c>',
        '<c r="D5" t="n"><f t="array" ref="D5">A2:A3</f><v>7</v></c>',
        '<c r="D6" t="n"><f>A6+$A$2</f><v>8</v></c>',
        '<c r="D7" t="n"><f>A7+$A$2</f><v>9</v></c>',
        '<c r="A7" t="inlineStr"><is><t xml:space="preserve">a\n&#13;</t></is></c>',
        '<c r="E7" t="inlineStr"><is><t xml:space="preserve">good</t></is></c><c r="F7"><v>0.5</v></c></row>',
    ):
        assert expected in xml
    copy = tmp_path / "out.xlsx"
    copy.write_bytes(data)
    with warnings.catch_warnings():
        # About the day that Excel doesn't have.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(copy)
    assert (book.worksheets[0].title, book.worksheets[0]["C2"].number_format) == ("Sheet 1", "DD/MM/YYYY")
    assert book.worksheets[0]["C2"].font.b
    book.close()
    assert [cells[:4] for cells in read(str(copy))] == read(path)
    with zipfile.ZipFile(copy) as archive:
        assert archive.read("xl/styles.xml").decode() == STYLES


def test_cells_have_texts_and_values(tmp_path: Path) -> None:
    with XlsxReader(workbook(tmp_path, NATIVE, strings=SHARED)) as source:
        (chunk,) = source.chunks()
    assert source.header == ("id", "text", "when", "formula")
    assert chunk.rows() == [
        ["=not a formula", "bold t\rxt", "2024-01-31", "0.30000000000000004"],
        ["1.1", "A_x000D_", "30:00:00", "TRUE"],
        ["#N/A", " padded ", "2024-01-31T02:57:46.667000", "2024-01-31"],
        ["", "#DIV/0!", "1900-02-28", "7"],
        ["=x", "100", "99999999", "8"],
        ["a\n\r", "x", "5", "9"],
    ]
    assert chunk.texts(1)[3] == chunk.texts(0)[2] == ""
    assert chunk.values()[1] == [1.1, "A_x000D_", dt.timedelta(hours=30), True]
    assert chunk.values()[0][2] == dt.date(2024, 1, 31)


def test_days_may_be_counted_from_1904(tmp_path: Path) -> None:
    path = workbook(tmp_path, row(1, "a") + row(2, 's="1"><v>1</v>'), extra='<workbookPr date1904="1"/>')
    copy = tmp_path / "out.xlsx"
    copy.write_bytes(through(path))
    assert [read(path)[1][0], read(str(copy))[1][0]] == ["1904-01-02"] * 2


@pytest.mark.parametrize(
    ("formula", "kept"),
    [
        ("SUM($A$2:A3,1)&amp;&quot;x!&quot;", True),
        ("A:A", True),
        ("Other!A1", False),
        ("'[1]Book'!A1", False),
        ("Rate*2", False),
        ("Table1[Sum]", False),
    ],
)
def test_formulas_stay_if_they_need_no_other_part(tmp_path: Path, formula: str, kept: bool) -> None:  # noqa: FBT001
    cell = f"><f>{formula}</f><v>7</v>"
    xml = sheet_of(through(workbook(tmp_path, row(1, "a") + row(2, cell))))
    assert ("<f>" in xml) == kept
    assert "<v>7</v>" in xml


def test_formula_that_was_never_calculated_is_its_own_text(tmp_path: Path) -> None:
    path = workbook(tmp_path, row(1, "a", "b") + row(2, "><f>B2&amp;1</f>", "><f>Other!B2</f>"))
    assert read(path)[1:] == [["=B2&1", "=Other!B2"]]
    xml = sheet_of(through(path))
    assert '<c r="A2"><f>B2&amp;1</f></c>' in xml
    assert '<t xml:space="preserve">=Other!B2</t>' in xml


def test_formulas_move_with_their_rows(tmp_path: Path) -> None:
    rejected = row(2, "x", "stray")
    formulas = row(3, "><f>$B3+A3</f><v>1</v>") + row(4, '><f t="array" ref="A4">B4</f><v>2</v>')
    path = workbook(tmp_path, row(1, "a") + rejected + formulas)
    rejects: list[Reject] = []
    with XlsxReader(path, rejects.append) as source:
        xml = sheet_of(written(source.header, *source.chunks()))
    assert len(rejects) == 1
    assert '<c r="A2" t="n"><f>$B2+A2</f><v>1</v></c>' in xml
    assert '<c r="A3" t="n"><v>2</v></c>' in xml


def test_empty_rows_between_others_are_rows(tmp_path: Path) -> None:
    empty = '<row r="6" ht="20"/>' + row(7, "") + row(8, 's="1">')
    path = workbook(tmp_path, row(2, "a", "b", "") + row(4, "x") + empty)
    with XlsxReader(path) as source:
        assert source.header == ("a", "b")
        assert [chunk.rows() for chunk in source.chunks()] == [[["", ""], ["x", ""]]]
        assert source.blank_lines == 3


def test_rows_and_cells_may_lack_their_place(tmp_path: Path) -> None:
    cell = "<c t='inlineStr'><is><t>%s</t></is></c>"
    path = workbook(tmp_path, f"<row>{cell % 'a'}{cell % 'b'}</row><row>{cell % 'x'}{cell % 'y'}</row>")
    assert read(path) == [["a", "b"], ["x", "y"]]


def test_first_sheet_is_read_unless_another_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path, row(1, "a") + row(2, "x"), "", row(1, "b") + row(2, "y"))
    with XlsxReader(path) as source:
        assert source.note == 'The sheet "Sheet 1" is read, and not "Sheet 3": --sheet names another.'
    with XlsxReader(path, sheet="Sheet 3") as source:
        assert source.note == ""
    assert read(path, "Sheet 3") == [["b"], ["y"]]
    assert fault(path, "x") == f'{path} has no sheet "x": name one of "Sheet 1", "Sheet 2", "Sheet 3".'
    assert fault(path, "Sheet 2") == f'{path}: the sheet "Sheet 2" is empty: give it a row with column names.'


def test_hidden_sheets_are_passed_over(tmp_path: Path) -> None:
    path = workbook(tmp_path, row(1, "a"), row(1, "b"), state='state="hidden"')
    with XlsxReader(path) as source:
        assert (source.header, source.note) == (("b",), "")


def test_real_results_are_numbers_and_texts(tmp_path: Path) -> None:
    columns = ResultCells(model="m 1", themes=("empathy",), probabilities=True)
    themes = (ThemeMention("wait_time", "criticised", 0.9), ThemeMention("empathy", "praised", 1.0))
    result = Result(Language("fr", 1.0), "ok", Sentiment("mixed", -0.5), themes, Alert(flag=True, probability=1), (1,))
    path = tmp_path / "out.xlsx"
    with path.open("wb") as stream, XlsxWriter(stream, ["text"], columns) as writer:
        writer.write(Table([["a"], [None]]), [result, Result(Language("und", 0.0), "empty")])
    with XlsxReader(str(path)) as source:
        assert source.header == ("text", *columns.names)
        (chunk,) = source.chunks()
    assert chunk.values() == [
        ["a", "fr", 1, "ok", "mixed", -0.5, "wait_time-;empathy+", 1, 1, "m 1", 1],
        [None, "und", None, "empty", None, None, None, None, None, "m 1", None],
    ]


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    path = workbook(tmp_path, NATIVE, strings=SHARED)
    assert through(path) == through(path, 1)
    with zipfile.ZipFile(io.BytesIO(through(path))) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_table_without_rows_is_a_header(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    path.write_bytes(written(("a",)))
    assert read(str(path)) == [["a", *ADDED]]


def test_output_that_is_left_unfinished_is_no_workbook() -> None:
    sink = io.BytesIO()

    def fail() -> None:
        with XlsxWriter(sink, ("a",), Verdicts()) as writer:
            writer.write(Table([["x"]]), [0.5])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not zipfile.is_zipfile(sink)


def test_sink_that_fails_says_so_itself() -> None:
    class Full:
        def __init__(self, room: int) -> None:
            self.room = room

        def write(self, data: bytes, /) -> None:
            self.room -= len(data)
            if self.room < 0:
                raise InputError("out.xlsx can't be written: no space.")

    size = len(written(("a",), Table([["x"]])))
    for room in range(0, size, 50):
        with pytest.raises(InputError, match="no space"), XlsxWriter(Full(room), ("a",), Verdicts()) as writer:
            writer.write(Table([["x"]]), [0.5])


OTHERWISE = "write CSV, JSONL or Parquet instead."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 32_768, "a text is longer than the 32,767 characters that a cell holds"),
        ("\U0001f600" * 16_384, "a text is longer than the 32,767 characters that a cell holds"),
        ("a\x0bb", "a text has a control character, or half a surrogate pair, which no cell holds"),
        ("\ud800", "a text has a control character, or half a surrogate pair, which no cell holds"),
        ("\uffff", "a text has a control character, or half a surrogate pair, which no cell holds"),
    ],
)
def test_texts_that_no_cell_holds_are_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        written(("a", "b"), Table([["x", "y"], ["x", text]]))
    assert str(caught.value) == f'row 3, column "b": {reason}: {OTHERWISE}'
    with pytest.raises(InputError, match="row 1, column "):
        XlsxWriter(io.BytesIO(), (text,), Verdicts())


def test_longest_text_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    path.write_bytes(written(("a",), Table([["x" * 32_767]])))
    assert read(str(path))[1][0] == "x" * 32_767


@pytest.mark.slow
def test_rows_beyond_the_end_of_a_sheet_are_refused() -> None:
    chunk = Table([["x"]] * 2048)
    sink = io.BytesIO()

    def write_all() -> None:
        with XlsxWriter(sink, ("a",), Verdicts()) as writer:
            for _ in range(512):
                writer.write(chunk, [0.5] * 2048)

    with pytest.raises(InputError) as caught:
        write_all()
    assert str(caught.value) == f"there are more rows than the 1,048,576 that a sheet holds: {OTHERWISE}"


def test_columns_beyond_the_end_of_a_sheet_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        XlsxWriter(io.BytesIO(), tuple(map(str, range(16_383))), Verdicts())
    assert str(caught.value) == f"a sheet holds 16,384 columns, not 16,385: {OTHERWISE}"


def test_rows_that_cannot_be_read_are_named_or_rejected(tmp_path: Path) -> None:
    stray, none = row(3, "1", "secret", "stray"), row(5, "><v>nan</v>", "y" * 20_000)
    path = workbook(tmp_path, row(1, "id", "text") + stray + none + row(6, "2", "kept"))
    reason = "a cell to the right of the last column that has a name"
    assert fault(path) == f"{path}, row 3: {reason}, cell C3: name its column, or clear it."
    rejects: list[Reject] = []
    with XlsxReader(path, rejects.append) as source:
        assert [chunk.rows() for chunk in source.chunks()] == [[["", ""], ["", ""], ["2", "kept"]]]
    assert rejects == [
        Reject(3, None, "", reason, "1\tsecret\tstray"),
        Reject(5, None, "id", "a number that is none", f"nan\t{'y' * 20_000}"[:LONGEST_RAW]),
    ]
    path = workbook(tmp_path, row(1, "id") + row(2, "><v>abc</v>"))
    remedy = "open the workbook in Excel and save it again"
    assert fault(path) == f"{path}, row 2: a number that is none, cell A2: {remedy}."


def test_header_needs_names_of_their_own(tmp_path: Path) -> None:
    path = workbook(tmp_path, row(2, "a", "", "b"))
    assert fault(path) == f"{path}, row 2: column 2 of 3 has no name: name it, or delete the column."
    path = workbook(tmp_path, row(1, "a", "a"))
    assert fault(path) == f'{path}, row 1: columns 1 and 2 are both called "a": rename one.'


RESAVE = 'save it as "Excel workbook (.xlsx)" and try again.'


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is no Excel workbook"),
        (b"id,text\n", "is no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old Excel workbook, or has a password: without one,"),
        (b"PK\x03\x04" + b"\0" * 50, "is damaged, or no Excel workbook: open it in Excel,"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "in.xlsx"
    path.write_bytes(data)
    assert fault(path) == f"{path} {what}{'' if what.endswith(',') else ':'} {RESAVE}"


def damaged(path: str) -> str:
    return f"{path} is damaged, or no Excel workbook: open it in Excel, {RESAVE}"


@pytest.mark.parametrize(
    "rows",
    [
        row(1, "a") + row(1, "b"),
        row(1, "a") + '<row r="1048577"/>',
        row(1, "a") + '<row r="x"/>',
        row(1, "a") + '<row r="2"><c r="B2"/><c r="A2"/></row>',
        row(1, "a") + '<row r="2"><c r="ZZZZ2"/></row>',
        row(1, "a") + '<row r="2"><c r="XFE2"/></row>',
        row(1, "a") + row(2, 't="s"><v>0</v>'),
        row(1, "a") + row(2, 't="s"><v>-1</v>'),
        row(1, "a") + "<row>",
    ],
)
def test_damaged_sheets_are_refused(tmp_path: Path, rows: str) -> None:
    path = workbook(tmp_path, rows)
    assert fault(path) == damaged(path)


def test_every_cut_of_a_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, NATIVE, strings=SHARED)
    data = Path(path).read_bytes()
    for end in range(4, len(data), 97):
        Path(path).write_bytes(data[:end])
        assert fault(path) == damaged(path)


def test_every_missing_part_is_refused_or_not_needed(tmp_path: Path) -> None:
    path = Path(workbook(tmp_path, row(1, "a") + row(2, "x")))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for missing in parts:
        with zipfile.ZipFile(path, "w") as archive:
            for name in parts.keys() - {missing}:
                archive.writestr(name, parts[name])
        assert fault(path) == damaged(str(path))


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("head", [LAUGHS, FILE, "<!DOCTYPE x>"])
def test_entities_are_refused(tmp_path: Path, head: str) -> None:
    path = workbook(tmp_path, row(1, "a") + row(2, "&a;"), head=head)
    assert fault(path) == damaged(path)


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml", "docProps/core.xml"]
)
def test_entities_are_refused_in_any_part(tmp_path: Path, part: str) -> None:
    path = Path(workbook(tmp_path, row(1, "a") + row(2, "x")))
    with zipfile.ZipFile(path) as archive:
        parts = {"docProps/core.xml": b"<x/>", **{name: archive.read(name) for name in archive.namelist()}}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, LAUGHS.encode() + data if name == part else data)
    assert fault(path) == damaged(str(path))


def test_archive_that_fills_memory_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, row(1, "a"))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb.bin", bytes(65 << 20))
    assert fault(path) == f"{path} unpacks to an absurd size: check where it comes from, or save it as CSV."


def test_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = Path(workbook(tmp_path, row(1, "a")))
    data = bytearray(path.read_bytes())
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    path.write_bytes(data)
    assert fault(path) == f"{path} has a password: save it without one and try again."


def test_standard_input_and_missing_files_are_refused(tmp_path: Path) -> None:
    assert fault("-") == "standard input: a workbook can't be read from there: save it to a file and name that."
    assert "there is no such file" in fault(tmp_path / "none.xlsx")


def test_extra_is_named_where_openpyxl_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.setitem(sys.modules, "openpyxl.utils.cell", None)
    with pytest.raises(MissingExtraError, match=r'Reading Excel workbooks needs the extra "xlsx"'):
        XlsxReader("in.xlsx")
    with pytest.raises(MissingExtraError, match=r'Writing Excel workbooks needs the extra "xlsx"'):
        XlsxWriter(io.BytesIO(), ("a",), Verdicts())
