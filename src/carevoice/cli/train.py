"""Trains a model and shows how far it is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal, Protocol

from carevoice.cli.output import say
from carevoice.tables.files import DASH
from carevoice.tables.reader import long_cells
from carevoice.training.extra import check_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

    from carevoice.training.labels import LabelOptions

_SECONDS_BETWEEN_LINES: Final = 15.0
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """The options of ``carevoice train`` beside those about the labels; None means the default."""

    source: str
    output: str
    config: Path | None = None
    start: Path | None = None
    effort: Literal["auto", "head", "full"] = "auto"
    prefer: Literal["f1", "recall", "precision"] = "f1"
    resume: bool = False


class Stage(Protocol):
    """How far a stage of training is; see ``carevoice.training.trainer.Tick``."""

    @property
    def stage(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def epochs(self) -> int: ...
    @property
    def step(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def loss(self) -> float: ...
    @property
    def rows_per_second(self) -> float: ...
    @property
    def done(self) -> float: ...


class Watcher(Protocol):
    """Shows what it is told."""

    def tick(self, at: Stage) -> None:
        """A step was taken."""
        ...

    def log(self, line: str) -> None:
        """Something was done."""
        ...


@long_cells()
def run_training(options: TrainOptions, labels: LabelOptions) -> None:
    """Train, and say in the end where the model is and how to use it.

    Raises MissingExtraError without the libraries of the extra "train", and whatever ``carevoice.train`` raises.
    """
    check_extra()
    from carevoice.training.finetune import train

    with watching() as watcher:
        model = train(
            options.source if options.source == DASH else Path(options.source),
            options.output,
            config=options.config,
            start=options.start,
            effort=options.effort,
            prefer=options.prefer,
            resume=options.resume,
            labels=labels,
            log=watcher.log,
            tick=watcher.tick,
        )
    figures = model.report["results"]["figures"]
    for name, title in _SHOWN.items():
        if name in figures:
            say(f"{title:<24}{figures[name]['value']:.3f}  ({figures[name]['low']:.3f} to {figures[name]['high']:.3f})")
    seconds = model.report["seconds"]
    say(
        f"{model.path} written in {_duration(seconds)}; its README.md says how good it is. Use it so:",
        f"  carevoice classify comments.csv --model {_quoted(str(model.path))} -o themes.csv",
    )


#: Figures that are said at the end; the card has them all.
_SHOWN: Final = {
    "accuracy": "accuracy",
    "theme_micro_f1": "themes, micro-F1",
    "theme_macro_f1": "themes, macro-F1",
    "theme_polarity_micro_f1": "with polarity, micro-F1",
    "sentiment_macro_f1": "sentiment, macro-F1",
}


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


@contextmanager
def watching() -> Iterator[Watcher]:
    """A bar if standard error is a terminal, else lines."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console  # costs as much as all else at start
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[at]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bar(progress)


class Bar:
    """A bar for the stage that is going on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None
        self._stage = ""

    def tick(self, at: Stage) -> None:
        """Move the bar, or start one for a new stage."""
        if self._task is None or at.stage != self._stage:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._stage = self._progress.add_task(at.stage, total=1.0, at=""), at.stage
        self._progress.update(self._task, completed=at.done, at=_at(at))

    def log(self, line: str) -> None:
        """Write above the bar."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)


class Lines:
    """A line at the start of each stage, then one now and then."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = self._said = 0.0
        self._done = 0.0

    def tick(self, at: Stage) -> None:
        """Say how far it is, if nothing was said for a while."""
        now = monotonic()
        if at.stage != self._stage:
            self._stage, self._began, self._done = at.stage, now, at.done
        elif now - self._said < _SECONDS_BETWEEN_LINES:
            return
        self._said = now
        done = at.done - self._done  # in this session: a resumed stage did not begin at 0
        left = f", {_duration((now - self._began) / done * (1 - at.done))} left at most" if done else ""
        say(f"{at.stage}: {_at(at)}{left}")

    def log(self, line: str) -> None:
        """Say it."""
        say(line)


def _at(at: Stage) -> str:
    epoch = f"epoch {at.epoch} of {at.epochs}, " if at.epochs > 1 else ""
    loss = "" if at.loss != at.loss else f"loss {at.loss:.3f}, "  # not a number: there is no loss
    return f"{epoch}step {at.step} of {at.steps}, {loss}{at.rows_per_second:,.0f} rows/s"


def _duration(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} h"
