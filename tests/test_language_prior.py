"""The language mix of a file as prior for its unclear comments."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carevoice.language import LanguagePrior, PriorEstimator, load_detector

ENGLISH = [
    "The nurses were kind and explained everything to me.",
    "I waited two hours before anyone came to see us.",
    "Parking was impossible on the day of my appointment.",
    "Parking",
    "Excellent",
    "👍",
]
FRENCH = [
    "Les infirmières étaient gentilles et m'ont tout expliqué.",
    "J'ai attendu deux heures avant que quelqu'un vienne nous voir.",
    "Impossible de se garer le jour de mon rendez-vous.",
    "Parking",
    "Excellent",
    "N/A",
]
SPANISH = [
    "Las enfermeras fueron amables y me lo explicaron todo.",
    "Esperé dos horas hasta que alguien vino a vernos.",
    "Fue imposible aparcar el día de mi cita.",
    "Parking",
    "Hospital",
    "-",
]


def estimate(texts: list[str]) -> LanguagePrior:
    estimator = PriorEstimator(load_detector())
    estimator.add(texts)
    return estimator.result()


@settings(max_examples=50)
@given(st.lists(st.sampled_from(ENGLISH + FRENCH + SPANISH)), st.randoms(use_true_random=False), st.data())
def test_prior_does_not_depend_on_order_or_chunks(texts: list[str], random: object, data: st.DataObject) -> None:
    expected = estimate(texts)
    shuffled = list(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    cut = data.draw(st.integers(0, len(texts)))
    estimator = PriorEstimator()
    estimator.add(shuffled[:cut])
    estimator.add(iter(shuffled[cut:]))
    assert estimator.result() == expected


def test_prior_of_no_clear_comment_is_the_default() -> None:
    assert estimate(["👍", "N/A", ""]).shares == pytest.approx(LanguagePrior().shares)
    assert estimate([]).shares == pytest.approx(LanguagePrior().shares)


def test_prior_follows_the_file() -> None:
    prior = estimate(FRENCH * 50)
    assert prior.fr > 0.9
    assert min(prior.shares) > 0
    assert sum(prior.shares) == pytest.approx(1)


@pytest.mark.parametrize(("code", "texts"), [("en", ENGLISH), ("fr", FRENCH), ("es", SPANISH)])
@pytest.mark.parametrize("word", ["Parking", "Hospital", "Bien", "Excellent", "Personal", "OK", "No", "Wifi"])
def test_prior_decides_words_of_several_languages(code: str, texts: list[str], word: str) -> None:
    plausible = {
        "Bien": "fr es",
        "Excellent": "en fr",
        "Personal": "en es",
        "No": "en es",
        "Hospital": "en es",
    }
    if code in plausible.get(word, "en fr es"):
        assert load_detector().detect_batch([word], estimate(texts * 50))[0].code == code


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH, SPANISH])
def test_prior_never_overrules_a_clear_comment(texts: list[str]) -> None:
    detector = load_detector()
    clear = [text for group in (ENGLISH, FRENCH, SPANISH) for text in group if len(text) > 20]
    codes = [language.code for language in detector.detect_batch(clear)]
    assert codes == ["en"] * 3 + ["fr"] * 3 + ["es"] * 3
    assert [language.code for language in detector.detect_batch(clear, estimate(texts * 1000))] == codes


def test_prior_never_overrules_a_clear_other_language() -> None:
    german = "Die Schwestern waren sehr freundlich und haben mir alles erklärt."
    assert load_detector().detect_batch([german], estimate(ENGLISH * 1000))[0].code == "other"


@pytest.mark.parametrize("shares", [(0.0, 0.5, 0.25, 0.25), (0.5, 0.5, 0.5, 0.5), (-0.1, 0.5, 0.5, 0.1)])
def test_prior_rejects_impossible_shares(shares: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        LanguagePrior(*shares)
