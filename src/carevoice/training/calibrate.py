"""Calibration and thresholds, fitted on held-out comments.

Probabilities are calibrated by Platt scaling (Platt 1999) of the logits. Scaling and thresholds are per theme or the
same for all themes, whichever does better in cross-validation over the held-out comments. Sentiment and polarity get
a temperature and a bias per class (vector scaling, Guo et al. 2017, arXiv:1706.04599); how often a comment is mixed
is taken from the real comments alone (Saerens et al. 2002), since authored ones are mixed far too often.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from carevoice.model.engine import RawOutputs
from carevoice.model.folder import Calibration
from carevoice.model.scoring import sigmoid
from carevoice.results import POLARITIES, SENTIMENTS
from carevoice.training.data import Targets
from carevoice.training.metrics import BoolArray, sentiment_macro_f1, theme_scores

Scope = Literal["each", "all"]
FloatArray = npt.NDArray[np.floating]
_GRID = np.round(np.arange(0.1, 0.91, 0.01), 2)
_SHRINK = 20.0  # pseudo-comments that pull a theme's own threshold to the common one
_FOLDS = 5
_ALERT_BETA = 2.0  # missing an alert costs more than a needless look


@dataclass(frozen=True, slots=True)
class Report:
    """What cross-validation said of each choice: F1 over theme and polarity."""

    scaling: Scope
    thresholds: Scope
    scores: dict[str, float]


def platt(logits: FloatArray, present: BoolArray) -> tuple[float, float]:
    """Scale and bias that make ``sigmoid(scale * logit + bias)`` a probability."""
    fitted = LogisticRegression(C=10.0).fit(logits.reshape(-1, 1), present.ravel())
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def fit_scaling(logits: FloatArray, present: BoolArray, scope: Scope) -> tuple[FloatArray, FloatArray]:
    """Scale [T] and bias [T] for theme logits [N, T]."""
    count = logits.shape[1]
    common = platt(logits, present)
    if scope == "all":
        return np.full(count, common[0]), np.full(count, common[1])
    own = [
        platt(logits[:, k], present[:, k]) if present[:, k].any() and not present[:, k].all() else common
        for k in range(count)
    ]
    return np.array([a for a, _ in own]), np.array([b for _, b in own])


def fit_thresholds(p: FloatArray, polarity: npt.NDArray[np.int64], labels: Targets, scope: Scope) -> FloatArray:
    """Thresholds [T] with the best F1 over theme and polarity on probabilities ``p`` [N, T]."""
    common = max(_GRID, key=lambda t: theme_scores(p >= t, polarity, labels).exact_micro_f1)
    thresholds = np.full(p.shape[1], common)
    if scope == "all":
        return thresholds
    gold = labels.themes == 1
    right = gold & (polarity == labels.polarity)
    for k in range(p.shape[1]):
        found = p[:, k][None] >= _GRID[:, None]  # [G, N]
        hits = (found & right[:, k]).sum(1)
        f = 2 * hits / np.maximum(found.sum(1) + gold[:, k].sum(), 1)
        best = _GRID[f.argmax()]
        weight = gold[:, k].sum() / (gold[:, k].sum() + _SHRINK)
        thresholds[k] = weight * best + (1 - weight) * common
    return thresholds


def _subset(labels: Targets, rows: npt.NDArray[np.int64]) -> Targets:
    return Targets(
        labels.themes[rows],
        labels.polarity[rows],
        labels.sentiment[rows],
        labels.level[rows],
        labels.alert[rows],
    )


def _folds(count: int) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    yield from KFold(_FOLDS, shuffle=True, random_state=0).split(np.arange(count))


def choose(logits: FloatArray, polarity: npt.NDArray[np.int64], labels: Targets) -> Report:
    """Compare the four combinations of scopes by cross-validation."""
    present = labels.themes == 1
    scores: dict[str, float] = {}
    combinations: list[tuple[Scope, Scope]] = [
        ("all", "all"),
        ("all", "each"),
        ("each", "all"),
        ("each", "each"),
    ]
    for scaling, scope in combinations:
        found = np.zeros(present.shape, bool)
        for fit, test in _folds(len(present)):
            a, b = fit_scaling(logits[fit], present[fit], scaling)
            thresholds = fit_thresholds(sigmoid(logits[fit] * a + b), polarity[fit], _subset(labels, fit), scope)
            found[test] = sigmoid(logits[test] * a + b) >= thresholds
        scores[f"scaling {scaling}, thresholds {scope}"] = float(theme_scores(found, polarity, labels).exact_micro_f1)
    best = max(combinations, key=lambda c: scores[f"scaling {c[0]}, thresholds {c[1]}"])
    return Report(*best, scores)


def _alert_threshold(p: FloatArray, gold: BoolArray) -> float:
    """The threshold with the best F-beta."""
    square = _ALERT_BETA**2

    def f_beta(t: float) -> float:
        found = p >= t
        hits = float((found & gold).sum())
        return (1 + square) * hits / max(square * gold.sum() + found.sum(), 1.0)

    return float(max(_GRID, key=f_beta))


def vector_scaling(logits: FloatArray, gold: npt.NDArray[np.int64], poles: Sequence[int]) -> tuple[float, FloatArray]:
    """Temperature and bias [C] with the least log loss of ``softmax(logits / temperature + bias)`` on [N, C] logits.

    The ``poles`` (praise and blame) get no bias.
    """
    z = logits.astype(np.float64)
    rows = np.arange(len(z))
    others = [k for k in range(z.shape[1]) if k not in poles]

    def bias_of(parameters: FloatArray) -> FloatArray:
        bias = np.zeros(z.shape[1])
        bias[others] = parameters[1:]
        return bias

    def loss(parameters: FloatArray) -> float:
        scaled = z * np.exp(parameters[0]) + bias_of(parameters)
        return float((logsumexp(scaled, axis=1) - scaled[rows, gold]).mean() + 1e-4 * np.square(parameters[1:]).sum())

    found = minimize(loss, np.zeros(1 + len(others)), method="L-BFGS-B").x
    return float(np.exp(-found[0])), bias_of(found)


def prior_shift(gold: npt.NDArray[np.int64], real: BoolArray, classes: int, poles: Sequence[int]) -> FloatArray:
    """What to add to the log probabilities of ``classes`` so that they suit the real comments among all of them.

    Only how often a comment is at neither of the ``poles`` is taken over: praise and blame differ from place to place.
    """
    if not real.any():
        return np.zeros(classes)
    wanted = np.bincount(gold[real], minlength=classes) + 1.0
    given = np.bincount(gold, minlength=classes) + 1.0
    wanted[list(poles)] = wanted[list(poles)].sum()
    given[list(poles)] = given[list(poles)].sum()
    shift = np.log(wanted / given)
    return np.asarray(shift - shift[poles[0]])


def calibrate(raw: RawOutputs, labels: Targets, real: BoolArray) -> tuple[Calibration, Report]:
    """Fit everything on held-out comments; ``real`` [N] tells real comments from authored ones."""
    present = labels.themes == 1
    where = np.nonzero(present)
    said = labels.polarity[where]
    poles = (POLARITIES.index("praised"), POLARITIES.index("criticised"))
    temperature, bias = vector_scaling(raw.polarity[where], said, poles)
    polarity_bias = (bias + prior_shift(said, real[where[0]], len(POLARITIES), poles)) * temperature
    polarity = (raw.polarity + polarity_bias).argmax(-1)

    report = choose(raw.themes, polarity, labels)
    scale, theme_bias = fit_scaling(raw.themes, present, report.scaling)
    thresholds = fit_thresholds(sigmoid(raw.themes * scale + theme_bias), polarity, labels, report.thresholds)

    alert = labels.alert == 1
    alert_scale, alert_bias = platt(raw.alert, alert)
    poles = (SENTIMENTS.index("positive"), SENTIMENTS.index("negative"))
    sentiment_temperature, bias = vector_scaling(raw.sentiment, labels.sentiment, poles)
    sentiment_bias = bias + prior_shift(labels.sentiment, real, len(SENTIMENTS), poles)
    calibration = Calibration(
        _rounded(scale),
        _rounded(theme_bias),
        _rounded(thresholds),
        _rounded(polarity_bias),
        round(alert_scale, 4),
        round(alert_bias, 4),
        _alert_threshold(sigmoid(raw.alert * alert_scale + alert_bias), alert),
        round(sentiment_temperature, 4),
        _rounded(sentiment_bias),
    )
    return calibration, report


def _rounded(values: FloatArray) -> tuple[float, ...]:
    return tuple(np.round(values, 4).tolist())


def summary(raw: RawOutputs, labels: Targets, calibration: Calibration) -> dict[str, float]:
    """Figures of a calibrated model on some comments."""
    p = sigmoid(raw.themes * np.array(calibration.theme_scale) + np.array(calibration.theme_bias))
    polarity = (raw.polarity + np.array(calibration.polarity_bias)).argmax(-1)
    scores = theme_scores(p >= np.array(calibration.thresholds), polarity, labels)
    sentiment = raw.sentiment / calibration.sentiment_temperature + np.array(calibration.sentiment_bias)
    return {
        "theme_polarity_micro_f1": float(scores.exact_micro_f1),
        "theme_micro_f1": float(scores.micro_f1),
        "theme_macro_f1": float(scores.macro_f1),
        "sentiment_macro_f1": sentiment_macro_f1(sentiment.argmax(-1), labels.sentiment),
    }
