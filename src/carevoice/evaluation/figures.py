"""The headline figures, computed from sums over comments so that a thousand resamples of them cost one product each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from carevoice.evaluation.arrays import NONE, FloatArray, IntArray, Judged, Parts
from carevoice.results import SENTIMENTS

#: Fewest comments of a theme for it to count in ``theme_macro_f1``.
MIN_SUPPORT: Final = 8
#: Equal bins of probability for the calibration error.
BINS: Final = 15
#: Precision that alerts must have for the recall that goes with it.
ALERT_PRECISION: Final = 0.5

#: Places of the three classes of sentiment among the four labels and "no answer": mixed and none count as neutral.
_THREE: Final = tuple({"negative": 0, "positive": 2}.get(label, 1) for label in (*SENTIMENTS, ""))


@dataclass(frozen=True, slots=True)
class FigureKind:
    """A headline figure: what people read, and whether less of it is better."""

    title: str
    lower_is_better: bool = False


#: Every headline figure, in the order in which they are reported.
FIGURES: Final[Mapping[str, FigureKind]] = {
    "theme_polarity_micro_f1": FigureKind("theme and polarity, micro-F1"),
    "theme_micro_f1": FigureKind("theme, micro-F1"),
    "theme_macro_f1": FigureKind(f"theme, macro-F1 over themes with {MIN_SUPPORT} or more"),
    "theme_macro_f1_all": FigureKind("theme, macro-F1 over all labelled themes"),
    "accuracy": FigureKind("accuracy"),
    "polarity_accuracy": FigureKind("polarity of found themes, accuracy"),
    "sentiment_accuracy": FigureKind("sentiment, accuracy over three classes"),
    "sentiment_macro_f1": FigureKind("sentiment, macro-F1 over three classes"),
    "sentiment_label_accuracy": FigureKind("sentiment, accuracy over four labels"),
    "score_error": FigureKind("sentiment score, mean absolute error", lower_is_better=True),
    "alert_precision": FigureKind("alert, precision"),
    "alert_recall": FigureKind("alert, recall"),
    "alert_f1": FigureKind("alert, F1"),
    "alert_recall_at_precision_0.5": FigureKind(f"alert, best recall at precision {ALERT_PRECISION}"),
    "calibration_error": FigureKind("theme probabilities, calibration error", lower_is_better=True),
}


class Tally:
    """What each comment adds to each figure, ready to be summed with any weights."""

    def __init__(self, judged: Judged, parts: Parts) -> None:
        self._judged, self._parts = judged, parts
        self._columns = _columns(judged, parts)
        everything = self.sums(np.ones((1, len(judged))))
        #: The figures that have something to be computed on, in the order of FIGURES.
        self.names = tuple(name for name in FIGURES if name in _defined(everything, parts))

    def sums(self, weights: FloatArray) -> dict[str, FloatArray]:
        """Sums over comments [rounds, …] for weights [rounds, comments]."""
        return {name: weights @ column for name, column in self._columns.items()}

    def figures(self, weights: FloatArray) -> tuple[dict[str, FloatArray], FloatArray]:
        """Every figure of ``names`` [rounds] and the F1 of each theme [rounds, T] for weights [rounds, comments]."""
        sums = self.sums(weights)
        values = _figures(sums, self._parts)
        if "alert_recall_at_precision_0.5" in self.names:
            known = self._judged.alert != NONE
            values["alert_recall_at_precision_0.5"] = recall_at_precision(
                self._judged.alert[known] == 1, self._judged.alert_score[known], weights[:, known]
            )
        return {name: values[name] for name in self.names}, f1(sums["hits"], sums["extra"], sums["missed"])

    def bins(self) -> FloatArray:
        """Number, sum of probabilities and number of present themes in each bin [3, BINS]."""
        sums = self.sums(np.ones((1, len(self._judged))))
        return np.stack([sums["bin_size"][0], sums["bin_probability"][0], sums["bin_present"][0]])


def f1(hits: FloatArray, extra: FloatArray, missed: FloatArray) -> FloatArray:
    """F1 of counts, 0 where there is nothing to find and nothing was found."""
    return _ratio(2 * hits, 2 * hits + extra + missed)


def recall_at_precision(
    wanted: np.ndarray[tuple[int], np.dtype[np.bool_]],
    score: FloatArray,
    weights: FloatArray,
    precision: float = ALERT_PRECISION,
) -> FloatArray:
    """Best recall [rounds] over thresholds of the score at which the precision is still reached."""
    order = np.argsort(-score, kind="stable")
    ranked, drawn = score[order], weights[:, order]
    hits, flagged = np.cumsum(drawn * wanted[order], axis=1), np.cumsum(drawn, axis=1)
    # A threshold can't part equal scores.
    possible = np.append(ranked[1:] < ranked[:-1], np.ones(min(len(ranked), 1), bool))
    reached = possible & (hits >= precision * flagged)
    best = np.where(reached, hits, 0.0).max(axis=1, initial=0.0)
    return _ratio(best, (weights * wanted).sum(axis=1))


def _columns(judged: Judged, parts: Parts) -> dict[str, FloatArray]:
    """What each comment [N, …] adds to each sum."""
    wanted, found = judged.wanted, judged.found
    columns = {
        "exact_hits": judged.right.sum(1),
        "exact_extra": judged.wrong.sum(1),
        "exact_missed": (wanted & ~judged.right).sum(1),
        "hits": wanted & found,
        "extra": found & ~wanted,
        "missed": wanted & ~found,
        "same_themes": (wanted == found).all(1),
        "comments": np.ones(len(judged)),
        **_bin_columns(judged),
    }
    if parts.polarity:
        known = wanted & found & (judged.polarity != NONE)
        columns["polarity_right"] = (known & (judged.polarity == judged.said_polarity)).sum(1)
        columns["polarity_known"] = known.sum(1)
    if parts.sentiment:
        columns["sentiment"] = _pairs(judged.sentiment, judged.said_sentiment)
        known = ~np.isnan(judged.score)
        columns["score_known"] = known
        columns["score_error"] = np.where(known, np.abs(judged.said_score - np.nan_to_num(judged.score)), 0.0)
    if parts.alert:
        known, alert = judged.alert != NONE, judged.alert == 1
        columns["alert_hits"] = alert & judged.flagged
        columns["alert_extra"] = known & ~alert & judged.flagged
        columns["alert_missed"] = alert & ~judged.flagged
    return {name: np.asarray(column, np.float64) for name, column in columns.items()}


def _pairs(gold: IntArray, said: IntArray) -> FloatArray:
    """A one [N, 20] at the pair of labelled and predicted sentiment of each comment that is labelled."""
    count = len(SENTIMENTS)
    pairs = np.zeros((len(gold), count * (count + 1)))
    rows = np.flatnonzero(gold != NONE)
    # Without an answer, the place is that after the last label.
    answers = np.where(said[rows] == NONE, count, said[rows])
    pairs[rows, gold[rows] * (count + 1) + answers] = 1
    return pairs


def _bin_columns(judged: Judged) -> dict[str, FloatArray]:
    """Number, sum of probabilities and number of present themes [N, BINS] of each comment."""
    rows, themes = np.nonzero(~np.isnan(judged.probability))
    p = judged.probability[rows, themes]
    place = rows * BINS + np.minimum((p * BINS).astype(np.int64), BINS - 1)
    shape = len(judged), BINS

    def summed(values: FloatArray | None) -> FloatArray:
        return np.bincount(place, values, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)

    present = judged.wanted[rows, themes].astype(np.float64)
    return {"bin_size": summed(None), "bin_probability": summed(p), "bin_present": summed(present)}


def _figures(sums: Mapping[str, FloatArray], parts: Parts) -> dict[str, FloatArray]:
    """Figures [rounds] from sums."""
    hits, extra, missed = sums["hits"], sums["extra"], sums["missed"]
    themes, support = f1(hits, extra, missed), hits + missed
    gap = np.abs(sums["bin_probability"] - sums["bin_present"]).sum(1)
    values = {
        "theme_micro_f1": f1(hits.sum(1), extra.sum(1), missed.sum(1)),
        "theme_macro_f1": _mean(themes, support >= MIN_SUPPORT),
        "theme_macro_f1_all": _mean(themes, support > 0),
        "accuracy": _ratio(sums["same_themes"], sums["comments"]),
        "calibration_error": _ratio(gap, sums["bin_size"].sum(1)),
    }
    if parts.polarity:
        values["theme_polarity_micro_f1"] = f1(sums["exact_hits"], sums["exact_extra"], sums["exact_missed"])
        values["polarity_accuracy"] = _ratio(sums["polarity_right"], sums["polarity_known"])
    if parts.sentiment:
        values |= _sentiment_figures(sums["sentiment"])
        values["score_error"] = _ratio(sums["score_error"], sums["score_known"])
    if parts.alert:
        found, false, lost = sums["alert_hits"], sums["alert_extra"], sums["alert_missed"]
        values["alert_precision"] = _ratio(found, found + false)
        values["alert_recall"] = _ratio(found, found + lost)
        values["alert_f1"] = f1(found, false, lost)
    return values


def _sentiment_figures(pairs: FloatArray) -> dict[str, FloatArray]:
    count = len(SENTIMENTS)
    table = pairs.reshape(-1, count, count + 1)
    three = np.zeros((len(table), 3, 3))
    for row, column in np.ndindex(count, count + 1):
        three[:, _THREE[row], _THREE[column]] += table[:, row, column]
    total, right = three.sum((1, 2)), np.einsum("rkk->rk", three)
    classes = f1(right, three.sum(1) - right, three.sum(2) - right)
    return {
        "sentiment_accuracy": _ratio(right.sum(1), total),
        "sentiment_macro_f1": classes.sum(1) / 3,
        "sentiment_label_accuracy": _ratio(np.einsum("rkk->r", table[:, :, :count]), total),
    }


def _defined(sums: Mapping[str, FloatArray], parts: Parts) -> set[str]:
    """The figures that have something to be computed on: a 0 for want of data would mislead."""
    support = sums["hits"] + sums["missed"]
    themes = support.any() or sums["extra"].any()
    conditions = {
        "theme_polarity_micro_f1": parts.polarity and themes,
        "theme_micro_f1": themes,
        "theme_macro_f1": (support >= MIN_SUPPORT).any(),
        "theme_macro_f1_all": support.any(),
        "accuracy": parts.single_label and sums["comments"].any(),
        "polarity_accuracy": parts.polarity and sums["polarity_known"].any(),
        "sentiment_accuracy": parts.sentiment and sums["sentiment"].any(),
        "sentiment_macro_f1": parts.sentiment and sums["sentiment"].any(),
        "sentiment_label_accuracy": parts.sentiment and sums["sentiment"].any(),
        "score_error": parts.sentiment and sums["score_known"].any(),
        **dict.fromkeys(
            (name for name in FIGURES if name.startswith("alert_")),
            parts.alert and (sums["alert_hits"] + sums["alert_missed"]).any(),
        ),
        "calibration_error": sums["bin_size"].any(),
    }
    return {name for name, there in conditions.items() if there}


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Part of a whole, 0 where there is no whole."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(whole, np.float64), where=whole > 0))


def _mean(values: FloatArray, chosen: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> FloatArray:
    """Mean over the chosen themes [rounds], 0 where none is."""
    return _ratio((values * chosen).sum(1), chosen.sum(1).astype(np.float64))
