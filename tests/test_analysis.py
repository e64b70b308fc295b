"""What the shipped model says, through the public API."""

import itertools
import pickle
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import carevoice
from carevoice.analysis import READ_AHEAD, Analyzer
from carevoice.errors import InputError
from carevoice.results import Result


def themes(result: Result) -> set[str]:
    return {str(theme) for theme in result.themes}


GOLDEN = [
    # text, language, themes that must be there, sentiment
    ("The nurses were so kind and caring", "en", {"empathy+"}, "positive"),
    ("Nurse was lovely but we waited five hours in A&E.", "en", {"empathy+", "wait_time-"}, "mixed"),
    ("Parking was far too expensive", "en", {"cost-", "transport-"}, "negative"),
    ("The food was cold and tasteless", "en", {"food-"}, "negative"),
    ("The receptionist was not rude at all, she was very polite", "en", {"empathy+"}, "positive"),
    ("She did not listen to me", "en", {"involvement-"}, "negative"),
    ("Only seven hours in the waiting room, bravo, well done", "en", {"wait_time-"}, None),
    ("THE WARD WAS FILTHY AND NOBODY CLEANED THE TOILET", "en", {"cleanliness-"}, "negative"),
    ("Médecin à l'écoute mais 3 h d'attente", "fr", {"involvement+", "wait_time-"}, "mixed"),
    ("Personnel très gentil et chambre très propre", "fr", {"empathy+", "cleanliness+"}, "positive"),
    ("Impossible d'avoir quelqu'un au téléphone pour prendre rendez-vous", "fr", {"access-"}, "negative"),
    ("on ne ma rien expliqué avant l'operation", "fr", {"communication-"}, "negative"),
    ("Repas immangeables", "fr", {"food-"}, "negative"),
    ("Muy amables todas las enfermeras, el médico me explicó todo", "es", {"empathy+", "communication+"}, "positive"),
    ("La app no funciona y no se puede pedir cita online", "es", {"digital-"}, "negative"),
    ("tres meses esperando la operacion", "es", {"wait_time-"}, "negative"),
    ("El trato excelente pero la habitación muy sucia", "es", {"empathy+", "cleanliness-"}, "mixed"),
    ("Muy caro", "es", {"cost-"}, "negative"),
]


@pytest.mark.parametrize(("text", "language", "expected", "sentiment"), GOLDEN)
def test_golden_comment(
    analyzer: Analyzer, text: str, language: str, expected: set[str], sentiment: str | None
) -> None:
    result = analyzer.analyze(text)
    assert result.status == "ok"
    assert result.language.code == language
    assert expected <= themes(result)
    assert result.sentiment is not None
    if sentiment:
        assert result.sentiment.label == sentiment


@pytest.mark.parametrize("text", ["Nothing", "Nothing at all", "Rien", "Rien du tout", "Nada"])
def test_nothing_to_improve_is_praise(analyzer: Analyzer, text: str) -> None:
    assert "overall+" in themes(analyzer.analyze(text, "improve"))


@pytest.mark.parametrize("text", ["Rien", "Nada"])
@pytest.mark.parametrize("question", [None, "good", "why"])
def test_nothing_says_nothing_under_other_questions(analyzer: Analyzer, text: str, question: str | None) -> None:
    result = analyzer.analyze(text, question)
    assert themes(result) == set()
    assert result.sentiment is not None
    assert result.sentiment.label == "neutral"


@pytest.mark.parametrize("text", ["The food", "Les repas", "La comida"])
def test_bare_subject_is_judged_by_its_question(analyzer: Analyzer, text: str) -> None:
    assert themes(analyzer.analyze(text, "good")) == {"food+"}
    assert themes(analyzer.analyze(text, "improve")) == {"food-"}


@pytest.mark.parametrize(
    "question", ["What could we do better?", "Que pourrions-nous améliorer ?", "¿Qué podríamos mejorar?"]
)
def test_question_may_come_in_its_own_words(analyzer: Analyzer, question: str) -> None:
    assert analyzer.analyze("Nothing", question) == analyzer.analyze("Nothing", "improve")


def test_polarity_is_that_of_each_theme(analyzer: Analyzer) -> None:
    result = analyzer.analyze("The food was delicious but the room was dirty and the doctor was rude")
    assert {"food+", "cleanliness-", "empathy-"} <= themes(result)


def test_alert_is_raised_for_grave_events_only(analyzer: Analyzer) -> None:
    grave = analyzer.analyze("They gave my mother another patient's tablets and she collapsed. Nobody apologised.")
    plain = analyzer.analyze("The waiting room chairs are uncomfortable")
    assert grave.alert is not None
    assert plain.alert is not None
    assert grave.alert.flag
    assert not plain.alert.flag
    assert grave.alert.probability > plain.alert.probability


def test_result_is_complete_and_immutable(analyzer: Analyzer) -> None:
    result = analyzer.analyze("Clean, friendly, on time")
    assert len(result.probabilities) == len(analyzer.taxonomy) == 20
    assert all(0 <= p <= 1 for p in result.probabilities)
    order = [analyzer.taxonomy.ids.index(t.id) for t in result.themes]
    assert order == sorted(order)
    assert result.sentiment is not None
    assert -1 <= result.sentiment.score <= 1
    assert pickle.loads(pickle.dumps(result)) == result
    with pytest.raises(AttributeError):
        result.status = "empty"  # type: ignore[misc]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u00a0"])
def test_blank_comment_is_empty(analyzer: Analyzer, text: str) -> None:
    result = analyzer.analyze(text)
    assert (result.status, result.language.code, result.themes) == ("empty", "und", ())
    assert result.sentiment is None
    assert result.alert is None


def test_other_language_is_refused_unless_asked(analyzer: Analyzer) -> None:
    text = "Die Krankenschwestern waren sehr freundlich und das Zimmer war sauber, vielen Dank an alle"
    refused = analyzer.analyze(text)
    assert (refused.status, refused.language.code, refused.themes) == ("unsupported_language", "other", ())
    assert analyzer.analyze(text, language="en").status == "ok"


@pytest.mark.parametrize("text", ["N/A", "👍", "10/10", "..."])
def test_no_evidence_of_language_is_classified_all_the_same(analyzer: Analyzer, text: str) -> None:
    result = analyzer.analyze(text)
    assert (result.status, result.language.code) == ("ok", "und")


def test_threshold_replaces_the_tuned_ones() -> None:
    text = "The nurses were kind and the room was clean"
    everything = carevoice.load(threshold=0.0).analyze(text)
    nothing = carevoice.load(threshold=1.0).analyze(text)
    assert len(everything.themes) == 20
    assert nothing.themes == ()


def test_stream_keeps_order_and_equals_analyze(analyzer: Analyzer) -> None:
    texts = ["Clean room", "", "Repas froid", "Muy caro", "Clean room", "👍"] * 5
    questions: list[str | None] = [None, "good", "improve"] * 10
    results = list(analyzer.stream(texts, questions))
    for text, question, result in zip(texts, questions, results, strict=True):
        close(result, analyzer.analyze(text, question))


def test_stream_reads_no_more_than_it_must(analyzer: Analyzer) -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        for k in itertools.count():
            taken += 1
            yield "" if k % 2 else "N/A"

    stream = analyzer.stream(endless())
    next(stream)
    assert taken <= READ_AHEAD


@pytest.mark.parametrize("questions", [["good"], ["good"] * 3])
def test_stream_wants_one_question_per_text(analyzer: Analyzer, questions: list[str | None]) -> None:
    with pytest.raises(InputError, match="questions than texts"):
        list(analyzer.stream(["a", "b"], questions))


@pytest.mark.parametrize("text", [None, 3, b"bytes"])
def test_a_comment_must_be_a_string(analyzer: Analyzer, text: object) -> None:
    with pytest.raises(InputError, match="must be a string"):
        analyzer.analyze(text)  # type: ignore[arg-type]


def test_unknown_language_is_refused(analyzer: Analyzer) -> None:
    with pytest.raises(InputError, match="auto, en, fr, es"):
        analyzer.analyze("Hallo", language="de")


def test_long_text_is_read_to_its_end(analyzer: Analyzer) -> None:
    filler = "I went in on Monday and came back on Tuesday for the same appointment as before. " * 60
    assert not {"food-", "cost-"} & themes(analyzer.analyze(filler))
    start = analyzer.analyze("The meals were disgusting, cold and inedible. " + filler)
    end = analyzer.analyze(filler + "The bill was a rip-off, far too expensive for what it is.")
    assert "food-" in themes(start)
    assert "cost-" in themes(end)


def close(one: Result, other: Result) -> None:
    """Equal theme sets, scores within rounding."""
    assert (one.language, one.status, themes(one)) == (other.language, other.status, themes(other))
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-3)
    if one.sentiment and other.sentiment:
        assert one.sentiment.label == other.sentiment.label
        assert one.sentiment.score == pytest.approx(other.sentiment.score, abs=1e-3)
    if one.alert and other.alert:
        assert one.alert.probability == pytest.approx(other.alert.probability, abs=1e-3)


WORDS = "the nurse was kind but we waited four hours médecin gentil repas froid muy caro limpio cita app NOT 👍 , ."
words = st.sampled_from([*WORDS.split(), "\n"])
texts_of_all_lengths = st.lists(words, min_size=1, max_size=60).map(" ".join)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(texts_of_all_lengths, min_size=2, max_size=12), st.randoms(use_true_random=False))
def test_answer_does_not_depend_on_neighbours(analyzer: Analyzer, texts: list[str], rng: object) -> None:
    together = list(analyzer.stream(texts))
    order = list(range(len(texts)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    shuffled = list(analyzer.stream([texts[k] for k in order]))
    for place, k in enumerate(order):
        close(together[k], shuffled[place])
        close(together[k], analyzer.analyze(texts[k]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=80))
def test_any_text_is_analysed(analyzer: Analyzer, text: str) -> None:
    assert analyzer.analyze(text).status in {"ok", "empty", "unsupported_language"}


def test_lone_surrogate_is_analysed(analyzer: Analyzer) -> None:
    assert "empathy+" in themes(analyzer.analyze("The nurse was very kind \ud83d"))


def test_no_internet_socket_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert carevoice.load().analyze("Kind nurses").status == "ok"
