"""Single cells of labelled tables: sentiment on each scale, alerts, languages, questions."""

from pathlib import Path
from typing import Any

import pytest

from carevoice.errors import InputError
from carevoice.training.labels import Labelled, LabelOptions, read_labelled
from carevoice.training.labels.values import split_polarity


def read(folder: Path, column: str, cells: list[str], **options: Any) -> Labelled:
    """Comments with these cells in one column."""
    rows = "".join(f'comment {n},food;cost,"{cell}"\n' for n, cell in enumerate(cells))
    path = folder / "labelled.csv"
    path.write_text(f"text,themes,{column}\n{rows}", encoding="utf-8")
    return read_labelled(path, LabelOptions(**options))


def sentiments(labelled: Labelled) -> list[tuple[str | None, int | None]]:
    return [(example.sentiment, example.level) for example in labelled.examples]


def test_sentiment_as_levels(tmp_path: Path) -> None:
    labelled = read(tmp_path, "sentiment", ["-2", "\u22121", "0", "+1", "2.0", "-1m", ""])
    assert sentiments(labelled) == [
        ("negative", -2),
        ("negative", -1),
        ("neutral", 0),
        ("positive", 1),
        ("positive", 2),
        ("mixed", -1),
        (None, None),
    ]
    assert (labelled.scale, labelled.has_sentiment, labelled.has_level) == ("levels", True, True)


@pytest.mark.parametrize(
    "words", ["negative neutral mixed positive", "Négatif neutre mixte positif", "neg neu mixto pos"]
)
def test_sentiment_as_words_has_no_level(tmp_path: Path, words: str) -> None:
    labelled = read(tmp_path, "sentiment", words.split())
    assert sentiments(labelled) == [("negative", None), ("neutral", None), ("mixed", None), ("positive", None)]
    assert (labelled.scale, labelled.has_level) == ("words", False)


@pytest.mark.parametrize(
    "words",
    [
        ["Very negative", "negative", "neutral", "mixed", "very positive"],
        ["très négatif", "plutôt négatif", "neutre", "mitigé", "TRÈS POSITIF"],
        ["muy negativo", "negativo", "neutro", "mixto", "muy positivo"],
    ],
)
def test_sentiment_as_graded_words_has_a_level(tmp_path: Path, words: list[str]) -> None:
    assert sentiments(read(tmp_path, "sentiment", words)) == [
        ("negative", -2),
        ("negative", -1),
        ("neutral", 0),
        ("mixed", None),
        ("positive", 2),
    ]


@pytest.mark.parametrize(("scale", "level"), [("stars", 2), ("grades", -2)])
def test_sentiment_from_one_to_five_when_said(tmp_path: Path, scale: str, level: int) -> None:
    labelled = read(tmp_path, "rating", ["5", "3", "6", "0"], sentiment_column="rating", sentiment_scale=scale)
    assert [example.level for example in labelled.examples] == [level, 0, None, None]


@pytest.mark.parametrize("cells", [["1", "5"], ["1", "2"], ["0", "10"], ["0.3", "0.9"], ["bad", "good"]])
def test_sentiment_that_may_mean_several_things_names_the_option(tmp_path: Path, cells: list[str]) -> None:
    with pytest.raises(InputError, match=r'labelled.csv, column "sentiment": .*--sentiment-scale levels'):
        read(tmp_path, "sentiment", cells)
    assert not read(tmp_path, "sentiment", cells, sentiment_column="").has_sentiment


def test_sentiment_on_another_scale_than_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='no cell can be read on the scale "stars"'):
        read(tmp_path, "sentiment", ["negative"], sentiment_scale="stars")


def test_sentiment_without_negatives_is_read_with_a_doubt(tmp_path: Path) -> None:
    doubt = read(tmp_path, "sentiment", ["0", "1"]).problems[0]
    assert (doubt.rows, "confirm it with --sentiment-scale levels" in str(doubt)) == ((), True)
    assert all(problem.rows for problem in read(tmp_path, "sentiment", ["0", "1"], sentiment_scale="levels").problems)


def test_sentiment_column_may_be_empty(tmp_path: Path) -> None:
    labelled = read(tmp_path, "sentiment", ["", ""])
    assert (labelled.has_sentiment, labelled.scale) == (False, None)


def test_mixed_column_goes_with_sentiment(tmp_path: Path) -> None:
    labelled = read(tmp_path, "sentiment,mixed", ['1","1', '-1","', '","1'])
    assert sentiments(labelled) == [("mixed", 1), ("negative", -1), ("mixed", None)]
    assert labelled.columns.mixed == "mixed"


def test_alert_is_unknown_where_it_is_not_given(tmp_path: Path) -> None:
    labelled = read(tmp_path, "alert", ["1", "no", ""])
    assert [example.alert for example in labelled.examples] == [True, False, None]


def test_alert_of_ticks_alone_is_no_where_it_is_blank(tmp_path: Path) -> None:
    assert [example.alert for example in read(tmp_path, "Alerte", ["x", ""]).examples] == [True, False]
    assert not read(tmp_path, "alert", ["", ""]).has_alert


def test_language_by_code_or_name(tmp_path: Path) -> None:
    cells = ["en", "FR", "es-MX", "English", "Français", "español", "Anglais (UK)", ""]
    found = [example.language for example in read(tmp_path, "Langue", cells).examples]
    assert found == ["en", "fr", "es", "en", "fr", "es", "en", ""]


def test_question_by_its_words(tmp_path: Path) -> None:
    cells = ["What was good?", "¿Qué podríamos mejorar?", "Pourquoi ?", "Ward"]
    assert [e.question for e in read(tmp_path, "question", cells).examples] == ["good", "improve", "why", ""]
    assert read(tmp_path, "question", cells, question_column="").examples[0].question == ""


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("wait_time-", ("wait_time", "criticised")),
        ("follow-up", ("follow-up", None)),
        ("Follow\u2013up +/-", ("Follow\u2013up", "both")),
        ("Food (positive)", ("Food", "praised")),
        ("Food: cold", ("Food: cold", None)),
        ("+", ("+", None)),
        ("x" * 200 + "=", ("x" * 200, "mentioned")),
    ],
)
def test_polarity_at_the_end_of_a_label(label: str, expected: tuple[str, str | None]) -> None:
    assert split_polarity(label) == expected
