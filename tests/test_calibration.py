"""Calibration, thresholds and the model of sentiment, fitted on what a network says of held-out comments."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from carevoice.model.engine import RawOutputs
from carevoice.model.evidence import EVIDENCE
from carevoice.model.folder import Calibration, Outputs
from carevoice.model.scoring import Scorer
from carevoice.results import SENTIMENTS
from carevoice.taxonomy import Taxonomy, load_taxonomy
from carevoice.training.calibrate import calibrate, neutral_calibration
from carevoice.training.data import UNKNOWN, Targets
from carevoice.training.metrics import sentiment_macro_f1
from carevoice.training.scaling import correction
from carevoice.training.stacking import fit_sentiment
from carevoice.training.thresholds import best_threshold, fit_thresholds, sentiment_offsets

FOUR_THEMES = Taxonomy(tuple(load_taxonomy())[:4], "1.0")


def take(arrays: Any, rows: npt.NDArray[np.int64]) -> Any:
    """Some rows of a dataclass of arrays."""
    return type(arrays)(*(getattr(arrays, field.name)[rows] for field in dataclasses.fields(arrays)))


def synthetic(count: int = 600) -> tuple[RawOutputs, Targets]:
    """Logits that are three times too sure, with a theme in ten comments."""
    rng = np.random.default_rng(0)
    truth = rng.normal(-2.5, 2, (count, 4))
    present = rng.random(truth.shape) < 1 / (1 + np.exp(-truth))
    polarity = rng.integers(0, 4, truth.shape)
    labels = Targets(
        present.astype(np.float32),
        np.where(present, polarity, -100),
        rng.integers(0, 4, count),
        rng.integers(0, 5, count),
        present[:, 0].astype(np.float32),
    )
    raw = RawOutputs(
        (truth * 3).astype(np.float32),
        np.eye(4, dtype=np.float32)[polarity],
        np.eye(4, dtype=np.float32)[labels.sentiment] * 9,
        np.eye(5, dtype=np.float32)[labels.level],
        (truth[:, 0] * 3).astype(np.float32),
    )
    return raw, labels


def test_calibrate_undoes_overconfidence() -> None:
    raw, labels = synthetic()
    calibration, report = calibrate(raw, labels, np.ones(len(labels.alert), bool))
    assert np.array(calibration.theme_scale) == pytest.approx(1 / 3, abs=0.08)
    assert calibration.alert_scale == pytest.approx(1 / 3, abs=0.08)
    # The F1-optimal threshold of calibrated probabilities lies below a half.
    assert 0.1 <= np.mean(calibration.thresholds) < 0.5
    assert report.scores.keys() == {"thresholds all", "thresholds each"}


def test_a_theme_has_a_scaling_of_its_own_as_far_as_its_comments_go() -> None:
    raw, labels = synthetic()
    shifted = dataclasses.replace(raw, themes=raw.themes + np.array([9, -9, 0, 0], np.float32))
    frequent = calibrate(shifted, labels, np.ones(600, bool))[0]
    assert frequent.theme_bias[0] < frequent.theme_bias[2] < frequent.theme_bias[1]
    rows = np.arange(60)
    rare = calibrate(take(shifted, rows), take(labels, rows), np.ones(60, bool))[0]
    assert np.ptp(rare.theme_bias) < np.ptp(frequent.theme_bias)


def test_correction_is_none_where_logits_are_right_and_less_with_fewer_comments() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(-1, 2, 20_000)
    present = (rng.random(20_000) < 1 / (1 + np.exp(-truth))).astype(float)
    assert correction(truth, present) == pytest.approx((1, 0), abs=0.06)
    assert correction(truth / 2 - 1, present) == pytest.approx((2, 2), abs=0.12)
    scale, bias = correction(truth[:50] / 2 - 1, present[:50])
    assert abs(scale - 1) < 0.5
    assert 0 < bias < 1
    present[:100] = np.nan
    assert correction(truth[:100], present[:100]) == (1, 0)


def test_a_threshold_lies_in_the_middle_of_those_that_are_as_good() -> None:
    present = np.arange(200) % 4 == 0
    p = np.where(present, 0.8, 0.2)
    assert best_threshold(p, present, present, 1.0) == pytest.approx(0.5, abs=0.01)
    # Found with a wrong polarity, a theme is as good as not found.
    assert best_threshold(p, present, present & (np.arange(200) % 8 == 0), 1.0) == pytest.approx(0.5, abs=0.01)


def test_a_threshold_hardly_depends_on_which_comments_were_drawn() -> None:
    def drawn(seed: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        rng = np.random.default_rng(seed)
        p = rng.beta(0.4, 1.2, (300, 4))
        return p, rng.random(p.shape) < p

    def ragged(p: npt.NDArray[Any], present: npt.NDArray[np.bool_]) -> float:
        grid = np.arange(10, 91) / 100
        return float(
            grid[np.argmax([(2 * ((p >= t) & present).sum()) / ((p >= t).sum() + present.sum()) for t in grid])]
        )

    samples = [drawn(seed) for seed in range(20)]
    chosen = [best_threshold(p, present, present, 1.0) for p, present in samples]
    assert np.std(chosen) < 0.75 * np.std([ragged(*sample) for sample in samples])
    # The threshold with the best F1 of calibrated probabilities is half of that F1 (Lipton et al. 2014).
    p, present = drawn(99)
    f1 = 2 * ((p >= 0.35) & present).sum() / ((p >= 0.35).sum() + present.sum())
    assert np.mean(chosen) == pytest.approx(f1 / 2, abs=0.03)


def test_thresholds_that_prefer_recall_are_lower() -> None:
    raw, labels = synthetic()
    p, polarity = 1 / (1 + np.exp(-raw.themes / 3)), raw.polarity.argmax(-1)
    recall, f1, precision = (fit_thresholds(p, polarity, labels, "all", beta)[0] for beta in (2.0, 1.0, 0.5))
    assert recall < f1 < precision
    own = fit_thresholds(p, polarity, labels, "each")
    assert len(set(own)) > 1
    assert own == pytest.approx(f1, abs=0.2)


def felt_seldom(count: int, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Log probabilities of sentiments, one in twelve of them neutral, and sentiments drawn by them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (count, 4)) + np.array([0.5, -1.2, -9, 1.0])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.log(p), (p.cumsum(1) < rng.random((count, 1))).sum(1)


def test_a_rare_sentiment_is_said_more_often_where_macro_f1_wants_it() -> None:
    offsets = sentiment_offsets(*felt_seldom(2000, 0))
    negative, neutral, mixed, positive = offsets
    assert neutral == mixed > negative > positive - 0.3
    assert positive == 0
    logits, gold = felt_seldom(20_000, 1)
    plain, better = (sentiment_macro_f1(said.argmax(1), gold) for said in (logits, logits + offsets))
    assert better > plain + 0.01


def test_calibrate_favours_a_rare_sentiment_only_if_cross_validation_says_so() -> None:
    logits, gold = felt_seldom(1500, 2)
    raw, labels = felt(1500)
    raw = dataclasses.replace(raw, sentiment=logits.astype(np.float32))
    labels, alone = dataclasses.replace(labels, sentiment=gold), Outputs(alert=False, polarity=False)
    bias = calibrate(raw, labels, np.ones(1500, bool), outputs=alone)[0].sentiment_bias
    assert bias[1] > bias[3] + 0.2
    # Nothing is to be gained where each class is as plain as the others.
    plain = dataclasses.replace(raw, sentiment=np.eye(4, dtype=np.float32)[gold] * 9)
    assert calibrate(plain, labels, np.ones(1500, bool), outputs=alone)[0].sentiment_bias == (0, 0, 0, 0)


def told(count: int, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Evidence of which the logits alone say something, and sentiments drawn by them."""
    rng = np.random.default_rng(seed)
    evidence = rng.normal(0, 1, (count, EVIDENCE))
    p = np.exp(2 * evidence[:, : len(SENTIMENTS)])
    return evidence, ((p / p.sum(1, keepdims=True)).cumsum(1) < rng.random((count, 1))).sum(1)


def test_of_models_of_sentiment_that_comments_cannot_tell_apart_the_simplest_is_taken() -> None:
    new, answers = told(20_000, 1)

    def loss(weights: npt.NDArray[np.float64], bias: npt.NDArray[np.float64]) -> float:
        logits = new @ weights.T + bias
        return float((np.log(np.exp(logits).sum(1)) - logits[np.arange(len(answers)), answers]).mean())

    few, many = (fit_sentiment(*told(count, 0), themes_judge=True) for count in (800, 20_000))
    model = LogisticRegression(max_iter=2000)
    search = GridSearchCV(model, {"C": [0.01, 0.03, 0.1, 0.3, 1.0]}, scoring="neg_log_loss").fit(*told(800, 0))
    likeliest = search.best_estimator_
    assert np.linalg.norm(few[0]) < 0.9 * np.linalg.norm(likeliest.coef_)
    assert loss(*few) == pytest.approx(loss(likeliest.coef_, likeliest.intercept_), abs=0.005)
    # With many comments none of the evidence is given up.
    truth = 2 * np.eye(len(SENTIMENTS), EVIDENCE)
    assert loss(*many) == pytest.approx(loss(truth, np.zeros(len(SENTIMENTS))), abs=0.005)


def test_calibrate_takes_themes_from_comments_as_they_come_in_life() -> None:
    raw, labels = synthetic()
    real = np.arange(len(labels.alert)) < 400
    wild = dataclasses.replace(raw, themes=np.where(real[:, None], raw.themes, -raw.themes))
    calibration, report = calibrate(wild, labels, real)
    alone, alone_report = calibrate(take(raw, np.flatnonzero(real)), take(labels, np.flatnonzero(real)), real[:400])
    assert (calibration.theme_scale, calibration.thresholds) == (alone.theme_scale, alone.thresholds)
    assert report == alone_report
    # Where nothing is known to be real, all comments are taken for it.
    assert calibrate(raw, labels, ~real & real)[0] == calibrate(raw, labels, real | ~real)[0]


def test_calibrate_leaves_doubtful_themes_out() -> None:
    raw, labels = synthetic()
    doubtful = np.random.default_rng(1).random(labels.themes.shape) < 0.3
    with_doubts = dataclasses.replace(labels, themes=np.where(doubtful, np.nan, labels.themes).astype(np.float32))
    real = np.ones(len(labels.alert), bool)
    calibration, _ = calibrate(raw, with_doubts, real)
    assert np.array(calibration.theme_scale) == pytest.approx(1 / 3, abs=0.08)
    # Whatever is said of doubtful themes changes nothing, but for sentiment, which weighs all that is said.
    wild = dataclasses.replace(raw, themes=np.where(doubtful, 50.0, raw.themes).astype(np.float32))
    same = {"sentiment_weights": calibration.sentiment_weights, "sentiment_bias": calibration.sentiment_bias}
    assert dataclasses.replace(calibrate(wild, with_doubts, real)[0], **same) == calibration


def felt(count: int = 600) -> tuple[RawOutputs, Targets]:
    """Comments that are mixed where praise and blame meet; the heads for sentiment only see which came last."""
    rng = np.random.default_rng(1)
    praised, criticised = rng.random((2, count)) < 0.5
    none = np.zeros(count, bool)
    present = np.stack([praised, criticised, none, none], 1)
    sentiment = [SENTIMENTS.index(name) for name in ("neutral", "positive", "negative", "mixed")]
    gold = np.array(sentiment)[praised + 2 * criticised]
    last = np.where(gold == SENTIMENTS.index("mixed"), rng.choice(sentiment[1:3], count), gold)
    polarity = np.tile(np.array([0, 1, 0, 1]), (count, 1))
    labels = Targets(
        present.astype(np.float32),
        np.where(present, polarity, UNKNOWN),
        gold,
        np.full(count, UNKNOWN),
        np.full(count, np.nan, np.float32),
    )
    raw = RawOutputs(
        np.where(present, 3.0, -3.0).astype(np.float32) + rng.normal(0, 0.5, present.shape).astype(np.float32),
        5 * np.eye(4, dtype=np.float32)[polarity],
        np.eye(4, dtype=np.float32)[last] * 4,
        np.zeros((count, 5), np.float32),
        np.zeros(count, np.float32),
    )
    return raw, labels


def labels_said(raw: RawOutputs, calibration: Calibration, outputs: Outputs) -> list[str]:
    """The sentiment of each comment."""
    scores = Scorer(FOUR_THEMES, outputs, calibration).scores(raw)
    return [score.sentiment.label for score in scores if score.sentiment]


def right_sentiment(raw: RawOutputs, labels: Targets, calibration: Calibration, outputs: Outputs) -> float:
    """Share of comments with the right sentiment."""
    gold = [SENTIMENTS[k] for k in labels.sentiment.tolist()]
    return float(np.mean(np.array(labels_said(raw, calibration, outputs)) == gold))


def test_praise_and_blame_of_themes_decide_about_sentiment_too() -> None:
    raw, labels = felt()
    everything = Outputs(alert=False)
    real = np.ones(len(labels.sentiment), bool)
    calibration, _ = calibrate(raw, labels, real, outputs=everything)
    assert right_sentiment(*felt(400), calibration, everything) > 0.97
    # A model without polarity only has its heads for sentiment, which take mixed comments for others.
    alone = Outputs(alert=False, polarity=False)
    calibration, _ = calibrate(raw, labels, real, outputs=alone)
    assert 0.6 < right_sentiment(*felt(400), calibration, alone) < 0.9


def test_few_comments_leave_sentiment_to_its_heads() -> None:
    raw, labels = felt(150)
    calibration, _ = calibrate(raw, labels, np.ones(150, bool), outputs=Outputs(alert=False))
    weights = np.array(calibration.sentiment_weights)
    assert (weights[:, :4] > 0).sum() == 4
    assert not weights[:, 4:].any()


def test_a_sentiment_that_no_held_out_comment_has_is_never_said() -> None:
    raw, labels = felt()
    rows = np.flatnonzero(labels.sentiment != SENTIMENTS.index("mixed"))
    raw, labels = take(raw, rows), take(labels, rows)
    calibration, _ = calibrate(raw, labels, np.ones(len(rows), bool), outputs=Outputs(alert=False))
    said = set(labels_said(felt()[0], calibration, Outputs()))
    assert said == {"negative", "neutral", "positive"}


def test_what_nobody_labelled_keeps_the_calibration_of_the_start() -> None:
    raw, labels = felt()
    start = dataclasses.replace(neutral_calibration(4), alert_threshold=0.7, sentiment_bias=(1.0, 0.0, 0.0, 0.0))
    unfelt = dataclasses.replace(labels, sentiment=np.full(len(labels.sentiment), UNKNOWN))
    kept, _ = calibrate(raw, unfelt, np.ones(len(labels.sentiment), bool), start=start)
    names = ("sentiment_weights", "sentiment_bias", "alert_scale", "alert_bias", "alert_threshold")
    assert all(getattr(kept, name) == getattr(start, name) for name in names)
    assert kept.theme_scale != start.theme_scale
