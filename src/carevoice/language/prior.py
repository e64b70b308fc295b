"""The language mix of a whole file, which helps with comments too short to tell by themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from carevoice.results import Language, LanguageCode

#: Order of the shares of a prior.
PRIOR_CODES: Final[tuple[LanguageCode, ...]] = ("en", "fr", "es", "other")
#: What is believed before any comment of the file was read.
_DEFAULT_SHARES: Final = (0.32, 0.32, 0.32, 0.04)
#: How many comments' worth of evidence the default shares weigh.
_DEFAULT_WEIGHT: Final = 2.0
#: Only comments at least this sure are counted in a file's mix.
_SURE: Final = 0.9
#: No language ever gets a smaller share, so that a clear comment is never overruled.
_FLOOR: Final = 0.01
_READ_AHEAD: Final = 4096


class LanguageDetector(Protocol):
    """Tells the language of comments; safe to use from several threads at once."""

    def detect(self, text: str) -> Language:
        """Return the language of one text and its probability."""
        ...

    def detect_batch(self, texts: Sequence[str], prior: LanguagePrior | None = None) -> list[Language]:
        """Return one language per text, each the same whatever its neighbours are."""
        ...


@dataclass(frozen=True, slots=True)
class LanguagePrior:
    """The share of each language in a file; the four shares add up to one."""

    en: float = _DEFAULT_SHARES[0]
    fr: float = _DEFAULT_SHARES[1]
    es: float = _DEFAULT_SHARES[2]
    other: float = _DEFAULT_SHARES[3]

    def __post_init__(self) -> None:
        """Raise ValueError unless every share is positive and they add up to one."""
        if min(self.shares) <= 0 or not math.isclose(sum(self.shares), 1, abs_tol=1e-6):
            raise ValueError(f"Shares of a language prior must be positive and add up to 1: {self.shares}")

    @property
    def shares(self) -> tuple[float, float, float, float]:
        """The shares in the order of PRIOR_CODES."""
        return self.en, self.fr, self.es, self.other

    @classmethod
    def from_counts(cls, counts: Mapping[str, int]) -> LanguagePrior:
        """Prior of a file in which so many comments are clearly of each language (codes as keys)."""
        total = sum(counts.get(code, 0) for code in PRIOR_CODES) + _DEFAULT_WEIGHT
        raw = [
            max((counts.get(code, 0) + _DEFAULT_WEIGHT * share) / total, _FLOOR)
            for code, share in zip(PRIOR_CODES, _DEFAULT_SHARES, strict=True)
        ]
        return cls(*(share / sum(raw) for share in raw))


class PriorEstimator:
    """Counts the clear comments of a file by language.

    Counts are whole numbers and each comment is judged alone, so the result is exactly the same
    whatever the order of the comments and however they are cut into chunks. One estimator is meant
    for one file and one thread.
    """

    def __init__(self, detector: LanguageDetector | None = None) -> None:
        """Count with ``detector``, or with the shipped one (raises ModelError if that is damaged)."""
        if detector is None:
            from carevoice.language import load_detector

            detector = load_detector()
        self._detector = detector
        self._counts: dict[str, int] = dict.fromkeys(PRIOR_CODES, 0)

    def add(self, texts: Iterable[str]) -> None:
        """Count more comments of the file; reads a few thousand at a time."""
        rest = iter(texts)
        while chunk := list(islice(rest, _READ_AHEAD)):
            for language in self._detector.detect_batch(chunk):
                if language.confidence >= _SURE and language.code in self._counts:
                    self._counts[language.code] += 1

    def result(self) -> LanguagePrior:
        """Return the mix of the comments counted so far; the default mix when none was clear."""
        return LanguagePrior.from_counts(self._counts)
