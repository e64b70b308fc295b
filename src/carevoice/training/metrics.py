"""Figures for tuning and for the log; the published ones come from the scripts in ``benchmarks/``."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carevoice.results import SENTIMENTS
from carevoice.training.data import UNKNOWN, Targets

BoolArray = npt.NDArray[np.bool_]
_MIXED = SENTIMENTS.index("mixed")
_NEUTRAL = SENTIMENTS.index("neutral")


def f1(tp: float, fp: float, fn: float) -> float:
    """F1 from counts; 0 when there is nothing to find and nothing found."""
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0


def right_polarity(polarity: npt.NDArray[np.int64], labels: Targets) -> BoolArray:
    """Where present themes [N, T] have the annotated polarity, or one that nobody annotated."""
    same = (polarity == labels.polarity) | (labels.polarity == UNKNOWN)
    return np.asarray((labels.themes == 1) & same)


@dataclass(frozen=True, slots=True)
class ThemeScores:
    """Micro-F1 over theme and polarity, micro- and macro-F1 over themes alone."""

    exact_micro_f1: float
    micro_f1: float
    macro_f1: float


def theme_scores(present: BoolArray, polarity: npt.NDArray[np.int64], labels: Targets) -> ThemeScores:
    """Scores of predicted presence and polarity [N, T]; a wrong polarity is a false positive and a false negative."""
    gold = labels.themes == 1
    right = present & right_polarity(polarity, labels)
    exact = f1(right.sum(), (present & ~right).sum(), (gold & ~right).sum())
    tp, fp, fn = (present & gold).sum(0), (present & ~gold).sum(0), (~present & gold).sum(0)
    macro = float(np.mean([f1(*counts) for counts in zip(tp, fp, fn, strict=True)]))
    return ThemeScores(exact, f1(tp.sum(), fp.sum(), fn.sum()), macro)


def sentiment_macro_f1(predicted: npt.NDArray[np.int64], gold: npt.NDArray[np.int64]) -> float:
    """Macro-F1 over negative, neutral and positive of comments whose sentiment is known; mixed counts as neutral."""
    known = gold != UNKNOWN
    a, b = (np.where(x == _MIXED, _NEUTRAL, x)[known] for x in (gold, predicted))
    classes = [k for k in range(len(SENTIMENTS)) if k != _MIXED]
    scores = [
        f1(((a == k) & (b == k)).sum(), ((a != k) & (b == k)).sum(), ((a == k) & (b != k)).sum()) for k in classes
    ]
    return float(np.mean(scores))
