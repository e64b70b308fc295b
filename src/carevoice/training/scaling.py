"""Scale and bias that turn logits into probabilities, fitted on labels.

One logit at a time by Platt scaling (Platt 1999), classes that exclude each other by a common temperature and a bias
for some (vector scaling, Guo et al. 2017, arXiv:1706.04599).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logsumexp
from sklearn.linear_model import LogisticRegression

FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]
#: One over the variance of a label's own scale and bias.
_PULL: Final = 10.0


def platt(logits: FloatArray, present: FloatArray) -> tuple[float, float]:
    """Scale and bias that make ``sigmoid(scale * logit + bias)`` a probability of presence: 0, 1 or, unknown, NaN."""
    known = ~np.isnan(present)
    fitted = LogisticRegression(C=10.0).fit(logits[known].reshape(-1, 1), present[known] == 1)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def correction(logits: FloatArray, present: FloatArray) -> tuple[float, float]:
    """Scale and bias of one label's own, for logits that a scaling of all labels has made about right.

    The most probable ones where both are taken for normal around 1 and 0: a rare label hardly moves.
    """
    known = ~np.isnan(present)
    z, y = logits[known].astype(np.float64), present[known]

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        off = parameters - np.array([1.0, 0.0])
        own = parameters[0] * z + parameters[1]
        error = expit(own) - y
        value = (np.logaddexp(0, own) - y * own).sum() + _PULL * np.square(off).sum() / 2
        return float(value), np.array([error @ z, error.sum()]) + _PULL * off

    scale, bias = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B").x
    return float(scale), float(bias)


def vector_scaling(logits: FloatArray, gold: npt.NDArray[np.int64], free: Sequence[int]) -> tuple[float, FloatArray]:
    """Temperature and bias [C] with the least log loss of ``softmax(logits / temperature + bias)`` on [N, C] logits.

    Only the ``free`` classes get a bias.
    """
    z = logits.astype(np.float64)
    rows = np.arange(len(z))

    def bias_of(parameters: FloatArray) -> FloatArray:
        bias = np.zeros(z.shape[1])
        bias[list(free)] = parameters[1:]
        return bias

    def loss(parameters: FloatArray) -> float:
        scaled = z * np.exp(parameters[0]) + bias_of(parameters)
        return float((logsumexp(scaled, axis=1) - scaled[rows, gold]).mean() + 1e-4 * np.square(parameters[1:]).sum())

    found = minimize(loss, np.zeros(1 + len(free)), method="L-BFGS-B").x
    return float(np.exp(-found[0])), bias_of(found)


def prior_shift(gold: npt.NDArray[np.int64], real: BoolArray, classes: int, free: Sequence[int]) -> FloatArray:
    """What to add to the log probabilities of the ``free`` classes so that they suit the ``real`` comments.

    Their shares are taken beside that of all other classes together: how praise and blame divide differs from place to
    place, and is left alone.
    """
    shift = np.zeros(classes)
    if not real.any():
        return shift
    wanted = np.bincount(gold[real], minlength=classes) + 1.0
    given = np.bincount(gold, minlength=classes) + 1.0
    others = [k for k in range(classes) if k not in free]
    for k in free:
        shift[k] = np.log(wanted[k] / wanted[others].sum()) - np.log(given[k] / given[others].sum())
    return shift
