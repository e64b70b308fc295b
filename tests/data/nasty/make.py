"""Writes the nasty tables of this folder: ``python tests/data/nasty/make.py``.

Plain files come out byte for byte the same everywhere. Those that a library packs, see ``packed.py``, differ with its
version, so that only what is in them counts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
BOM: Final = b"\xef\xbb\xbf"
#: Good rows; each bad row names Dr Who, who must never appear in a message.
ROWS: Final = "id,text\n1,Kind nurses\n2,Repas froid et cher\n3,Muy buen trato\n"
ACCENTS: Final = "id,text\n1,Très bien reçu\n2,Café à l\u2019étage\n3,Atención rápida\n4,Señal débil\n"
MANY: Final = ACCENTS.encode()
#: What a comment in JSON may be.
VALUES: Final[tuple[object, ...]] = (True, 0, "007", "None", " ", [], {})
TEMPLATE: Final = "id,text\n1,Kind nurses\n{}\n3,Muy buen trato\n"


def _middle(row: str) -> bytes:
    return TEMPLATE.format(row).encode()


def _cells(*cells: str) -> bytes:
    rows = (f'{number},"{cell.replace(chr(34), chr(34) * 2)}"\n' for number, cell in enumerate(cells, start=1))
    return ("id,text\n" + "".join(rows)).encode()


def _raw(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _quotes() -> dict[str, bytes]:
    return {
        "quote-open-first.csv": b'id,text\n1,"Dr Who came\n2,Kind nurses\n3,Muy buen trato\n',
        "quote-open-middle.csv": _middle('2,"Dr Who came'),
        "quote-open-last.csv": ROWS.encode() + b'4,"Dr Who came\n',
        "quote-open-last-no-newline.csv": ROWS.encode() + b'4,"Dr Who came',
        "quote-open-closed-below.csv": b'id,text\n1,"Dr Who came\n2,"Kind nurses"\n3,Muy buen trato\n',
        "quote-open-header.csv": b'id,"text\n1,Dr Who came\n',
        "quote-then-text.csv": _middle('2,"Dr Who" came'),
        "quote-then-blank.csv": b'id,text\n"1",Kind nurses\n"2" ,Dr Who came\n"3",Muy buen trato\n',
        "quote-backslash.csv": _middle(r'2,"Dr \"Who\" came, late"'),
        "quote-curly.csv": _middle("2,“Dr Who came, late”"),
        "quote-doubled.csv": _cells('say ""hi""', '"', '""', 'a "b", c', '"quoted"'),
        "quote-inside-unquoted.csv": _middle('2,the "kind" nurse said 5" and left'),
        "quote-after-space.csv": _middle('2, "kind" nurses'),
        "quote-single.csv": _middle("2,'It''s fine'"),
        "quote-only-separator.csv": b'text\n"Kind, warm nurses"\n"Repas froid, et cher"\n',
        "quote-empty-cells.csv": b'id,text\n1,""\n"",Kind nurses\n3,\n,\n',
        "quote-multiline.csv": b'id,text\n1,"Kind\n\nnurses"\n2,"Repas\r\nfroid"\n3,"Muy\rbien"\n',
    }


def _line_ends() -> dict[str, bytes]:
    rows = ROWS.encode()
    return {
        "cr-lone.csv": _middle("2,Dr Who\rcame"),
        "cr-lone-quoted.csv": _middle('2,"Repas\rfroid"'),
        "cr-lone-header.csv": b"id,te\rxt\n1,Kind nurses\n",
        "cr-only.csv": rows.replace(b"\n", b"\r"),
        "cr-only-no-end.csv": rows.replace(b"\n", b"\r").removesuffix(b"\r"),
        "cr-only-then-lf.csv": b"id,text\r1,Kind nurses\r2,Dr Who came\n3,Muy buen trato\r",
        "cr-cr-lf.csv": b"id,text\r\r\n1,Dr Who came\r\r\n",
        "line-ends-mixed.csv": b"id,text\r\n1,Kind nurses\n2,Repas froid\r\n3,Muy buen trato\n",
        "line-ends-mixed-lf-first.csv": b"id,text\n1,Kind nurses\r\n2,Repas froid\n",
        "line-end-unicode.csv": _raw("id,text", "1,Kind\u2028nurses\u2029here\u0085now", "2,a\x0bb\x0cc\x1cd\x1ee"),
        "no-final-newline.csv": rows.removesuffix(b"\n"),
        "lf-cr.csv": b"id,text\n\r1,Dr Who came\n\r",
        "dos-end.csv": rows.replace(b"\n", b"\r\n") + b"\x1a",
        "blank-lines.csv": b"\n\nid,text\n\n1,Kind nurses\n\n\n2,Repas froid\n\n",
        "blank-lines-one-column.csv": b"text\n\nKind nurses\n\n",
        "blank-lines-only.csv": b"\n\r\n\n",
        "blank-lines-spaces.csv": _middle("   "),
        "separators-only.csv": b"id,text\n,\n,\n1,Kind nurses\n",
    }


def _encodings() -> dict[str, bytes]:
    good, rows = MANY, ACCENTS
    return {
        "nul.csv": _middle("2,Dr\0Who"),
        "nul-header.csv": b"id,te\0xt\n1,Kind nurses\n",
        "nul-padding.csv": ROWS.encode() + b"\0" * 40,
        "bom.csv": BOM + good,
        "bom-twice.csv": BOM + BOM + good,
        "bom-middle.csv": BOM + good + BOM + b"5,Kind nurses\n",
        "bom-quoted-header.csv": BOM + b'"id","text"\n"1","Kind nurses"\n',
        "bom-alone.csv": BOM,
        "utf-16-le.csv": b"\xff\xfe" + rows.encode("utf-16-le"),
        "utf-16-be.csv": b"\xfe\xff" + rows.encode("utf-16-be"),
        "utf-16-le-no-mark.csv": rows.encode("utf-16-le"),
        "utf-16-be-no-mark.csv": rows.encode("utf-16-be"),
        "utf-16-truncated.csv": b"\xff\xfe" + (rows + "5,Dr Who").encode("utf-16-le")[:-1],
        "utf-16-half-pair.csv": b"\xff\xfe" + _half_pair(),
        "utf-16-mark-alone.csv": b"\xff\xfe",
        "utf-16-emoji-no-mark.csv": "id,text\n1,👍👍👍👍👍👍\n2,😀😀😀😀😀😀😀😀\n".encode("utf-16-le"),
        "utf-32.csv": b"\xff\xfe\0\0" + rows.encode("utf-32-le"),
        "windows-1252.csv": rows.encode("cp1252"),
        "windows-1252-semicolons.csv": rows.replace(",", ";").replace("\n", "\r\n").encode("cp1252"),
        "latin-1-c1.csv": "id,text\n1,Tr\u00e8s\u0081 bien\n2,Caf\u00e9\u009d froid\n".encode("latin-1"),
        "mac-roman.csv": "id,text\n1,Kind nurses\n2,Dr Who était très bien à l\u2019écoute\n".encode("mac-roman"),
        "cp850.csv": "id,text\n1,Réglé à midi\n2,Où est-ce\n".encode("cp850"),
        "stray-byte.csv": good + b"5,Dr Who \xe9tait\n6,Kind nurses\n",
        "stray-byte-header.csv": b"id,text,\xe9\n" + "1,Très à l\u2019écoute,é\n".encode() * 3,
        "overlong.csv": good + b"5,Dr\xc0\xafWho\n",
        "surrogates-in-utf-8.csv": good + b"5,Dr Who \xed\xa0\xbd\xed\xb8\x80\n",
        "cut-in-character.csv": good + "5,Dr Who été".encode()[:-1],
        "utf-8-beyond-unicode.csv": good + b"5,Dr Who \xf4\x90\x80\x80\n",
        "accents-ascii-late.csv": (ROWS * 3).replace("id,text\n", "").join(("id,text\n", "9,Déjà vu\n")).encode(),
    }


def _half_pair() -> bytes:
    return (ACCENTS + "5,Dr Who ").encode("utf-16-le") + b"\x3d\xd8" + "x\n6,Kind\n".encode("utf-16-le")


def _shapes() -> dict[str, bytes]:
    wide = [f"c{number}" for number in range(1, 300)]
    return {
        "semicolons.csv": b"id;text;note\r\n1;Kind, warm nurses;3,5\r\n2;Repas froid;4,0\r\n",
        "tabs.csv": b"id\ttext\n1\tKind, warm; nurses\n2\tRepas froid\n",
        "tabs.tsv": b'id\ttext\n1\tKind, "warm" nurses\n2\t"a\tb"\n',
        "bars.txt": b"id|text\n1|Kind, warm; nurses\n2|Repas froid\n",
        "carets.csv": b"id^text\n1^Kind, warm nurses\n2^Repas froid\n",
        "separator-line.csv": b"sep=;\nid;text\n1;Dr Who came\n",
        "header-only.csv": b"id,text\n",
        "header-only-no-newline.csv": b"id,text",
        "empty.csv": b"",
        "header-twice.csv": b"id,text,id\n1,Dr Who came,2\n",
        "header-blank.csv": b"id,,text\n1,x,Dr Who came\n",
        "header-trailing-comma.csv": b"id,text,\n1,Dr Who came,\n",
        "header-line-break.csv": b'id,"your\ncomment"\n1,Kind nurses\n2,Repas froid\n',
        "header-taken.csv": b"text,language\nDr Who came,en\n",
        "header-odd.csv": _raw("id, Texte ,None,😀,=1+1", "1,Très bien,,a,b"),
        "one-column.csv": b"text\nKind nurses\n\nMuy buen trato\n",
        "one-column-commas.csv": b"text\nKind nurses\nDr Who came, late\n",
        "ragged-short.csv": b"id,text,site\n1,Kind nurses,A\n2,Dr Who\n3,Muy buen trato,B\n",
        "ragged-long.csv": _middle("2,Dr Who came,late"),
        "ragged-all.csv": b"id,text\n1,Dr Who,x\n2\n",
        "ragged-trailing-comma.csv": b"id,text\n1,Dr Who came,\n2,Kind nurses\n",
        "ragged-multiline.csv": _middle('2,"Dr\nWho",x'),
        "words-like-values.csv": _raw(
            "id,text,value", "007,None,NA", "1e5,null,TRUE", "2024-01-31,nan,#N/A", "31/01/2024,N/A,-0", "1.10,NULL,+1"
        ),
        "blanks-around.csv": _raw("id,text", "1,  Kind nurses  ", " 2 ,\u00a0\u3000", "3,\tMuy bien\t"),
        "formulas.csv": _cells("=1+1", "+1+1", "- long wait", "@SUM(A1)", "\t=1", "'=1", '=HYPERLINK("x")', "-5", "'"),
        "long-cell.csv": b"id,text\n1," + b"The nurses were kind. " * 9090 + b"x" * 20 + b"\n2,Repas froid\n",
        "wide.csv": _raw(",".join([*wide, "text"]), "," * 299 + "Kind nurses", ",".join(["x"] * 299 + ["Repas froid"])),
    }


def _odd_texts() -> dict[str, bytes]:
    return {
        "emoji.csv": _cells("👍", "😀😡", "👩‍⚕️👨🏿‍🦽", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "❤️"),
        "zero-width.csv": _cells("\u200b", "Kind\u200bnurses", "\u2060\ufeff", "a\u00adb", "\u200d"),
        "bidi-marks.csv": _cells("\u202eKind nurses\u202c", "\u2067x\u2069", "\u200e", "مرحبا Kind"),
        "combining.csv": _cells("Tre\u0300s bien", "Z" + "\u0351\u0343\u0317" * 60, "\u0301", "한국어", "ﬁne"),
        "controls.csv": _cells("".join(map(chr, range(1, 32))), "\x7f", "\x1b[31mred\x1b[0m", "\x08\x08", "\u0085"),
        "html.csv": _cells(
            "Kind&nbsp;nurses<br/>", "<p>Repas froid</p>", "&#233;t&eacute;", "<script>x</script>", "]]>"
        ),
        "mojibake.csv": _cells(*("Très bien, à l\u2019écoute".encode().decode("cp1252"), "TrÃ¨s cher", "cafÃ©")),
        "replacement.csv": _cells("Tr\ufffds bien", "\ufffd\ufffd", "\ufffe\uffff", "\ue000", "\U0010ffff"),
        "other-scripts.csv": _cells("日本語のコメント", "Очень хорошо", "ไทย", "हिन्दी", "ᚠᚢᚦ"),
    }


def _foreign() -> dict[str, bytes]:
    page = "<!DOCTYPE html>\n<html>\n<body>\n<p>Dr Who came</p>\n</body>\n</html>\n"
    pdf = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n"
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\6\0\0\0\x1f\x15\xc4\x89\0\0\0\0IEND\xaeB`\x82"
    return {
        "zip-as.csv": b"PK\x03\x04\x14\0\0\0\0\0" + b"\0" * 20,
        "old-excel-as.csv": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 40,
        "old-excel-as.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 40,
        "old-excel.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 40,
        "pdf-as.csv": pdf,
        "png-as.csv": png,
        "parquet-as.csv": b"PAR1" + b"\0" * 20 + b"PAR1",
        "web-page-as.csv": page.encode(),
        "json-lines-as.csv": b'{"id": 1, "text": "Dr Who came"}\n{"id": 2, "text": "Kind nurses"}\n',
        "json-as.csv": b'[\n{"text": "Dr Who came"},\n{"text": "Kind nurses"}\n]\n',
        "json-document.json": b'[{"text": "Dr Who came"}]\n',
        "csv-as.xlsx": ROWS.encode(),
        "csv-as.parquet": ROWS.encode(),
        "csv-as.jsonl": ROWS.encode(),
        "csv-as.csv.gz": ROWS.encode(),
        "empty.xlsx": b"",
        "empty.parquet": b"",
        "empty.jsonl": b"",
        "empty.csv.gz": b"",
        "zip-as.jsonl": b"PK\x03\x04\x14\0\0\0\x08\0\xff\xfe",
    }


def _json_lines() -> dict[str, bytes]:
    good = '{"id": 1, "text": "Kind nurses"}'
    deep = '{"id": 2, "text": ' + "[" * 1200 + "]" * 1200 + "}"
    return {
        "jsonl-bad.jsonl": _raw(good, '{"id": 2, "text": "Dr Who}', '{"id": 3, "text": "Bien"}'),
        "jsonl-cut.jsonl": f'{good}\n{{"id": 2, "text": "Dr Wh'.encode(),
        "jsonl-not-objects.jsonl": _raw(good, '["Dr Who"]', '"Dr Who"', "null", "3"),
        "jsonl-nan.jsonl": _raw(good, '{"id": NaN, "text": "Dr Who"}', '{"id": -Infinity, "text": "Dr Who"}'),
        "jsonl-key-twice.jsonl": _raw(good, '{"id": 2, "text": "Dr Who", "text": "b"}'),
        "jsonl-key-blank.jsonl": _raw(good, '{"id": 2, "text": "Dr Who", " ": "b"}'),
        "jsonl-two-a-line.jsonl": _raw(good, '{"id": 2, "text": "Dr Who"} {"id": 3, "text": "b"}'),
        "jsonl-half-pair.jsonl": _raw(good, r'{"id": 2, "text": "Bien \ud83d"}', r'{"id": "\udc00", "text": "\u0000"}'),
        "jsonl-big-numbers.jsonl": _raw(
            '{"id": 12345678901234567890123, "text": "Bien"}',
            '{"id": 1e400, "text": 1.10}',
            f'{{"id": {"9" * 2000}, "text": -0}}',
            '{"id": 1E-9999999999999999999, "text": 0.1000000000000000055511151231257827}',
        ),
        "jsonl-missing-keys.jsonl": _raw('{"id": 1}', '{"text": "Bien"}', "{}", '{"text": null, "id": true}'),
        "jsonl-nested.jsonl": _raw('{"id": {"a": [1.0, {"b": null}]}, "text": ["Kind", "nurses"]}', "{ }"),
        "jsonl-deep.jsonl": _raw(good, deep, '{"id": 3, "text": "Bien"}'),
        "jsonl-blank-lines.jsonl": _raw("", good, "  ", "\t\r", '{"id": 2, "text": "Bien"}', ""),
        "jsonl-bom.jsonl": BOM + _raw(good),
        "jsonl-bom-middle.jsonl": BOM + _raw(good) + BOM + _raw('{"id": 2, "text": "Dr Who"}'),
        "jsonl-crlf.jsonl": _raw(good, '{"id": 2, "text": "Bien\\r\\n"}').replace(b"\n", b"\r\n"),
        "jsonl-cr-only.jsonl": b'{"id": 1, "text": "Dr Who"}\r{"id": 2, "text": "Dr Who"}\r',
        "jsonl-escapes.jsonl": _raw(r'{"\u0074ext": "\u00e9t\u00e9 \/ \"x\"", "id" :1}', r'{"text":"\\u0041"  }'),
        "jsonl-brace.jsonl": _raw('{"text": "a } b", "id": {"c": "}"}}   ', '{"text": "}}}"}\t'),
        "jsonl-latin-1.jsonl": _raw(good) + '{"id": 2, "text": "Dr Who était"}\n'.encode("latin-1"),
        "jsonl-utf-16.jsonl": '{"id": 1, "text": "Dr Who"}\n'.encode("utf-16-le").join((b"\xff\xfe", b"")),
        "jsonl-nul.jsonl": _raw(good, '{"id": 2, "text": "Dr\0Who"}'),
        "jsonl-tab-raw.jsonl": _raw(good, '{"id": 2, "text": "Dr\tWho"}'),
        "jsonl-no-keys.jsonl": _raw("{}", "{}"),
        "jsonl-values.jsonl": _raw(*(json.dumps({"text": text}) for text in VALUES)),
        "jsonl-single-quotes.jsonl": _raw(good, "{'id': 2, 'text': 'Dr Who'}"),
        "jsonl-comma-end.jsonl": _raw(good, '{"id": 2, "text": "Dr Who",}'),
    }


def plain_files() -> dict[str, bytes]:
    """Names and contents of the files that are the same whatever writes them."""
    parts = (_quotes(), _line_ends(), _encodings(), _shapes(), _odd_texts(), _foreign(), _json_lines())
    return {name: data for part in parts for name, data in part.items()}


def main() -> None:
    from packed import packed_files

    for name, data in {**plain_files(), **packed_files()}.items():
        (HERE / name).write_bytes(data)


if __name__ == "__main__":
    main()
