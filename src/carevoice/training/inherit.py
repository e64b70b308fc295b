"""Keeping what the start of a training run knew and the new data do not say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from carevoice.model.engine import RawOutputs
from carevoice.model.evidence import FloatArray
from carevoice.model.scoring import evidence_of, sentiment_logits, sigmoid
from carevoice.results import POLARITIES, SENTIMENTS, SentimentLabel
from carevoice.taxonomy import Taxonomy
from carevoice.training.data import UNKNOWN, Example, Targets, labelled_outputs
from carevoice.training.start import Inherited

_MIDDLE = 2  # index of level 0
_LEVELS: dict[SentimentLabel, int] = {"negative": -1, "neutral": 0, "mixed": 0, "positive": 1}


def with_levels(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Examples whose sentiment is known by its class alone get the level in the middle of the class."""
    return tuple(
        replace(e, level=_LEVELS[e.sentiment]) if e.level is None and e.sentiment is not None else e for e in examples
    )


def completed(
    examples: Sequence[Example],
    answers: RawOutputs,
    inherited: Inherited,
    polarity: FloatArray,
    taxonomy: Taxonomy,
    labels: Targets,
) -> list[Example]:
    """Examples with the answers of the model that training starts from where the data have no label at all.

    When all layers are trained, heads that get no labels would be left behind by their encoder; taught their own
    answers, they keep up (Li & Hoiem 2016, arXiv:1606.09282). ``answers`` are those of the start in its own taxonomy,
    ``polarity`` [N, T, 4] are logits for ``taxonomy``, that of the examples, ``labels`` those of the whole data set.
    """
    told, known, c = labelled_outputs(labels), inherited.outputs, inherited.calibration
    polarities = (polarity + np.array(c.polarity_bias)).argmax(-1)
    sentiment = sentiment_logits(evidence_of(answers, c, known), c).argmax(-1)
    level = answers.level.argmax(-1) - _MIDDLE
    alert = sigmoid(answers.alert * c.alert_scale + c.alert_bias) >= c.alert_threshold
    levels_told = bool((labels.level != UNKNOWN).any())
    column = {theme: k for k, theme in enumerate(taxonomy.ids)}
    done = []
    for n, example in enumerate(examples):
        changes: dict[str, Any] = {}
        if known.polarity and not told.polarity:
            changes["themes"] = tuple((t, POLARITIES[polarities[n, column[t]]]) for t, _ in example.themes)
        if known.sentiment and not told.sentiment:
            label = SENTIMENTS[sentiment[n]]
            changes |= {"sentiment": label, "level": _fitting(int(level[n]), label)}
        elif known.sentiment and not levels_told and example.sentiment is not None:
            changes["level"] = _fitting(int(level[n]), example.sentiment)
        if known.alert and not told.alert:
            changes["alert"] = bool(alert[n])
        done.append(replace(example, **changes))
    return done


def _fitting(level: int, label: SentimentLabel) -> int:
    """The level nearest to ``level`` that the class may have."""
    if label == "positive":
        return max(level, 1)
    if label == "negative":
        return min(level, -1)
    return max(-1, min(1, level)) if label == "mixed" else 0
