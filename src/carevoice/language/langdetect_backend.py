"""The langdetect library behind the project's own interface, without its global state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from carevoice.language.prior import PRIOR_CODES, LanguagePrior
from carevoice.results import SUPPORTED, Language, LanguageCode

_SEED: Final = 0


class LangdetectDetector:
    """Detector that asks langdetect; the same text always gets the same answer.

    A factory of its own carries the seed, so the library's global factory and seed stay untouched,
    and every text gets a detector of its own, so threads can share an instance.
    """

    def __init__(self) -> None:
        """Load the profiles of all of langdetect's languages (about half a second)."""
        self._factory = DetectorFactory()
        self._factory.load_profile(PROFILES_DIRECTORY)
        self._factory.set_seed(_SEED)

    def detect(self, text: str) -> Language:
        """Return the language of one text and the probability that langdetect gives it."""
        return self._answer(text, None)

    def detect_batch(self, texts: Sequence[str], prior: LanguagePrior | None = None) -> list[Language]:
        """Return one language per text; ``prior`` reweighs the languages that langdetect finds likely."""
        return [self._answer(text, prior) for text in texts]

    def _answer(self, text: str, prior: LanguagePrior | None) -> Language:
        detector = self._factory.create()
        detector.append(text)
        try:
            candidates = detector.get_probabilities()
        except LangDetectException:
            return Language("und", 0.0)
        masses: dict[LanguageCode, float] = dict.fromkeys(PRIOR_CODES, 0.0)
        for candidate in candidates:
            code: LanguageCode = candidate.lang if candidate.lang in SUPPORTED else "other"
            masses[code] += candidate.prob
        if prior is not None:
            masses = {code: masses[code] * share for code, share in zip(PRIOR_CODES, prior.shares, strict=True)}
        total = sum(masses.values())
        best = max(PRIOR_CODES, key=lambda name: masses[name])
        return Language(best, round(masses[best] / total, 6)) if total else Language("und", 0.0)
