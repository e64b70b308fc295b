"""Output files appear whole or not at all."""

import os
import sys
from pathlib import Path

import pytest

from carevoice.errors import InputError
from carevoice.tables.files import can_be_read_twice, check_output, whole_file
from carevoice.tables.formats import open_table
from carevoice.tables.streams import ByteSink

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and devices as on POSIX")


def test_whole_file_is_there_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("before")
    with whole_file(str(path)) as sink:
        sink.write(b"after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def fail_after_writing(sink: ByteSink, error: type[BaseException]) -> None:
    sink.write(b"after")
    raise error


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_whole_file_leaves_all_as_it_was_when_the_block_fails(
    tmp_path: Path, error: type[BaseException], *, exists: bool
) -> None:
    path = tmp_path / "out.csv"
    if exists:
        path.write_text("before")
    with pytest.raises(error), whole_file(str(path)) as sink:
        fail_after_writing(sink, error)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.csv", "before")] * exists


@posix
def test_whole_file_keeps_mode_and_link(tmp_path: Path) -> None:
    path, link = tmp_path / "out.csv", tmp_path / "link.csv"
    path.touch()
    path.chmod(0o640)
    link.symlink_to(path)
    with whole_file(str(link)) as sink:
        sink.write(b"x")
    assert link.is_symlink()
    assert path.read_bytes() == b"x"
    assert path.stat().st_mode & 0o777 == 0o640


@posix
def test_whole_file_is_as_open_to_others_as_any_new_file(tmp_path: Path) -> None:
    path, other = tmp_path / "out.csv", tmp_path / "other.csv"
    other.touch()
    with whole_file(str(path)):
        pass
    assert path.stat().st_mode == other.stat().st_mode


@posix
def test_whole_file_writes_to_a_device_itself() -> None:
    with whole_file(os.devnull) as sink:
        sink.write(b"x")
    assert not Path(os.devnull).is_file()


def test_whole_file_says_what_can_not_be_written(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"gone.out\.csv can't be written: no such file"),
        whole_file(str(tmp_path / "gone" / "out.csv")),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("in.csv", "is also the input"),
        ("link.csv", "is also the input"),
        ("gone/out.csv", "doesn't exist"),
        (".", "folder"),
    ],
)
def test_check_output_refuses(tmp_path: Path, name: str, reason: str) -> None:
    source = tmp_path / "in.csv"
    source.touch()
    os.link(source, tmp_path / "link.csv")
    with pytest.raises(InputError, match=reason):
        check_output(str(tmp_path / name), str(source))
    check_output(str(tmp_path / "out.csv"), str(source))
    check_output(str(tmp_path / "in.csv"), "-")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone.csv", "no such file"),
        (".", "is a folder"),
        ("book.xls", "CSV UTF-8"),
        ("book.ods", "OpenDocument"),
        ("rows.json", "JSON lines"),
        ("rows.zip", "unpack"),
        ("\0", "read"),
    ],
)
def test_open_table_refuses(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason), open_table(str(tmp_path / name)):
        pass


def test_only_regular_files_can_be_read_twice(tmp_path: Path) -> None:
    assert not can_be_read_twice("-")
    assert not can_be_read_twice(os.devnull)
    path = tmp_path / "in.csv"
    path.touch()
    assert can_be_read_twice(str(path))
