"""An interrupted run is gone on with to the same output; real processes, really killed."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import COMMAND, RunCli
from openpyxl import Workbook

#: Enough rows for three chunks, of which most are alike, so that they are analysed fast.
ROWS = [("Kind nurses", "Repas froid", "Muy caro", "")[n % 4] + f" {n % 90}" for n in range(5000)]
JOURNAL = "out.csv.carevoice-journal"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text("id,text\n" + "".join(f"{n:05},{text}\n" for n, text in enumerate(ROWS)), encoding="utf-8")
    return path


def journal_in(folder: Path, output: str) -> Path:
    return folder / f"{output}.carevoice-journal"


def has_answers(journal: Path) -> bool:
    return journal.exists() and journal.read_bytes().count(b"\n") > 1


def kill_when(folder: Path, condition: float | None, *arguments: str) -> None:
    """Start the command and kill it, after some seconds or, without any, as soon as it has kept answers."""
    journal = journal_in(folder, arguments[arguments.index("-o") + 1])
    process = subprocess.Popen([*COMMAND, *arguments], cwd=folder, stderr=subprocess.DEVNULL)
    began = time.monotonic()
    while process.poll() is None:
        if condition is None:
            if has_answers(journal):
                process.send_signal(signal.SIGKILL)
        elif time.monotonic() - began > condition:
            process.send_signal(signal.SIGKILL)
        time.sleep(0.002)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_killed_run_goes_on_to_the_same_output(cli: RunCli, table: Path, tmp_path: Path, ending: str) -> None:
    whole, output = f"whole.{ending}", f"out.{ending}"
    assert cli("classify", table, "-o", whole, "--probabilities").code == 0
    kill_when(tmp_path, None, "classify", "in.csv", "-o", output, "--probabilities")
    assert not (tmp_path / output).exists()
    assert journal_in(tmp_path, output).exists()
    finished = cli("classify", table, "-o", output, "--probabilities", "--resume")
    assert finished.code == 0
    assert (tmp_path / output).read_bytes() == (tmp_path / whole).read_bytes()
    assert "5,000 rows" in finished.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", output, whole]


def test_another_run_is_not_gone_on_with(cli: RunCli, table: Path, tmp_path: Path) -> None:
    kill_when(tmp_path, None, "classify", "in.csv", "-o", "out.csv")
    kept = (tmp_path / JOURNAL).read_bytes()
    finished = cli("classify", table, "-o", "out.csv", "--threshold", "0.9", "--resume")
    assert (finished.code, finished.out) == (2, "")
    assert "its settings differed" in finished.err
    table.write_text(table.read_text(encoding="utf-8") + "x,y\n", encoding="utf-8")
    assert "its input differed" in cli("classify", table, "-o", "out.csv", "--resume").err
    assert (tmp_path / JOURNAL).read_bytes() == kept
    finished = cli("classify", table, "-o", "out.csv")
    assert finished.code == 0
    assert "--resume would have gone on" in finished.err
    assert not (tmp_path / JOURNAL).exists()


def test_two_runs_do_not_write_one_output(cli: RunCli, table: Path, tmp_path: Path) -> None:
    arguments = (*COMMAND, "classify", "in.csv", "-o", "out.csv")
    first = subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.DEVNULL)
    while first.poll() is None and not (tmp_path / JOURNAL).exists():
        time.sleep(0.002)
    first.send_signal(signal.SIGSTOP)
    try:
        for option in ((), ("--resume",)):
            second = cli("classify", table, "-o", "out.csv", *option)
            assert second.code == 2
            assert "another run is writing the same output" in second.err
            assert "--resume would have gone on" not in second.err
    finally:
        first.send_signal(signal.SIGCONT)
        assert first.wait() == 0
    assert (tmp_path / "out.csv").read_bytes().count(b"\n") == len(ROWS) + 1


def test_resume_without_an_interrupted_run_begins(cli: RunCli, comments: Path, tmp_path: Path) -> None:
    assert cli("classify", comments, "-o", "out.csv", "--resume").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["comments.csv", "out.csv"]


@pytest.mark.parametrize("arguments", [("-", "-o", "out.csv"), ("comments.csv",), ("comments.csv", "-o", "-")])
def test_a_stream_cannot_be_gone_on_with(cli: RunCli, comments: Path, arguments: tuple[str, ...]) -> None:
    finished = cli("classify", *arguments, "--resume", stdin=comments.read_bytes())
    assert finished.code == 2
    assert "--resume goes from a file to a file" in finished.err


@pytest.mark.slow
def test_two_hundred_kills_at_random_moments(cli: RunCli, table: Path, tmp_path: Path) -> None:
    assert cli("classify", table, "-o", "whole.csv").code == 0
    whole = (tmp_path / "whole.csv").read_bytes()
    rng = random.Random(0)
    for _ in range(200):
        kill_when(tmp_path, rng.uniform(0.1, 3), "classify", "in.csv", "-o", "out.csv", "--resume")
        if rng.random() < 0.3:
            assert cli("classify", table, "-o", "out.csv", "--resume").code == 0
        if (tmp_path / "out.csv").exists():
            assert (tmp_path / "out.csv").read_bytes() == whole
    assert cli("classify", table, "-o", "out.csv", "--resume").code == 0
    assert (tmp_path / "out.csv").read_bytes() == whole
    left = [path.name for path in tmp_path.iterdir() if not path.name.startswith(".out.csv.")]
    assert sorted(left) == ["in.csv", "out.csv", "whole.csv"]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "ending"), [("in.csv", "xlsx"), ("in.csv", "parquet"), ("in.xlsx", "jsonl")])
def test_thirty_kills_with_other_formats(cli: RunCli, table: Path, tmp_path: Path, source: str, ending: str) -> None:
    """Outputs are equal byte for byte, so workbooks and Parquet files are cell for cell."""
    if source == "in.xlsx":
        as_workbook(table)
    output, whole = tmp_path / f"out.{ending}", tmp_path / f"whole.{ending}"
    command = ("classify", source, "-o", output.name, "--resume")
    began = time.monotonic()
    assert cli("classify", source, "-o", whole.name).code == 0
    lasts = time.monotonic() - began
    rng, left_answers = random.Random(0), 0
    for _ in range(30):
        kill_when(tmp_path, rng.uniform(0.1, lasts), *command)
        left_answers += has_answers(journal_in(tmp_path, output.name))
        if rng.random() < 0.3:
            assert cli(*command).code == 0
        if output.exists():
            assert output.read_bytes() == whole.read_bytes()
    assert left_answers > 0
    assert cli(*command).code == 0
    assert output.read_bytes() == whole.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", source, output.name, whole.name}


def as_workbook(table: Path) -> None:
    """The same table beside it, as a workbook."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in table.read_text(encoding="utf-8").splitlines():
        sheet.append(line.split(","))
    book.save(table.with_suffix(".xlsx"))
