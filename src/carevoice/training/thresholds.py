"""Where probabilities become labels: the thresholds and offsets with the best F-score on held-out comments.

F is flat and ragged around its best, and where exactly that lies is chance. So each choice is the mean of the best ones
of many bootstrap samples (bagging, Breiman 1996).
"""

from typing import Final, Literal

import numpy as np

from carevoice.evaluation.bootstrap import weights
from carevoice.training.data import Targets
from carevoice.training.metrics import SENTIMENT_CLASS, BoolArray, IntArray, macro_f1, right_polarity
from carevoice.training.scaling import FloatArray

Scope = Literal["each", "all"]
_GRID: Final = np.round(np.arange(0.1, 0.91, 0.01), 2)
_SAMPLES: Final = 200
#: Pseudo-comments that pull a theme's own threshold to the common one.
_SHRINK: Final = 20.0
#: What is tried for the first two classes of macro-F1; to the logits of the third, positive, nothing is added.
_OFFSETS: Final = np.array([(a, b) for a in np.arange(-10, 11) for b in np.arange(-10, 11)]) / 10


def best_threshold(p: FloatArray, present: BoolArray, right: BoolArray, beta: float) -> float:
    """The threshold with the best F-beta for probabilities ``p`` [N] or [N, T], counted together.

    ``present`` tells what is to be found, ``right`` what of it is right once it is found. All three are of one shape.
    """
    rows = (len(p), -1)
    p, right = p.reshape(rows), right.reshape(rows)
    found = np.stack([(p >= t).sum(1) for t in _GRID], axis=1)  # [N, thresholds]
    hits = np.stack([((p >= t) & right).sum(1) for t in _GRID], axis=1)
    drawn = samples(len(p))
    square = beta**2
    wanted = drawn @ present.reshape(rows).sum(1)
    f_beta = (1 + square) * (drawn @ hits) / np.maximum(square * wanted[:, None] + drawn @ found, 1)
    return float(np.round(_mean_of_best(f_beta, _GRID[:, None])[0], 2))


def fit_thresholds(p: FloatArray, polarity: IntArray, labels: Targets, scope: Scope, beta: float = 1.0) -> FloatArray:
    """Thresholds [T] with the best F-beta over theme and polarity on probabilities ``p`` [N, T]."""
    gold, right = labels.themes == 1, right_polarity(polarity, labels)
    thresholds = np.full(p.shape[1], best_threshold(p, gold, right, beta))
    if scope == "each":
        own = [best_threshold(p[:, k], gold[:, k], right[:, k], beta) for k in range(p.shape[1])]
        weight = gold.sum(0) / (gold.sum(0) + _SHRINK)
        thresholds = weight * own + (1 - weight) * thresholds
    return thresholds


def sentiment_offsets(logits: FloatArray, gold: IntArray) -> FloatArray:
    """What to add to logits [N, C] so that the greatest gives the best macro-F1 over the three classes of sentiment.

    The likeliest class gives the best accuracy, not the best macro-F1, where one class is rare: what weighs there is
    learnt by adding to the logits of the classes (Narasimhan et al. 2015, "Consistent multiclass algorithms for complex
    performance measures").
    """
    classes = np.unique(SENTIMENT_CLASS)
    likeliest = np.stack([np.where(k == SENTIMENT_CLASS, logits, -np.inf).max(1) for k in classes], axis=1)
    added = np.column_stack([_OFFSETS, np.zeros(len(_OFFSETS))])
    said = (likeliest[:, None] + added).argmax(-1)  # [N, offsets]
    best = _mean_of_best(macro_f1(said, SENTIMENT_CLASS[gold], samples(len(gold))), added)
    return np.asarray(best[SENTIMENT_CLASS])


def sentiment_gain(plain: FloatArray, favoured: FloatArray, gold: IntArray) -> tuple[float, float]:
    """By how much the macro-F1 of some logits [N, C] is above that of others, and the standard error of that."""
    said = SENTIMENT_CLASS[np.stack([favoured.argmax(1), plain.argmax(1)], axis=1)]

    def differences(drawn: FloatArray) -> FloatArray:
        return np.asarray(macro_f1(said, SENTIMENT_CLASS[gold], drawn) @ [1, -1])

    return float(differences(np.ones((1, len(gold))))[0]), float(differences(samples(len(gold))).std())


def samples(count: int) -> FloatArray:
    """How often each of so many comments is in each bootstrap sample, [_SAMPLES, count]."""
    return np.concatenate(list(weights(count, _SAMPLES)))


def _mean_of_best(scores: FloatArray, choices: FloatArray) -> FloatArray:
    """Mean over samples of the choice [O, D] with the best of ``scores`` [S, O]; of equals, their mean."""
    best = scores == scores.max(1, keepdims=True)
    return np.asarray((best / best.sum(1, keepdims=True) @ choices).mean(0))
