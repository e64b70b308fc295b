"""Putting the output in the place of the input, without losing anything."""

import csv
import gzip
from pathlib import Path

import pytest
from conftest import COMMENTS, RunCli

BAD = "id,text\n1,Kind nurses\n2\n"


def test_the_output_takes_the_place_of_the_input(cli: RunCli, comments: Path, tmp_path: Path) -> None:
    assert cli("classify", comments, "-o", "out.csv").code == 0
    finished = cli("classify", comments, "--in-place")
    assert finished.code == 0
    assert "written to" in finished.err
    assert comments.read_bytes() == (tmp_path / "out.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["comments.csv", "out.csv"]


def test_packed_text_stays_packed(cli: RunCli, tmp_path: Path) -> None:
    path = tmp_path / "in.csv.gz"
    path.write_bytes(gzip.compress(COMMENTS.encode()))
    assert cli("detect", path, "--in-place").code == 0
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[-2:] == ["language", "language_confidence"]


def test_a_format_that_is_named_is_kept(cli: RunCli, tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text('{"text": "Kind nurses"}\n', encoding="utf-8")
    assert cli("detect", path, "--input-format", "jsonl", "--in-place").code == 0
    assert path.read_text(encoding="utf-8").startswith('{"text": "Kind nurses", "language": "en"')


@pytest.mark.parametrize(
    ("name", "content", "options", "part"),
    [
        ("in.csv", COMMENTS, ("-o", "out.csv"), "leave out either it or -o"),
        ("in.csv", COMMENTS, ("--rejects", "bad.csv"), "rejected rows"),
        ("in.csv", COMMENTS, ("--format", "jsonl"), "keeps the format, csv"),
        ("in.xlsx", "", (), "other sheets"),
        ("in.csv", BAD, (), "line 3: a row of 1 cell"),
        ("in.csv", "text,language\nx,y\n", (), "--prefix cv_"),
    ],
)
def test_nothing_changes_where_something_would_be_lost(
    cli: RunCli, tmp_path: Path, name: str, content: str, options: tuple[str, ...], part: str
) -> None:
    (tmp_path / name).write_bytes(content.encode())
    finished = cli("detect", name, "--in-place", *options)
    assert finished.code == 2
    assert part in finished.err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == content.encode()


def test_standard_input_has_no_place(cli: RunCli) -> None:
    finished = cli("detect", "-", "--in-place", stdin=COMMENTS)
    assert (finished.code, finished.out) == (2, "")
    assert "-o" in finished.err
