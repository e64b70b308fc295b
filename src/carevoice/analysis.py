"""The analyzer: language, then themes, polarity, sentiment and alert for each comment."""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from carevoice.errors import InputError
from carevoice.model.engine import EngineName, load_engine
from carevoice.model.folder import ModelFolder, Outputs, open_folder
from carevoice.model.runtime import Runtime, load_tokenizer
from carevoice.model.scoring import Scorer, Scores
from carevoice.questions import QUESTIONS, load_questions
from carevoice.results import SUPPORTED, Language, Result

if TYPE_CHECKING:
    from pathlib import Path

    from carevoice.language import LanguageDetector, LanguagePrior
    from carevoice.questions import QuestionMap
    from carevoice.taxonomy import Taxonomy

#: Texts that ``stream`` reads ahead of the result that it gives.
READ_AHEAD = 2048
_AUTO = "auto"
_EMPTY = Result(Language("und", 0.0), "empty")


def load(
    path: "str | Path | None" = None,
    *,
    engine: EngineName = "onnx",
    threshold: float | None = None,
    threads: int | None = None,
) -> "Analyzer":
    """Load a model folder (None: the one that comes with CareVoice).

    ``engine`` is ``onnx`` (int8, the default) or ``torch`` (fp32, needs the extra "torch"); ``threshold`` replaces
    the tuned threshold of every theme; ``threads`` is the number of batches run side by side (None: one per
    processor).

    Raises ModelError for a folder that is missing, damaged or foreign, InputError for a bad option and
    MissingExtraError when the engine is not installed.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise InputError(f"threshold {threshold} is not between 0 and 1")
    if threads is not None and threads < 1:
        raise InputError(f"threads {threads} is not 1 or more")
    return Analyzer(open_folder(path), engine=engine, threshold=threshold, threads=threads or _processors())


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Analyzer:
    """Analyses comments with one model; made by ``load``. May be used from several threads."""

    def __init__(self, folder: ModelFolder, *, engine: EngineName, threshold: float | None, threads: int) -> None:
        from carevoice.language import load_detector

        config = folder.config
        self.taxonomy: Taxonomy = config.taxonomy
        self.name = config.name
        self.version = config.version
        self.fingerprint = folder.fingerprint
        self.outputs: Outputs = config.outputs
        self.detector: LanguageDetector = load_detector()
        self._runtime = Runtime(
            load_tokenizer(folder), load_engine(engine, folder), config.windows, config.clauses, threads
        )
        self._scorer = Scorer(config.taxonomy, config.outputs, config.calibration, threshold)

    def analyze(self, text: str, question: str | None = None, *, language: str = _AUTO) -> Result:
        """Analyse one comment.

        ``question`` is what the comment answers: ``good``, ``improve``, ``why`` or the question's own words.
        ``language`` ``auto`` detects it; ``en``, ``fr`` or ``es`` takes it as given, also for a comment that would
        be refused as another language. Raises InputError for anything but a string, or an unknown language.
        """
        return self._chunk([text], [question], _checked(language), None)[0]

    def stream(
        self,
        texts: Iterable[str],
        questions: Iterable[str | None] | None = None,
        *,
        language: str = _AUTO,
        prior: "LanguagePrior | None" = None,
    ) -> Iterator[Result]:
        """Analyse any number of comments, one result each, in order, reading at most 2,048 texts ahead.

        A ``prior`` (see ``carevoice.language.PriorEstimator``) lets short comments lean to the languages of their file.
        Raises InputError as ``analyze`` does, and when ``questions`` is shorter or longer than ``texts``.
        """
        asked = None if questions is None else iter(questions)
        return self._stream(iter(texts), asked, _checked(language), prior)

    def _stream(
        self,
        texts: Iterator[str],
        questions: Iterator[str | None] | None,
        language: str,
        prior: "LanguagePrior | None",
    ) -> Iterator[Result]:
        while chunk := list(islice(texts, READ_AHEAD)):
            asked = [None] * len(chunk) if questions is None else list(islice(questions, len(chunk)))
            if len(asked) < len(chunk):
                raise InputError("there are fewer questions than texts: give None where there is no question")
            yield from self._chunk(chunk, asked, language, prior)
        if questions is not None and any(True for _ in questions):
            raise InputError("there are more questions than texts: give one for each text")

    def _chunk(
        self,
        texts: Sequence[str],
        questions: Sequence[str | None],
        language: str,
        prior: "LanguagePrior | None",
    ) -> list[Result]:
        for text in texts:
            if not isinstance(text, str):
                raise InputError(f"a comment must be a string, not {type(text).__name__}; use '' where there is none")
        languages = self._languages(texts, language, prior)
        # Equal comments get equal results: each is run once.
        wanted: dict[tuple[str, int], int] = {}
        places: list[int | None] = []
        for text, question, found in zip(texts, questions, languages, strict=True):
            if not text.strip() or found.code == "other":
                places.append(None)
                continue
            key = (_clean(text), self._question_index(question))
            places.append(wanted.setdefault(key, len(wanted)))
        scores: list[Scores] = []
        if wanted:
            scores = self._scorer.scores(self._runtime.logits([k[0] for k in wanted], [k[1] for k in wanted]))
        return [
            _result(text, found, None if place is None else scores[place])
            for text, found, place in zip(texts, languages, places, strict=True)
        ]

    @cached_property
    def _question_map(self) -> "QuestionMap":
        return load_questions()  # reads YAML: only when a question comes in its own words

    def _question_index(self, question: str | None) -> int:
        canonical = question or ""
        return QUESTIONS.index(canonical if canonical in QUESTIONS else self._question_map.canonical(canonical))

    def _languages(self, texts: Sequence[str], language: str, prior: "LanguagePrior | None") -> list[Language]:
        if language == _AUTO:
            return self.detector.detect_batch(texts, prior)
        given = next(code for code in SUPPORTED if code == language)
        return [Language(given, 1.0)] * len(texts)


def _checked(language: str) -> str:
    if language != _AUTO and language not in SUPPORTED:
        raise InputError(f"language {language!r} is not known: use auto, {', '.join(SUPPORTED)}")
    return language


def _clean(text: str) -> str:
    """The text without lone surrogates, which have no UTF-8 form and would stop the tokenizer."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _result(text: str, language: Language, scores: Scores | None) -> Result:
    if scores is not None:
        return Result(language, "ok", scores.sentiment, scores.themes, scores.alert, scores.probabilities)
    return Result(language, "unsupported_language") if text.strip() else _EMPTY
