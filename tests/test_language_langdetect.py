"""The langdetect backend."""

import pytest

from carevoice.language import LanguageDetector, LanguagePrior, load_detector
from carevoice.results import Language

library = pytest.importorskip("langdetect")

TEXTS = [
    "The nurses were kind and explained everything to me.",
    "Les infirmières étaient gentilles et m'ont tout expliqué.",
    "Las enfermeras fueron amables y me lo explicaron todo.",
    "Die Schwestern waren sehr freundlich und haben mir alles erklärt.",
]
UNSTABLE = ["Parking", "Excellent", "Nada", "Merci", "RAS", "Nothing", "Good food", "Bueno", "Personal"]


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return load_detector("langdetect")


def test_langdetect_sentences(detector: LanguageDetector) -> None:
    assert [language.code for language in detector.detect_batch(TEXTS)] == ["en", "fr", "es", "other"]


@pytest.mark.parametrize("text", ["", "👍", "10/10", "..."])
def test_langdetect_no_features(detector: LanguageDetector, text: str) -> None:
    assert detector.detect(text) == Language("und", 0.0)


def test_langdetect_answers_are_repeatable(detector: LanguageDetector) -> None:
    first = detector.detect_batch(UNSTABLE)
    assert all(detector.detect_batch(UNSTABLE) == first for _ in range(3))
    assert [detector.detect(text) for text in reversed(UNSTABLE)] == first[::-1]
    assert load_detector("langdetect").detect_batch(UNSTABLE) == first


def test_langdetect_global_state_is_untouched() -> None:
    before = library.DetectorFactory.seed
    load_detector("langdetect").detect("Parking")
    assert library.DetectorFactory.seed is before


def test_langdetect_prior_reweighs_candidates(detector: LanguageDetector) -> None:
    plain = detector.detect_batch(TEXTS)
    leaning = detector.detect_batch(TEXTS, LanguagePrior(0.97, 0.01, 0.01, 0.01))
    assert [language.code for language in leaning] == [language.code for language in plain]
