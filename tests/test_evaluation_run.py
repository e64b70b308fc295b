"""Evaluating a model on a table of labels, with a made-up model that answers from a list."""

import csv
import importlib
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import carevoice
from carevoice.errors import InputError, ModelError
from carevoice.evaluation import evaluate
from carevoice.language import LanguagePrior, load_detector
from carevoice.results import (
    POLARITY_SYMBOLS,
    SENTIMENTS,
    Alert,
    Language,
    Result,
    Sentiment,
    ThemeMention,
)
from carevoice.taxonomy import load_taxonomy
from carevoice.training.labels import LabelOptions

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))
score = importlib.import_module("score")

TAXONOMY = load_taxonomy()
COLUMNS = ("id", "language", "question", "text", "site", "sentiment", "mixed", "alert", "alert_agreed", "themes")
POLARITY = {symbol: polarity for polarity, symbol in POLARITY_SYMBOLS.items()}
REFUSED = Result(Language("other", 1.0), "unsupported_language")


class Fake:
    """Answers each text from a dictionary; remembers what it was asked."""

    def __init__(self, answers: dict[str, Result], name: str = "fake") -> None:
        self.taxonomy = TAXONOMY
        self.name, self.version = name, "1.0"
        self.detector = load_detector()
        self.questions: list[str | None] = []
        self.prior: LanguagePrior | None = None
        self._answers = answers

    def stream(
        self,
        texts: Iterable[str],
        questions: Iterable[str | None] | None = None,
        *,
        language: str = "auto",
        prior: LanguagePrior | None = None,
    ) -> Iterator[Result]:
        assert language == "auto"
        self.questions, self.prior = list(questions or ()), prior
        for text in texts:
            yield self._answers[text]


def answer(cell: str, code: str = "en") -> Result:
    themes = tuple(ThemeMention(part[:-1], POLARITY[part[-1]], 0.9) for part in cell.split())
    found = {theme.id for theme in themes}
    probabilities = tuple(0.9 if theme in found else 0.1 for theme in TAXONOMY.ids)
    language = Language("fr" if code == "fr" else "en", 1.0)
    return Result(language, "ok", Sentiment("positive", 0.5), themes, Alert(flag=False, probability=0.1), probabilities)


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def row(number: int, themes: str, **cells: str) -> dict[str, str]:
    text = f"Comment number {number} about the visit."
    blank = dict.fromkeys((*COLUMNS, "themes_either"), "") | {
        "id": str(number),
        "text": text,
        "sentiment": "1",
        "mixed": "0",
    }
    return blank | {"alert": "0", "alert_agreed": "1", "themes": themes} | cells


ROWS = [
    row(1, "food+", site="north", language="en"),
    row(2, "food-;cost-", sentiment="-1", site="south", language="fr", question="good"),
    row(3, "cost-", site="", language="fr"),
]
TEXTS = [row["text"] for row in ROWS]
MODEL = {TEXTS[0]: answer("food+"), TEXTS[1]: answer("food- privacy-"), TEXTS[2]: answer("cost-", "fr")}


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return write(tmp_path / "labelled.csv", ROWS)


def made_up(count: int) -> tuple[list[dict[str, str]], dict[str, Result]]:
    """A file labelled by two people, and answers to it, some right, some wrong, some missing."""
    rng = random.Random(5)
    themes = TAXONOMY.ids[:9]
    rows, answers = [], {}
    for number in range(count):
        wanted = {theme: rng.choice("+-~=") for theme in rng.sample(themes, rng.randrange(4))}
        either = {theme: rng.choice(("+", "-", "+-", "~")) for theme in rng.sample(themes, rng.randrange(3))}
        found = {t: sign if rng.random() < 0.8 else "+" for t, sign in wanted.items() if rng.random() < 0.7}
        found |= {theme: rng.choice("+-~=") for theme in rng.sample(themes, rng.randrange(2))}
        rows.append(
            row(
                number,
                ";".join(theme + sign for theme, sign in wanted.items()),
                themes_either=";".join(theme + sign for theme, sign in either.items()),
                sentiment=str(rng.randint(-2, 2)),
                mixed=str(int(rng.random() < 0.1)),
                alert=str(int(rng.random() < 0.2)),
                alert_agreed=str(int(rng.random() < 0.8)),
            )
        )
        alert = round(rng.random(), 4)
        answers[rows[-1]["text"]] = (
            REFUSED
            if rng.random() < 0.05
            else Result(
                Language("en", 1.0),
                "ok",
                Sentiment(rng.choice(SENTIMENTS), 0.0),
                tuple(ThemeMention(t, POLARITY[found[t]], 0.5) for t in TAXONOMY.ids if t in found),
                Alert(alert >= 0.5, alert),
                tuple(rng.random() for _ in TAXONOMY.ids),
            )
        )
    return rows, answers


def as_written(rows: list[dict[str, str]], answers: dict[str, Result]) -> dict[str, dict[str, str]]:
    """What ``carevoice classify`` writes."""
    return {
        row["id"]: {
            "themes": ";".join(map(str, found.themes)),
            "sentiment": found.sentiment.label if found.sentiment else "",
            "alert": str(int(found.alert.flag)) if found.alert else "",
            "alert_score": f"{found.alert.probability:.4f}" if found.alert else "",
        }
        for row in rows
        for found in [answers[row["text"]]]
    }


def test_evaluate_gives_the_figures_of_the_official_metric_on_a_file_of_two_annotators(tmp_path: Path) -> None:
    rows, answers = made_up(150)
    report = evaluate(Fake(answers), write(tmp_path / "dev.csv", rows))
    expected, _ = score.score({row["id"]: row for row in rows}, as_written(rows, answers))
    figures = {name: value for name, value in expected.items() if isinstance(value, float)}
    assert len(figures) == 8
    for name, value in figures.items():
        assert report.figures[name].value == pytest.approx(value, abs=1e-12), name
    for name, band in expected["interval"].items():
        assert [report.figures[name].low, report.figures[name].high] == pytest.approx(band, abs=1e-12), name
    per_theme = {t.id: {"f1": round(t.f1.value, 3), "support": t.support} for t in report.themes}
    assert {theme: found for theme, found in expected["per_theme"].items() if theme in per_theme} == per_theme
    assert report.comments == 150


def test_evaluate_is_what_the_package_exports() -> None:
    assert carevoice.evaluate is evaluate


def test_evaluate_reads_labels_and_names_the_model(labelled: Path) -> None:
    report = carevoice.evaluate(Fake(MODEL), labelled)
    assert (report.model, report.comments, report.unanswered) == ("fake 1.0", 3, 0)
    assert {theme.id: theme.support for theme in report.themes} == {"food": 2, "cost": 2, "privacy": 0}


def test_evaluate_analyses_with_question_and_language_mix_as_classify_does(labelled: Path) -> None:
    model = Fake(MODEL)
    evaluate(model, labelled)
    assert model.questions == ["", "good", ""]
    assert model.prior is not None
    assert model.prior.en > model.prior.fr


def test_evaluate_by_columns_of_the_file(labelled: Path) -> None:
    by = evaluate(Fake(MODEL), labelled, by=["site", "language", "question", "length"]).by
    assert {column: [(g.value, g.comments) for g in groups] for column, groups in by.items()} == {
        "site": [("(blank)", 1), ("north", 1), ("south", 1)],
        "language": [("fr", 2), ("en", 1)],
        "question": [("(blank)", 2), ("good", 1)],
        "length": [("4-10 words", 3)],
    }


def test_evaluate_by_language_detects_it_where_the_file_has_none(tmp_path: Path) -> None:
    path = write(tmp_path / "labelled.csv", [{k: v for k, v in row.items() if k != "language"} for row in ROWS])
    assert [(g.value, g.comments) for g in evaluate(Fake(MODEL), path, by=["language"]).by["language"]] == [
        ("en", 2),
        ("fr", 1),
    ]


def test_evaluate_by_an_unknown_column_lists_what_there_is(labelled: Path) -> None:
    model = Fake(MODEL)
    with pytest.raises(InputError, match=r'--by: there is no column "ward".*"language", "question", "length", "id"'):
        evaluate(model, labelled, by=["ward"])
    assert model.questions == []  # found before any time was spent


def test_evaluate_by_a_column_of_ids_asks_for_another(tmp_path: Path) -> None:
    rows = [row(number, "food+", sentiment=str(number % 5 - 2)) for number in range(201)]
    with pytest.raises(InputError, match='"id" has 201 different values: choose one with at most 200'):
        evaluate(Fake({}), write(tmp_path / "labelled.csv", rows), by=["id"])


def test_evaluate_compares_on_the_same_comments(labelled: Path) -> None:
    better = Fake({text: answer(row["themes"].replace(";", " ")) for text, row in zip(TEXTS, ROWS, strict=True)}, "new")
    comparison = evaluate(Fake(MODEL), labelled, compare=better).comparison
    assert comparison is not None
    assert comparison.model == "new 1.0"
    assert comparison.figures["theme_polarity_micro_f1"].other.value == 1


def test_evaluate_counts_comments_in_other_languages_aloud(labelled: Path) -> None:
    report = evaluate(Fake({**MODEL, TEXTS[0]: REFUSED}), labelled)
    assert report.unanswered == 1
    assert "1 without an answer" in report.as_table()


def test_evaluate_counts_only_themes_that_have_a_column(tmp_path: Path) -> None:
    rows = [
        {"text": text, "food": str(int("food" in row["themes"])), "cost": str(int("cost" in row["themes"]))}
        for text, row in zip(TEXTS, ROWS, strict=True)
    ]
    report = evaluate(Fake(MODEL), write(tmp_path / "labelled.csv", rows))
    assert [theme.id for theme in report.themes] == ["food", "cost"] or {t.id for t in report.themes} == {
        "food",
        "cost",
    }
    assert "privacy" in report.unjudged
    assert "sentiment_accuracy" not in report.figures


def test_evaluate_counts_a_theme_whose_column_is_empty(tmp_path: Path) -> None:
    rows = [{"text": text, "food": "1", "privacy": "0"} for text in TEXTS]
    report = evaluate(Fake(MODEL), write(tmp_path / "labelled.csv", rows))
    (privacy,) = (theme for theme in report.themes if theme.id == "privacy")
    assert (privacy.precision, privacy.support) == (0, 0)


def test_evaluate_with_a_codebook_counts_only_its_themes(labelled: Path) -> None:
    own = type(TAXONOMY)(tuple(TAXONOMY[theme] for theme in ("food", "cost")), "own")
    report = evaluate(Fake(MODEL), labelled, labels=LabelOptions(taxonomy=own))
    assert {theme.id for theme in report.themes} == {"food", "cost"}


def test_evaluate_says_aloud_what_it_read(tmp_path: Path) -> None:
    rows = [*ROWS, row(4, "parking-", themes_either="valet+")]
    lines: list[str] = []
    model = Fake({**MODEL, rows[3]["text"]: answer("transport-")})
    report = evaluate(model, write(tmp_path / "labelled.csv", rows), log=lines.append)
    text = "\n".join(lines)
    assert "read 4 comments" in text
    assert "unknown, and ignored, in the column themes_either: valet" in text
    assert report.unknown == ("parking",)
    assert not [text for text in TEXTS if text in "\n".join(lines)]


def test_evaluate_tells_how_far_it_is(labelled: Path) -> None:
    ticks: list[tuple[int, int]] = []
    evaluate(Fake(MODEL), labelled, compare=Fake(MODEL), tick=lambda done, total: ticks.append((done, total)))
    assert ticks == [(n, 6) for n in range(1, 7)]


def test_evaluate_reads_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    assert evaluate(Fake(MODEL), pandas.DataFrame(ROWS)).comments == 3


def test_evaluate_says_that_a_folder_is_no_model(tmp_path: Path, labelled: Path) -> None:
    with pytest.raises(ModelError, match="not a CareVoice model folder"):
        evaluate(tmp_path, labelled)


def test_evaluate_shipped_model_by_name(analyzer: carevoice.Analyzer) -> None:
    """Needs the shipped model."""
    corpus = Path(__file__).parent.parent / "examples" / "corpus" / "heldout-fr.csv"
    report = evaluate("carevoice-base", corpus, by=["language"])
    assert report.model == f"{analyzer.name} {analyzer.version}"
    assert report.figures["theme_polarity_micro_f1"].value > 0.7
    assert report.by["language"][0].value == "fr"
