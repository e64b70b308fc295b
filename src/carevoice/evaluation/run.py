"""Measuring a model, given by its folder or loaded, on a table of labelled comments."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from carevoice.evaluation.gold import check_columns, gold_of, values_by
from carevoice.evaluation.measure import Answers, check_installed, report_of
from carevoice.language import PriorEstimator
from carevoice.tables.names import short
from carevoice.training.disputes import EITHER_COLUMN, either_themes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from carevoice.evaluation.report import Report
    from carevoice.language import LanguageDetector, LanguagePrior
    from carevoice.results import Result
    from carevoice.taxonomy import Taxonomy
    from carevoice.training.labels import Labelled, LabelOptions
    from carevoice.training.labels.table import Source

#: Stands for the model that comes with CareVoice, unless there is a folder of that name.
SHIPPED: Final = "carevoice-base"


class LoadedModel(Protocol):
    """What is asked of a model: what ``carevoice.load`` returns has it."""

    taxonomy: Taxonomy
    name: str
    version: str
    detector: LanguageDetector

    def stream(
        self,
        texts: Iterable[str],
        questions: Iterable[str | None] | None = None,
        *,
        language: str = "auto",
        prior: LanguagePrior | None = None,
    ) -> Iterator[Result]:
        """One result for each text, in order."""
        ...


def evaluate(
    model: str | Path | LoadedModel,
    data: Source,
    *,
    by: Sequence[str] = (),
    compare: str | Path | LoadedModel | None = None,
    labels: LabelOptions | None = None,
    log: Callable[[str], None] | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure a model on labelled comments: a CSV file, a pandas DataFrame or a Hugging Face Dataset.

    ``model`` is a folder, what ``carevoice.load`` returned, or ``carevoice-base`` for the model that comes along.
    Comments are analysed as ``carevoice classify`` does, their language included. ``by`` names columns to report
    apart: those of the table, and ``language``, ``question`` and ``length``. ``compare`` is another model to measure
    on the same comments. Where the table has the columns ``themes_either`` and ``alert_agreed``, what only one of two
    people said counts neither way.

    ``log`` is given lines for people about what was read, and ``tick`` the number of analyses that are done and of
    all. Raises InputError for data, options or columns that can't be used, ModelError for a folder that is no model
    and MissingExtraError without scikit-learn.
    """
    from carevoice.training.labels import LabelOptions, read_labelled

    check_installed()
    ours = _loaded(model)
    other = None if compare is None else _loaded(compare)
    options = labels or LabelOptions()
    labelled = read_labelled(data, options, ours.taxonomy)
    check_columns(labelled, by)
    judged = judged_themes(labelled, ours.taxonomy, closed=options.taxonomy is not None)
    if log is not None:
        _say_what_was_read(labelled, judged, log)
    models = [ours] if other is None else [ours, other]
    results = [*_predictions(models, labelled, tick)]
    return report_of(
        [gold_of(example, cells) for example, cells in zip(labelled.examples, labelled.fields, strict=True)],
        results[0],
        ours.taxonomy.ids,
        by=values_by(labelled, by, [result.language.code for result in results[0]]),
        judged=judged,
        compare=None if other is None else Answers(_named(other), other.taxonomy.ids, results[1]),
        model=_named(ours),
        single_label=labelled.single_label,
    )


def judged_themes(labelled: Labelled, taxonomy: Taxonomy, *, closed: bool = False) -> tuple[str, ...]:
    """The themes that count: those of the labels and of the model, whose taxonomy this is.

    When a codebook (``closed``) or the columns of the table say which themes were looked for, only those do.
    """
    from carevoice.training.labels.codebook import Matcher, column_labels

    if closed:
        return labelled.taxonomy.ids
    looked_for = set(taxonomy.ids)
    if labelled.layout == "columns":
        # A theme whose column is empty was looked for, and not found in any comment.
        matcher = Matcher(taxonomy)
        looked_for = {
            theme for label in column_labels(labelled.columns.labels, matcher) if (theme := matcher.find(label))
        }
    return tuple(dict.fromkeys((*(theme for theme in taxonomy.ids if theme in looked_for), *labelled.taxonomy.ids)))


def _loaded(model: str | Path | LoadedModel) -> LoadedModel:
    if not isinstance(model, str | os.PathLike):
        return model
    from carevoice.analysis import load

    return load(None if model == SHIPPED and not Path(model).exists() else model)


def _named(model: LoadedModel) -> str:
    return f"{model.name} {model.version}"


def _say_what_was_read(labelled: Labelled, judged: Sequence[str], log: Callable[[str], None]) -> None:
    from carevoice.training.labels import describe

    log(describe(labelled))
    foreign = {theme for cells in labelled.fields for theme in either_themes(cells.get(EITHER_COLUMN, ""))} - {*judged}
    if foreign:
        log(f"unknown, and ignored, in the column {EITHER_COLUMN}: {', '.join(map(short, sorted(foreign)))}")


def _predictions(
    models: Sequence[LoadedModel], labelled: Labelled, tick: Callable[[int, int], None] | None
) -> Iterator[list[Result]]:
    """Each model's answers; short comments lean to the languages of the others, as in ``classify``."""
    texts = [example.text for example in labelled.examples]
    questions = [example.question for example in labelled.examples]
    done, total = 0, len(texts) * len(models)
    for model in models:
        estimator = PriorEstimator(model.detector)
        estimator.add(texts)
        results = []
        for result in model.stream(texts, questions, prior=estimator.result()):
            results.append(result)
            done += 1
            if tick is not None:
                tick(done, total)
        yield results
