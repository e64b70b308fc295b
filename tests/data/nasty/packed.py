"""The nasty tables that are packed: gzip, Excel workbooks and Parquet."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    import pyarrow as pa

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES: Final = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="170" formatCode="yyyy-mm-dd hh:mm:ss.000"/>'
    '</numFmts><fonts count="1"><font><sz val="11"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="46"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_HEADER: Final = ("id", "text")


def _text(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _number(place: str, number: str, style: int = 0) -> str:
    return f'<c r="{place}" s="{style}"><v>{number}</v></c>'


def _row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def _texts(number: int, *texts: str) -> str:
    return _row(number, *(_text(f"{chr(65 + place)}{number}", text) for place, text in enumerate(texts)))


def _sheet(*rows: str, before: str = "") -> str:
    return f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def _workbook(*sheets: tuple[str, str, str]) -> bytes:
    """A workbook of sheets, each with a name, a state and its XML; times and names of a machine are left out."""
    numbered = list(enumerate(sheets, start=1))
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="rId{n}"/>' for n, (name, state, _) in numbered
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _ in numbered
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEET}.worksheet+xml"/>' for n, _ in numbered
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET}.styles+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="rId99" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
        **{f"xl/worksheets/sheet{n}.xml": xml for n, (_, _, xml) in numbered},
    }
    sink = io.BytesIO()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(ZipInfo(name), text.encode(), ZIP_DEFLATED)
    return sink.getvalue()


def _one(*rows: str, before: str = "") -> bytes:
    return _workbook(("Comments", "visible", _sheet(_texts(1, *_HEADER), *rows, before=before)))


def _workbooks() -> dict[str, bytes]:
    good = _texts(2, "007", "Kind nurses")
    laughs = '<!DOCTYPE x [<!ENTITY a "Dr Who"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'
    whole = _one(good)
    formula = '<c r="{0}"><f>{1}</f>{2}</c>'
    return {
        "dates.xlsx": _one(
            _row(2, _number("A2", "45322", 1), _text("B2", "Kind nurses")),
            _row(3, _number("A3", "45322.123456789", 2), _text("B3", "Bien")),
            _row(4, _number("A4", "1.5", 3), _text("B4", "Bien")),
            _row(5, _number("A5", "-3", 1), _text("B5", "Bien")),
        ),
        "formulas.xlsx": _one(
            _row(2, formula.format("A2", "1+1", "<v>2</v>"), _text("B2", "=1+1")),
            _row(3, formula.format("A3", "A2*2", ""), _text("B3", "- long wait")),
            _row(4, '<c r="A4" t="str"><f>B2&amp;"x"</f><v>=1+1x</v></c>', _text("B4", "Bien")),
        ),
        "digits.xlsx": _one(
            _row(2, _number("A2", "12345678901234567"), _text("B2", "Bien")),
            _row(3, _number("A3", "0.10000000000000001"), _text("B3", "Bien")),
            _row(4, _number("A4", "1E-300"), _text("B4", "Bien")),
        ),
        "number-that-is-none.xlsx": _one(good, _row(3, _number("A3", "1E999"), _text("B3", "Dr Who"))),
        "empty-rows.xlsx": _one(good, _texts(6, "008", "Muy bien"), _row(7), _row(9, '<c r="A9"/>')),
        "two-sheets.xlsx": _workbook(
            ("One", "visible", _sheet(_texts(1, *_HEADER), good)),
            ("Two", "visible", _sheet(_texts(1, *_HEADER), good, _texts(3, "3", "Bien"))),
        ),
        "hidden-sheet.xlsx": _workbook(
            ("Secret", "hidden", _sheet(_texts(1, *_HEADER), good)),
            ("Shown", "visible", _sheet(_texts(1, *_HEADER), good, _texts(3, "3", "Bien"))),
        ),
        "escapes.xlsx": _one(_texts(2, "1", "Kind_x000D_\nnurses"), _texts(3, "2", "_x005F_x000D_ é &lt;b&gt; ")),
        "beyond-header.xlsx": _one(good, _texts(3, "2", "Bien", "Dr Who"), _texts(4, "3", "Muy bien")),
        "header-below.xlsx": _workbook(
            ("Comments", "visible", _sheet(_row(1), _texts(3, *_HEADER), _texts(4, "1", "Kind nurses")))
        ),
        "header-twice.xlsx": _workbook(("Comments", "visible", _sheet(_texts(1, "text", "text")))),
        "errors-and-truth.xlsx": _one(
            _row(2, '<c r="A2" t="b"><v>1</v></c>', '<c r="B2" t="e"><v>#N/A</v></c>'), _row(3, _text("B3", "Bien"))
        ),
        "entities.xlsx": _one(_texts(2, "1", "&c;"), before=laughs),
        "cut.xlsx": whole[: len(whole) * 2 // 3],
        "broken-xml.xlsx": _one(_texts(2, "1", "Dr Who") + "<row"),
        "rows-out-of-order.xlsx": _one(_texts(3, "1", "Dr Who"), good),
        "no-header.xlsx": _workbook(("Comments", "visible", _sheet())),
    }


def _parquet(**columns: Any) -> bytes:
    import pyarrow as pa

    return _packed(pa.table(columns))


def _packed(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, write_statistics=False, use_dictionary=False, compression="zstd")
    return bytes(sink.getvalue())


def _parquets() -> dict[str, bytes]:
    import pyarrow as pa

    texts = ["Kind nurses", None, "Muy bien"]
    whole = _parquet(id=["1", "2", "3"], text=texts)
    times = [1, None, 1_700_000_000_123_456_789]
    not_utf8 = pa.array([b"Kind", b"Dr Who \xe9", b"Bien"], pa.binary()).view(pa.string())
    moment = datetime(2024, 1, 31, 12, 30, tzinfo=UTC)
    return {
        "times.parquet": _parquet(
            at=pa.array(times, pa.timestamp("ns")),
            zone=pa.array([moment, None, moment], pa.timestamp("us", "Europe/Paris")),
            text=texts,
        ),
        "decimals.parquet": _parquet(
            n=pa.array([Decimal("1.10"), None, Decimal("-0.01")], pa.decimal128(38, 2)),
            f=[float("nan"), -0.0, None],
            text=texts,
        ),
        "nested.parquet": _parquet(
            tags=pa.array([["a", None], [], None], pa.list_(pa.string())),
            info=[{"a": 1}, None, {"a": None}],
            text=texts,
        ),
        "nulls.parquet": _parquet(id=pa.nulls(3), text=pa.array([None, None, None], pa.string())),
        "words-like-values.parquet": _parquet(id=["007", "1e5", "NA"], text=["None", "", " null "]),
        "no-rows.parquet": _parquet(id=pa.array([], pa.int32()), text=pa.array([], pa.string())),
        "not-utf-8.parquet": _parquet(id=["1", "2", "3"], text=not_utf8),
        "cut.parquet": whole[:-20],
        "damaged.parquet": whole[:4] + b"\xff" * 60 + whole[64:],
    }


def packed_files() -> dict[str, bytes]:
    """Names and contents of the files that are packed."""
    rows = b"id,text\n1,Kind nurses\n2,Repas froid\n"
    good = gzip.compress(rows, mtime=0)
    lines = b'{"id": 1, "text": "Bien"}\n'
    return {
        "good.csv.gz": good,
        "two-members.csv.gz": good + gzip.compress("3,Très bien\n".encode(), mtime=0),
        "bad-row.csv.gz": gzip.compress(rows + b'3,"Dr Who\n', mtime=0),
        "cut.csv.gz": good[:-9],
        "wrong-sum.csv.gz": good[:-8] + b"\0" * 4 + good[-4:],
        "more-behind.csv.gz": good + b"Dr Who",
        "gz-as.csv": good,
        "packed-twice.csv.gz": gzip.compress(good, mtime=0),
        "good.jsonl.gz": gzip.compress(lines, mtime=0),
        "cut.jsonl.gz": gzip.compress(lines, mtime=0)[:-9],
        **_workbooks(),
        **_parquets(),
    }
