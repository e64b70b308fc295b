"""From logits to calibrated results."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carevoice.model.engine import RawOutputs
from carevoice.model.evidence import FloatArray, sentiment_evidence
from carevoice.model.folder import Calibration, Outputs
from carevoice.results import POLARITIES, SENTIMENTS, Alert, Sentiment, SentimentLabel, ThemeMention
from carevoice.taxonomy import Taxonomy

_LEVELS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])  # annotated -2 … 2, halved


@dataclass(frozen=True, slots=True)
class Scores:
    """The results for one comment that come from the network."""

    sentiment: Sentiment | None
    themes: tuple[ThemeMention, ...]
    alert: Alert | None
    probabilities: tuple[float, ...]


def sigmoid(x: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Logistic function, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x.astype(np.float64))))


def softmax(x: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Over the last axis."""
    e = np.exp(x.astype(np.float64) - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def theme_probabilities(raw: RawOutputs, calibration: Calibration, outputs: Outputs) -> FloatArray:
    """Probability [N, T] of each theme."""
    logits = raw.themes * np.array(calibration.theme_scale) + np.array(calibration.theme_bias)
    return softmax(logits) if outputs.single_label else sigmoid(logits)


def evidence_of(raw: RawOutputs, calibration: Calibration, outputs: Outputs) -> FloatArray:
    """What a calibrated model's ``raw`` outputs say of sentiment, [N, EVIDENCE]."""
    polarity = softmax(raw.polarity + np.array(calibration.polarity_bias))
    if not outputs.polarity:
        polarity = np.zeros_like(polarity)
    return sentiment_evidence(raw, theme_probabilities(raw, calibration, outputs), polarity)


def sentiment_logits(evidence: FloatArray, calibration: Calibration) -> FloatArray:
    """Logits [N, 4] of the classes, in the order of SENTIMENTS."""
    return np.asarray(evidence @ np.array(calibration.sentiment_weights).T + np.array(calibration.sentiment_bias))


class Scorer:
    """Applies calibration and thresholds."""

    def __init__(
        self, taxonomy: Taxonomy, outputs: Outputs, calibration: Calibration, threshold: float | None = None
    ) -> None:
        """``threshold`` replaces the tuned threshold of every theme."""
        self._ids = taxonomy.ids
        self._outputs = outputs
        self._calibration = calibration
        self._thresholds = np.array(calibration.thresholds if threshold is None else [threshold] * len(taxonomy))

    def scores(self, raw: RawOutputs) -> list[Scores]:
        """Results for each row of ``raw``."""
        c = self._calibration
        themes = theme_probabilities(raw, c, self._outputs)
        present = themes == themes.max(-1, keepdims=True) if self._outputs.single_label else themes >= self._thresholds
        polarity = (raw.polarity + np.array(c.polarity_bias)).argmax(-1)
        sentiments = self._sentiments(raw)
        alerts = self._alerts(raw)
        results = []
        for n, probabilities in enumerate(themes.tolist()):
            found = tuple(
                ThemeMention(
                    self._ids[k], POLARITIES[polarity[n, k]] if self._outputs.polarity else None, probabilities[k]
                )
                for k in np.flatnonzero(present[n])
            )
            results.append(Scores(sentiments[n], found, alerts[n], tuple(probabilities)))
        return results

    def _sentiments(self, raw: RawOutputs) -> Sequence[Sentiment | None]:
        if not self._outputs.sentiment:
            return [None] * len(raw.sentiment)
        evidence = evidence_of(raw, self._calibration, self._outputs)
        labels = sentiment_logits(evidence, self._calibration).argmax(-1)
        return [
            _sentiment(SENTIMENTS[label], level)
            for label, level in zip(labels.tolist(), (softmax(raw.level) @ _LEVELS).tolist(), strict=True)
        ]

    def _alerts(self, raw: RawOutputs) -> Sequence[Alert | None]:
        if not self._outputs.alert:
            return [None] * len(raw.alert)
        c = self._calibration
        return [Alert(p >= c.alert_threshold, p) for p in sigmoid(raw.alert * c.alert_scale + c.alert_bias).tolist()]


def _sentiment(label: SentimentLabel, level: float) -> Sentiment:
    # Two heads: the score must not contradict the sign of the label.
    if label == "positive":
        return Sentiment(label, max(level, 0.0))
    return Sentiment(label, min(level, 0.0) if label == "negative" else level)
