"""Calibration and thresholds, fitted on held-out comments.

Scaling and thresholds of themes are fitted on comments that come as in life, since tidy ones name their themes more
plainly. Each theme has a scaling of its own that is pulled to the common one; thresholds are common, unless each
theme's own do better in cross-validation over these comments. Polarity gets a bias for the classes that authored and
joined comments have too often, shifted to the shares that they have in life (Saerens et al. 2002). Sentiment is fitted
last, since what themes say counts there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import KFold

from carevoice.model.engine import RawOutputs
from carevoice.model.folder import Calibration, Outputs
from carevoice.model.scoring import evidence_of, sentiment_logits, sigmoid
from carevoice.results import POLARITIES, SENTIMENTS
from carevoice.training.data import UNKNOWN, Targets, labelled_outputs
from carevoice.training.metrics import BoolArray, right_polarity, sentiment_macro_f1, theme_scores
from carevoice.training.scaling import FloatArray, correction, platt, prior_shift, vector_scaling
from carevoice.training.stacking import fit_sentiment, heads_alone
from carevoice.training.thresholds import Scope, best_threshold, fit_thresholds, samples

Prefer = Literal["f1", "recall", "precision"]
_FOLDS = 5
#: F-beta that thresholds maximise.
_BETAS: Final[dict[Prefer, float]] = {"f1": 1.0, "recall": 2.0, "precision": 0.5}
#: Every output that there is.
ALL_OUTPUTS: Final = Outputs()
_ALERT_BETA = 2.0  # missing an alert costs more than a needless look


@dataclass(frozen=True, slots=True)
class Report:
    """What cross-validation said of each choice of thresholds: F1 over theme and polarity."""

    thresholds: Scope
    scores: dict[str, float]


def fit_scaling(logits: FloatArray, present: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scale [T] and bias [T] for theme logits [N, T] and presence [N, T], NaN where unknown."""
    common = platt(logits, present)
    rough = logits * common[0] + common[1]
    own = np.array([correction(rough[:, k], present[:, k]) for k in range(logits.shape[1])])
    return own[:, 0] * common[0], own[:, 0] * common[1] + own[:, 1]


def judged(p: FloatArray, labels: Targets) -> FloatArray:
    """Probabilities [N, T] with 0 for doubtful themes, which then count neither as found nor as missed."""
    return np.where(np.isnan(labels.themes), 0.0, p)


def standard_error(present: BoolArray, polarity: npt.NDArray[np.int64], labels: Targets) -> float:
    """Bootstrap standard error over comments of F1 over theme and polarity."""
    gold = labels.themes == 1
    hits = (present & right_polarity(polarity, labels)).sum(1)
    total = present.sum(1) + gold.sum(1)
    drawn = samples(len(hits))
    return float((2 * (drawn @ hits) / np.maximum(drawn @ total, 1)).std())


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
    """Compare a common threshold and each theme's own by cross-validation.

    Thresholds of their own must be better by more than a standard error: a rare theme has too few comments to set one.
    """
    found: dict[Scope, BoolArray] = {scope: np.zeros(logits.shape, bool) for scope in ("all", "each")}
    for fit, test in _folds(len(logits)):
        a, b = fit_scaling(logits[fit], labels.themes[fit])
        p = judged(sigmoid(logits * a + b), labels)
        for scope, there in found.items():
            there[test] = p[test] >= fit_thresholds(p[fit], polarity[fit], _subset(labels, fit), scope, beta)
    scores = {scope: float(theme_scores(there, polarity, labels).exact_micro_f1) for scope, there in found.items()}
    margin = standard_error(found["each"], polarity, labels)
    best: Scope = "each" if scores["each"] - margin > scores["all"] else "all"
    return Report(best, {f"thresholds {scope}": score for scope, score in scores.items()})


def calibrate(
    raw: RawOutputs,
    labels: Targets,
    real: BoolArray,
    *,
    outputs: Outputs = ALL_OUTPUTS,
    prefer: Prefer = "f1",
    start: Calibration | None = None,
    felt: BoolArray | None = None,
) -> tuple[Calibration, Report]:
    """Fit everything on held-out comments; ``real`` [N] tells those that come as in life from tidy authored ones.

    Themes are calibrated on ``real`` ones, sentiment is fitted on those of ``felt`` [N], ``real`` unless it is given.

    What no comment has a label for is left as in ``start``, or else as the network says it.
    """
    told, kept = labelled_outputs(labels), start or neutral_calibration(raw.themes.shape[1])
    polarity_bias = _polarity_bias(raw, labels, real) if told.polarity else np.array(kept.polarity_bias)
    polarity = (raw.polarity + polarity_bias).argmax(-1)
    if outputs.single_label:
        temperature, _ = vector_scaling(raw.themes, labels.themes.argmax(1), ())
        scale, theme_bias, thresholds = (np.full(raw.themes.shape[1], v) for v in (1 / temperature, 0.0, 0.0))
        report = Report("all", {})
    else:
        beta, rows = _BETAS[prefer], np.flatnonzero(real) if real.any() else np.arange(len(real))
        logits, said, gold = raw.themes[rows], polarity[rows], _subset(labels, rows)
        report = choose(logits, said, gold, beta)
        scale, theme_bias = fit_scaling(logits, gold.themes)
        thresholds = fit_thresholds(
            judged(sigmoid(logits * scale + theme_bias), gold), said, gold, report.thresholds, beta
        )
    alert = _alert(raw, labels) if told.alert else (kept.alert_scale, kept.alert_bias, kept.alert_threshold)
    calibration = replace(
        kept,
        theme_scale=_rounded(scale),
        theme_bias=_rounded(theme_bias),
        thresholds=_rounded(thresholds),
        polarity_bias=_rounded(polarity_bias),
        alert_scale=round(alert[0], 4),
        alert_bias=round(alert[1], 4),
        alert_threshold=alert[2],
    )
    if not told.sentiment:
        return calibration, report
    weights, bias = _sentiment(evidence_of(raw, calibration, outputs), labels, real if felt is None else felt, outputs)
    return replace(calibration, sentiment_weights=tuple(map(_rounded, weights)), sentiment_bias=_rounded(bias)), report


def neutral_calibration(themes: int) -> Calibration:
    """Leaves what the network says as it is."""
    ones, zeros = (1.0,) * themes, (0.0,) * len(POLARITIES)
    weights = tuple(map(tuple, heads_alone().tolist()))
    return Calibration(ones, (0.0,) * themes, (0.5,) * themes, zeros, 1.0, 0.0, 0.5, weights, (0.0,) * len(SENTIMENTS))


def _polarity_bias(raw: RawOutputs, labels: Targets, real: BoolArray) -> FloatArray:
    where = np.nonzero(labels.polarity != UNKNOWN)
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
    return scale, bias, best_threshold(sigmoid(raw.alert[known] * scale + bias), alert, alert, _ALERT_BETA)


def _sentiment(
    evidence: FloatArray, labels: Targets, felt: BoolArray, outputs: Outputs
) -> tuple[FloatArray, FloatArray]:
    known = labels.sentiment != UNKNOWN
    rows = known & felt if (known & felt).any() else known
    return fit_sentiment(evidence[rows], labels.sentiment[rows], themes_judge=outputs.polarity)


def _rounded(values: FloatArray) -> tuple[float, ...]:
    return tuple(np.round(values, 4).tolist())


def summary(raw: RawOutputs, labels: Targets, calibration: Calibration) -> dict[str, float]:
    """Figures of a calibrated model with all outputs on some comments."""
    p = judged(sigmoid(raw.themes * np.array(calibration.theme_scale) + np.array(calibration.theme_bias)), labels)
    polarity = (raw.polarity + np.array(calibration.polarity_bias)).argmax(-1)
    scores = theme_scores(p >= np.array(calibration.thresholds), polarity, labels)
    sentiment = sentiment_logits(evidence_of(raw, calibration, ALL_OUTPUTS), calibration)
    return {
        "theme_polarity_micro_f1": float(scores.exact_micro_f1),
        "theme_micro_f1": float(scores.micro_f1),
        "theme_macro_f1": float(scores.macro_f1),
        "sentiment_macro_f1": sentiment_macro_f1(sentiment.argmax(-1), labels.sentiment),
    }
