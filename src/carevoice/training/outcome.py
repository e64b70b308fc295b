"""What came out of a training run: calibration, and figures for ``metrics.json``."""

import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from carevoice.evaluation import Gold, report_of
from carevoice.evaluation.gold import length_band
from carevoice.model.engine import OUTPUTS, RawOutputs
from carevoice.model.folder import Calibration
from carevoice.model.scoring import Scorer, Scores
from carevoice.training.build import made_with
from carevoice.training.calibrate import Prefer, calibrate
from carevoice.training.card_facts import FEWEST_CROSSED
from carevoice.training.data import Targets, targets
from carevoice.training.efforts import Run, Trained
from carevoice.training.grouping import folds

IntArray = npt.NDArray[np.int64]
ArraysT = TypeVar("ArraysT", RawOutputs, Targets)
_FOLDS: Final = 5


def fitted(run: Run, raw: RawOutputs, labels: Targets, prefer: Prefer) -> tuple[Calibration, dict[str, Any]]:
    """A calibration of what was said of held-out comments, and which form of it cross-validation chose."""
    start = run.start.inherited.calibration if run.start.inherited else None
    real = np.ones(len(labels.themes), bool)
    calibration, report = calibrate(raw, labels, real, outputs=run.outputs, prefer=prefer, start=start)
    return calibration, asdict(report)


def scored(run: Run, trained: Trained, raw: RawOutputs, calibration: Calibration, prefer: Prefer) -> list[Scores]:
    """Answers to the measured comments, each calibrated on other comments than itself.

    So that figures don't praise thresholds for comments that they were tuned on. A handful of comments is not enough
    for that: they get the final ``calibration``.
    """
    examples = [run.examples[n] for n in trained.measured.tolist()]
    if len(examples) < FEWEST_CROSSED:
        return Scorer(run.taxonomy, run.outputs, calibration).scores(raw)
    labels = targets(examples, run.taxonomy)
    scores: dict[int, Scores] = {}
    for fit, test in folds(examples, run.groups[trained.measured], _FOLDS, run.config.seed):
        own, _ = fitted(run, _rows(raw, fit, OUTPUTS), _rows(labels, fit, [f.name for f in fields(Targets)]), prefer)
        answers = Scorer(run.taxonomy, run.outputs, own).scores(_rows(raw, test, OUTPUTS))
        scores |= zip(test.tolist(), answers, strict=True)
    return [scores[n] for n in range(len(examples))]


def results(run: Run, trained: Trained, scores: Sequence[Scores], model: str) -> dict[str, Any]:
    """The report on the measured comments, by language and length too."""
    examples = [run.examples[n] for n in trained.measured.tolist()]
    gold = [Gold(e.themes, frozenset(e.doubtful), e.sentiment, e.level, e.alert) for e in examples]
    by = {"language": [e.language for e in examples], "length": [length_band(e.text) for e in examples]}
    report = report_of(gold, scores, run.taxonomy.ids, by=by, model=model, single_label=run.outputs.single_label)
    return dict(report.as_dict())


def data_summary(run: Run, trained: Trained) -> dict[str, Any]:
    """Numbers of comments."""
    count = Counter(theme for e in run.examples for theme, _ in e.themes)
    return {
        "comments": len(run.examples),
        "train": trained.train,
        "held_out": len(trained.measured) if trained.raw is None else 0,
        "groups": len(set(run.groups.tolist())),
        "languages": dict(Counter(e.language for e in run.examples).most_common()),
        "themes": {theme: count[theme] for theme in run.taxonomy.ids},
    }


def environment(run: Run) -> dict[str, str]:
    """Versions, system and device."""
    return {
        **made_with(),
        "scikit-learn": version("scikit-learn"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": str(run.device),
    }


def now() -> str:
    """The time, as ISO 8601 writes it, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _rows(arrays: ArraysT, rows: IntArray, names: Sequence[str]) -> ArraysT:
    return type(arrays)(*(getattr(arrays, name)[rows] for name in names))
