"""Finding the columns of comments and questions."""

import pytest

from carevoice.errors import InputError
from carevoice.tables.columns import check_added_columns, find_question_column, find_text_column


@pytest.mark.parametrize(
    "name",
    [
        "text", "Text", " COMMENT ", "comments", "comment_text", "Free text", "Feedback", "review",
        "verbatim", "answer", "Response", "FFT answer", "Commentaire", "COMMENTAIRES", "Avis", "réponse",
        "Réponse libre", "texte", "comentario", "Comentarios", "opinión", "Opinion", "respuesta", "reseña",
        "texto",
    ],
)  # fmt: skip
def test_text_column_is_found_by_its_name(name: str) -> None:
    assert find_text_column(["id", name, "comment_id", "site"]) == 1


def test_text_column_is_the_only_one() -> None:
    assert find_text_column(["what patients said"]) == 0


def test_text_column_named_wins() -> None:
    assert find_text_column(["text", "comment", "q1"], "q1") == 2


def test_text_column_not_obvious_lists_the_columns() -> None:
    with pytest.raises(InputError, match=r'--text-column.*"id", "q1"'):
        find_text_column(["id", "q1"])


def test_text_column_ambiguous_lists_both() -> None:
    with pytest.raises(InputError, match=r'"comment", "review": choose with --text-column'):
        find_text_column(["id", "comment", "review"])


def test_text_column_missing_suggests_a_near_name() -> None:
    with pytest.raises(InputError, match=r'no column "comment". Did you mean "Comment"'):
        find_text_column(["id", "Comment"], "comment")


def test_long_column_names_are_cut_in_messages() -> None:
    with pytest.raises(InputError) as caught:
        find_text_column(["x" * 500, "id"])
    assert len(str(caught.value)) < 200


def test_message_lists_fifty_columns_at_most() -> None:
    header = [f"q{number}" for number in range(1000)]
    with pytest.raises(InputError, match=r'"q49" and 950 more\.'):
        find_text_column(header)


@pytest.mark.parametrize("name", ["question", "Question", "question_type", "Pregunta", "Type de question"])
def test_question_column_is_found_by_its_name(name: str) -> None:
    assert find_question_column(["id", "text", name]) == 2


def test_question_column_may_be_missing_or_declined() -> None:
    assert find_question_column(["id", "text", "question_id"]) is None
    assert find_question_column(["question", "text"], "") is None


def test_question_column_ambiguous_lists_both() -> None:
    with pytest.raises(InputError, match=r'"question", "pregunta".*--question-column'):
        find_question_column(["question", "text", "pregunta"])


def test_question_column_missing_lists_the_columns() -> None:
    with pytest.raises(InputError, match=r'--question-column: there is no column "q".*"id", "text"'):
        find_question_column(["id", "text"], "q")


def test_added_columns_that_are_there_suggest_a_prefix() -> None:
    with pytest.raises(InputError, match=r'"themes", "alert": use --prefix cv_'):
        check_added_columns(["id", "alert", "themes"], ["language", "themes", "alert"])
    with pytest.raises(InputError, match=r"another --prefix"):
        check_added_columns(["cv_alert"], ["cv_alert"], "cv_")
    check_added_columns(["id", "Language"], ["language"])
