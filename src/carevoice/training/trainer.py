"""Fine-tuning: heads on frozen token vectors first, then everything; the word embeddings only if that is asked for."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from carevoice.model.network import CommentNetwork
from carevoice.model.pieces import Pieces
from carevoice.questions import QUESTIONS
from carevoice.taxonomy import Taxonomy
from carevoice.training.augment import join_some, leave_questions_out, mess_up
from carevoice.training.batching import Batch, batches
from carevoice.training.config import Cycle, Recipe, TrainConfig
from carevoice.training.data import Example, targets
from carevoice.training.device import CPU, Device
from carevoice.training.losses import Loss

Log = Callable[[str], None]
LARGEST_GRADIENT = 5.0  # norm that gradients are cut to


@dataclass(frozen=True, slots=True)
class Tick:
    """How far a stage of a run is, for who watches it."""

    stage: str
    epoch: int  # from 1
    epochs: int
    step: int  # from 1, within the epoch
    steps: int
    loss: float  # mean of the epoch so far, per comment
    rows_per_second: float

    @property
    def done(self) -> float:
        """Share of the stage that is done, if it takes all of its epochs."""
        return (self.epoch - 1 + self.step / self.steps) / self.epochs


Watch = Callable[[Tick], None]


@dataclass(slots=True)
class Loop:
    """All that changes as ``fine_tune`` goes, between two of its steps."""

    network: CommentNetwork
    optimisers: Sequence[torch.optim.Optimizer]
    rng: random.Random
    rng_state: tuple[Any, ...]  # of ``rng`` when the epoch began
    schedules: Sequence[torch.optim.lr_scheduler.OneCycleLR] = ()  # one for each optimiser, once the steps are counted
    total_steps: int = 0  # of the schedules
    epoch: int = 0  # epochs that are done
    steps: int = 0  # steps of the current epoch that are done
    loss: float = 0.0  # sum over the rows of the current epoch
    rows: int = 0

    def start_schedules(self, total_steps: int, warm_up_share: float) -> None:
        """Let learning rates rise from near zero to those of the optimisers, and fall again."""
        self.total_steps = total_steps
        self.schedules = [
            torch.optim.lr_scheduler.OneCycleLR(
                optimiser,
                [group["lr"] for group in optimiser.param_groups],
                total_steps=total_steps,
                pct_start=warm_up_share,
                anneal_strategy="linear",
                cycle_momentum=False,
            )
            for optimiser in self.optimisers
        ]

    def step(self, loss: Tensor) -> None:
        """Take one step down the gradient of the loss, which is cut where it is too long but for word embeddings."""
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        dense = (p for p in self.network.parameters() if p is not self.network.words)
        nn.utils.clip_grad_norm_(dense, LARGEST_GRADIENT)
        for optimiser in self.optimisers:
            optimiser.step()
        for schedule in self.schedules:
            schedule.step()


class Checkpoints(Protocol):
    """Keeps the state of a loop, so that an interrupted one can go on to the same end."""

    def restore(self, loop: Loop, config: Recipe) -> None:
        """Put a loop that has not begun where an interrupted one stood; leave it if there was none."""
        ...

    def between_steps(self, loop: Loop) -> None:
        """Called after each step and each epoch; may keep the state, and may raise to end the run."""
        ...


def token_ids(pieces: Pieces, texts: Sequence[str], questions: Sequence[int], limit: int) -> list[list[int]]:
    """Token ids of each text, cut to ``limit`` (only training cuts; inference reads long texts in windows)."""
    ids = pieces.ids(texts, questions)
    return [i if len(i) <= limit else [*i[: limit - 1], i[-1]] for i in ids]


def question_indices(examples: Sequence[Example]) -> list[int]:
    """What the network is given of each example's question."""
    return [QUESTIONS.index(e.question) for e in examples]


def drawn(examples: Sequence[Example], cycle: Cycle) -> list[Example]:
    """The comments of one epoch of a cycle, each as often as its source is repeated."""
    return [e for e in examples for _ in range(cycle.repeat.get(e.source, 1))]


def warm_up_heads(
    network: CommentNetwork,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    config: TrainConfig,
    log: Log,
) -> None:
    """Fit the heads on the frozen encoder's token vectors, computed once, and set their standardisation."""
    torch.manual_seed(0)
    rng = random.Random(0)
    labels = targets(examples, taxonomy)
    loss_of = Loss.of(config, labels)
    ids = token_ids(Pieces(tokenizer), [e.text for e in examples], question_indices(examples), config.max_tokens)
    network.eval()
    with torch.no_grad():
        cached: list[tuple[Batch, Tensor]] = [
            (batch, network.encode(batch.ids, batch.mask).half())
            for batch in batches(ids, config.tokens_per_batch, rng)
        ]
    log(f"encoded {len(examples):,} comments")
    total, total_square, count = torch.zeros(1), torch.zeros(1), 0
    for batch, states in cached:
        real = states[batch.mask == 1].float()
        total, total_square, count = (
            total + real.sum(0),
            total_square + real.square().sum(0),
            count + len(real),
        )
    mean = total / count
    network.heads.token_mean.copy_(mean)
    network.heads.token_scale.copy_((total_square / count - mean.square()).clamp_min(1e-8).rsqrt())

    heads = network.heads
    heads.train()
    optimiser = torch.optim.AdamW(heads.parameters(), lr=config.warm_up_learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.warm_up_learning_rate, total_steps=config.head_epochs * len(cached), pct_start=0.1
    )
    for epoch in range(config.head_epochs):
        rng.shuffle(cached)
        running = 0.0
        for batch, states in cached:
            loss = loss_of(heads(states, batch.mask), labels, batch.rows)
            optimiser.zero_grad()
            (loss / config.comments_per_step).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(heads.parameters(), LARGEST_GRADIENT)
            optimiser.step()
            schedule.step()
            running += float(loss.detach())
        log(f"heads, epoch {epoch + 1}: loss {running / len(examples):.4f}")


def _epoch(
    examples: Sequence[Example], pieces: Pieces, config: Recipe, cycle: Cycle, rng: random.Random
) -> tuple[list[Example], list[Batch]]:
    """The comments of one epoch, joined and messed up, and the batches that they make."""
    asked = leave_questions_out(examples, config.unasked_share, rng)
    variants = join_some(asked, config.join_share, rng, opposites=cycle.join_opposites)
    texts = [mess_up(e.text, config.mess_share, rng) for e in variants]
    ids = token_ids(pieces, texts, question_indices(variants), config.max_tokens)
    return variants, list(batches(ids, config.tokens_per_batch, rng))


def _optimisers(network: CommentNetwork, config: Recipe, cycle: Cycle) -> list[torch.optim.Optimizer]:
    """One for the layers and heads, and one for the word embeddings if they are trained."""
    words = network.words
    groups = [
        {"params": [p for p in part.parameters() if p is not words], "lr": rate * cycle.rate}
        for part, rate in (
            (network.encoder, config.encoder_learning_rate),
            (network.heads, config.head_learning_rate),
        )
    ]
    layers = torch.optim.AdamW(groups, weight_decay=config.weight_decay, fused=True)
    if not words.requires_grad:
        return [layers]
    return [layers, torch.optim.SparseAdam([words], lr=cycle.word_learning_rate * cycle.rate)]


def fine_tune(
    network: CommentNetwork,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    config: Recipe,
    cycle: Cycle,
    log: Log,
    *,
    single_label: bool = False,
    device: Device = CPU,
    tick: Watch | None = None,
    after_epoch: Callable[[int], bool] | None = None,
    checkpoints: Checkpoints | None = None,
) -> None:
    """Train all layers, with comments joined and messed up anew in every epoch.

    Word embeddings are trained only if the cycle has a learning rate for them. A step then moves the words that it has
    seen and leaves the others alone, so that those of languages and subjects that the comments lack keep their place.

    ``tick`` is called after each step. ``after_epoch`` is called with the number of epochs done and ends the run by
    returning True; it may evaluate the network, but must not draw from torch's generator.
    """
    torch.manual_seed(cycle.seed)
    rng = random.Random(cycle.seed)
    examples = drawn(examples, cycle)
    loss_of = Loss.of(config, targets(examples, taxonomy), single_label=single_label)
    network.train_words(trained=cycle.word_learning_rate > 0)
    network.drop_out(cycle.encoder_dropout)
    pieces = Pieces(tokenizer)
    loop = Loop(network, _optimisers(network, config, cycle), rng, rng.getstate())
    if checkpoints:
        checkpoints.restore(loop, config)
    while loop.epoch < cycle.epochs:
        started, rows_before = time.monotonic(), loop.rows
        loop.rng_state = rng.getstate()
        variants, steps = _epoch(examples, pieces, config, cycle, rng)
        labels = targets(variants, taxonomy)
        if not loop.schedules:  # later epochs have about as many steps
            loop.start_schedules(round(len(steps) * cycle.epochs * 1.02) + 10, config.warm_up_share)
        network.train()
        for batch in steps[loop.steps :]:
            mask = batch.mask.to(device.name)
            with device.precision():
                states = network.encode(batch.ids.to(device.name), mask)
            loss = loss_of(network.heads(states, mask), labels, batch.rows)
            loop.step(loss / config.comments_per_step)
            loop.steps, loop.loss, loop.rows = (
                loop.steps + 1,
                loop.loss + float(loss.detach()),
                loop.rows + len(batch.rows),
            )
            pace = (loop.rows - rows_before) / (time.monotonic() - started)
            if loop.steps % 50 == 0:
                at = f"cycle {cycle.seed}, epoch {loop.epoch + 1}, step {loop.steps}/{len(steps)}"
                log(f"{at}: loss {loop.loss / loop.rows:.4f}, {pace:.0f} comments/s")
            if tick:
                mean = loop.loss / loop.rows
                tick(Tick("layers", loop.epoch + 1, cycle.epochs, loop.steps, len(steps), mean, pace))
            if checkpoints and loop.steps < len(steps):
                checkpoints.between_steps(loop)
        loop.epoch, loop.steps, loop.loss, loop.rows = loop.epoch + 1, 0, 0.0, 0
        loop.rng_state = rng.getstate()
        if after_epoch and after_epoch(loop.epoch):
            loop.epoch = cycle.epochs
        if checkpoints:
            checkpoints.between_steps(loop)
    network.eval()
