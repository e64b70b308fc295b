"""What training may start from, and what it takes from there."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from finetune_data import make_encoder
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from carevoice.errors import ModelError
from carevoice.model.clauses import DEFAULT_CLAUSES
from carevoice.model.folder import ModelConfig, Outputs
from carevoice.model.windows import DEFAULT_WINDOWS
from carevoice.taxonomy import Taxonomy, Theme, load_taxonomy
from carevoice.training.build import encoder_settings, made_with, write_folder
from carevoice.training.calibrate import neutral_calibration
from carevoice.training.start import open_start

SHIPPED = load_taxonomy()
OLD = Taxonomy(tuple(SHIPPED)[:4], "1")
NEW = Taxonomy((SHIPPED[OLD.ids[2]], Theme("car_park", {"en": "Car park"}), SHIPPED[OLD.ids[0]]), "2")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("start") / "encoder")


@pytest.fixture(scope="module")
def model(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CareVoice model with four themes, and heads that are all different."""
    network = open_start(encoder).network(OLD)
    for parameter in network.heads.parameters():
        torch.nn.init.normal_(parameter)
    folder = tmp_path_factory.mktemp("start") / "model"
    config = ModelConfig(
        "old",
        "3.0",
        OLD,
        Outputs(alert=False),
        replace(neutral_calibration(4), alert_threshold=0.7),
        DEFAULT_WINDOWS,
        DEFAULT_CLAUSES,
        encoder_settings(network),
        {},
        made_with(),
    )
    write_folder(folder, network.state_dict(), encoder / "tokenizer.json", config)
    return folder


def test_an_encoder_is_taken_whole(encoder: Path) -> None:
    start = open_start(encoder)
    network = start.network(NEW)
    stored = load_file(encoder / "model.safetensors")
    state = network.encoder.state_dict()
    assert all(torch.equal(state[name], value) for name, value in stored.items())
    assert (start.name, start.version, start.inherited, start.known(NEW)) == ("encoder", "", None, ())
    assert network.heads.themes == 3
    assert network.encoder.config.hidden_dropout_prob == 0


def test_an_encoder_within_a_bigger_checkpoint_is_found(encoder: Path, tmp_path: Path) -> None:
    shutil.copytree(encoder, tmp_path / "other")
    stored = load_file(encoder / "model.safetensors")
    wrapped = {f"bert.{name}": value.half() for name, value in stored.items()}
    wrapped |= {"cls.predictions.bias": torch.zeros(3), "bert.pooler.dense.bias": torch.zeros(3)}
    save_file(wrapped, tmp_path / "other/model.safetensors")
    state = open_start(tmp_path / "other").network(NEW).encoder.state_dict()
    name = "encoder.layer.0.output.dense.weight"
    assert state[name].dtype == torch.float32
    assert torch.allclose(state[name], stored[name], atol=1e-3)


def test_known_themes_keep_their_heads_whatever_their_place(model: Path) -> None:
    start = open_start(model)
    assert start.known(NEW) == (NEW.ids[0], NEW.ids[2])
    old, new = start.network(OLD).state_dict(), start.network(NEW).state_dict()
    rows = ("theme_local", "theme_global.weight", "theme_global.bias", "polarity_theme", "polarity_bias", "query")
    for name in (f"heads.{row}" for row in rows):
        assert torch.equal(new[name][0], old[name][2])
        assert torch.equal(new[name][2], old[name][0])
    # What belongs to no theme is kept as it is, sentiment's and alert's queries included.
    assert torch.equal(new["heads.query"][3:], old["heads.query"][4:])
    others = [name for name in old if not any(name == f"heads.{row}" for row in rows)]
    assert all(torch.equal(new[name], old[name]) for name in others)
    # A new theme's polarity is that of the average theme.
    assert torch.allclose(new["heads.polarity_theme"][1], old["heads.polarity_theme"].mean(0))


def test_a_model_brings_its_outputs_and_calibration(model: Path) -> None:
    start = open_start(model)
    assert (start.name, start.version) == ("old", "3.0")
    assert start.inherited is not None
    assert start.inherited.outputs == Outputs(alert=False)
    assert start.inherited.calibration.alert_threshold == 0.7


def test_padding_and_cutting_of_a_tokenizer_are_switched_off(encoder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cutting"
    shutil.copytree(encoder, folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=16)
    tokenizer.save(str(folder / "tokenizer.json"))
    assert 8 < len(open_start(folder).tokenizer.encode("one two three four five six seven").ids) < 16


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"model_type": "roberta"}, "model_type is 'roberta', and only 'bert' can be used"),
        ({"pad_token_id": 0}, "pad_token_id is 0, and only 1"),
        ({"hidden_act": "relu"}, "hidden_act is 'relu'"),
        ({"hidden_size": 40, "num_attention_heads": 2}, "hidden_size 40 is no multiple of 32"),
        ({"max_position_embeddings": 128}, "room for 128 tokens, and 384 are needed"),
        ({"num_hidden_layers": 3}, "the weights don't fit the config"),
        ({"intermediate_size": 32}, "the weights don't fit the config"),
        ({"vocab_size": 100}, "has more pieces than the encoder knows"),
    ],
)
def test_an_encoder_that_cannot_be_used_is_refused(
    encoder: Path, tmp_path: Path, change: dict[str, object], problem: str
) -> None:
    folder = tmp_path / "other"
    shutil.copytree(encoder, folder)
    config = {**json.loads((folder / "config.json").read_text(encoding="utf-8")), **change}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ModelError, match=problem) as raised:
        open_start(folder).network(NEW)
    assert str(folder) in str(raised.value)


def test_a_folder_that_is_no_start_is_refused(encoder: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json that can be read"):
        open_start(tmp_path)
    with pytest.raises(ModelError, match=r"no config\.json that can be read"):
        open_start(tmp_path / "none")
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        open_start(tmp_path)
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="not the config of a CareVoice model"):
        open_start(tmp_path)
    (tmp_path / "config.json").write_bytes((encoder / "config.json").read_bytes())
    with pytest.raises(ModelError, match=r"model\.safetensors is missing"):
        open_start(tmp_path)
    shutil.copytree(model, tmp_path / "damaged")
    (tmp_path / "damaged/model.safetensors").write_bytes(b"no")
    with pytest.raises(ModelError, match="checksum"):
        open_start(tmp_path / "damaged")


def test_an_encoder_whose_files_are_damaged_is_refused(encoder: Path, tmp_path: Path) -> None:
    for name, problem in (("tokenizer.json", "can't be read"), ("model.safetensors", "can't be read")):
        folder = tmp_path / name
        shutil.copytree(encoder, folder)
        (folder / name).write_bytes(b"no")
        with pytest.raises(ModelError, match=problem):
            open_start(folder).network(NEW)
