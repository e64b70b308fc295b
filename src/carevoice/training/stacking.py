"""The linear model that decides about sentiment, fitted on held-out comments."""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from carevoice.model.evidence import EVIDENCE
from carevoice.results import SENTIMENTS
from carevoice.training.scaling import FloatArray, vector_scaling
from carevoice.training.thresholds import sentiment_gain, sentiment_offsets

IntArray = npt.NDArray[np.int64]
#: Weights [C, EVIDENCE] and bias [C].
Linear = tuple[FloatArray, FloatArray]
#: Fewer comments, or fewer of a class that occurs, don't say how to weigh evidence: the heads for sentiment then
#: decide alone.
_FEWEST: Final = 200
_FEWEST_OF_CLASS: Final = 10
_FEWEST_CLASSES: Final = 3
#: Inverse strengths of regularisation, the strongest first, of which cross-validation chooses.
_STRENGTHS: Final = (0.01, 0.03, 0.1, 0.3, 1.0)
_FOLDS: Final = 5
#: Makes a class impossible that none of many comments has.
_NEVER: Final = -20.0


def fit_sentiment(evidence: FloatArray, gold: IntArray, *, themes_judge: bool) -> Linear:
    """Weights [C, EVIDENCE] and bias [C] of ``weights @ evidence + bias``, the logits of the classes of sentiment.

    ``evidence`` [N, EVIDENCE] is that of ``carevoice.model.evidence``, ``gold`` [N] the classes by index.
    Where themes are not judged, the heads for sentiment decide alone. The bias favours the classes that macro-F1 wants
    favoured, if that does better in cross-validation by more than a standard error.
    """
    classes, counts = np.unique(gold, return_counts=True)
    enough = len(gold) >= _FEWEST and len(classes) >= _FEWEST_CLASSES and counts.min() >= _FEWEST_OF_CLASS
    fit = partial(_stacked, strength=_strength(evidence, gold)) if themes_judge and enough else _heads_alone
    weights, bias = fit(evidence, gold)
    return weights, bias + _favour(evidence, gold, fit) if enough else bias


def _favour(evidence: FloatArray, gold: IntArray, fit: Callable[[FloatArray, IntArray], Linear]) -> FloatArray:
    """Offsets [C] for macro-F1, learnt from what a model says of comments that it wasn't fitted on; else zeros."""
    folds = list(StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(evidence, gold))
    logits = np.zeros((len(gold), len(SENTIMENTS)))
    for rest, fold in folds:
        weights, bias = fit(evidence[rest], gold[rest])
        logits[fold] = evidence[fold] @ weights.T + bias
    favoured = np.zeros_like(logits)
    for rest, fold in folds:
        favoured[fold] = logits[fold] + sentiment_offsets(logits[rest], gold[rest])
    gain, error = sentiment_gain(logits, favoured, gold)
    return sentiment_offsets(logits, gold) if gain > error else np.zeros(len(SENTIMENTS))


def _strength(evidence: FloatArray, gold: IntArray) -> float:
    """The strongest regularisation whose log loss is within a standard error of the best one's.

    Comments to come are of other kinds than the held-out ones, and the simpler model moves better; of models that
    cross-validation cannot tell apart it is therefore taken (Breiman et al. 1984, "Classification and Regression
    Trees", section 3.4.3).
    """
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    search = GridSearchCV(
        model,
        {"logisticregression__C": _STRENGTHS},
        scoring="neg_log_loss",
        cv=StratifiedKFold(_FOLDS, shuffle=True, random_state=0),
        refit=False,
    )
    results = search.fit(evidence, gold).cv_results_
    scores, deviations = results["mean_test_score"], results["std_test_score"]
    best = scores.argmax()
    return _STRENGTHS[int((scores >= scores[best] - deviations[best] / _FOLDS**0.5).argmax())]


def _stacked(evidence: FloatArray, gold: IntArray, strength: float) -> Linear:
    scaler = StandardScaler().fit(evidence)
    model = LogisticRegression(C=strength, max_iter=2000).fit(scaler.transform(evidence), gold)
    weights, bias = np.zeros((len(SENTIMENTS), EVIDENCE)), np.full(len(SENTIMENTS), _NEVER)
    weights[model.classes_] = model.coef_ / scaler.scale_
    bias[model.classes_] = model.intercept_ - weights[model.classes_] @ scaler.mean_
    return weights, bias


def heads_alone(temperature: float = 1.0) -> FloatArray:
    """Weights [C, EVIDENCE] that take the logits of the heads for sentiment, divided by a temperature, and no more."""
    return np.eye(len(SENTIMENTS), EVIDENCE) / temperature


def _heads_alone(evidence: FloatArray, gold: IntArray) -> Linear:
    mixed = SENTIMENTS.index("mixed")
    temperature, bias = vector_scaling(evidence[:, : len(SENTIMENTS)], gold, (mixed,) if mixed in gold else ())
    return heads_alone(temperature), bias
