"""Measures a model on labelled comments: the figures for people, and as JSON for programs."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from carevoice.cli.output import progress, say
from carevoice.tables.files import DASH, check_output, standard_output, whole_file
from carevoice.tables.reader import long_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from carevoice.evaluation import Report
    from carevoice.training.labels import LabelOptions


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """The options of ``carevoice evaluate`` beside those about the labels."""

    model: str
    source: str
    by: tuple[str, ...] = ()
    compare: str | None = None
    output: str | None = None


@long_cells()
def run_evaluation(options: EvaluateOptions, labels: LabelOptions) -> None:
    """Measure, and write a table to standard output and, if asked for, JSON to a file or in the table's place.

    Raises InputError for options and data that can't be used, ModelError for a folder that is no model; an output
    file is then as it was before.
    """
    from carevoice.evaluation import evaluate

    if options.output not in (None, DASH):
        check_output(str(options.output), options.source)
    with ExitStack() as stack:
        report = evaluate(
            options.model,
            options.source,
            by=options.by,
            compare=options.compare,
            labels=labels,
            log=say,
            tick=_bar(stack),
        )
    _write(report, options.output)


def _bar(stack: ExitStack) -> Callable[[int, int], None]:
    """A progress bar that appears with the first analysis, when the number of all is known."""
    advance: Callable[[int], None] | None = None

    def tick(_done: int, total: int) -> None:
        nonlocal advance
        if advance is None:
            advance = stack.enter_context(progress("Evaluating", total))
        advance(1)

    return tick


def _write(report: Report, output: str | None) -> None:
    data = json.dumps(report.as_dict(), ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"
    if output == DASH:
        standard_output().write(data)
        return
    typer.echo(report.as_table(), nl=False)
    if output is not None:
        with whole_file(output) as sink:
            sink.write(data)
        say(f"written to {output}")
