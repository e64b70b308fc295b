"""Calibration and thresholds, fitted on held-out comments.

Probabilities are calibrated by Platt scaling (Platt 1999) of the logits. Scaling and thresholds are per theme or the
same for all themes, whichever does better in cross-validation over the held-out comments. Sentiment and polarity get
a temperature and a bias for the classes that authored and joined comments have too often (vector scaling, Guo et al.
2017, arXiv:1706.04599): that of mixed sentiment is fitted on comments as they come in life, those of polarity are
shifted to the shares that they have there (Saerens et al. 2002).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

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
from carevoice.training.data import UNKNOWN, Targets
from carevoice.training.metrics import BoolArray, right_polarity, sentiment_macro_f1, theme_scores

Scope = Literal["each", "all"]
Prefer = Literal["f1", "recall", "precision"]
FloatArray = npt.NDArray[np.floating]
_GRID = np.round(np.arange(0.1, 0.91, 0.01), 2)
_SHRINK = 20.0  # pseudo-comments that pull a theme's own threshold to the common one
_FOLDS = 5
_ROUNDS = 200
#: F-beta that thresholds maximise.
_BETAS: Final[dict[Prefer, float]] = {"f1": 1.0, "recall": 2.0, "precision": 0.5}
_ALERT_BETA = 2.0  # missing an alert costs more than a needless look


@dataclass(frozen=True, slots=True)
class Report:
    """What cross-validation said of each choice: F1 over theme and polarity."""

    scaling: Scope
    thresholds: Scope
    scores: dict[str, float]


def platt(logits: FloatArray, present: FloatArray) -> tuple[float, float]:
    """Scale and bias that make ``sigmoid(scale * logit + bias)`` a probability of presence: 0, 1 or, unknown, NaN."""
    known = ~np.isnan(present)
    fitted = LogisticRegression(C=10.0).fit(logits[known].reshape(-1, 1), present[known] == 1)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def fit_scaling(logits: FloatArray, present: FloatArray, scope: Scope) -> tuple[FloatArray, FloatArray]:
    """Scale [T] and bias [T] for theme logits [N, T] and presence [N, T], NaN where unknown."""
    count = logits.shape[1]
    common = platt(logits, present)
    if scope == "all":
        return np.full(count, common[0]), np.full(count, common[1])
    own = [
        platt(logits[:, k], present[:, k]) if {0.0, 1.0} <= set(present[:, k].tolist()) else common
        for k in range(count)
    ]
    return np.array([a for a, _ in own]), np.array([b for _, b in own])


def judged(p: FloatArray, labels: Targets) -> FloatArray:
    """Probabilities [N, T] with 0 for doubtful themes, which then count neither as found nor as missed."""
    return np.where(np.isnan(labels.themes), 0.0, p)


def standard_error(present: BoolArray, polarity: npt.NDArray[np.int64], labels: Targets) -> float:
    """Bootstrap standard error over comments of F1 over theme and polarity."""
    gold = labels.themes == 1
    hits = (present & right_polarity(polarity, labels)).sum(1)
    total = present.sum(1) + gold.sum(1)
    draws = np.random.default_rng(0).integers(0, len(hits), (_ROUNDS, len(hits)))
    return float((2 * hits[draws].sum(1) / np.maximum(total[draws].sum(1), 1)).std())


def fit_thresholds(
    p: FloatArray, polarity: npt.NDArray[np.int64], labels: Targets, scope: Scope, beta: float = 1.0
) -> FloatArray:
    """Thresholds [T] with the best F-beta over theme and polarity on probabilities ``p`` [N, T]."""
    gold = labels.themes == 1
    right = right_polarity(polarity, labels)
    square = beta**2

    def f_beta(hits: npt.NDArray[np.int64], found: npt.NDArray[np.int64], wanted: int) -> FloatArray:
        return np.asarray((1 + square) * hits / np.maximum(square * wanted + found, 1))

    found = [p >= t for t in _GRID]
    hits = np.array([(f & right).sum() for f in found])
    common = _GRID[f_beta(hits, np.array([f.sum() for f in found]), gold.sum()).argmax()]
    thresholds = np.full(p.shape[1], common)
    if scope == "all":
        return thresholds
    for k in range(p.shape[1]):
        there = p[:, k][None] >= _GRID[:, None]  # [G, N]
        f = f_beta((there & right[:, k]).sum(1), there.sum(1), gold[:, k].sum())
        weight = gold[:, k].sum() / (gold[:, k].sum() + _SHRINK)
        thresholds[k] = weight * _GRID[f.argmax()] + (1 - weight) * common
    return thresholds


def lowest_equal(p: FloatArray, polarity: npt.NDArray[np.int64], labels: Targets, best: float) -> float:
    """The lowest common threshold that is within one standard error of the ``best`` one.

    F1 is flat around its best. Who reads comments would rather see a theme too many than miss one, and comments from
    elsewhere are recognised with less certainty.
    """
    scores = np.array([theme_scores(p >= t, polarity, labels).exact_micro_f1 for t in _GRID])
    enough = theme_scores(p >= best, polarity, labels).exact_micro_f1 - standard_error(p >= best, polarity, labels)
    return float(_GRID[np.argmax(scores >= enough)])


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


def choose(logits: FloatArray, polarity: npt.NDArray[np.int64], labels: Targets, beta: float) -> Report:
    """Compare the four combinations of scopes by cross-validation.

    Thresholds of their own must beat a common one by more than a standard error.
    """
    present = labels.themes
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
            p = judged(sigmoid(logits * a + b), labels)
            thresholds = fit_thresholds(p[fit], polarity[fit], _subset(labels, fit), scope, beta)
            found[test] = p[test] >= thresholds
        scores[f"scaling {scaling}, thresholds {scope}"] = float(theme_scores(found, polarity, labels).exact_micro_f1)
        margin = standard_error(found, polarity, labels)

    def score(c: tuple[Scope, Scope]) -> float:
        return scores[f"scaling {c[0]}, thresholds {c[1]}"] - (margin if c[1] == "each" else 0.0)

    return Report(*max(combinations, key=score), scores)


def _alert_threshold(p: FloatArray, gold: BoolArray) -> float:
    """The threshold with the best F-beta."""
    square = _ALERT_BETA**2

    def f_beta(t: float) -> float:
        found = p >= t
        hits = float((found & gold).sum())
        return float((1 + square) * hits / max(square * gold.sum() + found.sum(), 1.0))

    return float(max(_GRID, key=f_beta))


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


def calibrate(
    raw: RawOutputs, labels: Targets, real: BoolArray, *, single_label: bool = False, prefer: Prefer = "f1"
) -> tuple[Calibration, Report]:
    """Fit everything on held-out comments; ``real`` [N] tells those that come as in life from tidy authored ones.

    What no comment has a label for is left as the network says it.
    """
    polarity_bias = _polarity_bias(raw, labels, real)
    polarity = (raw.polarity + polarity_bias).argmax(-1)
    if single_label:
        temperature, _ = vector_scaling(raw.themes, labels.themes.argmax(1), ())
        scale, theme_bias, thresholds = (np.full(raw.themes.shape[1], v) for v in (1 / temperature, 0.0, 0.0))
        report = Report("all", "all", {})
    else:
        beta = _BETAS[prefer]
        report = choose(raw.themes, polarity, labels, beta)
        scale, theme_bias = fit_scaling(raw.themes, labels.themes, report.scaling)
        p = judged(sigmoid(raw.themes * scale + theme_bias), labels)
        thresholds = fit_thresholds(p, polarity, labels, report.thresholds, beta)
        if report.thresholds == "all" and prefer == "f1":
            thresholds[:] = lowest_equal(p, polarity, labels, thresholds[0])
    alert_scale, alert_bias, alert_threshold = _alert(raw, labels)
    sentiment_temperature, sentiment_bias = _sentiment(raw, labels, real)
    calibration = Calibration(
        _rounded(scale),
        _rounded(theme_bias),
        _rounded(thresholds),
        _rounded(polarity_bias),
        round(alert_scale, 4),
        round(alert_bias, 4),
        alert_threshold,
        round(sentiment_temperature, 4),
        _rounded(sentiment_bias),
    )
    return calibration, report


def _polarity_bias(raw: RawOutputs, labels: Targets, real: BoolArray) -> FloatArray:
    where = np.nonzero((labels.themes == 1) & (labels.polarity != UNKNOWN))
    if not len(where[0]):
        return np.zeros(len(POLARITIES))
    said = labels.polarity[where]
    rare = (POLARITIES.index("both"), POLARITIES.index("mentioned"))
    temperature, bias = vector_scaling(raw.polarity[where], said, rare)
    return np.asarray((bias + prior_shift(said, real[where[0]], len(POLARITIES), rare)) * temperature)


def _alert(raw: RawOutputs, labels: Targets) -> tuple[float, float, float]:
    known = ~np.isnan(labels.alert)
    alert = labels.alert[known] == 1
    if alert.all() or not alert.any():
        return 1.0, 0.0, 0.5
    scale, bias = platt(raw.alert[known], alert.astype(float))
    return scale, bias, _alert_threshold(sigmoid(raw.alert[known] * scale + bias), alert)


def _sentiment(raw: RawOutputs, labels: Targets, real: BoolArray) -> tuple[float, FloatArray]:
    known = labels.sentiment != UNKNOWN
    if not known.any():
        return 1.0, np.zeros(len(SENTIMENTS))
    # Comments that are joined in training make mixed ones commoner than in life.
    rows = known & real if (known & real).any() else known
    mixed = SENTIMENTS.index("mixed")
    free = (mixed,) if (labels.sentiment[rows] == mixed).any() else ()
    return vector_scaling(raw.sentiment[rows], labels.sentiment[rows], free)


def _rounded(values: FloatArray) -> tuple[float, ...]:
    return tuple(np.round(values, 4).tolist())


def summary(raw: RawOutputs, labels: Targets, calibration: Calibration) -> dict[str, float]:
    """Figures of a calibrated model on some comments."""
    p = judged(sigmoid(raw.themes * np.array(calibration.theme_scale) + np.array(calibration.theme_bias)), labels)
    polarity = (raw.polarity + np.array(calibration.polarity_bias)).argmax(-1)
    scores = theme_scores(p >= np.array(calibration.thresholds), polarity, labels)
    sentiment = raw.sentiment / calibration.sentiment_temperature + np.array(calibration.sentiment_bias)
    return {
        "theme_polarity_micro_f1": float(scores.exact_micro_f1),
        "theme_micro_f1": float(scores.micro_f1),
        "theme_macro_f1": float(scores.macro_f1),
        "sentiment_macro_f1": sentiment_macro_f1(sentiment.argmax(-1), labels.sentiment),
    }
