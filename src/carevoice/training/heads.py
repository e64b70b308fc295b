"""Training heads alone, on token vectors of a frozen encoder that are computed once."""

import math
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from carevoice.model.engine import OUTPUTS, RawOutputs
from carevoice.model.network import LEVELS, CommentNetwork, Heads, Logits
from carevoice.model.windows import PAD
from carevoice.training.batching import Batch, batches
from carevoice.training.config import FineTuneConfig
from carevoice.training.data import UNKNOWN, Targets
from carevoice.training.device import Device
from carevoice.training.losses import Loss
from carevoice.training.trainer import LARGEST_GRADIENT, Tick, Watch

IntArray = npt.NDArray[np.int64]
_ENCODED_TOGETHER: Final = 2048  # tokens; no gradients are kept
_LEAST_VARIANCE: Final = 1e-8


class TokenStates:
    """The encoder's last states of token sequences in half precision: 768 bytes a token where they have 384 values."""

    def __init__(self, network: CommentNetwork, device: Device) -> None:
        self._network, self._device = network, device
        self._kept: dict[tuple[int, ...], Tensor] = {}

    def keep(self, ids: Iterable[Sequence[int]], watch: Watch | None = None) -> None:
        """Compute the states of sequences and keep them."""
        wanted = list(dict.fromkeys(tuple(i) for i in ids if tuple(i) not in self._kept))
        started, done = time.monotonic(), 0
        steps = list(batches(wanted, _ENCODED_TOGETHER))
        for number, batch in enumerate(steps, 1):
            states = self._encoded(batch)
            for row, n in enumerate(batch.rows.tolist()):
                self._kept[wanted[n]] = states[row, : len(wanted[n])].clone()
            done += len(batch.rows)
            if watch:
                watch(Tick("encoding", 1, 1, number, len(steps), math.nan, done / (time.monotonic() - started)))

    def of(self, ids: Sequence[tuple[int, ...]]) -> Tensor:
        """States [B, L, H] of sequences, zero where they are shorter than the longest; those not kept are computed."""
        missing = [i for i in ids if i not in self._kept]
        made: dict[tuple[int, ...], Tensor] = {}
        for batch in batches(missing, _ENCODED_TOGETHER) if missing else ():
            states = self._encoded(batch)
            made |= {missing[n]: states[row, : len(missing[n])] for row, n in enumerate(batch.rows.tolist())}
        found = [made[i] if i in made else self._kept[i] for i in ids]
        return pad_sequence(found, batch_first=True)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean [H] and variance [H] over the tokens of what is kept."""
        kept = list(self._kept.values())
        total = torch.stack([states.double().sum(0) for states in kept]).sum(0)
        square = torch.stack([states.double().square().sum(0) for states in kept]).sum(0)
        count = sum(map(len, kept))
        mean = total / count
        return mean.float(), (square / count - mean.square()).float()

    def _encoded(self, batch: Batch) -> Tensor:
        self._network.eval()
        with torch.no_grad(), self._device.precision():
            return self._network.encode(batch.ids.to(self._device.name), batch.mask.to(self._device.name)).half()


class NetworkEngine:
    """Runs a network as an engine of the runtime; with ``states``, only its heads are run where those are kept."""

    def __init__(self, network: CommentNetwork, device: Device, states: TokenStates | None = None) -> None:
        self._network, self._device, self._states = network.eval(), device, states

    def run(self, ids: IntArray) -> RawOutputs:
        """Logits for token ids [B, L], padded with PAD."""
        mask = torch.from_numpy((ids != PAD).astype(np.int64)).to(self._device.name)
        with torch.no_grad():
            if self._states is not None:
                states = self._states.of([tuple(row[row != PAD].tolist()) for row in ids])
            else:
                with self._device.precision():
                    states = self._network.encode(torch.from_numpy(ids).to(self._device.name), mask)
            logits = self._network.heads(states, mask)
        return RawOutputs(*(getattr(logits, name).float().cpu().numpy() for name in OUTPUTS))


@dataclass(frozen=True, slots=True)
class HeadData:
    """What heads are trained on: token ids of N comments, their states and their labels."""

    ids: Sequence[tuple[int, ...]]
    states: TokenStates
    labels: Targets
    device: Device


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where heads begin: ``known`` [T] are themes whose heads come from another model.

    ``fresh`` says that there is no such model. ``names`` [T, H] are the mean states of the themes' names, which count
    by ``weight``.
    """

    known: Sequence[bool]
    fresh: bool
    names: Tensor
    weight: float


def start_heads(heads: Heads, data: HeadData, loss_of: Loss, start: Beginning) -> None:
    """Give fresh heads a good start.

    Token vectors are standardised, biases say how frequent each label is, and a new theme looks for tokens that mean
    what its name means: a handful of examples says little of a theme, and its name a lot.
    """
    labels, device = data.labels, data.device.name

    def shares(classes: npt.NDArray[np.int64], count: int) -> Tensor:
        seen = np.bincount(classes[classes != UNKNOWN], minlength=count) + 1.0
        return torch.tensor(np.log(seen / seen.sum()), dtype=torch.float32, device=device)

    with torch.no_grad():
        themes = torch.from_numpy(labels.themes)
        present, absent = themes.nansum(0), (1 - themes).nansum(0)
        odds = (present + 0.5) / (absent + 0.5)
        weight = 1.0 if loss_of.single_label else loss_of.theme_positive
        new = torch.tensor([k for k, known in enumerate(start.known) if not known], dtype=torch.long)
        heads.theme_global.bias[new.to(device)] = (odds * weight).log()[new].to(device)
        if start.fresh:
            mean, variance = data.states.moments()
            heads.token_mean.copy_(mean)
            heads.token_scale.copy_(variance.clamp_min(_LEAST_VARIANCE).rsqrt())
        meant = _directions((start.names - heads.token_mean) * heads.token_scale)[new] * start.weight
        heads.theme_local[new] = meant
        heads.query[new] = meant
        if not start.fresh:
            return
        heads.polarity_shared.bias.copy_(shares(labels.polarity.ravel(), len(heads.polarity_shared.bias)))
        cut = len(heads.sentiment.bias) - len(LEVELS)
        heads.sentiment.bias[:cut] = shares(labels.sentiment, cut)
        heads.sentiment.bias[cut:] = shares(labels.level, len(LEVELS))
        alerts = labels.alert[~np.isnan(labels.alert)]
        odds_of_alert = (alerts.sum() + 0.5) / (len(alerts) - alerts.sum() + 0.5)
        heads.alert.bias.fill_(math.log(odds_of_alert) + math.log(float(loss_of.alert_positive)))


def name_states(states: TokenStates, ids: Sequence[Sequence[int]]) -> Tensor:
    """Mean states [T, H] of the token ids of T names."""
    return torch.stack([states.of([tuple(i)])[0].float().mean(0) for i in ids])


def _directions(vectors: Tensor) -> Tensor:
    """Vectors [T, H] of length 1 that say how each differs from the others."""
    centred = vectors - vectors.mean(0) if len(vectors) > 1 else vectors
    return nn.functional.normalize(centred, dim=1)


def fit_heads(
    heads: Heads,
    data: HeadData,
    rows: IntArray,
    loss_of: Loss,
    config: FineTuneConfig,
    *,
    seed: int,
    epochs: int,
    validate: IntArray | None = None,
    watch: Watch | None = None,
    stage: str = "heads",
) -> int:
    """Train heads on some rows, pulled back to where they start; gives the number of epochs that made them.

    With rows to ``validate`` on, the heads are those of the epoch with the least loss there, and training stops when
    ``head_patience`` epochs have brought nothing. Learning rates fall over ``config.head_epochs`` epochs, whether they
    are all taken or not.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    fit = _Fit(heads, data, rows, loss_of, config)
    best, best_epoch, best_state = math.inf, 0, _copy(heads)
    for epoch in range(1, epochs + 1):
        started, running, seen = time.monotonic(), 0.0, 0
        steps = list(batches(fit.ids, config.tokens_per_batch, rng))
        heads.train()
        for number, batch in enumerate(steps, 1):
            running += fit.step(batch, (epoch - 1 + (number - 1) / len(steps)) / config.head_epochs)
            seen += len(batch.rows)
            if watch:
                pace = seen / (time.monotonic() - started)
                watch(Tick(stage, epoch, epochs, number, len(steps), running / seen, pace))
        if validate is None:
            best_epoch = epoch
            continue
        loss_there = mean_loss(heads, data, validate, loss_of, config.tokens_per_batch)
        if loss_there < best:
            best, best_epoch, best_state = loss_there, epoch, _copy(heads)
        elif epoch - best_epoch >= config.head_patience:
            break
    if validate is not None:
        heads.load_state_dict(best_state)
    heads.eval()
    return best_epoch


class _Fit:
    """Takes steps."""

    def __init__(self, heads: Heads, data: HeadData, rows: IntArray, loss_of: Loss, config: FineTuneConfig) -> None:
        self.ids = [data.ids[n] for n in rows.tolist()]
        self._heads, self._data, self._rows, self._loss_of, self._config = heads, data, rows, loss_of, config
        self._parameters = list(heads.parameters())
        self._origins = [p.detach().clone() for p in self._parameters]
        self._optimiser = torch.optim.Adam(self._parameters, lr=config.warm_up_learning_rate)
        self._pull = config.head_pull / len(rows)

    def step(self, batch: Batch, done: float) -> float:
        """The sum of the losses of a batch; ``done`` is the share of all epochs that is done."""
        rate = _rate(self._config, done)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        logits = _logits(self._heads, self._data, self.ids, batch)
        loss = self._loss_of(logits, self._data.labels, self._rows[batch.rows])
        self._optimiser.zero_grad()
        (loss / self._config.comments_per_step).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters, LARGEST_GRADIENT)
        self._optimiser.step()
        with torch.no_grad():
            for parameter, origin in zip(self._parameters, self._origins, strict=True):
                if parameter.dim() > 1:  # biases are free
                    parameter.lerp_(origin, min(1.0, rate * self._pull))
        return float(loss.detach())


def mean_loss(heads: Heads, data: HeadData, rows: IntArray, loss_of: Loss, budget: int) -> float:
    """Loss per comment over some rows."""
    heads.eval()
    ids = [data.ids[n] for n in rows.tolist()]
    total = 0.0
    with torch.no_grad():
        for batch in batches(ids, budget):
            total += float(loss_of(_logits(heads, data, ids, batch), data.labels, rows[batch.rows]))
    return total / len(rows)


def _logits(heads: Heads, data: HeadData, ids: Sequence[tuple[int, ...]], batch: Batch) -> Logits:
    states = data.states.of([ids[n] for n in batch.rows.tolist()])
    logits: Logits = heads(states, batch.mask.to(data.device.name))
    return logits


def _rate(config: FineTuneConfig, done: float) -> float:
    """The learning rate, which rises over the first ``warm_up_share`` of the epochs and then falls to zero."""
    rise = min(max(config.warm_up_share, 0.01), 0.99)
    return config.warm_up_learning_rate * min((done + 0.01) / rise, (1 - done) / (1 - rise), 1.0)


def _copy(heads: Heads) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in heads.state_dict().items()}
