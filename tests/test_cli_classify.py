"""``carevoice classify`` as a real process with the shipped model."""

import csv
import io
import json
from pathlib import Path

import pytest
from conftest import COMMENTS, RunCli

import carevoice
from carevoice.taxonomy import load_taxonomy

ADDED = [
    "language",
    "language_confidence",
    "status",
    "sentiment",
    "sentiment_score",
    "themes",
    "alert",
    "alert_score",
    "model",
]
NUMBERS = ("language_confidence", "sentiment_score", "alert_score")
GIVEN = list(csv.reader(io.StringIO(COMMENTS, newline="")))


@pytest.fixture(scope="module")
def themes() -> tuple[str, ...]:
    return load_taxonomy().ids


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_classify_adds_its_columns_to_untouched_cells(cli: RunCli, comments: Path) -> None:
    finished = cli("classify", comments)
    assert (finished.code, finished.err) == (0, "")
    header, *body = csv.reader(io.StringIO(finished.out, newline=""))
    assert header == GIVEN[0] + ADDED
    assert [row[: len(GIVEN[0])] for row in body] == GIVEN[1:]


def test_classify_tells_what_is_said(cli: RunCli, comments: Path) -> None:
    kind, nothing, mixed, _, blank, foreign = rows(cli("classify", comments).out)
    assert (kind["language"], kind["status"], kind["sentiment"], kind["alert"]) == (
        "en",
        "ok",
        "positive",
        "0",
    )
    assert {"empathy+", "communication+"} <= set(kind["themes"].split(";"))
    assert float(kind["sentiment_score"]) > 0
    assert (nothing["status"], nothing["themes"]) == ("ok", "overall+")
    assert mixed["language"] == "fr"
    assert {"involvement+", "wait_time-"} <= set(mixed["themes"].split(";"))
    assert (foreign["language"], foreign["status"], foreign["themes"]) == (
        "other",
        "unsupported_language",
        "",
    )
    assert [blank[name] for name in ADDED] == ["und", "", "empty", "", "", "", "", "", kind["model"]]
    assert kind["model"].startswith("carevoice-base ")


def test_classify_writes_numbers_with_four_decimals(cli: RunCli, comments: Path) -> None:
    numbers = [row[name] for row in rows(cli("classify", comments).out) if row["status"] == "ok" for name in NUMBERS]
    assert [number for number in numbers if len(number.lstrip("-")) != len("0.1234")] == []


def test_classify_gives_the_same_bytes_every_time(cli: RunCli, comments: Path, tmp_path: Path) -> None:
    assert cli("classify", comments, "-o", "a.csv").code == 0
    assert cli("classify", comments, "-o", "b.csv").code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_classify_adds_a_probability_for_each_theme(cli: RunCli, comments: Path, themes: tuple[str, ...]) -> None:
    first, *_, blank, foreign = rows(cli("classify", comments, "--probabilities", "--prefix", "cv_").out)
    assert list(first)[-len(themes) :] == ["cv_p_" + theme for theme in themes]
    assert float(first["cv_p_empathy"]) > 0.5 > float(first["cv_p_food"])
    assert {row["cv_p_" + theme] for row in (blank, foreign) for theme in themes} == {""}


def test_classify_writes_jsonl(cli: RunCli, comments: Path, tmp_path: Path, themes: tuple[str, ...]) -> None:
    finished = cli("classify", comments, "-o", "out.jsonl", "--probabilities")
    assert finished.code == 0
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [json.loads(line) for line in lines]
    table = rows(cli("classify", comments, "--probabilities").out)
    for answer, row in zip(answers, table, strict=True):
        assert list(answer) == list(row) == GIVEN[0] + ADDED + ["p_" + theme for theme in themes]
        assert {name: answer[name] for name in GIVEN[0]} == {name: row[name] for name in GIVEN[0]}
        assert [theme["id"] for theme in answer["themes"]] == [name[:-1] for name in row["themes"].split(";") if name]
        assert "".join("" if answer["alert"] is None else str(answer["alert"])) == row["alert"]
    first = answers[0]
    assert set(first["themes"][0]) == {"id", "polarity", "probability"}
    assert {theme["polarity"] for theme in first["themes"]} == {"praised"}
    assert all(isinstance(first[name], float) for name in NUMBERS)
    blank = answers[4]
    assert [blank[name] for name in ADDED[:8]] == ["und", None, "empty", None, None, [], None, None]


def test_classify_takes_the_question_into_account(cli: RunCli) -> None:
    data = "text,q\nNada,¿Qué podríamos mejorar?\n"
    without = rows(cli("classify", "-", stdin=data).out)[0]
    with_it = rows(cli("classify", "-", "--question-column", "q", stdin=data).out)[0]
    assert (without["themes"], with_it["themes"]) == ("", "overall+")


def test_classify_language_given_is_taken(cli: RunCli, comments: Path) -> None:
    answers = rows(cli("classify", comments, "--language", "es").out)
    assert {row["language"] for row in answers if row["status"] == "ok"} == {"es"}
    assert answers[5]["status"] == "ok"


def test_classify_threshold_replaces_the_tuned_ones(cli: RunCli, comments: Path, themes: tuple[str, ...]) -> None:
    every = rows(cli("classify", comments, "--threshold", "0").out)[0]
    assert [name[:-1] for name in every["themes"].split(";")] == list(themes)
    assert {row["themes"] for row in rows(cli("classify", comments, "--threshold", "1").out)} == {""}


def test_classify_answers_each_row_of_standard_input(cli: RunCli) -> None:
    finished = cli("classify", "-", stdin=COMMENTS)
    assert (finished.code, finished.err) == (0, "")
    answers = rows(finished.out)
    assert [[row[name] for name in GIVEN[0]] for row in answers] == GIVEN[1:]
    assert [row["status"] for row in answers] == ["ok"] * 4 + ["empty", "unsupported_language"]


def test_classify_says_what_was_found(cli: RunCli, comments: Path) -> None:
    text = cli("classify", comments, "-o", "out.csv").err
    for part in (
        "6 rows in",
        "Language   en ",
        "Status     ok 4 ",
        "empty 1 ",
        "Sentiment  ",
        "Alerts     ",
        "praised",
    ):
        assert part in text
    assert "nurses" not in text


def test_classify_header_alone_gives_a_header(cli: RunCli) -> None:
    finished = cli("classify", "-", stdin="text\r\n")
    assert (finished.code, finished.out) == (0, ",".join(["text", *ADDED]) + "\r\n")


def test_classify_names_model_and_version(cli: RunCli, comments: Path) -> None:
    analyzer = carevoice.load()
    assert {row["model"] for row in rows(cli("classify", comments).out)} == {f"{analyzer.name} {analyzer.version}"}


def test_classify_column_of_a_probability_that_is_there_is_an_error(cli: RunCli) -> None:
    data = "text,p_food\nx,1\n"
    assert cli("classify", "-", stdin=data).code == 0
    finished = cli("classify", "-", "--probabilities", stdin=data)
    assert finished.code == 2
    assert '"p_food": use --prefix cv_' in finished.err
