"""``carevoice evaluate``: as a real process, and in this one with a made-up model where its answers matter."""

import json
import os
import sys
from pathlib import Path

import pytest
from conftest import RunCli
from test_evaluation_run import MODEL, ROWS, TEXTS, Fake, answer, row, write

import carevoice.analysis
from carevoice.cli.main import main

CORPUS = Path(__file__).parent.parent / "examples" / "corpus"


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return write(tmp_path / "labelled.csv", ROWS)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders called ``ours`` and ``theirs`` are models."""
    better = {text: answer(row["themes"].replace(";", " ")) for text, row in zip(TEXTS, ROWS, strict=True)}
    models = {"ours": Fake(MODEL, "ours"), "theirs": Fake(better, "theirs"), None: Fake(MODEL, "shipped")}
    monkeypatch.setattr(carevoice.analysis, "load", models.__getitem__)


# --- with a made-up model -----------------------------------------------------------------------------


@pytest.mark.usefixtures("fake")
def test_evaluate_writes_a_table_and_says_what_it_read(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "ours", str(labelled), "--by", "language", "--by", "site"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Model     ours 1.0\nComments  3\n")
    assert "By language" in out
    assert "By site" in out
    assert "read 3 comments" in err
    assert not [text for text in TEXTS if text in out + err]


@pytest.mark.usefixtures("fake")
def test_evaluate_writes_json_beside_the_table(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = labelled.with_name("report.json")
    assert main(["evaluate", "ours", str(labelled), "--compare", "theirs", "-o", str(target)]) == 0
    out, err = capsys.readouterr()
    assert "Beside it: theirs 1.0" in out
    assert err.endswith(f"written to {target}\n")
    report = json.loads(target.read_text(encoding="utf-8"))
    assert (report["model"], report["comparison"]["model"]) == ("ours 1.0", "theirs 1.0")


@pytest.mark.usefixtures("fake")
def test_evaluate_writes_json_alone_to_standard_output(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "ours", str(labelled), "-o", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["comments"] == 3


@pytest.mark.usefixtures("fake")
def test_evaluate_takes_the_shipped_model_by_name(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "carevoice-base", str(labelled)]) == 0
    assert "shipped 1.0" in capsys.readouterr().out


@pytest.mark.usefixtures("fake")
def test_evaluate_reads_labels_as_the_options_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"note": text, "one": "1", "code": "food", "stars": stars} for text, stars in zip(TEXTS, "513", strict=True)
    ]
    source = str(write(tmp_path / "own.csv", rows))
    options = ["--text-column", "note", "--label-column", "code", "--sentiment-column", "stars"]
    assert main(["evaluate", "ours", source, *options, "--sentiment-scale", "stars", "--layout", "single"]) == 0
    out = capsys.readouterr().out
    assert "accuracy  " in out
    assert "sentiment, macro-F1 over three classes" in out


@pytest.mark.usefixtures("fake")
def test_evaluate_reads_0_1_columns_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"text": text, "food": "1", "cost": "0", "recent": "1"} for text in TEXTS]
    source = str(write(tmp_path / "own.csv", rows))
    assert main(["evaluate", "ours", source, "--theme-columns", "food", "--theme-columns", "cost", "-o", "-"]) == 0
    assert set(json.loads(capsys.readouterr().out)["themes"]) == {"food", "cost"}


@pytest.mark.usefixtures("fake")
def test_evaluate_takes_a_codebook(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = labelled.with_name("own.yaml")
    own.write_text('version: "1"\nthemes:\n  - {id: food, name: {en: Food}}\n  - {id: cost, name: {en: Cost}}\n')
    assert main(["evaluate", "ours", str(labelled), "--taxonomy", str(own), "-o", "-"]) == 0
    assert set(json.loads(capsys.readouterr().out)["themes"]) == {"food", "cost"}


@pytest.mark.usefixtures("fake")
def test_evaluate_strict_stops_at_a_problem(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(labelled, [*ROWS, row(4, "food+", text="")])
    assert main(["evaluate", "ours", str(labelled), "--strict"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "row 4: no text" in err


@pytest.mark.usefixtures("fake")
def test_evaluate_leaves_the_output_as_it_was_after_an_error(labelled: Path) -> None:
    target = labelled.with_name("report.json")
    target.write_text("before", encoding="utf-8")
    assert main(["evaluate", "ours", str(labelled), "--by", "ward", "-o", str(target)]) == 2
    assert target.read_text(encoding="utf-8") == "before"


@pytest.mark.usefixtures("fake")
def test_evaluate_shows_progress_on_a_terminal(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["evaluate", "ours", str(labelled)]) == 0
    assert "Evaluating" in capsys.readouterr().err


# --- as a process -------------------------------------------------------------------------------------


def test_evaluate_help_has_examples(cli: RunCli) -> None:
    finished = cli("evaluate", "--help")
    assert (finished.code, finished.err) == (0, "")
    assert "  carevoice evaluate models/ours held_out.csv" in finished.out.split("Examples:")[1]
    assert "\n  evaluate  " in cli("--help").out


def test_evaluate_a_folder_that_is_no_model(cli: RunCli, labelled: Path) -> None:
    finished = cli("evaluate", "nowhere", labelled)
    assert (finished.code, finished.out) == (2, "")
    assert "nowhere: this model folder does not exist" in finished.err


def test_evaluate_output_in_a_folder_that_is_not_there_fails_before_anything_else(cli: RunCli, labelled: Path) -> None:
    finished = cli("evaluate", "nowhere", labelled, "-o", "missing/report.json")
    assert finished.code == 2
    assert "create it first" in finished.err


def test_evaluate_without_scikit_learn_names_the_extra(cli: RunCli, labelled: Path, tmp_path: Path) -> None:
    # A file that hides the library, as if the extra were not installed.
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sklearn.py").write_text("raise ImportError\n", encoding="utf-8")
    path = os.pathsep.join(map(str, (tmp_path / "hidden", Path(carevoice.__file__).parent.parent)))
    finished = cli("evaluate", "nowhere", labelled, environment={"PYTHONPATH": path})
    assert finished.code == 2
    assert 'pip install "carevoice[train]"' in finished.err


# The tests below need the shipped model.


@pytest.mark.usefixtures("analyzer")
def test_evaluate_shipped_model_on_the_heldout_corpus(cli: RunCli, tmp_path: Path) -> None:
    finished = cli("evaluate", "carevoice-base", CORPUS / "heldout-en.csv", "--by", "length", "-o", "report.json")
    assert finished.code == 0
    assert "By length" in finished.out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["figures"]["theme_polarity_micro_f1"]["value"] > 0.7


@pytest.mark.usefixtures("analyzer")
def test_evaluate_reads_standard_input(cli: RunCli) -> None:
    finished = cli("evaluate", "carevoice-base", "-", "-o", "-", stdin=(CORPUS / "heldout-es.csv").read_bytes())
    assert finished.code == 0
    assert json.loads(finished.out)["figures"]["theme_polarity_micro_f1"]["value"] > 0.7
