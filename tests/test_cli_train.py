"""``carevoice train`` as a real process: what it says, what it leaves, and how it stops."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COMMAND, RunCli
from finetune_data import comments, make_encoder, quick, write_table

import carevoice
from carevoice.cli.main import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and pseudo-terminals as on POSIX")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("cli") / "encoder")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "labelled.csv", comments(120))


def test_train_says_what_it_read_and_how_to_use_the_model(
    cli: RunCli, encoder: Path, table: Path, tmp_path: Path
) -> None:
    recipe = quick(tmp_path)
    arguments = ("--from", encoder, "--config", recipe, "--effort", "head", "--prefer", "recall")
    done = cli("train", table, "-o", "models/our model", *arguments)
    assert done.code == 0, done.err
    assert done.out == ""
    assert "read 120 comments, 4 themes, sentiment present" in done.err
    assert "start: encoder encoder" in done.err
    assert re.search(r"heads, fold 3 of 3: epoch 1 of 12, step 1 of \d+, loss \d+\.\d+, [\d,]+ rows/s", done.err)
    assert re.search(r"with polarity, micro-F1 +0\.\d+  \(0\.\d+ to [01]\.\d+\)", done.err)
    assert done.err.endswith("  carevoice classify comments.csv --model 'models/our model' -o themes.csv\n")
    # No comment is ever shown.
    assert not any(text in done.err for text, _, _ in comments(120))
    unlabelled = write_table(tmp_path / "new.csv", [(text,) for text, _, _ in comments(20, seed=8)], ("text",))
    used = cli("classify", unlabelled, "--model", "models/our model", "--language", "en", "-o", "out.csv")
    assert used.code == 0, used.err
    assert "food-" in (tmp_path / "out.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "kill"])
def test_an_interrupted_run_leaves_a_checkpoint_and_is_resumed(
    cli: RunCli, encoder: Path, table: Path, tmp_path: Path, number: signal.Signals
) -> None:
    recipe = quick(tmp_path, epochs=200, patience=200, tokens_per_batch=256)
    arguments = ["train", str(table), "-o", "ours", "--from", str(encoder), "--effort", "full", "--config", str(recipe)]
    with subprocess.Popen([*COMMAND, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith("layers: epoch 1"):
                process.send_signal(number)
        code = process.wait(timeout=60)
    assert code == 128 + number, said
    assert said[-1] == "Interrupted.\n"
    assert (
        said[-2]
        == "stopped; ours.training keeps what was done, and the same with --resume (resume=True) goes on from there\n"
    )
    assert not (tmp_path / "ours").exists()
    refused = cli(*arguments)
    assert refused.code == 2
    assert "an interrupted run left this; go on with --resume" in refused.err
    other = cli(*arguments, "--resume", "--prefer", "recall")
    assert other.code == 2
    assert "its settings differed" in other.err
    assert (tmp_path / "ours.training" / "state.json").exists()


def test_a_resumed_run_ends(cli: RunCli, encoder: Path, table: Path, tmp_path: Path) -> None:
    recipe = quick(tmp_path, epochs=2)
    arguments = ["train", str(table), "-o", "ours", "--from", str(encoder), "--effort", "full", "--config", str(recipe)]
    with subprocess.Popen([*COMMAND, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("layers: epoch 1"):
                process.send_signal(signal.SIGINT)
    done = cli(*arguments, "--resume")
    assert done.code == 0, done.err
    assert carevoice.load(tmp_path / "ours").name == "ours"
    assert not (tmp_path / "ours.training").exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("none.csv", "-o", "ours"), "none.csv: there is no such file"),
        (("labelled.csv", "-o", "labelled.csv"), "labelled.csv: is there already; choose another output"),
        (("labelled.csv", "-o", "labelled.csv/ours"), "labelled.csv is no folder"),
        (("labelled.csv", "-o", "ours", "--from", "none"), "none: has no config.json that can be read"),
        (("labelled.csv", "-o", "ours", "--config", "none.yaml"), "none.yaml: can't be read"),
        (("labelled.csv", "-o", "ours", "--text-column", "nope"), '"nope"'),
    ],
)
def test_bad_usage_is_said_in_a_line(
    table: Path,
    encoder: Path,
    arguments: tuple[str, ...],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(table.parent)
    start = () if "--from" in arguments else ("--from", str(encoder))
    assert main(["train", *arguments, *start]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert problem in line
    assert [path.name for path in table.parent.iterdir()] == ["labelled.csv"]


def test_without_its_libraries_train_names_the_extra(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from carevoice.training import extra

    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "torch" else object())
    assert main(["train", str(table), "-o", str(table.with_name("ours"))]) == 2
    assert 'Training needs the extra "train": pip install "carevoice[train]"' in capsys.readouterr().err


def test_help_has_examples_and_sections(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    text = capsys.readouterr().out
    assert "carevoice train labelled.csv -o models/ours" in text
    assert (
        text.index("\nOptions:") < text.index("--effort") < text.index("\nLabels, if") < text.index("--theme-columns")
    )


def test_a_terminal_gets_a_bar(encoder: Path, table: Path, tmp_path: Path) -> None:
    recipe = quick(tmp_path)
    ours, terminal = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, "train", str(table), "-o", "ours", "--from", str(encoder), "--effort", "head", "--config", recipe],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "140", "TERM": "xterm"},
    )
    os.close(terminal)
    seen = b""
    try:
        while piece := os.read(ours, 1 << 16):
            seen += piece
    except OSError:
        pass  # Linux says so when the other side is gone
    os.close(ours)
    assert process.wait(timeout=60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert re.search(r"heads, fold 2 of 3 .*epoch \d+ of 12, step \d+ of \d+, loss \d+\.\d+, [\d,]+ rows/s", text)
    assert "read 120 comments" in text
    assert "ours written in" in text
