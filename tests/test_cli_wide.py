"""Wide surveys: several columns of comments in one run, each with a question of its own."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import RunCli

GOOD, BETTER = "What was good?", "What could we do better?"
WIDE = (
    ("id", GOOD, BETTER),
    ("1", "The nurses", "Nothing"),
    ("2", "Le médecin nous a écoutés", "L'attente"),
    ("3", "", "La comida"),
    ("4", "Nothing", "The nurses"),
)
RESULTS = ("language", "status", "sentiment", "themes", "alert_score")


def table(rows: tuple[tuple[str, ...], ...] = WIDE) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_column_gets_its_results(cli: RunCli) -> None:
    columns = ("--text-column", BETTER, "--text-column", GOOD)
    finished = cli("classify", "-", *columns, stdin=table())
    assert finished.code == 0
    wide = read(finished.out)
    assert list(wide[0])[:4] == ["id", GOOD, BETTER, f"{BETTER}_language"]
    assert f"{GOOD}_model" in list(wide[0])[4:]
    for name in (GOOD, BETTER):
        alone = read(cli("classify", "-", "--text-column", name, stdin=table()).out)
        for result in RESULTS:
            assert [row[f"{name}_{result}"] for row in wide] == [row[result] for row in alone]


def test_the_question_of_a_column_is_its_name_unless_another_is_named(cli: RunCli) -> None:
    def sentiments(*options: str, rows: tuple[tuple[str, ...], ...] = WIDE) -> list[str]:
        finished = cli("classify", "-", *options, stdin=table(rows))
        assert finished.code == 0
        return [row["alert_score"] + row["sentiment_score"] for row in read(finished.out)]

    plain = ((("id", "q1", "asked")), *((n, text, BETTER) for n, _, text in WIDE[1:]))
    by_name = sentiments("--text-column", BETTER)
    assert by_name == sentiments("--text-column", BETTER, "--question", "improve")
    assert by_name == sentiments("--text-column", "q1", "--question-column", "asked", rows=plain)
    assert by_name == sentiments("--text-column", "q1", "--question", BETTER, rows=plain)
    assert by_name != sentiments("--text-column", BETTER, "--question", "")
    assert by_name != sentiments("--text-column", "q1", rows=plain)


def test_the_name_of_an_obvious_column_is_no_question(cli: RunCli) -> None:
    rows = (("id", "suggestions"), ("1", "Nothing"), ("2", "The food"))
    named = cli("classify", "-", "--text-column", "suggestions", stdin=table(rows))
    assert named.out == cli("classify", "-", "--question", "", stdin=table(rows)).out


def test_prefix_goes_before_the_name_of_the_column(cli: RunCli) -> None:
    columns = ("--text-column", GOOD, "--text-column", BETTER, "--prefix", "cv_")
    header = next(csv.reader(io.StringIO(cli("detect", "-", *columns, stdin=table()).out)))
    assert header[3:] == [
        f"cv_{name}_{what}" for name in (GOOD, BETTER) for what in ("language", "language_confidence")
    ]


def test_json_lines_and_parquet_have_numbers(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(table(), encoding="utf-8")
    columns = ("--text-column", GOOD, "--text-column", BETTER)
    for output in ("out.jsonl", "out.parquet"):
        assert cli("classify", "in.csv", *columns, "-o", output, "--probabilities").code == 0
    first = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert isinstance(first[f"{BETTER}_p_empathy"], float)
    schema = pq.read_schema(tmp_path / "out.parquet")
    assert str(schema.field(f"{BETTER}_p_empathy").type) == str(schema.field(f"{GOOD}_alert_score").type) == "double"
    assert str(schema.field(f"{BETTER}_alert").type) == "int64"


def test_every_column_is_redacted_or_left_out(cli: RunCli) -> None:
    rows = ((("a", "id", "b")), ("Ring 020 7946 0999", "1", "me@example.com wrote"))
    columns = ("--text-column", "b", "--text-column", "a")
    row = read(cli("detect", "-", *columns, "--redact", stdin=table(rows)).out)[0]
    assert (row["a"], row["id"], row["b"]) == ("Ring [PHONE]", "1", "[EMAIL] wrote")
    header = next(csv.reader(io.StringIO(cli("detect", "-", *columns, "--drop-text", stdin=table(rows)).out)))
    assert header[:2] == ["id", "b_language"]


def test_the_summary_is_by_column(cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(table(), encoding="utf-8")
    finished = cli("classify", "in.csv", "--text-column", GOOD, "--text-column", BETTER, "-o", "out.csv")
    assert finished.err.index(f'Column "{GOOD}":') < finished.err.index(f'Column "{BETTER}":')
    assert finished.err.count("Language ") == 2


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--text-column", GOOD, "--text-column", GOOD), "is named twice"),
        (("--text-column", GOOD, "--text-column", BETTER, "--question", "good"), "1 times for 2 columns"),
        (("--text-column", GOOD, "--question-column", "id", "--question", "good"), "not both"),
        (("--text-column", GOOD, "--question-column", GOOD), "can't hold both"),
        (("--text-column", GOOD, "--text-column", "gone"), 'no column "gone"'),
    ],
)
def test_what_does_not_fit_is_an_error_that_names_the_file(
    cli: RunCli, tmp_path: Path, options: tuple[str, ...], part: str
) -> None:
    (tmp_path / "in.csv").write_text(table(), encoding="utf-8")
    finished = cli("classify", "in.csv", "-o", "out.csv", *options)
    assert finished.code == 2
    assert finished.err.startswith("Error: in.csv: ")
    assert part in finished.err
    assert not (tmp_path / "out.csv").exists()


def test_names_that_would_be_there_twice_are_an_error(cli: RunCli) -> None:
    rows = (("a", "b", "a_language"), ("x", "y", "z"))
    finished = cli("detect", "-", "--text-column", "a", "--text-column", "b", stdin=table(rows))
    assert finished.code == 2
    assert "--prefix cv_" in finished.err
