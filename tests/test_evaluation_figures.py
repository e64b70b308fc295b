"""The figures of an evaluation: against scikit-learn, against ``benchmarks/score.py``, and by hand."""

import importlib
import random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from carevoice.evaluation import Gold, Report, report_of
from carevoice.evaluation.bootstrap import interval, weights
from carevoice.results import (
    POLARITIES,
    POLARITY_SYMBOLS,
    SENTIMENTS,
    Alert,
    Language,
    Polarity,
    Result,
    Sentiment,
    SentimentLabel,
    ThemeMention,
)

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
score, quality = map(importlib.import_module, ("score", "quality"))

THEMES = ("food", "cost", "privacy", "digital")
REFUSED = Result(Language("other", 1.0), "unsupported_language")
_SIGNS: Mapping[str, Polarity] = {symbol: polarity for polarity, symbol in POLARITY_SYMBOLS.items()}


def labels(cell: str) -> tuple[tuple[str, Polarity | None], ...]:
    """``food+ cost`` as themes with their polarity."""
    return tuple((part.rstrip("+-~="), _SIGNS.get(part[-1])) for part in cell.split())


def gold(
    cell: str = "",
    sentiment: SentimentLabel | None = None,
    *,
    either: str = "",
    level: int | None = None,
    alert: bool | None = None,
) -> Gold:
    return Gold(labels(cell), frozenset(either.split()), sentiment, level, alert)


def said(
    cell: str = "",
    sentiment: SentimentLabel | None = None,
    value: float = 0.0,
    *,
    alert: float | None = None,
    probabilities: Sequence[float] | None = None,
) -> Result:
    """An answer that flags alerts from 0.5 on; probabilities are 1 for what is found and 0 for the rest."""
    themes = tuple(ThemeMention(theme, polarity, 1.0) for theme, polarity in labels(cell))
    found = {theme.id for theme in themes}
    return Result(
        Language("en", 1.0),
        "ok",
        None if sentiment is None else Sentiment(sentiment, value),
        themes,
        None if alert is None else Alert(alert >= 0.5, alert),
        tuple(probabilities or (float(theme in found) for theme in THEMES)),
    )


def measured(*pairs: tuple[Gold, Result]) -> Report:
    return report_of([g for g, _ in pairs], [p for _, p in pairs], THEMES)


def values(*pairs: tuple[Gold, Result]) -> dict[str, float]:
    return {name: figure.value for name, figure in measured(*pairs).figures.items()}


# --- themes and polarity ------------------------------------------------------------------------------


def test_figures_are_one_when_all_is_right() -> None:
    pairs = [
        (gold("food+ cost-", "negative", level=-2, alert=True), said("cost- food+", "negative", -1.0, alert=0.9)),
        (gold("privacy~", "positive", level=1, alert=False), said("privacy~", "positive", 0.5, alert=0.1)),
        (gold("", "neutral", level=0, alert=False), said("", "neutral", 0.0, alert=0.2)),
    ] * 8
    found = values(*pairs)
    assert {found.pop("score_error"), found.pop("calibration_error")} == {0.0}
    # The three classes are all there; a mixed one is not needed for its accuracy.
    assert set(found.values()) == {1.0}


def test_figures_count_a_wrong_polarity_as_one_found_too_many_and_one_missed() -> None:
    found = values((gold("food+ cost-"), said("food- cost-")))
    assert found["theme_polarity_micro_f1"] == metrics.f1_score([1, 0, 1], [0, 1, 1])
    assert found["theme_micro_f1"] == 1
    assert found["polarity_accuracy"] == 0.5


def test_figures_take_any_polarity_where_none_was_labelled() -> None:
    found = values((gold("food cost-"), said("food- cost-")))
    assert found["theme_polarity_micro_f1"] == 1
    assert measured((gold("food cost-"), said("food- cost-"))).polarity.counts[1] == (0, 1, 0, 0)  # type: ignore[union-attr]


@pytest.mark.parametrize("answer", ["food+", "food+ cost+", "food+ cost-"])
def test_figures_neither_reward_nor_punish_a_theme_of_one_person(answer: str) -> None:
    found = values((gold("food+", either="cost"), said(answer)))
    assert found["theme_polarity_micro_f1"] == found["theme_micro_f1"] == 1
    assert found["calibration_error"] == 0


def test_figures_macro_f1_leaves_rare_themes_out_unless_all_are_asked_for() -> None:
    pairs = [(gold("food+"), said("food+"))] * 8 + [(gold("cost+"), said())]
    found = values(*pairs)
    assert (found["theme_macro_f1"], found["theme_macro_f1_all"]) == (1.0, 0.5)


def test_figures_of_themes_count_what_a_comment_without_an_answer_misses() -> None:
    report = measured((gold("food+"), said("food+")), (gold("food+"), REFUSED))
    (food,) = report.themes
    assert (food.precision, food.recall, food.support, report.unanswered) == (1.0, 0.5, 2, 1)


def test_figures_leave_out_themes_that_nobody_speaks_of() -> None:
    assert [theme.id for theme in measured((gold("cost"), said("food"))).themes] == ["food", "cost"]


def test_figures_of_a_single_theme() -> None:
    report = report_of([gold("food"), gold()], [said("food"), said("food")], ["food"])
    assert (report.themes[0].precision, report.themes[0].recall, report.themes[0].support) == (0.5, 1.0, 1)


def test_figures_accuracy_is_of_models_with_one_theme_a_comment() -> None:
    golds, answers = [gold("food"), gold("cost"), gold("cost")], [said("food"), said("food"), REFUSED]
    assert report_of(golds, answers, THEMES, single_label=True).figures["accuracy"].value == pytest.approx(1 / 3)
    assert "accuracy" not in report_of(golds, answers, THEMES).figures


def test_figures_of_polarity_are_of_themes_that_are_labelled_and_found() -> None:
    report = measured((gold("food+ cost- digital="), said("food- cost- privacy+")))
    assert report.figures["polarity_accuracy"].value == 0.5
    assert report.polarity is not None
    assert report.polarity.labels == report.polarity.answers == POLARITIES
    assert report.polarity.counts == ((0, 1, 0, 0), (0, 1, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0))


# --- sentiment, alert, probabilities ------------------------------------------------------------------


def test_figures_take_mixed_and_no_answer_for_neutral_among_three_classes() -> None:
    pairs = [
        (gold(sentiment="mixed"), said(sentiment="neutral")),
        (gold(sentiment="neutral"), said(sentiment="mixed")),
        (gold(sentiment="neutral"), REFUSED),
        (gold(sentiment="positive"), said(sentiment="positive")),
    ]
    found = values(*pairs)
    assert (found["sentiment_accuracy"], found["sentiment_label_accuracy"]) == (1.0, 0.25)
    assert found["sentiment_macro_f1"] == pytest.approx(2 / 3)


def test_figures_of_sentiment_have_a_column_for_missing_answers_only_where_some_are() -> None:
    pair = (gold(sentiment="mixed"), said(sentiment="mixed"))
    whole, partial = measured(pair).sentiment, measured(pair, (gold(sentiment="positive"), REFUSED)).sentiment
    assert whole is not None
    assert partial is not None
    assert whole.answers == SENTIMENTS
    assert partial.answers == (*SENTIMENTS, "none")
    assert partial.counts == ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 0, 1, 0, 0), (0, 0, 0, 0, 1))


def test_figures_score_error_is_on_the_scale_of_the_score() -> None:
    pairs = [
        (gold(sentiment="positive", level=2), said(sentiment="positive", value=0.75)),
        (gold(sentiment="negative", level=-1), REFUSED),
        (gold(sentiment="neutral"), said(sentiment="positive", value=0.9)),  # in words: no level
    ]
    assert values(*pairs)["score_error"] == pytest.approx((0.25 + 0.5) / 2)


def test_figures_count_no_comment_whose_label_was_not_given() -> None:
    pairs = [
        (gold(sentiment="positive", alert=True), said(sentiment="positive", alert=0.9)),
        (gold(), said(sentiment="negative", alert=0.8)),
    ]
    found = values(*pairs)
    assert (found["sentiment_accuracy"], found["alert_precision"], found["alert_recall"]) == (1, 1, 1)


def test_figures_of_alerts() -> None:
    pairs = [(True, 0.9), (True, 0.4), (False, 0.6), (False, 0.1)]
    found = values(*((gold(alert=wanted), said(alert=p)) for wanted, p in pairs))
    assert (found["alert_precision"], found["alert_recall"], found["alert_f1"]) == (0.5, 0.5, 0.5)
    assert found["alert_recall_at_precision_0.5"] == 1


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=30))
@settings(max_examples=30)
def test_figures_alert_recall_at_precision_is_the_best_of_scikit_learns_curve(pairs: list[tuple[bool, int]]) -> None:
    pairs = [(True, 5), *pairs]
    found = values(*((gold(alert=wanted), said(alert=s / 10)) for wanted, s in pairs))
    precision, recall, _ = metrics.precision_recall_curve([w for w, _ in pairs], [s for _, s in pairs])
    best = max(r for p, r in zip(precision, recall, strict=True) if p >= 0.5)
    assert found["alert_recall_at_precision_0.5"] == pytest.approx(best)
    assert found["alert_recall_at_precision_0.5"] == score.alert_recall([(int(w), s) for w, s in pairs])


def test_figures_calibration_error_is_that_of_the_benchmarks() -> None:
    rng = random.Random(1)
    truths = [[rng.random() < 0.4 for _ in THEMES] for _ in range(40)]
    guesses = [[rng.choice([0.0, 1.0, rng.random()]) for _ in THEMES] for _ in truths]
    pairs = [
        (gold(" ".join(theme for theme, t in zip(THEMES, truth, strict=True) if t)), said(probabilities=guess))
        for truth, guess in zip(truths, guesses, strict=True)
    ]
    flat = [pair for guess, truth in zip(guesses, truths, strict=True) for pair in zip(guess, truth, strict=True)]
    expected = quality.calibration_error(flat)
    assert values(*pairs)["calibration_error"] == pytest.approx(expected)


def test_figures_reliability_has_what_is_in_each_bin() -> None:
    pairs = [(gold("food"), said(probabilities=(0.9, 0.02, 0.04, 1.0))), (gold(), REFUSED)]
    low, high, last = measured(*pairs).reliability
    assert (low.low, low.count, low.frequency) == (0, 2, 0)
    assert low.probability == pytest.approx(0.03)
    assert (high.count, high.frequency, last.count, last.frequency) == (1, 1, 1, 0)
    assert last.high == 1


# --- what there is nothing to measure on --------------------------------------------------------------


def test_figures_of_labels_that_were_not_given_are_left_out() -> None:
    report = measured((gold("food"), said("food+", "positive", alert=0.9)))
    assert [*report.figures] == ["theme_micro_f1", "theme_macro_f1_all", "calibration_error"]
    assert (report.polarity, report.sentiment) == (None, None)


def test_figures_of_answers_that_the_model_does_not_give_are_left_out() -> None:
    report = measured((gold("food+", "positive", level=1, alert=True), said("food")))
    assert [*report.figures] == ["theme_micro_f1", "theme_macro_f1_all", "calibration_error"]


def test_figures_of_alerts_are_left_out_where_there_is_none_to_find() -> None:
    assert not [name for name in values((gold(alert=False), said(alert=0.9))) if name.startswith("alert")]


def test_figures_of_nothing_are_none() -> None:
    report = measured((gold(), REFUSED))
    assert (dict(report.figures), report.themes, report.reliability) == ({}, (), ())


# --- scikit-learn and the official metric -------------------------------------------------------------

CELLS = st.dictionaries(st.sampled_from(THEMES), st.sampled_from("+-~="), max_size=4)
PAIRS = st.lists(st.tuples(CELLS, CELLS, st.sampled_from(SENTIMENTS), st.sampled_from(SENTIMENTS)), min_size=1)


def written(cell: Mapping[str, str]) -> str:
    return " ".join(theme + sign for theme, sign in cell.items())


@given(PAIRS)
@settings(max_examples=40)
def test_figures_are_those_of_scikit_learn(
    drawn: list[tuple[dict[str, str], dict[str, str], SentimentLabel, SentimentLabel]],
) -> None:
    report = measured(*((gold(written(w), s), said(written(f), a)) for w, f, s, a in drawn))
    wanted, found = (np.array([[theme in row[k] for theme in THEMES] for row in drawn], int) for k in (0, 1))
    exact, exact_found = (
        np.array([[row[k].get(theme) == sign for theme in THEMES for sign in "+-~="] for row in drawn], int)
        for k in (0, 1)
    )
    labelled = [k for k in range(len(THEMES)) if wanted[:, k].any()]
    expected = {
        "theme_micro_f1": metrics.f1_score(wanted, found, average="micro", zero_division=0),
        "theme_polarity_micro_f1": metrics.f1_score(exact, exact_found, average="micro", zero_division=0),
        "theme_macro_f1_all": metrics.f1_score(wanted, found, labels=labelled, average="macro", zero_division=0)
        if labelled
        else 0,
    }
    three = [
        ["neutral" if s == "mixed" else s for s in column] for column in ([d[2] for d in drawn], [d[3] for d in drawn])
    ]
    expected["sentiment_accuracy"] = metrics.accuracy_score(*three)
    expected["sentiment_macro_f1"] = metrics.f1_score(
        *three, labels=["negative", "neutral", "positive"], average="macro", zero_division=0
    )
    expected["sentiment_label_accuracy"] = metrics.accuracy_score([d[2] for d in drawn], [d[3] for d in drawn])
    for name, value in expected.items():
        if name in report.figures:
            assert report.figures[name].value == pytest.approx(value), name
    per_theme = metrics.precision_recall_fscore_support(wanted, found, average=None, zero_division=0)
    for theme in report.themes:
        k = THEMES.index(theme.id)
        got = (theme.precision, theme.recall, theme.f1.value, theme.support)
        assert got == pytest.approx([column[k] for column in per_theme])


# --- intervals ----------------------------------------------------------------------------------------


def test_intervals_are_of_the_draws_that_pythons_random_makes() -> None:
    rng, count, rounds = random.Random(7), 23, 11
    expected = [np.bincount(rng.choices(range(count), k=count), minlength=count) for _ in range(rounds)]
    assert np.array_equal(np.concatenate([*weights(count, rounds, seed=7)]), expected)


def test_intervals_cover_the_middle_of_the_samples() -> None:
    assert interval(np.arange(1000.0)[::-1]) == (25.0, 974.0)


def test_intervals_are_the_same_each_time() -> None:
    pairs = [(gold("food"), said("food")), (gold("food"), said("cost")), (gold("cost"), said("cost"))] * 5
    assert measured(*pairs) == measured(*pairs)


def test_intervals_get_narrower_with_more_comments() -> None:
    pairs = [(gold("food"), said("food")), (gold("food"), said("cost")), (gold("cost"), said("cost"))]
    few, many = (measured(*pairs * times).figures["theme_micro_f1"] for times in (5, 50))
    assert few.low < many.low < many.value < many.high < few.high
