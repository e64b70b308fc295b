"""Bad input: what, where and what to do, exit code 2, and no half-written output."""

import gzip
from pathlib import Path

import pytest
from conftest import RunCli

GOOD = "id,text\n" + "1,Thank you all\n" * 3000

#: Content of in.csv, options, and what the message must hold.
BAD: dict[str, tuple[str | bytes, tuple[str, ...], list[str]]] = {
    "unclosed quote": (GOOD + '2,"open\n3,x\n', (), ["in.csv, line 3002", "never closed"]),
    "quote closed late": (GOOD + '2,"open\n3,"x"\n', (), ["in.csv, line 3002", "closing quote on line 3003"]),
    "unclosed quote, long file": (
        'id,text\n1,"open\n' + GOOD * 300,
        (),
        ["in.csv, line 2", "closing quote is missing"],
    ),
    "short row": (GOOD + "2\n", (), ["in.csv, line 3002", "1 cell", "header has 2"]),
    "long row": (GOOD + "2,a,b\n", (), ["in.csv, line 3002", "3 cells", "header has 2", "quotes"]),
    "NUL": (GOOD + "2,\0\n", (), ["in.csv, line 3002", "NUL"]),
    "stray byte": (
        GOOD.encode() + "1,très bien, là\n2,é\n".encode().replace(b", l", b" l") + b"2,tr\xe8s\n",
        (),
        ["line 3004", "not UTF-8"],
    ),
    "no encoding": (GOOD, ("--encoding", "klingon"), ["klingon", "windows-1252"]),
    "no separator": (GOOD, ("--delimiter", "ab"), ["--delimiter", "one character"]),
    "truncated gzip": (gzip.compress(GOOD.encode())[:-9], ("--input-format", "csv"), ["in.csv is compressed"]),
    "workbook": (b"PK\x03\x04\x14\0", (), ["in.csv is a workbook", "CSV UTF-8"]),
    "empty": ("", (), ["in.csv is empty", "header"]),
    "duplicate header": ("id,text,id\n1,a,2\n", (), ["in.csv, line 1", "columns 1 and 3", '"id"']),
    "blank header": ("id,,text\n", (), ["in.csv, line 1", "column 2 of 3"]),
    "no text column": ("id,q1\n1,a\n", (), ["--text-column", '"id", "q1"']),
    "two text columns": ("text,comment\na,b\n", (), ["--text-column", '"text", "comment"']),
    "missing text column": ("id,text\n1,a\n", ("--text-column", "txt"), ['no column "txt"', '"id", "text"']),
    "taken name": ("text,language\na,b\n", (), ['"language"', "--prefix cv_"]),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("exists", [True, False])
def test_bad_file_is_an_error_and_leaves_no_output(cli: RunCli, tmp_path: Path, case: str, *, exists: bool) -> None:
    content, options, parts = BAD[case]
    (tmp_path / "in.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    if exists:
        (tmp_path / "out.csv").write_text("an older file")
    finished = cli("detect", "in.csv", "-o", "out.csv", *options)
    assert (finished.code, finished.out) == (2, "")
    assert [part for part in parts if part not in finished.err] == []
    assert finished.err.startswith("Error: ")
    assert len(finished.err.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"][: 1 + exists]
    assert not exists or (tmp_path / "out.csv").read_text() == "an older file"


@pytest.mark.parametrize("case", ["unclosed quote", "long row", "NUL", "stray byte"])
def test_bad_row_of_a_file_stops_the_run_before_any_output(cli: RunCli, tmp_path: Path, case: str) -> None:
    content, _, parts = BAD[case]
    (tmp_path / "in.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    finished = cli("detect", "in.csv")
    assert (finished.code, finished.out) == (2, "")
    assert parts[0] in finished.err


def test_bad_row_of_a_stream_stops_there(cli: RunCli) -> None:
    finished = cli("detect", "-", stdin=GOOD + "2,a,b\n" + GOOD)
    assert finished.code == 2
    assert finished.out.count("\n") == 3001
    assert finished.out.startswith("id,text,language,language_confidence\n1,Thank you all,en,")
    assert finished.err.startswith("Error: standard input, line 3002: a row of 3 cells")


def test_bad_row_of_a_stream_leaves_no_file(cli: RunCli, tmp_path: Path) -> None:
    finished = cli("detect", "-", "-o", "out.csv", stdin=GOOD + "2,a,b\n")
    assert (finished.code, finished.out) == (2, "")
    assert finished.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_bad_text_is_never_shown(cli: RunCli) -> None:
    for row in ('"Dr Who', "Dr Who,Dr Who,Dr Who", '"x"Dr Who', "Dr Who"):
        finished = cli("detect", "-", stdin=f"id,text\n{row}\n")
        assert finished.code == 2
        assert "Who" not in finished.out + finished.err


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("gone.csv",), ["gone.csv", "no such file"]),
        (("folder",), ["folder is a folder"]),
        (("in.csv", "-o", "folder"), ["folder is a folder"]),
        (("in.csv", "-o", "gone/out.csv"), ["gone", "doesn't exist"]),
        (("in.csv", "-o", "in.csv"), ["in.csv is also the input"]),
        (("in.csv", "-o", "folder/../in.csv"), ["is also the input"]),
        (("in.csv", "-o", "link.csv"), ["is also the input"]),
        (("book.xls",), ["book.xls", "Excel workbook (.xlsx)", "CSV UTF-8"]),
        (("in.csv", "-o", "-", "--format", "parquet"), ["standard output", "-o"]),
        (("in.csv", "-o", "out.csv", "--rejects", "in.csv"), ["is also the input"]),
        (("in.csv", "-o", "out.csv", "--rejects", "./out.csv"), ["is also the output"]),
    ],
)
def test_bad_path_is_an_error(cli: RunCli, tmp_path: Path, arguments: tuple[str, ...], parts: list[str]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "in.csv").write_text(GOOD)
    (tmp_path / "link.csv").symlink_to("in.csv")
    finished = cli("detect", *arguments)
    assert (finished.code, finished.out) == (2, "")
    assert [part for part in parts if part not in finished.err] == []
    assert (tmp_path / "in.csv").read_text() == GOOD


def test_bad_model_folder_is_an_error(cli: RunCli, comments: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for model in ("gone", "folder"):
        finished = cli("classify", comments, "--model", model)
        assert (finished.code, finished.out) == (2, "")
        assert model in finished.err
        assert "Traceback" not in finished.err


def test_one_column_for_both_is_an_error(cli: RunCli) -> None:
    finished = cli("classify", "-", "--text-column", "question", stdin="question,id\nx,1\n")
    assert finished.code == 2
    assert "can't hold both" in finished.err


def test_bad_row_is_shown_on_demand_and_the_way_on_named(cli: RunCli, tmp_path: Path) -> None:
    content = "id,text\n1,fine\n2,Dr Who\x1b[2J,kind\n"
    (tmp_path / "in.csv").write_text(content)
    for options in ((), ("--show-text",)):
        finished = cli("classify", "in.csv", "-o", "out.csv", *options)
        assert finished.code == 2
        assert finished.err.endswith("Or put such rows aside with --rejects FILE.\n")
        assert ("It reads: 2,Dr Who\ufffd[2J,kind\n" in finished.err) == bool(options)
        assert ("Who" in finished.err) == bool(options)


def test_json_lines_that_are_all_bad_say_why(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('[1]\n{"a": NaN}\n')
    finished = cli("detect", "in.jsonl", "--rejects", "bad.csv")
    assert (finished.code, finished.out) == (2, "")
    assert "no row that can be read; line 1 is a JSON list, not an object: write one JSON object" in finished.err


def test_debug_shows_where_an_error_comes_from(cli: RunCli) -> None:
    finished = cli("detect", "gone.csv", "--debug")
    assert finished.code == 2
    assert finished.err.startswith("Traceback")
    assert finished.err.splitlines()[-1].startswith("Error: gone.csv: there is no such file")
