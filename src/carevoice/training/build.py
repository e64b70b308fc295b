"""From labelled files and a bare encoder to a model folder, by one recipe."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from safetensors.numpy import save
from safetensors.torch import load_file as load_torch
from safetensors.torch import save_file as save_torch
from tokenizers import Tokenizer

import carevoice
from carevoice.errors import InputError
from carevoice.model.clauses import DEFAULT_CLAUSES
from carevoice.model.engine import OnnxEngine
from carevoice.model.folder import (
    CONFIG,
    GRAPH,
    TOKENIZER,
    WEIGHTS,
    ModelConfig,
    ModelFolder,
    Outputs,
    write_config,
)
from carevoice.model.network import CommentNetwork
from carevoice.model.onnx_graph import build_int8, safetensors_offsets, share_weights
from carevoice.model.runtime import Runtime
from carevoice.model.weights import CODES, pack
from carevoice.model.windows import DEFAULT_WINDOWS
from carevoice.taxonomy import Taxonomy
from carevoice.training.calibrate import calibrate, neutral_calibration, summary
from carevoice.training.config import TrainConfig
from carevoice.training.data import Example, read_examples, targets
from carevoice.training.split import is_heldout
from carevoice.training.trainer import Log, drawn, fine_tune, question_indices, warm_up_heads

_ENCODER_SETTINGS = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
    "pad_token_id",
)
#: Sources of short or joined comments that say one thing after the other, as real ones seldom do.
_TIDY = ("authored", "authored_long", "authored_short")
#: Sources in which comments of a kind are commoner than in life: mixed and lukewarm ones, those that praise and
#: criticise in one breath, and those in which no word says so.
_BALANCED = ("authored_opinions", "authored_contrasts", "authored_wishes")
_TWIN_SUFFIX = 2  # a translation's id is its original's and the language: en00804 -> en00804fr


@dataclass(frozen=True, slots=True)
class Corpus:
    """Comments to train on, and comments held out for calibration."""

    train: tuple[Example, ...]
    heldout: tuple[Example, ...]


def read_corpus(folders: Sequence[Path], taxonomy: Taxonomy) -> Corpus:
    """All ``train*.csv`` and ``heldout*.csv`` files of some folders, split by ``is_heldout``.

    A translation goes where its original goes. A comment that stands in several folders counts once. Raises InputError
    if a folder has no such file, or a label can't be read.
    """
    examples: dict[str, Example] = {}
    for folder in folders:
        files = sorted([*folder.glob("train*.csv"), *folder.glob("heldout*.csv")])
        if not files:
            raise InputError(f"{folder}: no file named train*.csv; give a folder of labelled comments")
        examples |= {e.id: e for file in files for e in read_examples(file, taxonomy)}
    train: list[Example] = []
    heldout: list[Example] = []
    for example in examples.values():
        original = examples.get(example.id[:-_TWIN_SUFFIX], example)
        (heldout if is_heldout(original.text) else train).append(example)
    return Corpus(tuple(train), tuple(heldout))


def average(states: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of the weights of networks that share their start (Wortsman et al. 2022, arXiv:2203.05482)."""
    mean = {}
    for name, first in states[0].items():
        stacked = torch.stack([state[name].float() for state in states])
        mean[name] = stacked.mean(0).to(first.dtype)
    return mean


def encoder_settings(network: CommentNetwork) -> dict[str, Any]:
    """The settings of transformers' BertConfig that a model folder keeps."""
    settings = network.encoder.config.to_dict()
    return {name: settings[name] for name in _ENCODER_SETTINGS}


def made_with() -> dict[str, str]:
    """Versions of the libraries that decide what training gives."""
    libraries = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "numpy")
    return {"carevoice": carevoice.__version__, **{name: version(name) for name in libraries}}


def write_folder(folder: Path, state: Mapping[str, torch.Tensor], tokenizer: Path, config: ModelConfig) -> None:
    """Write weights, graph, tokenizer and config."""
    folder.mkdir(parents=True, exist_ok=True)
    packed = pack({name: value.numpy() for name, value in state.items()})
    (folder / WEIGHTS).write_bytes(save(packed))  # save_file would hide the file from other users
    graph = build_int8(
        packed,
        attention_heads=config.encoder["num_attention_heads"],
        epsilon=config.encoder["layer_norm_eps"],
    )
    matrices = {n: place for n, place in safetensors_offsets(folder / WEIGHTS).items() if n.endswith(CODES)}
    share_weights(graph, matrices, WEIGHTS)
    onnx.save(graph, folder / GRAPH)
    (folder / TOKENIZER).write_bytes(tokenizer.read_bytes())
    write_config(folder, config)


def build(
    config: TrainConfig,
    taxonomy: Taxonomy,
    data: Sequence[Path],
    encoder: Path,
    output: Path,
    work: Path,
    log: Log,
) -> None:
    """Run every cycle of the recipe and, from their mean, each last cycle; write and calibrate the mean of those.

    ``work`` keeps the weights of each finished step, so that an interrupted build goes on where it was.
    """
    corpus = read_corpus(data, taxonomy)
    log(f"{len(corpus.train):,} comments to train on, {len(corpus.heldout):,} held out")
    tokenizer_file = encoder / TOKENIZER
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    work.mkdir(parents=True, exist_ok=True)
    _same_recipe(work / "recipe.json", config)

    torch.manual_seed(0)  # the heads start at random
    network = CommentNetwork.from_encoder(str(encoder), len(taxonomy))

    def once(name: str, step: Callable[[], None]) -> dict[str, torch.Tensor]:
        """The network's weights after a step, which is taken only if its result is not there yet."""
        path = work / f"{name}.safetensors"
        if not path.exists():
            step()
            unfinished = path.with_suffix(".unfinished")
            save_torch(network.state_dict(), unfinished)
            unfinished.replace(path)
        state = load_torch(path)
        network.load_state_dict(state)
        return state

    first = drawn(corpus.train, config.cycles[0])
    once("heads", lambda: warm_up_heads(network, tokenizer, first, taxonomy, config, log))
    train = partial(fine_tune, network, tokenizer, corpus.train, taxonomy, config)
    states = [once(f"cycle-{number}", partial(train, cycle, log)) for number, cycle in enumerate(config.cycles, 1)]
    mean, ends = average(states), []
    for number, cycle in enumerate(config.last_cycles, 1):
        network.load_state_dict(mean)
        ends.append(once(f"last-cycle-{number}", partial(train, cycle, log)))
    state = average(ends)
    model = ModelConfig(
        config.name,
        config.version,
        taxonomy,
        Outputs(),
        neutral_calibration(len(taxonomy)),
        DEFAULT_WINDOWS,
        DEFAULT_CLAUSES,
        encoder_settings(network),
        config.as_dict(),
        made_with(),
    )
    write_folder(output, state, tokenizer_file, model)
    recalibrate(ModelFolder(output, model), corpus.heldout, log)


def recalibrate(folder: ModelFolder, heldout: Sequence[Example], log: Log) -> None:
    """Fit calibration and thresholds on what the int8 engine says of held-out comments, and write the config anew."""
    tokenizer = Tokenizer.from_file(str(folder.file(TOKENIZER)))
    runtime = Runtime(tokenizer, OnnxEngine(folder), folder.config.windows, folder.config.clauses, threads=2)
    raw = runtime.logits([e.text for e in heldout], question_indices(heldout))
    labels = targets(heldout, folder.config.taxonomy)
    real = np.array([e.source not in (*_TIDY, *_BALANCED) for e in heldout])
    # Rare classes of sentiment are learnt from comments in which they are common.
    felt = np.array([e.source not in _TIDY for e in heldout])
    calibration, report = calibrate(raw, labels, real, felt=felt)
    for choice, score in report.scores.items():
        log(f"cross-validated, {choice}: {score:.4f}")
    log(json.dumps(summary(raw, labels, calibration)))
    write_config(folder.path, replace(folder.config, calibration=calibration))
    log(f"{folder.file(CONFIG)} written")


def _same_recipe(path: Path, config: TrainConfig) -> None:
    recipe = json.dumps(config.as_dict(), indent=1)
    if path.exists() and json.loads(path.read_bytes()) != json.loads(recipe):
        raise InputError(f"{path.parent}: holds the work of another recipe; give an empty work folder")
    path.write_text(recipe, encoding="utf-8")
