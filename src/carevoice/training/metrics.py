"""Figures for tuning and for the log; the published ones come from the scripts in ``benchmarks/``."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from carevoice.results import SENTIMENTS
from carevoice.training.data import UNKNOWN, Targets

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.floating]
#: Classes of sentiment that count as one in macro-F1.
_CLASSES: Final = (("negative",), ("neutral", "mixed"), ("positive",))
#: Which of them each of SENTIMENTS is.
SENTIMENT_CLASS: Final = np.array([[name in group for group in _CLASSES].index(True) for name in SENTIMENTS])


def f1(tp: float, fp: float, fn: float) -> float:
    """F1 from counts; 0 when there is nothing to find and nothing found."""
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 0.0


def right_polarity(polarity: IntArray, labels: Targets) -> BoolArray:
    """Where present themes [N, T] have the annotated polarity, or one that nobody annotated."""
    same = (polarity == labels.polarity) | (labels.polarity == UNKNOWN)
    return np.asarray((labels.themes == 1) & same)


@dataclass(frozen=True, slots=True)
class ThemeScores:
    """Micro-F1 over theme and polarity, micro- and macro-F1 over themes alone."""

    exact_micro_f1: float
    micro_f1: float
    macro_f1: float


def theme_scores(present: BoolArray, polarity: IntArray, labels: Targets) -> ThemeScores:
    """Scores of predicted presence and polarity [N, T]; a wrong polarity is a false positive and a false negative."""
    gold = labels.themes == 1
    right = present & right_polarity(polarity, labels)
    exact = f1(right.sum(), (present & ~right).sum(), (gold & ~right).sum())
    tp, fp, fn = (present & gold).sum(0), (present & ~gold).sum(0), (~present & gold).sum(0)
    macro = float(np.mean([f1(*counts) for counts in zip(tp, fp, fn, strict=True)]))
    return ThemeScores(exact, f1(tp.sum(), fp.sum(), fn.sum()), macro)


def sentiment_macro_f1(predicted: IntArray, gold: IntArray) -> float:
    """Macro-F1 over negative, neutral and positive of comments whose sentiment is known; mixed counts as neutral."""
    known = gold != UNKNOWN
    said, right = SENTIMENT_CLASS[predicted[known]], SENTIMENT_CLASS[gold[known]]
    return float(macro_f1(said[:, None], right, np.ones((1, len(said))))[0, 0])


def macro_f1(said: IntArray, gold: IntArray, drawn: FloatArray) -> FloatArray:
    """Macro-F1 [S, O] over the classes of ``SENTIMENT_CLASS`` of answers ``said`` [N, O] to ``gold`` [N].

    ``drawn`` [S, N] says how often each comment counts in each of S samples.
    """
    scores = np.zeros((len(drawn), said.shape[1]))
    for k in range(len(_CLASSES)):
        there = gold == k
        both = (drawn @ (said == k)) + (drawn @ there)[:, None]
        scores += 2 * (drawn @ ((said == k) & there[:, None])) / np.maximum(both, 1)
    return np.asarray(scores / len(_CLASSES))
