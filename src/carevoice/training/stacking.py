"""The linear model that decides about sentiment, fitted on held-out comments."""

from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import StandardScaler

from carevoice.model.evidence import EVIDENCE
from carevoice.results import SENTIMENTS
from carevoice.training.scaling import FloatArray, vector_scaling

#: Fewer comments, or fewer of a class that occurs, don't say how to weigh evidence: the heads for sentiment then
#: decide alone.
_FEWEST: Final = 200
_FEWEST_OF_CLASS: Final = 10
_FEWEST_CLASSES: Final = 3
#: Inverse strengths of regularisation, of which cross-validation chooses.
_STRENGTHS: Final = (0.01, 0.03, 0.1, 0.3, 1.0)
_FOLDS: Final = 5
#: Makes a class impossible that none of many comments has.
_NEVER: Final = -20.0


def fit_sentiment(
    evidence: FloatArray, gold: npt.NDArray[np.int64], *, themes_judge: bool
) -> tuple[FloatArray, FloatArray]:
    """Weights [C, EVIDENCE] and bias [C] of ``weights @ evidence + bias``, the logits of the classes of sentiment.

    ``evidence`` [N, EVIDENCE] is that of ``carevoice.model.evidence``, ``gold`` [N] the classes by index.
    Where themes are not judged, the heads for sentiment decide alone.
    """
    classes, counts = np.unique(gold, return_counts=True)
    if not themes_judge or len(gold) < _FEWEST or len(classes) < _FEWEST_CLASSES or counts.min() < _FEWEST_OF_CLASS:
        return _heads_alone(evidence, gold)
    scaler = StandardScaler().fit(evidence)
    search = GridSearchCV(
        LogisticRegression(max_iter=2000),
        {"C": _STRENGTHS},
        scoring="neg_log_loss",
        cv=StratifiedKFold(_FOLDS, shuffle=True, random_state=0),
    )
    model = search.fit(scaler.transform(evidence), gold).best_estimator_
    weights, bias = np.zeros((len(SENTIMENTS), EVIDENCE)), np.full(len(SENTIMENTS), _NEVER)
    weights[classes] = model.coef_ / scaler.scale_
    bias[classes] = model.intercept_ - weights[classes] @ scaler.mean_
    return weights, bias


def heads_alone(temperature: float = 1.0) -> FloatArray:
    """Weights [C, EVIDENCE] that take the logits of the heads for sentiment, divided by a temperature, and no more."""
    return np.eye(len(SENTIMENTS), EVIDENCE) / temperature


def _heads_alone(evidence: FloatArray, gold: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    mixed = SENTIMENTS.index("mixed")
    temperature, bias = vector_scaling(evidence[:, : len(SENTIMENTS)], gold, (mixed,) if mixed in gold else ())
    return heads_alone(temperature), bias
