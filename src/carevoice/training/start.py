"""What training starts from: a CareVoice model, or a bare encoder of transformers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_numpy
from safetensors.torch import load_file as load_torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import BertConfig

from carevoice.errors import ModelError
from carevoice.model.folder import CONFIG, TOKENIZER, WEIGHTS, Calibration, ModelFolder, Outputs, open_folder
from carevoice.model.network import CommentNetwork
from carevoice.model.pieces import Pieces
from carevoice.model.runtime import load_tokenizer
from carevoice.model.weights import unpack
from carevoice.model.windows import DEFAULT_WINDOWS, PAD
from carevoice.resources import sha256_of
from carevoice.taxonomy import Taxonomy

_BLOCK: Final = 32  # word embeddings are stored in blocks of this many values
#: Parameters of the heads that have a row for each theme. Those of "query" go on with one for sentiment and alert each.
_BY_THEME: Final = tuple(
    f"heads.{name}"
    for name in ("theme_local", "theme_global.weight", "theme_global.bias", "polarity_theme", "polarity_bias")
)
_QUERY: Final = "heads.query"


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a CareVoice model brings beside its weights."""

    taxonomy: Taxonomy
    outputs: Outputs
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Start:
    """A model or encoder that was found whole; its weights are read when a network is made of it."""

    path: Path
    name: str
    version: str
    sha256: str  # of the weights
    tokenizer: Tokenizer
    settings: Mapping[str, Any]  # of transformers' BertConfig
    inherited: Inherited | None

    def known(self, taxonomy: Taxonomy) -> tuple[str, ...]:
        """Themes of a taxonomy that the start knows."""
        return tuple(theme for theme in taxonomy.ids if self.inherited and theme in self.inherited.taxonomy)

    def network(self, taxonomy: Taxonomy) -> CommentNetwork:
        """A network with heads for a taxonomy: those of known themes copied, others fresh.

        The fresh parts are drawn from torch's generator. Raises ModelError if the weights can't be read or don't fit.
        """
        config = BertConfig(**self.settings)
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
        network = CommentNetwork(config, len(taxonomy))
        fresh = network.state_dict()
        if self.inherited is None:
            heads = {name: value for name, value in fresh.items() if name.startswith("heads.")}
            state = heads | _encoder_weights(self.path / WEIGHTS)
        else:
            state = _with_themes(_model_weights(self.path / WEIGHTS), fresh, self.inherited.taxonomy, taxonomy)
        wrong = [n for n in fresh.keys() | state.keys() if n not in state or n not in fresh]
        wrong = wrong or [name for name in fresh if state[name].shape != fresh[name].shape]
        if wrong:
            raise ModelError(f"{self.path / WEIGHTS}: the weights don't fit the config, such as {min(wrong)}")
        network.load_state_dict(state)
        return network.eval()


def open_start(path: Path | None) -> Start:
    """Check a CareVoice model folder or a bare encoder folder; None is the model that comes along.

    Raises ModelError saying what is wrong with the folder and what may be given.
    """
    if path is None:
        return _carevoice(open_folder(None))
    try:
        settings = json.loads((path / CONFIG).read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: has no {CONFIG} that can be read; give a CareVoice or an encoder folder") from error
    except ValueError as error:
        raise ModelError(f"{path / CONFIG}: damaged, not valid JSON; copy the folder again") from error
    if isinstance(settings, dict) and "model_type" in settings:
        return _encoder(path, settings)
    return _carevoice(open_folder(path))


def _carevoice(folder: ModelFolder) -> Start:
    config = folder.config
    tokenizer = load_tokenizer(folder)
    Pieces(tokenizer)  # raises ModelError for a foreign one
    return Start(
        folder.path,
        config.name,
        config.version,
        sha256_of(folder.file(WEIGHTS)),
        tokenizer,
        config.encoder,
        Inherited(config.taxonomy, config.outputs, config.calibration),
    )


def _encoder(path: Path, settings: Mapping[str, Any]) -> Start:
    """A folder as ``save_pretrained`` of transformers' BertModel writes it, with its tokenizer."""
    where = path / CONFIG
    for file in (WEIGHTS, TOKENIZER):
        if not (path / file).is_file():
            raise ModelError(f"{path}: {file} is missing; an encoder folder holds {CONFIG}, {WEIGHTS} and {TOKENIZER}")
    config = BertConfig(**{name: value for name, value in settings.items() if name != "model_type"})
    for name, value, wanted in (
        ("model_type", settings["model_type"], "bert"),
        ("hidden_act", config.hidden_act, "gelu"),
        ("pad_token_id", config.pad_token_id, PAD),
    ):
        if value != wanted:
            raise ModelError(f"{where}: {name} is {value!r}, and only {wanted!r} can be used; give another encoder")
    if config.hidden_size % _BLOCK:
        raise ModelError(f"{where}: hidden_size {config.hidden_size} is no multiple of {_BLOCK}; give another encoder")
    if config.max_position_embeddings < DEFAULT_WINDOWS.size:
        raise ModelError(
            f"{where}: room for {config.max_position_embeddings} tokens, and {DEFAULT_WINDOWS.size} are needed; "
            "give another encoder"
        )
    try:
        tokenizer = Tokenizer.from_file(str(path / TOKENIZER))
    except Exception as error:  # the library raises a bare Exception
        raise ModelError(f"{path / TOKENIZER}: can't be read ({error})") from error
    # Long texts are read in windows, and batches padded, by us.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    Pieces(tokenizer)
    if tokenizer.get_vocab_size() > config.vocab_size:
        raise ModelError(f"{path}: {TOKENIZER} has more pieces than the encoder knows; copy both from one place")
    return Start(path, path.resolve().name, "", sha256_of(path / WEIGHTS), tokenizer, config.to_dict(), None)


def _encoder_weights(path: Path) -> dict[str, Tensor]:
    """The encoder's part of a checkpoint of transformers, in fp32 and by the names of ``CommentNetwork``."""
    try:
        stored = load_torch(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path}: can't be read ({error}); copy the folder again") from error
    weights = {}
    for name, value in stored.items():
        bare = name.removeprefix("bert.")
        if bare.startswith(("embeddings.", "encoder.")) and not bare.endswith("position_ids"):
            weights[f"encoder.{bare}"] = value.float()
    return weights


def _model_weights(path: Path) -> dict[str, Tensor]:
    return {name: torch.from_numpy(value) for name, value in unpack(load_numpy(path)).items()}


def _with_themes(
    state: Mapping[str, Tensor], fresh: Mapping[str, Tensor], old: Taxonomy, new: Taxonomy
) -> dict[str, Tensor]:
    """A model's weights with a row of its heads for each theme of another taxonomy.

    A new theme's polarity starts as that of the average theme; the rest of it is fresh.
    """
    changed = dict(state)
    pairs = [(row, old.ids.index(theme)) for row, theme in enumerate(new.ids) if theme in old]
    for name in (*_BY_THEME, _QUERY):
        if name not in state or state[name].shape[1:] != fresh[name].shape[1:]:
            continue  # the caller finds that
        rows = fresh[name].clone()
        if "polarity" in name:
            rows[:] = state[name].mean(0)
        for to, of in pairs:
            rows[to] = state[name][of]
        if name == _QUERY:
            rows[len(new) :] = state[name][len(old) :]
        changed[name] = rows
    return changed
