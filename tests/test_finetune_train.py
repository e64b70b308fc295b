"""Training end to end on a tiny random encoder: both efforts, own codebooks, interruptions, and every refusal."""

import json
import signal
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from finetune_data import KINDS, comments, make_encoder, quick, write_table
from safetensors.numpy import load_file as load_numpy
from safetensors.torch import load_file
from tokenizers import Tokenizer

import carevoice
from carevoice.errors import InputError, ModelError
from carevoice.model.folder import Outputs
from carevoice.model.weights import CODES, WORDS, pack
from carevoice.taxonomy import Taxonomy, Theme
from carevoice.training.finetune import TrainedModel, train
from carevoice.training.labels import LabelOptions
from carevoice.training.trainer import Tick

Train = Callable[..., TrainedModel]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("train") / "encoder")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "labelled.csv", comments(160))


@pytest.fixture(scope="module")
def headed(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """A model whose heads were trained on themes, polarity, sentiment and alerts."""
    folder = tmp_path_factory.mktemp("train")
    rows = [(*row, str(int(row[2] == "-2"))) for row in comments(160)]
    data = write_table(folder / "labelled.csv", rows, ("text", "themes", "sentiment", "alert"))
    return train(data, folder / "headed", start=encoder, config=quick(folder), effort="head")


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(one: Path, two: Path) -> bool:
    a, b = weights(one), weights(two)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def hits(folder: Path, kinds: tuple[tuple[str, str, str], ...] = KINDS) -> float:
    """Share of unseen comments whose likeliest theme is the right one."""
    model = carevoice.load(folder)
    unseen = comments(80, kinds, seed=9)
    found = model.stream([text for text, _, _ in unseen], language="en")
    best = [model.taxonomy.ids[max(range(len(r.probabilities)), key=r.probabilities.__getitem__)] for r in found]
    return sum(b == themes.rstrip("+-") for b, (_, themes, _) in zip(best, unseen, strict=True)) / len(unseen)


def test_heads_learn_a_codebook_with_a_theme_of_its_own(headed: TrainedModel) -> None:
    assert hits(headed.path) >= 0.9
    model = carevoice.load(headed.path)
    assert set(model.taxonomy.ids) == {"food", "empathy", "cleanliness", "car_park"}
    assert (model.name, model.version) == ("headed", "1.0.0")
    assert model.outputs == Outputs()
    result = model.analyze("sunday bus the food was cold letter table river", language="en")
    assert [str(theme) for theme in result.themes] == ["food-"]
    assert result.sentiment is not None
    assert result.sentiment.label == "negative"


def test_a_model_folder_is_whole_and_says_how_it_was_made(headed: TrainedModel) -> None:
    names = {path.name for path in headed.path.iterdir()}
    assert names == {
        "README.md",
        "config.json",
        "metrics.json",
        "model.onnx",
        "model.safetensors",
        "tokenizer.json",
    }
    assert not headed.path.with_name("headed.training").exists()
    assert all(stat.S_IMODE(path.stat().st_mode) & stat.S_IRGRP for path in headed.path.iterdir())
    metrics = json.loads((headed.path / "metrics.json").read_text(encoding="utf-8"))
    assert metrics == headed.report
    assert metrics["data"]["comments"] == metrics["data"]["train"] == metrics["results"]["comments"] == 160
    assert metrics["data"]["themes"] == dict.fromkeys(metrics["data"]["themes"], 40)
    assert (metrics["effort"], metrics["prefer"], metrics["measured"]) == ("head", "f1", "out of fold")
    assert metrics["start"] == {"name": "encoder", "version": ""}
    assert metrics["results"]["figures"]["theme_micro_f1"]["value"] > 0.9
    assert metrics["settings"]["head_epochs"] == 12
    assert (headed.path / "README.md").read_text(encoding="utf-8").startswith("# headed 1.0.0")


def test_all_layers_learn_and_runs_repeat(encoder: Path, table: Path, tmp_path: Path) -> None:
    recipe, lines = quick(tmp_path), []
    one = train(table, tmp_path / "one", start=encoder, config=recipe, effort="full", log=lines.append)
    two = train(table, tmp_path / "two", start=encoder, config=recipe, effort="full")
    assert same(one.path, two.path)
    assert hits(one.path) >= 0.9
    data = one.report["data"]
    assert data["train"] + data["held_out"] == 160
    assert one.report["results"]["comments"] == data["held_out"] >= 10
    scores = [figures["score"] for figures in one.report["epochs"]["history"]]
    assert one.report["epochs"]["epochs"] == 1 + max(range(len(scores)), key=lambda n: (scores[n], n))
    before = load_file(encoder / "model.safetensors")["encoder.layer.0.output.dense.bias"]
    assert not torch.equal(weights(one.path)["encoder.encoder.layer.0.output.dense.bias"], before)
    assert any("held out" in line for line in lines)


@pytest.mark.parametrize("rate", [0.0, 0.01])
def test_word_embeddings_of_words_that_are_read_move_if_asked_for(
    encoder: Path, table: Path, tmp_path: Path, rate: float
) -> None:
    recipe = quick(tmp_path, epochs=1, head_epochs=1, word_learning_rate=rate)
    model = train(table, tmp_path / "ours", start=encoder, config=recipe, effort="full").path
    before = pack({WORDS: load_file(encoder / "model.safetensors")["embeddings.word_embeddings.weight"].numpy()})
    after = load_numpy(model / "model.safetensors")
    moved = set(np.flatnonzero((after[WORDS + CODES] != before[WORDS + CODES]).any(1)).tolist())
    vocabulary = Tokenizer.from_file(str(model / "tokenizer.json")).get_vocab()
    read, unread = {vocabulary["▁nurse"], vocabulary["▁food"]}, {vocabulary["▁médecin"], vocabulary["▁comida"]}
    assert moved >= read if rate else not moved
    assert not moved & unread


class Stop:
    """Asks the process to stop at one step of a stage, as Ctrl-C does."""

    def __init__(self, stage: str, epoch: int, step: int) -> None:
        self._at = stage, epoch, step

    def __call__(self, tick: Tick) -> None:
        if (tick.stage, tick.epoch, tick.step) == self._at:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    ("effort", "stop"),
    [
        ("full", Stop("layers", 2, 3)),
        ("full", Stop("layers", 1, 1)),
        ("full", Stop("heads", 2, 1)),
        ("head", Stop("heads, fold 2 of 3", 2, 1)),
        ("head", Stop("heads", 2, 1)),
    ],
    ids=["mid-epoch", "first-step", "heads-of-full", "fold", "last-heads"],
)
def test_resumed_runs_end_as_if_nothing_had_happened(
    encoder: Path, table: Path, tmp_path: Path, effort: str, stop: Stop
) -> None:
    options: dict[str, Any] = {"start": encoder, "config": quick(tmp_path, tokens_per_batch=512), "effort": effort}
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train(table, tmp_path / "stopped", **options, tick=stop, log=lines.append)
    assert "--resume" in lines[-1]
    assert not (tmp_path / "stopped").exists()
    assert (tmp_path / "stopped.training" / "state.json").exists()
    with pytest.raises(InputError, match="--resume"):
        train(table, tmp_path / "stopped", **options)
    train(table, tmp_path / "stopped", **options, resume=True)
    train(table, tmp_path / "whole", **options)
    assert same(tmp_path / "stopped", tmp_path / "whole")
    one, two = (json.loads((tmp_path / name / "config.json").read_bytes()) for name in ("stopped", "whole"))
    assert one["calibration"] == two["calibration"]
    assert not (tmp_path / "stopped.training").exists()


def test_a_run_is_resumed_only_with_what_it_was_made_of(encoder: Path, table: Path, tmp_path: Path) -> None:
    recipe = quick(tmp_path)
    options: dict[str, Any] = {"start": encoder, "effort": "full", "config": recipe}
    with pytest.raises(KeyboardInterrupt):
        train(table, tmp_path / "ours", **options, tick=Stop("layers", 1, 2))
    other = write_table(tmp_path / "other.csv", comments(160, seed=5))
    with pytest.raises(InputError, match="its data differed"):
        train(other, tmp_path / "ours", **options, resume=True)
    with pytest.raises(InputError, match="its settings differed"):
        train(table, tmp_path / "ours", **options, prefer="recall", resume=True)


def test_known_themes_and_unlabelled_outputs_come_from_the_start(headed: TrainedModel, tmp_path: Path) -> None:
    # Two known themes, one new; neither polarity, sentiment nor alerts are labelled.
    kinds = (("nurse so kind", "empathy", ""), ("food was cold", "food", ""), ("lift was broken", "lifts", ""))
    data = write_table(tmp_path / "more.csv", [row[:2] for row in comments(90, kinds)], ("text", "themes"))
    lines: list[str] = []
    recipe = quick(tmp_path, head_pull=1000.0)
    ours = train(data, tmp_path / "ours", start=headed.path, config=recipe, effort="head", log=lines.append)
    assert any("start: headed 1.0.0, it knows 2 of the 3 themes" in line for line in lines)
    model = carevoice.load(ours.path)
    assert model.outputs == Outputs()
    assert hits(ours.path, kinds) >= 0.9
    result = model.analyze("orange music the nurse so kind river table bag", language="en")
    assert [str(theme) for theme in result.themes] == ["empathy+"]
    assert result.sentiment is not None
    assert result.sentiment.label == "positive"
    old, new = (json.loads((m.path / "config.json").read_bytes())["calibration"] for m in (headed, ours))
    assert all(old[name] == new[name] for name in ("alert_scale", "alert_threshold", "polarity_bias", "sentiment_bias"))
    # The frozen encoder is the same to the bit, and so is the head of the alerts.
    before, after = weights(headed.path), weights(ours.path)
    assert torch.equal(before["heads.alert.weight"], after["heads.alert.weight"])
    assert all(torch.equal(before[name], after[name]) for name in before if name.startswith("encoder.encoder"))


def test_all_layers_keep_what_the_start_knew(headed: TrainedModel, tmp_path: Path) -> None:
    data = write_table(tmp_path / "more.csv", [row[:2] for row in comments(160, seed=3)], ("text", "themes"))
    bare = tmp_path / "bare.csv"
    bare.write_text(data.read_text(encoding="utf-8").replace("+", "").replace("-", ""), encoding="utf-8")
    ours = train(bare, tmp_path / "ours", start=headed.path, config=quick(tmp_path), effort="full")
    model = carevoice.load(ours.path)
    result = model.analyze("orange music the nurse so kind river table bag", language="en")
    assert [str(theme) for theme in result.themes] == ["empathy+"]
    assert result.sentiment is not None
    assert result.sentiment.label == "positive"


@pytest.mark.parametrize("columns", [("text", "themes"), ("text", "themes", "sentiment")])
def test_all_layers_learn_a_codebook_unlike_that_of_the_start(
    headed: TrainedModel, tmp_path: Path, columns: tuple[str, ...]
) -> None:
    # As most people come: from the themes of a model to five of their own, one of them known; nobody labelled alerts.
    own = {"food": "meals", "cleanliness": "dirt", "car_park": "parking"}
    said = [(text, own.get(themes.rstrip("+-"), "empathy"), sentiment) for text, themes, sentiment in KINDS]
    kinds = (*said, ("lift was broken", "lifts", "-1"))
    data = write_table(tmp_path / "own.csv", [row[: len(columns)] for row in comments(150, kinds)], columns)
    ours = train(data, tmp_path / "ours", start=headed.path, config=quick(tmp_path, epochs=6), effort="full")
    model = carevoice.load(ours.path)
    assert model.outputs == Outputs()
    assert hits(ours.path, kinds) >= 0.9
    happy, cross = model.stream(
        ["orange music the nurse so kind river table bag", "orange music the room very dirty river table bag"],
        language="en",
    )
    assert [str(theme) for theme in (*happy.themes, *cross.themes)] == ["empathy+", "dirt-"]
    assert happy.sentiment is not None
    assert cross.sentiment is not None
    assert (happy.sentiment.label, cross.sentiment.label) == ("positive", "negative")


def test_training_on_comments_that_the_start_knows_is_hinted_at(
    headed: TrainedModel, encoder: Path, table: Path, tmp_path: Path
) -> None:
    said: dict[str, list[str]] = {}
    for name, start in (("again", headed.path), ("anew", encoder)):
        lines = said[name] = []
        recipe = quick(tmp_path)
        train(table, tmp_path / name, start=start, config=recipe, effort="head", log=lines.append)
    hints = {name: [line for line in lines if line.startswith("hint:")] for name, lines in said.items()}
    assert not hints["anew"]
    (hint,) = hints["again"]
    assert "F1 1.000" in hint
    assert "unless headed has been trained on them" in hint


def test_an_encoder_gives_only_the_outputs_that_are_labelled(encoder: Path, tmp_path: Path) -> None:
    data = write_table(tmp_path / "bare.csv", [(t, th.rstrip("+-")) for t, th, _ in comments(120)], ("text", "themes"))
    model = train(data, tmp_path / "ours", start=encoder, config=quick(tmp_path), effort="head")
    loaded = carevoice.load(model.path)
    assert loaded.outputs == Outputs(polarity=False, sentiment=False, alert=False)
    result = loaded.analyze("sunday bus the food was cold letter table river", language="en")
    assert (result.sentiment, result.alert) == (None, None)
    assert [(theme.id, theme.polarity) for theme in result.themes] == [("food", None)]


@pytest.mark.parametrize("effort", ["head", "full"])
def test_single_labels_compete(encoder: Path, tmp_path: Path, effort: str) -> None:
    rows = [(text, themes.rstrip("+-")) for text, themes, _ in comments(160)]
    data = write_table(tmp_path / "single.csv", rows, ("text", "label"))
    options = LabelOptions(layout="single", label_column="label")
    model = train(data, tmp_path / "ours", start=encoder, config=quick(tmp_path), effort=effort, labels=options)
    loaded = carevoice.load(model.path)
    assert loaded.outputs.single_label
    results = list(loaded.stream([text for text, _ in rows[:40]], language="en"))
    assert all(len(result.themes) == 1 for result in results)
    assert all(sum(result.probabilities) == pytest.approx(1) for result in results)
    assert model.report["results"]["figures"]["accuracy"]["value"] > 0.9


def test_a_codebook_of_ones_own_is_kept_with_its_words(encoder: Path, tmp_path: Path) -> None:
    themes = [Theme(name, {"en": name.title(), "fr": f"{name} (fr)"}) for name in ("food", "empathy", "nothing_yet")]
    rows = [row for row in comments(160) if row[1][:-1] in {"food", "empathy"}]
    data = write_table(tmp_path / "own.csv", rows)
    model = train(
        data,
        tmp_path / "ours",
        start=encoder,
        config=quick(tmp_path),
        effort="head",
        taxonomy=Taxonomy(tuple(themes), "7"),
    )
    loaded = carevoice.load(model.path)
    assert loaded.taxonomy == Taxonomy(tuple(themes), "7")
    assert model.report["data"]["themes"] == {"food": 40, "empathy": 40, "nothing_yet": 0}


def test_frames_give_what_files_give(encoder: Path, table: Path, tmp_path: Path) -> None:
    options: dict[str, Any] = {"start": encoder, "config": quick(tmp_path), "effort": "head"}
    one = train(table, tmp_path / "one", **options)
    two = train(pd.read_csv(table), tmp_path / "two", **options)
    assert same(one.path, two.path)


def test_preference_for_recall_lowers_thresholds(encoder: Path, tmp_path: Path) -> None:
    rows = [(text, themes if n % 3 else "", s) for n, (text, themes, s) in enumerate(comments(160))]
    data = write_table(tmp_path / "noisy.csv", rows)
    mean = {}
    for prefer in ("recall", "precision"):
        model = train(data, tmp_path / prefer, start=encoder, config=quick(tmp_path), effort="head", prefer=prefer)
        calibration = json.loads((model.path / "config.json").read_bytes())["calibration"]
        mean[prefer] = sum(calibration["thresholds"])
    assert mean["recall"] < mean["precision"]


def test_effort_suits_the_number_of_examples(encoder: Path, table: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    for name, full_from in (("few", 41), ("many", 40)):
        recipe = quick(tmp_path, full_from=full_from, epochs=1)
        model = train(table, tmp_path / name, start=encoder, config=recipe, log=lines.append)
        assert model.report["effort"] == {"few": "head", "many": "full"}[name]
    assert "effort: head (the heads alone are trained), since half of the themes have 40 examples or fewer" in lines
    assert "effort: full (all layers are trained), since half of the themes have 40 examples or more" in lines


def test_all_layers_are_not_chosen_where_nothing_can_be_held_out(encoder: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    data = write_table(tmp_path / "labelled.csv", comments(60, KINDS[:2]))
    model = train(data, tmp_path / "ours", start=encoder, config=quick(tmp_path), log=lines.append)
    assert model.report["effort"] == "head"
    assert "effort: head (the heads alone are trained), since 60 comments are too few to hold some out" in lines


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"effort": "huge"}, "effort 'huge' is not known: use head, full, auto"),
        ({"prefer": "speed"}, "prefer 'speed' is not known: use f1, recall, precision"),
        ({"config": "none.yaml"}, r"none\.yaml: can't be read"),
        ({"data": "none.csv"}, r"none\.csv: there is no such file"),
    ],
)
def test_options_are_checked_before_anything_is_written(
    encoder: Path, table: Path, tmp_path: Path, options: dict[str, Any], problem: str
) -> None:
    given = {"data": table, "start": encoder, **options}
    with pytest.raises(InputError, match=problem):
        train(given.pop("data"), tmp_path / "ours", **given)
    assert {path.name for path in tmp_path.iterdir()} == {"labelled.csv"}


def test_outputs_that_cannot_be_written_are_refused(encoder: Path, table: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("", encoding="utf-8")
    for output, problem in (
        (tmp_path / "there", "is there already"),
        (tmp_path / "file" / "ours", "is no folder"),
        (Path("/"), "not the name of a folder"),
    ):
        with pytest.raises(InputError, match=problem):
            train(table, output, start=encoder)


def test_a_full_disk_is_found_before_training(
    encoder: Path, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from carevoice.training import place

    usage = place.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(place.shutil, "disk_usage", lambda _path: usage._replace(free=1_000_000))
    with pytest.raises(InputError, match="1 MB left, and training needs"):
        train(table, tmp_path / "ours", start=encoder)
    assert not (tmp_path / "ours.training").exists()


def test_labels_that_teach_nothing_are_refused(encoder: Path, tmp_path: Path) -> None:
    few = write_table(tmp_path / "few.csv", comments(8))
    with pytest.raises(InputError, match="8 different comments are too few to train on"):
        train(few, tmp_path / "ours", start=encoder)
    same_theme = write_table(tmp_path / "same.csv", comments(40, KINDS[:1]))
    with pytest.raises(InputError, match="every comment has the same themes"):
        train(same_theme, tmp_path / "ours", start=encoder)
    copies = write_table(tmp_path / "copies.csv", comments(2) * 10)
    with pytest.raises(InputError, match="2 different comments are too few"):
        train(copies, tmp_path / "ours", start=encoder)
    assert not (tmp_path / "ours.training").exists()


def test_too_few_comments_for_all_layers_are_refused_and_leave_nothing(encoder: Path, tmp_path: Path) -> None:
    data = write_table(tmp_path / "few.csv", comments(24))
    with pytest.raises(InputError, match='use the effort "head"'):
        train(data, tmp_path / "ours", start=encoder, effort="full", config=quick(tmp_path))
    assert not (tmp_path / "ours.training").exists()


def test_a_start_that_is_none_is_refused(table: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="give a CareVoice or an encoder folder"):
        train(table, tmp_path / "ours", start=tmp_path / "none")


def test_problems_with_labels_are_said_and_can_be_fatal(encoder: Path, tmp_path: Path) -> None:
    data = write_table(tmp_path / "labelled.csv", [*comments(80), ("", "food-", "-1")])
    lines: list[str] = []
    model = train(data, tmp_path / "ours", start=encoder, config=quick(tmp_path), effort="head", log=lines.append)
    assert any(line.startswith("problem: row 81") for line in lines)
    assert model.report["data"]["problems"] == 1
    with pytest.raises(InputError, match="row 81"):
        train(data, tmp_path / "strict", start=encoder, labels=replace(LabelOptions(), strict=True))


def test_languages_that_are_not_given_are_detected(encoder: Path, tmp_path: Path) -> None:
    french = [(f"l'infirmière était très gentille avec nous, {text}", *rest) for text, *rest in comments(20, seed=4)]
    data = write_table(tmp_path / "mixed.csv", [*comments(80), *french])
    model = train(data, tmp_path / "ours", start=encoder, config=quick(tmp_path), effort="head")
    languages = model.report["data"]["languages"]
    assert sum(languages.values()) == 100
    assert languages["en"] >= 60


def test_training_is_part_of_the_public_interface() -> None:
    assert carevoice.train is train
