"""What can be done with a table: find the language of its comments, or classify them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeVar

from carevoice.cli.summary import LanguageSummary, ResultSummary
from carevoice.tables.cells import LanguageCells, ResultCells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carevoice.analysis import Analyzer
    from carevoice.cli.feed import RowFeed
    from carevoice.cli.summary import Summary
    from carevoice.language import LanguageDetector, LanguagePrior
    from carevoice.results import Language, Result
    from carevoice.tables.writer import AddedColumns

_DETECT_TOGETHER: Final = 1024
Answer = TypeVar("Answer")


class Task(Protocol[Answer]):
    """A task, ready to be given rows."""

    #: What it is doing, for a progress bar.
    title: str

    @property
    def columns(self) -> AddedColumns[Answer]:
        """The columns that it adds."""
        ...

    @property
    def summary(self) -> Summary[Answer]:
        """Counts of its answers."""
        ...

    @property
    def detector(self) -> LanguageDetector | None:
        """What finds the language mix of a file; None if the mix would not be used."""
        ...

    def answers(self, feed: RowFeed, prior: LanguagePrior | None) -> Iterator[Answer]:
        """One answer per row of the feed, in order."""
        ...


class Detect:
    """Finds the language of each comment; None is the answer for a blank one."""

    title = "Detecting"

    def __init__(self, *, prefix: str) -> None:
        from carevoice.language import load_detector  # needs numpy

        self.detector = load_detector()
        self.columns = LanguageCells(prefix)
        self.summary = LanguageSummary()

    def answers(self, feed: RowFeed, prior: LanguagePrior | None) -> Iterator[Language | None]:
        """One language per row of the feed."""
        texts = feed.texts()
        while chunk := list(islice(texts, _DETECT_TOGETHER)):
            found = self.detector.detect_batch(chunk, prior)
            yield from (language if text.strip() else None for text, language in zip(chunk, found, strict=True))


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

    def __init__(self, options: ClassifyOptions, *, prefix: str) -> None:
        import carevoice  # the model needs numpy and ONNX Runtime

        self._analyzer: Analyzer = carevoice.load(options.model, threshold=options.threshold)
        self._language = options.language
        themes = self._analyzer.taxonomy.ids
        self.detector = self._analyzer.detector if options.language == "auto" else None
        self.columns = ResultCells(
            model=f"{self._analyzer.name} {self._analyzer.version}",
            themes=themes,
            probabilities=options.probabilities,
            prefix=prefix,
        )
        self.summary = ResultSummary(themes)

    def answers(self, feed: RowFeed, prior: LanguagePrior | None) -> Iterator[Result]:
        """One result per row of the feed."""
        return self._analyzer.stream(feed.texts(), feed.questions(), language=self._language, prior=prior)
