"""Which weights a run keeps: those of an epoch, or the mean of several."""

from pathlib import Path

import pytest
import torch
from torch import nn

from carevoice.training.checkpoint import Checkpoint
from carevoice.training.validation import Validation


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
        ([9.0, 3.0, 2.5, 2.0, 2.0], [4], 2.0),
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
