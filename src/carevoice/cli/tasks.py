"""What can be done with a table: find the language of its comments, or classify them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from carevoice.cli.kept import result_from_json, result_to_json
from carevoice.cli.summary import LanguageSummary, ResultSummary
from carevoice.tables.cells import LanguageCells, ResultCells

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from carevoice.analysis import Analyzer
    from carevoice.cli.summary import Summary
    from carevoice.language import LanguageDetector, LanguagePrior
    from carevoice.results import Language, Result
    from carevoice.tables.writer import AddedColumns

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Kept(Generic[Answer]):
    """How answers are kept: what they depend on beside the input, and their way to plain JSON values and back."""

    made_of: Mapping[str, str]
    encode: Callable[[Answer], Any]
    decode: Callable[[Any], Answer]


class Task(Protocol[Answer]):
    """A task, ready to be given rows."""

    #: What it is doing, for a progress bar.
    title: str

    def columns(self, prefix: str) -> AddedColumns[Answer]:
        """The columns that it adds for a comment, with this before their names."""
        ...

    def summary(self) -> Summary[Answer]:
        """Something to count its answers."""
        ...

    @property
    def detector(self) -> LanguageDetector | None:
        """What finds the language mix of a file; None if the mix would not be used."""
        ...

    @property
    def kept(self) -> Kept[Answer] | None:
        """How answers are kept in a journal; None for those that are found faster than kept."""
        ...

    def answers(
        self, texts: Sequence[str], questions: Sequence[str] | None, prior: LanguagePrior | None
    ) -> Sequence[Answer]:
        """One answer for each text of a chunk."""
        ...

    def language(self, answer: Answer) -> str:
        """Code of the language that an answer names."""
        ...


class Detect:
    """Finds the language of each comment; None is the answer for a blank one."""

    title = "Detecting"
    kept = None

    def __init__(self) -> None:
        from carevoice.language import load_detector  # needs numpy

        self.detector = load_detector()

    def columns(self, prefix: str) -> LanguageCells:
        return LanguageCells(prefix)

    def summary(self) -> LanguageSummary:
        return LanguageSummary()

    def answers(
        self, texts: Sequence[str], _questions: Sequence[str] | None, prior: LanguagePrior | None
    ) -> Sequence[Language | None]:
        """One language for each text."""
        found = self.detector.detect_batch(texts, prior)
        return [language if text.strip() else None for text, language in zip(texts, found, strict=True)]

    def language(self, answer: Language | None) -> str:
        return "" if answer is None else answer.code


@dataclass(frozen=True, slots=True)
class ClassifyOptions:
    """The options of ``carevoice classify`` about the analysis; None means the model's own."""

    model: str | None = None
    language: Literal["auto", "en", "fr", "es"] = "auto"
    threshold: float | None = None
    probabilities: bool = False


class Classify:
    """Analyses each comment with a model."""

    title = "Classifying"

    def __init__(self, options: ClassifyOptions) -> None:
        import carevoice  # the model needs numpy and ONNX Runtime

        self._analyzer: Analyzer = carevoice.load(options.model, threshold=options.threshold)
        self._language, self._threshold = options.language, options.threshold
        self._probabilities = options.probabilities
        self.detector = self._analyzer.detector if options.language == "auto" else None

    def columns(self, prefix: str) -> ResultCells:
        return ResultCells(
            model=f"{self._analyzer.name} {self._analyzer.version}",
            themes=self._analyzer.taxonomy.ids,
            probabilities=self._probabilities,
            prefix=prefix,
        )

    def summary(self) -> ResultSummary:
        return ResultSummary(self._analyzer.taxonomy.ids)

    @property
    def kept(self) -> Kept[Result]:
        """Results, which depend on the model and on how it is used."""
        settings = {"language": self._language, "threshold": self._threshold, "probabilities": self._probabilities}
        made_of = {"model": self._analyzer.fingerprint, "settings": json.dumps(settings)}
        return Kept(made_of, partial(result_to_json, probabilities=self._probabilities), result_from_json)

    def answers(
        self, texts: Sequence[str], questions: Sequence[str] | None, prior: LanguagePrior | None
    ) -> Sequence[Result]:
        """One result for each text."""
        return list(self._analyzer.stream(texts, questions, language=self._language, prior=prior))

    def language(self, answer: Result) -> str:
        return answer.language.code
