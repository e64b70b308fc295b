"""Which epoch was best: measured on held-out comments after each."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score
from torch import Tensor

from carevoice.model.engine import RawOutputs
from carevoice.model.network import CommentNetwork
from carevoice.model.scoring import sigmoid, softmax
from carevoice.training.checkpoint import BEST, Checkpoint, load_trained, trained_state
from carevoice.training.data import UNKNOWN, Targets
from carevoice.training.metrics import BoolArray
from carevoice.training.scaling import FloatArray


def score(raw: RawOutputs, labels: Targets, *, single_label: bool) -> dict[str, float]:
    """Figures that rise as a network gets better, and their mean as ``score``.

    Average precision over all labels of themes, of polarities and of sentiments that are known. It needs no threshold,
    none being tuned yet, and wavers less from epoch to epoch than F1 does, of which a rare class is a large part.
    """
    themes = softmax(raw.themes) if single_label else sigmoid(raw.themes)
    known = ~np.isnan(labels.themes)
    figures = {"themes": _precision(themes[known], labels.themes[known] == 1)}
    for name, logits, gold in (
        ("polarity", raw.polarity, labels.polarity),
        ("sentiment", raw.sentiment, labels.sentiment),
    ):
        told = gold != UNKNOWN
        if told.any():
            figures[name] = _precision(softmax(logits[told]), np.eye(logits.shape[-1], dtype=bool)[gold[told]])
    return {"score": sum(figures.values()) / len(figures), **figures}


def _precision(p: FloatArray, present: BoolArray) -> float:
    return float(average_precision_score(present.ravel(), p.ravel())) if present.any() else 0.0


class Validation:
    """Measures a network after each epoch, remembers the best weights and says when to stop.

    The best weights are those of an epoch, or the mean of those of several: after each epoch the mean of the best so
    far and its own is measured too, and kept if it is better than both (a greedy soup along one run; Wortsman et al.
    2022, arXiv:2203.05482).
    """

    def __init__(
        self,
        network: CommentNetwork,
        measure: Callable[[], dict[str, float]],
        patience: int,
        log: Callable[[str], None],
        kept: Checkpoint,
    ) -> None:
        """``kept`` is where an interrupted run left what it had found out, if it had."""
        self._network, self._measure, self._patience, self._log = network, measure, patience, log
        self.history: list[dict[str, float]] = list(kept.state.get("history", ()))
        self.averaged: list[int] = list(kept.state.get("averaged", ()))
        self._score = float(kept.state.get("best_score", -np.inf))
        self._best: dict[str, Tensor] | None = kept.tensors(BEST) if BEST in kept else None
        self._is_kept = True

    @property
    def best_epoch(self) -> int:
        """The last epoch that made the weights better; 0 before any."""
        return max(self.averaged, default=0)

    @property
    def best(self) -> dict[str, Tensor]:
        """The best weights."""
        return trained_state(self._network) if self._best is None else self._best

    def after_epoch(self, epoch: int) -> bool:
        """Measure; True when the last epochs have brought nothing."""
        own = trained_state(self._network)
        figures = self._measure()
        self.history.append(figures)
        said = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        if self._best is not None:
            count = len(self.averaged)
            mean = {name: (value * count + own[name]) / (count + 1) for name, value in self._best.items()}
            load_trained(self._network, mean)
            score = self._measure()["score"]
            load_trained(self._network, own)
            said += f"; averaged with the best, score {score:.4f}"
            if score > max(self._score, figures["score"]):
                self._keep(mean, score, [*self.averaged, epoch])
        if figures["score"] >= self._score:  # of equals, the later one was trained at lower rates
            self._keep(own, figures["score"], [epoch])
        self._log(f"epoch {epoch}, on held-out comments: {said}{' (best so far)' if self.best_epoch == epoch else ''}")
        return epoch - self.best_epoch >= self._patience

    def _keep(self, weights: dict[str, Tensor], score: float, epochs: list[int]) -> None:
        self._best, self._score, self.averaged, self._is_kept = weights, score, epochs, False

    def extra(self) -> tuple[Mapping[str, Any], Mapping[str, Tensor] | None]:
        """What belongs into a checkpoint: figures so far, and the best weights unless it has them already."""
        new = None if self._is_kept else self._best
        self._is_kept = True
        return {"history": self.history, "averaged": self.averaged, "best_score": self._score}, new
