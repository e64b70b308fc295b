"""Which weights a run keeps: those of an epoch, or the mean of several; and by what figure."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch import nn

from carevoice.model.engine import RawOutputs
from carevoice.training.checkpoint import Checkpoint
from carevoice.training.data import UNKNOWN, Targets
from carevoice.training.validation import Validation, score


def said(count: int = 80) -> tuple[RawOutputs, Targets]:
    """Answers about three themes that are right more often than not, and the labels."""
    rng = np.random.default_rng(0)
    themes = rng.random((count, 3)) < 0.3
    polarity, sentiment = rng.integers(0, 4, themes.shape), rng.integers(0, 4, count)
    labels = Targets(
        themes.astype(np.float32),
        np.where(themes, polarity, UNKNOWN),
        sentiment,
        np.full(count, UNKNOWN),
        np.full(count, np.nan, np.float32),
    )
    shapes = ((themes * 2.0), np.eye(4)[polarity], np.eye(4)[sentiment], np.zeros((count, 5)), np.zeros(count))
    return RawOutputs(*((good + rng.normal(size=good.shape)).astype(np.float32) for good in shapes)), labels


def test_the_score_is_the_mean_of_average_precisions() -> None:
    raw, labels = said()
    figures = score(raw, labels, single_label=False)
    assert set(figures) == {"score", "themes", "polarity", "sentiment"}
    assert figures["themes"] == pytest.approx(average_precision_score(labels.themes.ravel(), raw.themes.ravel()))
    assert figures["score"] == pytest.approx(np.mean([figures[name] for name in figures if name != "score"]))
    assert 0.4 < figures["score"] < 1


def test_the_score_leaves_out_what_nobody_labelled() -> None:
    raw, labels = said()
    doubtful = labels.themes.copy()
    doubtful[:40] = np.nan
    unknown = np.full(len(doubtful), UNKNOWN)
    partly = Targets(doubtful, np.full(doubtful.shape, UNKNOWN), unknown, unknown, labels.alert)
    figures = score(raw, partly, single_label=False)
    assert set(figures) == {"score", "themes"}
    assert figures["score"] == pytest.approx(average_precision_score(doubtful[40:].ravel(), raw.themes[40:].ravel()))


def test_single_labels_are_scored_against_each_other() -> None:
    raw, labels = said()
    one = np.eye(3, dtype=np.float32)[np.arange(80) % 3]
    unknown = np.full(80, UNKNOWN)
    only = Targets(one, np.full(one.shape, UNKNOWN), unknown, unknown, labels.alert)
    sure = RawOutputs(
        one * 5 + np.arange(80)[:, None], *(getattr(raw, n) for n in ("polarity", "sentiment", "level", "alert"))
    )
    assert score(sure, only, single_label=True)["score"] == pytest.approx(1)


class Line(nn.Module):
    """A network of one weight, which is best at 2."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def figures(self) -> dict[str, float]:
        return {"score": -abs(float(self.weight.detach()) - 2)}


def run(folder: Path, epochs: list[float], patience: int = 9) -> tuple[Validation, int]:
    """Let the weight be each of the values in turn, until the run is told to stop."""
    network = Line()
    kept = Checkpoint.begin(folder / "work", {}, resume=False)
    validation = Validation(network, network.figures, patience, lambda _line: None, kept)  # type: ignore[arg-type]
    for epoch, value in enumerate(epochs, 1):
        with torch.no_grad():
            network.weight.fill_(value)
        stop = validation.after_epoch(epoch)
        assert float(network.weight.detach()) == value  # training goes on from where it was
        if stop:
            return validation, epoch
    return validation, len(epochs)


@pytest.mark.parametrize(
    ("epochs", "averaged", "weight"),
    [
        ([1.0], [1], 1.0),
        ([1.0, 3.5], [1, 2], 2.25),
        ([1.0, 3.0], [1, 2], 2.0),
        ([-5.0, 1.5, 3.0], [2, 3], 2.25),
        ([1.5, 2.75, 2.0], [3], 2.0),  # an epoch that is better than any mean stands alone
        ([9.0, 3.0, 2.5, 2.0, 2.0], [5], 2.0),  # of equals, the last
    ],
)
def test_the_best_is_an_epoch_or_a_mean(
    tmp_path: Path, epochs: list[float], averaged: list[int], weight: float
) -> None:
    validation, _ = run(tmp_path, epochs)
    assert validation.averaged == averaged
    assert validation.best["weight"].item() == pytest.approx(weight)


def test_a_run_stops_when_epochs_bring_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, [2.0, 9.0, 9.0, 9.0], patience=2)[1] == 3


def test_an_interrupted_run_goes_on_with_what_it_had(tmp_path: Path) -> None:
    whole, _ = run(tmp_path / "whole", [1.0, 3.5, 1.5])
    network = Line()
    kept = Checkpoint.begin(tmp_path / "work", {}, resume=False)
    first = Validation(network, network.figures, 9, lambda _line: None, kept)  # type: ignore[arg-type]
    for epoch, value in enumerate([1.0, 3.5], 1):
        with torch.no_grad():
            network.weight.fill_(value)
        first.after_epoch(epoch)
    state, best = first.extra()
    kept.keep(dict(state), {"best": dict(best or {})})
    second = Validation(
        network, network.figures, 9, lambda _line: None, Checkpoint.begin(tmp_path / "work", {}, resume=True)
    )  # type: ignore[arg-type]
    with torch.no_grad():
        network.weight.fill_(1.5)
    second.after_epoch(3)
    assert (second.averaged, second.best) == (whole.averaged, whole.best)
