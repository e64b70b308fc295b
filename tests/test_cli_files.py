"""Any file in: encodings, separators, formats, packed or not, and bad rows put aside; the real command, real files."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from conftest import RunCli

ROWS = [["007", "très bien, merci"], ["None", "muy caro; y mal"], ["", "kind\nnurses"], ["-1", "="]]


def table(delimiter: str = ",", newline: str = "\r\n") -> str:
    sink = io.StringIO(newline="")
    csv.writer(sink, delimiter=delimiter, lineterminator=newline).writerows([["id", "text"], *ROWS])
    return sink.getvalue()


def written(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_cell_comes_back_whatever_the_encoding(
    cli: RunCli, tmp_path: Path, encoding: str, delimiter: str, *, packed: bool
) -> None:
    data = table(delimiter).encode(encoding)
    name = "in.csv.gz" if packed else "in.csv"
    (tmp_path / name).write_bytes(gzip.compress(data) if packed else data)
    finished = cli("detect", name, "-o", "out.csv")
    assert finished.code == 0
    kept = delimiter if delimiter != "\t" else ","
    assert [row[:2] for row in written(tmp_path / "out.csv", kept)] == [["id", "text"], *ROWS]
    note = finished.err.splitlines()[0]
    assert ("Windows-1252" in note) == (encoding in ("cp1252", "latin-1"))
    assert ("UTF-16" in note) == encoding.startswith("utf-16")
    assert ("separated by" in note) == (delimiter != ",")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "out.csv"])


def test_an_encoding_that_is_named_is_taken(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes("text\nr\u00e9gl\u00e9\n".encode("cp850"))
    assert cli("detect", "in.csv", "-o", "out.csv", "--encoding", "cp850").code == 0
    assert written(tmp_path / "out.csv")[1][0] == "réglé"


def test_output_packed_and_in_another_format(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(table(), encoding="utf-8", newline="")
    assert cli("detect", "in.csv", "-o", "out.jsonl.gz").code == 0
    lines = gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()).decode().splitlines()
    assert [[row["id"], row["text"]] for row in map(json.loads, lines)] == ROWS
    assert cli("detect", "out.jsonl.gz", "--prefix", "x_", "-o", "back.tsv").code == 0
    assert [row[:2] for row in written(tmp_path / "back.tsv", "\t")] == [["id", "text"], *ROWS]


def test_json_lines_come_back_character_for_character(cli: RunCli, tmp_path: Path) -> None:
    lines = ['{"n":1.10, "text": "Bien \\u00e9tait\\ud83d"}', '{ "text":null,"n":[1e400 , {"a":"b"}]}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert cli("detect", "in.jsonl", "-o", "out.jsonl").code == 0
    out = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(new.startswith(old.removesuffix("}")) for old, new in zip(lines, out, strict=True))
    assert [json.loads(line)["language"] for line in out] == ["fr", "und"]


def test_garbled_letters_are_noticed(cli: RunCli, tmp_path: Path) -> None:
    garbled = "très bien, médecin à l'écoute".encode().decode("cp1252")
    (tmp_path / "in.csv").write_text("text\n" + f'"{garbled}"\n' * 4, encoding="utf-8")
    finished = cli("detect", "in.csv", "-o", "out.csv")
    assert finished.code == 0
    assert "garbled letters" in finished.err
    assert "export it again as UTF-8" in finished.err
    assert "écoute".encode().decode("cp1252") not in finished.err


BAD_ROWS = 'id,text\n1,Kind nurses\n2\n3,"x"y\n4,Repas froid\n5,"open\n6,Muy caro\n'


def test_bad_rows_are_put_aside(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(BAD_ROWS)
    finished = cli("detect", "in.csv", "-o", "out.csv", "--rejects", "bad.csv")
    assert finished.code == 3
    assert "Rejected rows: 3, written to bad.csv" in finished.err
    assert [row[0] for row in written(tmp_path / "out.csv")[1:]] == ["1", "4", "6"]
    header, *rejects = written(tmp_path / "bad.csv")
    assert header == ["line", "byte", "column", "reason", "raw"]
    assert [(row[0], row[4]) for row in rejects] == [("3", "2"), ("4", '3,"x"y'), ("6", '5,"open')]
    assert all(BAD_ROWS.encode()[int(row[1]) :].startswith(row[4].encode()) for row in rejects)
    assert "header has 2" in rejects[0][3]


def test_bad_rows_of_a_stream_are_put_aside(cli: RunCli, tmp_path: Path) -> None:
    finished = cli("detect", "-", "--rejects", "bad.csv", stdin=BAD_ROWS)
    assert finished.code == 3
    assert finished.out.count("\n") == 4
    assert len(written(tmp_path / "bad.csv")) == 4


def test_without_bad_rows_the_file_for_them_has_a_header_alone(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nfine\n")
    assert cli("detect", "in.csv", "-o", "out.csv", "--rejects", "bad.csv").code == 0
    assert len(written(tmp_path / "bad.csv")) == 1


def test_what_a_spreadsheet_would_run_is_neutralised_for_excel(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('id,text\n-5,"=HYPERLINK(""x"")"\n1,- long wait\n')
    assert cli("detect", "in.csv", "-o", "out.csv", "--excel").code == 0
    data = (tmp_path / "out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfid,text,")
    assert [row[:2] for row in written(tmp_path / "out.csv")[1:]] == [
        ["-5", '\'=HYPERLINK("x")'],
        ["1", "'- long wait"],
    ]
    assert cli("detect", "in.csv", "-o", "plain.csv").code == 0
    assert written(tmp_path / "plain.csv")[2][1] == "- long wait"


def test_what_identifies_people_is_masked(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        "id,text\n1,Please ring 020 7946 0999 or ann@example.com\n2,Dr Smith waited 45 min\n"
    )
    assert cli("detect", "in.csv", "-o", "out.csv", "--redact").code == 0
    texts = [row[1] for row in written(tmp_path / "out.csv")[1:]]
    assert texts == ["Please ring [PHONE] or [EMAIL]", "Dr [NAME] waited 45 min"]


def test_comments_are_left_out(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text,site\n1,The nurses were kind,A\n")
    finished = cli("detect", "in.csv", "-o", "out.csv", "--drop-text")
    assert finished.code == 0
    assert written(tmp_path / "out.csv") == [
        ["id", "site", "language", "language_confidence"],
        ["1", "A", "en", "1.0000"],
    ]


def test_workbooks_and_parquet(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(table(), encoding="utf-8", newline="")
    assert cli("detect", "in.csv", "-o", "one.xlsx").code == 0
    assert cli("detect", "one.xlsx", "--prefix", "two_", "-o", "two.parquet").code == 0
    assert cli("detect", "two.parquet", "--prefix", "three_", "-o", "three.csv").code == 0
    header, *rows = written(tmp_path / "three.csv")
    assert header[:4] == ["id", "text", "language", "language_confidence"]
    assert [row[:2] for row in rows] == ROWS
    assert [row[2] for row in rows] == [row[4] for row in rows] == [row[6] for row in rows]
    finished = cli("detect", "one.xlsx", "--sheet", "Other", "-o", "out.csv")
    assert finished.code == 2
    assert 'no sheet "Other"' in finished.err
