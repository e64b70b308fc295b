"""Fine-tuning: heads on frozen token vectors first, then everything but the word embeddings."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from carevoice.model.network import CommentNetwork
from carevoice.questions import QUESTIONS
from carevoice.taxonomy import Taxonomy
from carevoice.training.augment import join_some, mess_up
from carevoice.training.batching import Batch, batches
from carevoice.training.config import Cycle, TrainConfig
from carevoice.training.data import Example, targets
from carevoice.training.losses import Loss

Log = Callable[[str], None]
FloatArray = npt.NDArray[np.float32]
_PREDICTION_TOKENS = 4096  # per batch; no gradients are kept


def token_ids(tokenizer: Tokenizer, texts: Sequence[str], limit: int) -> list[list[int]]:
    """Token ids of each text, cut to ``limit`` (only training cuts; inference reads long texts in windows)."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(list(texts))]
    return [i if len(i) <= limit else [*i[: limit - 1], i[-1]] for i in ids]


def question_indices(examples: Sequence[Example]) -> list[int]:
    """What the network is given of each example's question."""
    return [QUESTIONS.index(e.question) for e in examples]


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
    ids = token_ids(tokenizer, [e.text for e in examples], config.max_tokens)
    network.eval()
    with torch.no_grad():
        cached: list[tuple[Batch, Tensor]] = [
            (batch, network.encode(batch.ids, batch.mask, batch.question).half())
            for batch in batches(ids, question_indices(examples), config.tokens_per_batch, rng)
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
            loss = loss_of(heads(states, batch.mask, batch.question), labels, batch.rows)
            optimiser.zero_grad()
            (loss / config.comments_per_step).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(heads.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            running += float(loss.detach())
        log(f"heads, epoch {epoch + 1}: loss {running / len(examples):.4f}")


def fine_tune(
    network: CommentNetwork,
    tokenizer: Tokenizer,
    examples: Sequence[Example],
    taxonomy: Taxonomy,
    config: TrainConfig,
    cycle: Cycle,
    log: Log,
    question_learning_rate: float | None = None,
) -> None:
    """Train all but the word embeddings, with comments joined and messed up anew in every epoch.

    ``question_learning_rate`` is for the parameters that hold the question; None: as for their neighbours.
    """
    torch.manual_seed(cycle.seed)
    rng = random.Random(cycle.seed)
    loss_of = Loss.of(config, targets(examples, taxonomy))
    network.encoder.embeddings.word_embeddings.weight.requires_grad = False
    trained = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        _parameter_groups(network, config, cycle, question_learning_rate), weight_decay=config.weight_decay
    )
    schedule: torch.optim.lr_scheduler.OneCycleLR | None = None
    for epoch in range(cycle.epochs):
        started = time.monotonic()
        drawn = [e for e in examples if cycle.share == 1 or e.source in cycle.repeat or rng.random() < cycle.share]
        repeated = [e for e in drawn for _ in range(cycle.repeat.get(e.source, 1))]
        variants = join_some(repeated, config.join_share, rng, opposites=cycle.join_opposites)
        labels = targets(variants, taxonomy)
        texts = [mess_up(e.text, config.mess_share, rng) for e in variants]
        ids = token_ids(tokenizer, texts, config.max_tokens)
        steps = list(batches(ids, question_indices(variants), config.tokens_per_batch, rng))
        if schedule is None:  # later epochs have about as many steps
            schedule = torch.optim.lr_scheduler.OneCycleLR(
                optimiser,
                [group["lr"] for group in optimiser.param_groups],
                total_steps=round(len(steps) * cycle.epochs * 1.02) + 10,
                pct_start=config.warm_up_share,
                anneal_strategy="linear",
                cycle_momentum=False,
            )
        network.train()
        running, seen = 0.0, 0
        for number, batch in enumerate(steps, 1):
            loss = loss_of(network(batch.ids, batch.mask, batch.question), labels, batch.rows)
            optimiser.zero_grad()
            (loss / config.comments_per_step).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(trained, 5.0)
            optimiser.step()
            schedule.step()
            running, seen = running + float(loss.detach()), seen + len(batch.rows)
            if number % 50 == 0:
                pace = seen / (time.monotonic() - started)
                at = f"cycle {cycle.seed}, epoch {epoch + 1}, step {number}/{len(steps)}"
                log(f"{at}: loss {running / seen:.4f}, {pace:.0f} comments/s")
    network.eval()


def holds_question(name: str) -> bool:
    """Whether a parameter of the network says what the question asked with a comment changes."""
    return "token_type" in name or "question" in name


def _parameter_groups(
    network: CommentNetwork, config: TrainConfig, cycle: Cycle, question_learning_rate: float | None
) -> list[dict[str, Any]]:
    """Encoder, heads and question, each with its learning rate."""
    groups: dict[str, list[nn.Parameter]] = {"encoder": [], "heads": [], "question": []}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        asked = question_learning_rate is not None and holds_question(name)
        groups["question" if asked else name.split(".", 1)[0]].append(parameter)
    rates = {
        "encoder": config.encoder_learning_rate * cycle.rate,
        "heads": config.head_learning_rate * cycle.rate,
        "question": question_learning_rate or 0.0,
    }
    return [{"params": parameters, "lr": rates[name]} for name, parameters in groups.items() if parameters]
