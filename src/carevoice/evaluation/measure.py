"""From labels and predictions to a report."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from carevoice.errors import MissingExtraError
from carevoice.evaluation.arrays import NONE, FloatArray, IntArray, Judged, Parts, Prediction, judge, parts_of
from carevoice.evaluation.bootstrap import interval, weights
from carevoice.evaluation.figures import BINS, FIGURES, Tally
from carevoice.evaluation.gold import LENGTH_BANDS, Gold
from carevoice.evaluation.report import Bin, Comparison, Confusion, Difference, Figure, Group, Report, ThemeScore
from carevoice.results import POLARITIES, SENTIMENTS

#: What a comment without an answer is called among the answers.
NO_ANSWER = "none"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model said of each comment; ``themes`` is the order of its probabilities."""

    model: str
    themes: tuple[str, ...]
    results: Sequence[Prediction]


@dataclass(frozen=True, slots=True)
class _Samples:
    """The figures of a set of comments, and of each resample of it; likewise the F1 of each theme."""

    figures: Mapping[str, float]
    rounds: Mapping[str, FloatArray]
    theme_rounds: FloatArray


def report_of(
    gold: Sequence[Gold],
    predicted: Sequence[Prediction],
    themes: Sequence[str],
    *,
    by: Mapping[str, Sequence[str]] | None = None,
    judged: Sequence[str] | None = None,
    compare: Answers | None = None,
    model: str = "",
    single_label: bool = False,
) -> Report:
    """Measure predictions, one for each labelled comment, in their order.

    ``themes`` is the order of the probabilities and ``judged`` the themes that count (None: the same); ``by``
    gives the value of each comment in each column to tell them apart by; ``compare`` is what another model says.

    Raises MissingExtraError without scikit-learn.
    """
    check_installed()
    counted = tuple(themes if judged is None else judged)
    ours = judge(gold, predicted, themes, counted)
    parts = parts_of(gold, predicted, single_label=single_label)
    samples = _samples(ours, parts)
    comparison = None
    if compare is not None:
        theirs = judge(gold, compare.results, compare.themes, counted)
        comparison = _comparison(
            samples, _samples(theirs, parts_of(gold, compare.results, single_label=single_label)), compare
        )
    labelled = {theme for g in gold for theme, _ in g.themes}
    return Report(
        model=model,
        comments=len(gold),
        unanswered=_unanswered(predicted),
        figures=_figures(samples),
        themes=_theme_scores(ours, counted, samples),
        polarity=_polarity(ours) if parts.polarity else None,
        sentiment=_sentiment(ours) if parts.sentiment else None,
        reliability=_reliability(ours, parts),
        by={column: _groups(ours, parts, values) for column, values in (by or {}).items()},
        comparison=comparison,
        unknown=tuple(theme for theme in counted if theme in labelled and theme not in themes),
        unjudged=tuple(theme for theme in themes if theme not in counted),
    )


def check_installed() -> None:
    """Raise MissingExtraError without scikit-learn: at the start, not after minutes of predictions."""
    _metrics()


def _metrics() -> Any:  # noqa: ANN401  # a module without types
    try:
        from sklearn import metrics
    except ImportError as error:
        raise MissingExtraError("Evaluation", "train") from error
    return metrics


def _unanswered(predicted: Iterable[Prediction]) -> int:
    return sum(not p.probabilities for p in predicted)


def _samples(judged: Judged, parts: Parts) -> _Samples:
    tally = Tally(judged, parts)
    point, _ = tally.figures(np.ones((1, len(judged))))
    blocks = [tally.figures(drawn) for drawn in weights(len(judged))]
    return _Samples(
        {name: float(value[0]) for name, value in point.items()},
        {name: np.concatenate([figures[name] for figures, _ in blocks]) for name in tally.names},
        np.concatenate([themes for _, themes in blocks]),
    )


def _figures(samples: _Samples) -> dict[str, Figure]:
    return {name: Figure(value, *interval(samples.rounds[name])) for name, value in samples.figures.items()}


def _theme_scores(judged: Judged, themes: Sequence[str], samples: _Samples) -> tuple[ThemeScore, ...]:
    """Scores of the themes that are labelled or found somewhere."""
    columns = (
        _metrics().precision_recall_fscore_support(
            judged.wanted.astype(int), judged.found.astype(int), average=None, zero_division=0
        )
        if len(themes) > 1
        else _one_theme(judged)
    )
    return tuple(
        ThemeScore(theme, float(p), float(r), Figure(float(f), *interval(samples.theme_rounds[:, k])), int(n))
        for k, (theme, p, r, f, n) in enumerate(zip(themes, *columns, strict=True))
        if n or judged.found[:, k].any()
    )


def _one_theme(judged: Judged) -> list[list[float]]:
    # scikit-learn takes a single column for a question with two answers.
    p, r, f, _ = _metrics().precision_recall_fscore_support(
        judged.wanted[:, 0], judged.found[:, 0], average="binary", zero_division=0
    )
    return [[p], [r], [f], [judged.wanted.sum()]]


def _polarity(judged: Judged) -> Confusion | None:
    """Polarities of the themes that are labelled and found."""
    known = judged.wanted & judged.found & (judged.polarity != NONE)
    return _confusion(judged.polarity[known], judged.said_polarity[known], POLARITIES)


def _sentiment(judged: Judged) -> Confusion | None:
    known = judged.sentiment != NONE
    return _confusion(judged.sentiment[known], judged.said_sentiment[known], SENTIMENTS)


def _confusion(gold: IntArray, said: IntArray, labels: Sequence[str]) -> Confusion | None:
    """Counts of pairs; there is a column for missing answers where some are missing."""
    if not len(gold):
        return None
    count = len(labels)
    answers = np.where(said == NONE, count, said)
    table = _metrics().confusion_matrix(gold, answers, labels=range(count + 1))[:count]
    missing = bool(table[:, count].any())
    rows = tuple(tuple(map(int, row[: count + missing])) for row in table)
    return Confusion(tuple(labels), (*labels, NO_ANSWER) if missing else tuple(labels), rows)


def _reliability(judged: Judged, parts: Parts) -> tuple[Bin, ...]:
    """The bins of probability that are not empty."""
    return tuple(
        Bin(k / BINS, (k + 1) / BINS, int(count), float(total / count), float(present / count))
        for k, (count, total, present) in enumerate(Tally(judged, parts).bins().T)
        if count
    )


def _groups(judged: Judged, parts: Parts, values: Sequence[str]) -> tuple[Group, ...]:
    """The figures for each value, the most frequent first; bands of length stay in their order."""
    column = np.array(values, object)
    counts = {value: int((column == value).sum()) for value in dict.fromkeys(values)}
    ordered = sorted(counts, key=lambda value: (-counts[value], value))
    if set(counts) <= set(LENGTH_BANDS):
        ordered.sort(key=LENGTH_BANDS.index)
    return tuple(
        Group(value, counts[value], _figures(_samples(judged.rows(np.flatnonzero(column == value)), parts)))
        for value in ordered
    )


def _comparison(ours: _Samples, theirs: _Samples, other: Answers) -> Comparison:
    """Differences on the same draws: both were drawn with one seed from as many comments."""
    differences = {}
    for name in (name for name in ours.figures if name in theirs.figures):
        less = theirs.rounds[name] - ours.rounds[name]
        better = less < 0 if FIGURES[name].lower_is_better else less > 0
        differences[name] = Difference(
            ours.figures[name],
            Figure(theirs.figures[name], *interval(theirs.rounds[name])),
            Figure(theirs.figures[name] - ours.figures[name], *interval(less)),
            float(better.mean()),
        )
    return Comparison(other.model, _unanswered(other.results), differences)
