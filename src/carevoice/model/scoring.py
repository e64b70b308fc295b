"""From logits to calibrated results."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carevoice.model.engine import RawOutputs
from carevoice.model.folder import Calibration
from carevoice.results import POLARITIES, SENTIMENTS, Alert, Sentiment, ThemeMention
from carevoice.taxonomy import Taxonomy

_LEVELS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])  # annotated -2 … 2, halved


@dataclass(frozen=True, slots=True)
class Scores:
    """The results for one comment that come from the network."""

    sentiment: Sentiment
    themes: tuple[ThemeMention, ...]
    alert: Alert
    probabilities: tuple[float, ...]


def sigmoid(x: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Logistic function, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x.astype(np.float64))))


def softmax(x: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Over the last axis."""
    e = np.exp(x.astype(np.float64) - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


class Scorer:
    """Applies calibration and thresholds."""

    def __init__(self, taxonomy: Taxonomy, calibration: Calibration, threshold: float | None = None) -> None:
        """``threshold`` replaces the tuned threshold of every theme."""
        self._ids = taxonomy.ids
        self._calibration = calibration
        self._thresholds = np.array(calibration.thresholds if threshold is None else [threshold] * len(taxonomy))

    def scores(self, raw: RawOutputs) -> list[Scores]:
        """Results for each row of ``raw``."""
        c = self._calibration
        themes = sigmoid(raw.themes * np.array(c.theme_scale) + np.array(c.theme_bias))
        present = themes >= self._thresholds
        polarity = (raw.polarity + np.array(c.polarity_bias)).argmax(-1)
        alert = sigmoid(raw.alert * c.alert_scale + c.alert_bias)
        sentiment = (raw.sentiment / c.sentiment_temperature + np.array(c.sentiment_bias)).argmax(-1)
        level = softmax(raw.level) @ _LEVELS
        results = []
        for n, probabilities in enumerate(themes.tolist()):
            label = SENTIMENTS[sentiment[n]]
            score = float(level[n])
            # Two heads: the score must not contradict the sign of the label.
            if label == "positive":
                score = max(score, 0.0)
            elif label == "negative":
                score = min(score, 0.0)
            found = tuple(
                ThemeMention(self._ids[k], POLARITIES[polarity[n, k]], probabilities[k])
                for k in np.flatnonzero(present[n])
            )
            flagged = Alert(bool(alert[n] >= c.alert_threshold), float(alert[n]))
            results.append(Scores(Sentiment(label, score), found, flagged, tuple(probabilities)))
        return results
