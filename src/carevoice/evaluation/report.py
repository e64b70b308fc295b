"""What a measurement returns: immutable figures, as plain JSON or as text to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from carevoice.evaluation.bootstrap import CONFIDENCE, ROUNDS, SEED


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % bootstrap interval over comments."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        """Plain JSON types."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class ThemeScore:
    """How well one theme is found, whatever its polarity; ``support`` counts the comments labelled with it."""

    id: str
    precision: float
    recall: float
    f1: Figure
    support: int

    def as_dict(self) -> dict[str, object]:
        """Plain JSON types, without the id."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1.as_dict(),
            "support": self.support,
        }


@dataclass(frozen=True, slots=True)
class Confusion:
    """Numbers of comments or themes: a row for each label that people gave, a column for each answer."""

    labels: tuple[str, ...]
    answers: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON types."""
        return {
            "labels": list(self.labels),
            "answers": list(self.answers),
            "counts": [list(row) for row in self.counts],
        }


@dataclass(frozen=True, slots=True)
class Bin:
    """Theme probabilities from ``low`` to ``high``: how many, their mean, and the share that were right."""

    low: float
    high: float
    count: int
    probability: float
    frequency: float

    def as_dict(self) -> dict[str, float]:
        """Plain JSON types."""
        return {
            "low": self.low,
            "high": self.high,
            "count": self.count,
            "probability": self.probability,
            "frequency": self.frequency,
        }


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of the comments that have one value in a column."""

    value: str
    comments: int
    figures: Mapping[str, Figure]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON types, without the value."""
        return {"comments": self.comments, "figures": _figures_dict(self.figures)}


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of another model less that of ours, on the same resamples of the same comments.

    ``other_better`` is the share of the resamples in which the other model is strictly better.
    """

    ours: float
    other: Figure
    difference: Figure
    other_better: float

    def as_dict(self) -> dict[str, object]:
        """Plain JSON types."""
        return {
            "ours": self.ours,
            "other": self.other.as_dict(),
            "difference": self.difference.as_dict(),
            "other_better": self.other_better,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Another model on the same comments: the figures that both have."""

    model: str
    unanswered: int
    figures: Mapping[str, Difference]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON types."""
        return {
            "model": self.model,
            "unanswered": self.unanswered,
            "figures": {name: difference.as_dict() for name, difference in self.figures.items()},
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; a part is None, a figure left out, where there was nothing to measure it on.

    ``unanswered`` comments, blank or in a language that is refused, count as without themes, neutral and
    no alert. ``unknown`` themes are labelled but foreign to the model, which always misses them; ``unjudged``
    ones the model knows but the labels don't, and they count neither way.
    """

    model: str
    comments: int
    unanswered: int
    figures: Mapping[str, Figure]
    themes: tuple[ThemeScore, ...]
    polarity: Confusion | None
    sentiment: Confusion | None
    reliability: tuple[Bin, ...]
    by: Mapping[str, tuple[Group, ...]]
    comparison: Comparison | None
    unknown: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; a part without data is not there."""
        data: dict[str, Any] = {
            "model": self.model,
            "comments": self.comments,
            "unanswered": self.unanswered,
            "unknown_themes": list(self.unknown),
            "unjudged_themes": list(self.unjudged),
            "interval": {"confidence": CONFIDENCE, "rounds": ROUNDS, "seed": SEED},
            "figures": _figures_dict(self.figures),
            "themes": {theme.id: theme.as_dict() for theme in self.themes},
        }
        if self.polarity is not None:
            data["polarity"] = self.polarity.as_dict()
        if self.sentiment is not None:
            data["sentiment"] = self.sentiment.as_dict()
        if self.reliability:
            data["reliability"] = [part.as_dict() for part in self.reliability]
        if self.by:
            data["by"] = {
                column: {group.value: group.as_dict() for group in groups} for column, groups in self.by.items()
            }
        if self.comparison is not None:
            data["comparison"] = self.comparison.as_dict()
        return data

    def as_table(self) -> str:
        """Everything but rare details as text for people: aligned columns, a title for each part."""
        from carevoice.evaluation.table import as_table

        return as_table(self)


def _figures_dict(figures: Mapping[str, Figure]) -> dict[str, dict[str, float]]:
    return {name: figure.as_dict() for name, figure in figures.items()}
