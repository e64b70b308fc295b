"""Labels and predictions side by side as arrays, with what counts neither way already taken out."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from carevoice.evaluation.gold import Gold
from carevoice.results import POLARITIES, SENTIMENTS, Alert, Sentiment, ThemeMention

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Index of a label or an answer that is not there.
NONE: Final = -1


class Prediction(Protocol):
    """What is asked of the answer for one comment: a ``Result``, or what a network says before it becomes one.

    No probabilities means no answer: a comment that is blank, or in a language that is refused.
    """

    @property
    def sentiment(self) -> Sentiment | None: ...
    @property
    def themes(self) -> tuple[ThemeMention, ...]: ...
    @property
    def alert(self) -> Alert | None: ...
    @property
    def probabilities(self) -> tuple[float, ...]: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What can be measured: what was labelled and what the model says."""

    polarity: bool
    sentiment: bool
    alert: bool
    single_label: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """N comments over T themes; indices are NONE where there is no label or no answer."""

    wanted: BoolArray  # [N, T] labelled
    found: BoolArray  # [N, T] predicted, without what counts neither way
    right: BoolArray  # [N, T] labelled and predicted, with the right polarity or one that nobody labelled
    wrong: BoolArray  # [N, T] predicted and not right, without what counts neither way
    polarity: IntArray  # [N, T] labelled, index in POLARITIES
    said_polarity: IntArray  # [N, T] predicted
    probability: FloatArray  # [N, T] NaN where there is none, or where it counts neither way
    sentiment: IntArray  # [N] labelled, index in SENTIMENTS
    said_sentiment: IntArray  # [N] predicted
    score: FloatArray  # [N] labelled, -1 … 1, NaN where unknown
    said_score: FloatArray  # [N] predicted, 0 without an answer
    alert: IntArray  # [N] 1, 0 or NONE
    flagged: BoolArray  # [N]
    alert_score: FloatArray  # [N] 0 without an answer

    def __len__(self) -> int:
        return len(self.wanted)

    def rows(self, chosen: IntArray) -> "Judged":
        """Only the comments with these numbers."""
        return Judged(*(getattr(self, field.name)[chosen] for field in fields(self)))


def parts_of(gold: Sequence[Gold], predicted: Sequence[Prediction], *, single_label: bool = False) -> Parts:
    """What is both labelled somewhere and predicted somewhere."""
    return Parts(
        polarity=any(polarity for g in gold for _, polarity in g.themes)
        and any(theme.polarity for p in predicted for theme in p.themes),
        sentiment=any(g.sentiment for g in gold) and any(p.sentiment for p in predicted),
        alert=any(g.alert is not None for g in gold) and any(p.alert for p in predicted),
        single_label=single_label,
    )


def judge(
    gold: Sequence[Gold], predicted: Sequence[Prediction], themes: Sequence[str], judged: Sequence[str]
) -> Judged:
    """Put labels and predictions side by side.

    ``themes`` is the order of the probabilities; only themes in ``judged`` count, in that order.
    """
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} labelled comments, {len(predicted)} predictions")
    shape = len(gold), len(judged)
    place = {theme: k for k, theme in enumerate(judged)}
    wanted, said, either = (np.zeros(shape, bool) for _ in range(3))
    polarity, said_polarity = np.full(shape, NONE), np.full(shape, NONE)
    for n, (g, p) in enumerate(zip(gold, predicted, strict=True)):
        for theme, value in g.themes:
            if theme in place:
                wanted[n, place[theme]] = True
                polarity[n, place[theme]] = POLARITIES.index(value) if value else NONE
        for mention in p.themes:
            if mention.id in place:
                said[n, place[mention.id]] = True
                said_polarity[n, place[mention.id]] = POLARITIES.index(mention.polarity) if mention.polarity else NONE
        for theme in g.either:
            if theme in place:
                either[n, place[theme]] = True
    right = wanted & said & ((polarity == said_polarity) | (polarity == NONE))
    probability = _probabilities(predicted, themes, place)
    probability[either & ~wanted] = np.nan
    return Judged(
        wanted,
        said & (wanted | ~either),
        right,
        said & ~right & ~either,
        polarity,
        said_polarity,
        probability,
        np.array([SENTIMENTS.index(g.sentiment) if g.sentiment else NONE for g in gold], np.int64),
        np.array([SENTIMENTS.index(p.sentiment.label) if p.sentiment else NONE for p in predicted], np.int64),
        np.array([np.nan if g.level is None else g.level / 2 for g in gold], np.float64),
        np.array([p.sentiment.score if p.sentiment else 0.0 for p in predicted], np.float64),
        np.array([NONE if g.alert is None else int(g.alert) for g in gold], np.int64),
        np.array([p.alert is not None and p.alert.flag for p in predicted], bool),
        np.array([p.alert.probability if p.alert else 0.0 for p in predicted], np.float64),
    )


def _probabilities(predicted: Sequence[Prediction], themes: Sequence[str], place: dict[str, int]) -> FloatArray:
    """Probabilities [N, T] in the order of ``place``; NaN where there is no answer, or a theme the model lacks."""
    values = np.full((len(predicted), len(place)), np.nan)
    known = [(k, place[theme]) for k, theme in enumerate(themes) if theme in place]
    answered = [n for n, p in enumerate(predicted) if p.probabilities]
    if known and answered:
        given = np.array([predicted[n].probabilities for n in answered], np.float64)
        source, target = (list(column) for column in zip(*known, strict=True))
        values[np.ix_(answered, target)] = given[:, source]
    return values
