"""Questions told from their words."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from carevoice.errors import InputError
from carevoice.questions import QUESTIONS, QuestionMap, load_questions
from carevoice.resources import resource

SHIPPED = yaml.safe_load(resource("configs/questions.yaml").read_text(encoding="utf-8"))
PHRASES = [
    (question, phrase)
    for question, by_language in SHIPPED["phrases"].items()
    for phrases in by_language.values()
    for phrase in phrases
]


@pytest.fixture(scope="module")
def questions() -> QuestionMap:
    return load_questions()


def test_questions_have_phrases_in_three_languages() -> None:
    assert {name: set(languages) for name, languages in SHIPPED["phrases"].items()} == {
        name: {"en", "fr", "es"} for name in QUESTIONS[1:]
    }


@pytest.mark.parametrize(("expected", "phrase"), PHRASES)
def test_questions_listed_are_known_however_they_are_written(
    questions: QuestionMap, expected: str, phrase: str
) -> None:
    for written in (phrase, phrase.upper(), f"  {phrase}\n", phrase.replace(" ", "_"), phrase.rstrip("?¿ ")):
        assert questions.canonical(written) == expected


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_by_their_own_name(questions: QuestionMap, question: str) -> None:
    assert questions.canonical(question) == question


@pytest.mark.parametrize(
    ("expected", "question"),
    [
        ("good", "Thinking about your stay, what went well for you?"),
        ("good", "What did our team do well today?"),
        ("good", "Is there something you particularly enjoyed?"),
        ("good", "What was the best part of the clinic, and why?"),
        ("good", "Qu'est-ce qui vous a le plus plu pendant votre séjour ?"),
        ("good", "Qu\u2019avez-vous apprécié lors de votre consultation ?"),
        ("good", "¿Qué fue lo mejor de su estancia en el hospital?"),
        ("good", "¿Qué aspectos le gustaron de la consulta?"),
        ("improve", "Is there anything the ward could have done better?"),
        ("improve", "And what did not go well on the day?"),
        ("improve", "What one thing would you change about the clinic?"),
        ("improve", "What would you like us to improve, and why?"),
        ("improve", "What didn't you like about the ward?"),
        ("improve", "Quelles améliorations proposeriez-vous ?"),
        ("improve", "Racontez-nous ce qui s'est mal passé aux urgences ?"),
        ("improve", "Qu'est-ce que vous n'avez pas aimé dans le service ?"),
        ("improve", "¿Qué cosas mejoraría usted del centro de salud?"),
        ("improve", "¿Qué fue lo que no le gustó de la atención?"),
        ("why", "Can you tell us why you gave that score?"),
        ("why", "What are your reasons for this rating?"),
        ("why", "Pour quelles raisons avez-vous mis cette note ?"),
        ("why", "¿Nos puede decir por qué nos puntúa así?"),
        ("", "Any other comments?"),
        ("", "Is there anything else you would like to tell us?"),
        ("", "How satisfied were you with the service?"),
        ("", "What was good and what could be improved?"),
        ("", "Were there things you were satisfied and/or dissatisfied with?"),
        ("", "Which ward were you on?"),
        ("", "Autres commentaires"),
        ("", "¿Le gustaría añadir algo más?"),
        ("", "👍"),
        ("", None),
    ],
)
def test_questions_not_listed_are_told_from_their_words(
    questions: QuestionMap, expected: str, question: str | None
) -> None:
    assert questions.canonical(question) == expected


@given(st.text())
def test_questions_of_any_kind_get_an_answer(text: str) -> None:
    assert QuestionMap({"why": ["Why?"]}).canonical(text) in QUESTIONS


def test_questions_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text("phrases: {good: {en: [Q1]}, improve: {fr: [Q2]}}\nrules: [{as: why, all: [[how*], [come]]}]\n")
    own = load_questions(path)
    assert [own.canonical(text) for text in ("q1", "Q-2", "However come", "how", "What was good?")] == [
        "good", "improve", "why", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("phrases: {better: {en: [x]}}", '"better" is not known'),
        ("phrases: {good: {de: [x]}}", '"de" is not known'),
        ("phrases: {good: {en: [no]}}", '"phrases", "good", "en" must be a list of texts'),
        ("phrases: {good: {en: [x]}, why: {en: [X?]}}", 'listed for "good" and "why"'),
        ("rules: [{as: good, any: [Élan]}]", "rule 1: write"),
        ("rules: [{as: nice, any: [x]}]", '"nice" is not one of'),
        ("rules: [{any: [x]}]", 'rule 1 needs "as"'),
        ("rules: [{as: good, all: x}]", "list of lists"),
        ("rules: good", '"rules" must be a list'),
        ("- x", "must be a mapping"),
        ("phrases: {\n", "line 2"),
    ],
)
def test_questions_file_that_is_wrong_says_where(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "questions.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_questions(path)
    assert reason in str(caught.value)
    assert str(path) in str(caught.value)


def test_questions_file_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.yaml can't be read"):
        load_questions(tmp_path / "gone.yaml")
