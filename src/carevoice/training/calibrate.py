"""Calibration and thresholds, fitted on held-out comments.

Probabilities are calibrated by Platt scaling (Platt 1999) of the logits. Scaling and thresholds are per theme or the
same for all themes, whichever does better in cross-validation over the held-out comments.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from carevoice.model.engine import RawOutputs
from carevoice.model.folder import Calibration
from carevoice.model.scoring import sigmoid
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


def choose(raw: RawOutputs, labels: Targets) -> Report:
    """Compare the four combinations of scopes by cross-validation."""
    polarity = raw.polarity.argmax(-1)
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
            a, b = fit_scaling(raw.themes[fit], present[fit], scaling)
            thresholds = fit_thresholds(sigmoid(raw.themes[fit] * a + b), polarity[fit], _subset(labels, fit), scope)
            found[test] = sigmoid(raw.themes[test] * a + b) >= thresholds
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


def _temperature(logits: FloatArray, gold: npt.NDArray[np.int64]) -> float:
    """The softmax temperature with the least log loss."""

    def loss(t: float) -> float:
        z = logits.astype(np.float64) / t
        z -= z.max(1, keepdims=True)
        return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), gold]).mean())

    grid: list[float] = np.round(np.arange(0.5, 4.01, 0.05), 2).tolist()
    return min(grid, key=loss)


def calibrate(raw: RawOutputs, labels: Targets) -> tuple[Calibration, Report]:
    """Fit everything on held-out comments."""
    report = choose(raw, labels)
    present = labels.themes == 1
    scale, bias = fit_scaling(raw.themes, present, report.scaling)
    polarity = raw.polarity.argmax(-1)
    thresholds = fit_thresholds(sigmoid(raw.themes * scale + bias), polarity, labels, report.thresholds)
    alert = labels.alert == 1
    alert_scale, alert_bias = platt(raw.alert, alert)
    calibration = Calibration(
        tuple(np.round(scale, 4).tolist()),
        tuple(np.round(bias, 4).tolist()),
        tuple(np.round(thresholds, 3).tolist()),
        round(alert_scale, 4),
        round(alert_bias, 4),
        _alert_threshold(sigmoid(raw.alert * alert_scale + alert_bias), alert),
        _temperature(raw.sentiment, labels.sentiment),
        (0.0,) * raw.sentiment.shape[1],
    )
    return calibration, report


def summary(raw: RawOutputs, labels: Targets, calibration: Calibration) -> dict[str, float]:
    """Figures of a calibrated model on some comments."""
    p = sigmoid(raw.themes * np.array(calibration.theme_scale) + np.array(calibration.theme_bias))
    scores = theme_scores(p >= np.array(calibration.thresholds), raw.polarity.argmax(-1), labels)
    return {
        "theme_polarity_micro_f1": float(scores.exact_micro_f1),
        "theme_micro_f1": float(scores.micro_f1),
        "theme_macro_f1": float(scores.macro_f1),
        "sentiment_macro_f1": sentiment_macro_f1(raw.sentiment.argmax(-1), labels.sentiment),
    }
