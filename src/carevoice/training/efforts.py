"""The two sizes of effort: heads alone on a frozen encoder, or the heads and then all layers."""

import random
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import torch

from carevoice.errors import InputError
from carevoice.model.casing import calm
from carevoice.model.clauses import DEFAULT_CLAUSES
from carevoice.model.engine import OUTPUTS, Engine, RawOutputs
from carevoice.model.folder import Outputs
from carevoice.model.network import CommentNetwork
from carevoice.model.pieces import Pieces
from carevoice.model.runtime import Runtime
from carevoice.model.windows import DEFAULT_WINDOWS
from carevoice.taxonomy import Taxonomy
from carevoice.training.checkpoint import NETWORK, Checkpoint, LoopCheckpoints, Signals, load_trained, trained_state
from carevoice.training.config import FineTuneConfig
from carevoice.training.data import Example, Targets, targets
from carevoice.training.device import Device
from carevoice.training.grouping import folds, split
from carevoice.training.heads import (
    Beginning,
    HeadData,
    NetworkEngine,
    TokenStates,
    fit_heads,
    name_states,
    start_heads,
)
from carevoice.training.inherit import completed
from carevoice.training.losses import Loss
from carevoice.training.start import Start
from carevoice.training.trainer import Log, Watch, fine_tune, question_indices, token_ids
from carevoice.training.validation import Validation, score

IntArray = npt.NDArray[np.int64]
Effort = Literal["head", "full", "auto"]

#: Name of the logits of polarity for the themes that are learnt, beside what the start says of its own.
_OURS: Final = "polarity_of_ours"
#: Fewer held-out comments can neither choose an epoch nor set thresholds.
FEWEST_HELD_OUT: Final = 10


@dataclass(frozen=True, slots=True)
class Run:
    """One training run: what it learns from, where it starts and how it is watched."""

    name: str  # of the model that is to be
    examples: tuple[Example, ...]
    groups: IntArray  # [N], see ``grouping``
    taxonomy: Taxonomy
    outputs: Outputs  # likewise
    config: FineTuneConfig
    start: Start
    device: Device
    checkpoint: Checkpoint
    log: Log
    watch: Watch | None

    @property
    def labels(self) -> Targets:
        """The labels as arrays."""
        return targets(self.examples, self.taxonomy)


@dataclass(frozen=True, slots=True)
class Trained:
    """What an effort gives.

    ``measured`` are rows that were held out, and ``raw`` what networks that had not seen them say of them; None where
    the trained network itself has not seen them, so that the finished model can be asked.
    """

    train: int
    measured: IntArray
    raw: RawOutputs | None
    epochs: dict[str, Any]


def runtime(run: Run, engine: Engine, threads: int = 1) -> Runtime:
    """Reads comments as the finished model will, windows and clauses included."""
    return Runtime(run.start.tokenizer, engine, DEFAULT_WINDOWS, DEFAULT_CLAUSES, threads)


def logits(run: Run, rows: IntArray, engine: Engine, threads: int = 1) -> RawOutputs:
    """What an engine says of some of the comments."""
    examples = [run.examples[n] for n in rows.tolist()]
    return runtime(run, engine, threads).logits([e.text for e in examples], question_indices(examples))


def train_heads(run: Run, network: CommentNetwork) -> Trained:
    """Fit the heads on all comments, for as many epochs as suited folds tested on comments not seen."""
    config = run.config
    rows, data = _encoded(run, network, np.arange(len(run.examples)))
    kept = [run.examples[n] for n in rows.tolist()]
    loss_of = _started(run, network, data, rows)
    start = {name: value.clone() for name, value in network.heads.state_dict().items()}
    parts = folds(kept, run.groups[rows], config.folds, config.seed)
    epochs: list[int] = list(run.checkpoint.state.get("folds", ()))
    for number, (fit, test) in enumerate(parts, 1):
        if number <= len(epochs):
            continue
        network.heads.load_state_dict(start)
        found = fit_heads(
            network.heads,
            data,
            rows[fit],
            loss_of,
            config,
            seed=config.seed + number,
            epochs=config.head_epochs,
            validate=rows[test],
            watch=run.watch,
            stage=f"heads, fold {number} of {len(parts)}",
        )
        epochs.append(found)
        raw = logits(run, rows[test], NetworkEngine(network, run.device, data.states))
        run.checkpoint.keep({"folds": epochs}, {f"fold-{number}": _tensors(raw)})
    network.heads.load_state_dict(start)
    most = max(1, round(float(np.median(epochs))))
    fit_heads(network.heads, data, rows, loss_of, config, seed=config.seed, epochs=most, watch=run.watch, stage="heads")
    run.log(f"heads: {most} epochs, which suited {len(parts)} folds best")
    back = np.argsort(np.concatenate([test for _, test in parts]))
    told = [run.checkpoint.tensors(f"fold-{number}") for number in range(1, len(parts) + 1)]
    raw = RawOutputs(*(np.concatenate([part[name].numpy() for part in told])[back] for name in OUTPUTS))
    return Trained(len(rows), rows, raw, {"head_epochs": most, "head_epochs_of_folds": epochs})


def train_layers(run: Run, network: CommentNetwork) -> Trained:
    """Fit the heads, then all layers, on the training part; the held-out part says which epoch was best."""
    config, checkpoint = run.config, run.checkpoint
    train, held = split(run.examples, run.groups, config.held_out, config.seed)
    if len(held) < FEWEST_HELD_OUT:
        raise InputError(
            f"{len(run.examples):,} comments are too few to train all layers, {len(held)} would be held out and "
            f'{FEWEST_HELD_OUT} are needed; use the effort "head", or more comments'
        )
    run.log(f"{len(train):,} comments to train on, {len(held):,} held out")
    if NETWORK in checkpoint:
        load_trained(network, checkpoint.tensors(NETWORK))
    else:
        _first_heads(run, network, train, held)
    network.to(run.device.name)
    examples = _completed(run, train)
    held_labels = targets([run.examples[n] for n in held.tolist()], run.taxonomy)

    def measure() -> dict[str, float]:
        raw = logits(run, held, NetworkEngine(network, run.device))
        return score(raw, held_labels, single_label=run.outputs.single_label)

    validation = Validation(network, measure, config.patience, run.log, checkpoint)
    with Signals() as signals:
        fine_tune(
            network,
            run.start.tokenizer,
            examples,
            run.taxonomy,
            # Two comments of one theme each make one of two themes.
            replace(config, join_share=0.0) if run.outputs.single_label else config,
            config.cycle,
            lambda _line: None,
            single_label=run.outputs.single_label,
            device=run.device,
            tick=run.watch,
            after_epoch=validation.after_epoch,
            checkpoints=LoopCheckpoints(checkpoint, signals, validation.extra),
        )
    load_trained(network, validation.best)
    averaged = " and ".join(map(str, validation.averaged))
    mean = f"the mean of epochs {averaged}" if len(validation.averaged) > 1 else f"epoch {averaged}"
    run.log(f"all layers: of {len(validation.history)} epochs, {mean} was best")
    epochs = {
        "head_epochs": checkpoint.state["head_epochs"],
        "epochs": validation.best_epoch,
        "averaged": validation.averaged,
        "history": validation.history,
    }
    return Trained(len(train), held, None, epochs)


def _first_heads(run: Run, network: CommentNetwork, train: IntArray, held: IntArray) -> None:
    """Heads for the layers to start with: random ones would wreck the encoder."""
    rows, data = _encoded(run, network, np.concatenate([train, held]))
    mine = rows[np.isin(rows, train)]
    loss_of = _started(run, network, data, mine)
    epochs = fit_heads(
        network.heads,
        data,
        mine,
        loss_of,
        run.config,
        seed=run.config.seed,
        epochs=run.config.head_epochs,
        validate=rows[np.isin(rows, held)],
        watch=run.watch,
    )
    run.log(f"heads: {epochs} epochs")
    kept = {NETWORK: trained_state(network)}
    if run.start.inherited is not None:
        own = run.start.network(run.start.inherited.taxonomy).to(run.device.name)
        said, answers = (logits(run, train, NetworkEngine(n, run.device, data.states)) for n in (network, own))
        kept["start"] = _tensors(answers) | {_OURS: torch.from_numpy(said.polarity)}
    run.checkpoint.keep({"head_epochs": epochs}, kept)


def _completed(run: Run, rows: IntArray) -> list[Example]:
    """Some comments, with answers of the start for what nobody has labelled."""
    examples = [run.examples[n] for n in rows.tolist()]
    if run.start.inherited is None:
        return examples
    said = {name: value.numpy() for name, value in run.checkpoint.tensors("start").items()}
    answers = RawOutputs(*(said[name] for name in OUTPUTS))
    return completed(examples, answers, run.start.inherited, said[_OURS], run.taxonomy, run.labels)


def _encoded(run: Run, network: CommentNetwork, rows: IntArray) -> tuple[IntArray, HeadData]:
    """Token vectors of some comments, and those of them that there is room for."""
    questions = question_indices(run.examples)
    texts = [calm(e.text) for e in run.examples]  # as the runtime reads them
    ids = [tuple(i) for i in token_ids(Pieces(run.start.tokenizer), texts, questions, run.config.max_tokens)]
    shuffled = rows.tolist()
    random.Random(run.config.seed).shuffle(shuffled)
    room = run.config.head_tokens
    total = np.cumsum([len(ids[n]) for n in shuffled])
    chosen = np.sort(np.array(shuffled)[total <= room])
    if len(chosen) < len(rows):
        run.log(
            f"heads learn from {len(chosen):,} of {len(rows):,} comments: head_tokens leaves room for no more token "
            "vectors"
        )
    network.to(run.device.name)
    states = TokenStates(network, run.device)
    states.keep([ids[n] for n in chosen.tolist()], run.watch)
    return chosen, HeadData(ids, states, run.labels, run.device)


def _started(run: Run, network: CommentNetwork, data: HeadData, rows: IntArray) -> Loss:
    """Put heads where they start, and give the loss for the labels of some rows."""
    labels = Targets(*(getattr(data.labels, field.name)[rows] for field in fields(Targets)))
    loss_of = Loss.of(run.config, labels, single_label=run.outputs.single_label)
    known = run.start.known(run.taxonomy)
    names = Pieces(run.start.tokenizer).ids(
        [theme.text("name", "en") for theme in run.taxonomy], [0] * len(run.taxonomy)
    )
    beginning = Beginning(
        [theme in known for theme in run.taxonomy.ids],
        run.start.inherited is None,
        name_states(data.states, names),
        run.config.head_names,
    )
    start_heads(network.heads, replace(data, labels=labels), loss_of, beginning)
    return loss_of


def _tensors(raw: RawOutputs) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.ascontiguousarray(getattr(raw, name))) for name in OUTPUTS}
