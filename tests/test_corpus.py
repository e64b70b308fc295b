"""The files in ``examples``: the authored corpus, its split, and the comments to try."""

import csv
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevoice.results import POLARITY_SYMBOLS
from carevoice.taxonomy import load_taxonomy
from carevoice.training.split import is_heldout, normalised

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
CORPUS = EXAMPLES / "corpus"
LANGUAGES = ("en", "fr", "es")
COLUMNS = ["id", "language", "source", "question", "text", "sentiment", "mixed", "alert", "themes"]
KINDS = ("long", "short", "reviews", "stories", "opinions", "accounts", "contrasts", "visits", "wishes")
SOURCES = {"authored", *(f"authored_{kind}" for kind in KINDS)}
#: Files that two people annotated have these columns as well.
SECOND_COLUMNS = ["themes_either", "sentiment_agreed", "alert_agreed"]
TWICE = (
    "train-reviews",
    "train-stories",
    "train-opinions",
    "train-accounts",
    "train-contrasts",
    "train-visits",
    "train-wishes",
    "heldout-reviews",
)
COUNTS = {
    "train-en": 2114,
    "train-fr": 3652,
    "train-es": 3721,
    "train-short-en": 410,
    "train-short-fr": 417,
    "train-short-es": 411,
    "train-reviews-en": 245,
    "train-reviews-fr": 740,
    "train-reviews-es": 733,
    "train-stories-en": 258,
    "train-stories-fr": 988,
    "train-stories-es": 996,
    "train-opinions-en": 309,
    "train-opinions-fr": 1175,
    "train-opinions-es": 1206,
    "train-accounts-en": 444,
    "train-accounts-fr": 472,
    "train-accounts-es": 1121,
    "train-contrasts-en": 450,
    "train-contrasts-fr": 418,
    "train-contrasts-es": 676,
    "train-visits-en": 657,
    "train-visits-fr": 760,
    "train-visits-es": 687,
    "train-wishes-en": 245,
    "train-wishes-fr": 383,
    "train-wishes-es": 389,
    "heldout-en": 205,
    "heldout-fr": 422,
    "heldout-es": 394,
    "heldout-reviews-en": 263,
    "heldout-reviews-fr": 534,
    "heldout-reviews-es": 661,
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[dict[str, str]]]:
    return {name: read(CORPUS / f"{name}.csv") for name in COUNTS}


@pytest.fixture(scope="module")
def comments() -> list[dict[str, str]]:
    return read(EXAMPLES / "comments.csv")


def test_corpus_has_these_files_and_no_other() -> None:
    assert {path.stem for path in CORPUS.iterdir()} == set(COUNTS)


def test_corpus_counts(corpus: dict[str, list[dict[str, str]]]) -> None:
    assert {name: len(rows) for name, rows in corpus.items()} == COUNTS


def test_corpus_counts_are_those_of_the_readme() -> None:
    told = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for row, part in (
        ("train", "train"),
        ("short answers", "train-short"),
        ("reviews", "train-reviews"),
        ("stories", "train-stories"),
        ("opinions", "train-opinions"),
        ("accounts", "train-accounts"),
        ("contrasts", "train-contrasts"),
        ("visits", "train-visits"),
        ("wishes", "train-wishes"),
        ("held out", "heldout"),
        ("held out, these seven kinds", "heldout-reviews"),
    ):
        cells = " | ".join(f"{COUNTS[f'{part}-{language}']:,}" for language in LANGUAGES)
        assert f"| {row} | {cells} |" in told


@pytest.mark.parametrize("path", [*(CORPUS / f"{name}.csv" for name in COUNTS), EXAMPLES / "comments.csv"])
def test_files_are_plain_utf8_with_bare_newlines(path: Path) -> None:
    data = path.read_bytes()
    data.decode("utf-8")
    assert not data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.endswith(b"\n")


@pytest.mark.parametrize("name", COUNTS)
def test_corpus_labels_are_valid(corpus: dict[str, list[dict[str, str]]], name: str) -> None:
    themes = set(load_taxonomy().ids)
    signs = set(POLARITY_SYMBOLS.values())
    for row in corpus[name]:
        assert list(row) == COLUMNS + SECOND_COLUMNS * name.startswith(TWICE), row["id"]
        assert row["language"] == name[-2:], row["id"]
        assert row["source"] in SOURCES, row["id"]
        assert row["question"] in {"", "good", "improve", "why"}, row["id"]
        assert row["text"].strip(), row["id"]
        assert row["sentiment"] in {"-2", "-1", "0", "1", "2"}, row["id"]
        assert row["mixed"] in {"0", "1"}, row["id"]
        assert row["alert"] in {"0", "1"}, row["id"]
        labels = row["themes"].split(";") if row["themes"] else []
        assert {label[-1] for label in labels} <= signs, row["id"]
        ids = [label[:-1] for label in labels]
        assert set(ids) <= themes, row["id"]
        assert len(set(ids)) == len(ids), row["id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_corpus_has_every_theme_on_both_sides_of_the_split(
    corpus: dict[str, list[dict[str, str]]], language: str
) -> None:
    themes = set(load_taxonomy().ids)
    for part in ("train", "heldout"):
        counts = Counter(
            label[:-1] for row in corpus[f"{part}-{language}"] for label in row["themes"].split(";") if label
        )
        assert set(counts) == themes, part


@pytest.mark.parametrize("name", [name for name in COUNTS if name.startswith(TWICE)])
def test_corpus_says_what_the_second_annotator_disputes(corpus: dict[str, list[dict[str, str]]], name: str) -> None:
    themes, signs = set(load_taxonomy().ids), set(POLARITY_SYMBOLS.values())
    for row in corpus[name]:
        disputed = [label for label in row["themes_either"].split(";") if label]
        assert {label[-1] for label in disputed} <= signs, row["id"]
        assert {label[:-1] for label in disputed} <= themes, row["id"]
        # What both gave is not disputed; a theme with another polarity from each stands there twice.
        assert not {label[:-1] for label in disputed} & {label[:-1] for label in row["themes"].split(";")}, row["id"]
        assert max(Counter(label[:-1] for label in disputed).values(), default=0) <= 2, row["id"]
        assert row["sentiment_agreed"] in {"0", "1"}, row["id"]
        assert row["alert_agreed"] in {"0", "1"}, row["id"]
        assert (row["alert"], row["alert_agreed"]) != ("1", "0"), row["id"]


def test_corpus_ids_are_unique(corpus: dict[str, list[dict[str, str]]]) -> None:
    ids = [row["id"] for rows in corpus.values() for row in rows]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", COUNTS)
def test_corpus_follows_the_split_rule(corpus: dict[str, list[dict[str, str]]], name: str) -> None:
    assert {is_heldout(row["text"]) for row in corpus[name]} == {name.startswith("heldout")}


def test_corpus_train_and_heldout_share_no_text(corpus: dict[str, list[dict[str, str]]]) -> None:
    train = {normalised(row["text"]) for name, rows in corpus.items() if "train" in name for row in rows}
    heldout = {normalised(row["text"]) for name, rows in corpus.items() if "heldout" in name for row in rows}
    assert not train & heldout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The queue was short.", False),
        ("La cola era corta.", False),
        ("Jamais vu un accueil pareil.", False),
        ("Held out by its hash 7", True),
    ],
)
def test_split_never_changes(text: str, *, expected: bool) -> None:
    assert is_heldout(text) is expected


def test_split_holds_out_about_a_tenth() -> None:
    share = sum(is_heldout(f"comment number {number}") for number in range(10_000)) / 10_000
    assert 0.09 < share < 0.11


@given(st.text(), st.sampled_from([" ", "\n", "\t ", "\u00a0", "\r\n"]))
def test_split_ignores_white_space(text: str, space: str) -> None:
    assert is_heldout(f"{space}{text.replace(' ', space + ' ')}{space}") == is_heldout(text)


@given(st.text())
def test_split_ignores_how_accents_are_stored(text: str) -> None:
    assert is_heldout(unicodedata.normalize("NFD", text)) == is_heldout(text)


def test_split_ignores_letter_case() -> None:
    assert normalised("ÉCOUTE  Très\nbonne ") == normalised("écoute très bonne")


def test_comments_have_the_columns_of_a_survey_export(comments: list[dict[str, str]]) -> None:
    assert len(comments) >= 60
    assert list(comments[0]) == ["id", "date", "site", "question", "text"]
    assert len({row["id"] for row in comments}) == len(comments)
    assert 4 <= len({row["site"] for row in comments}) <= 6
    for row in comments:
        date.fromisoformat(row["date"])
        assert None not in row.values(), row["id"]


def test_comments_are_told_in_the_readme(comments: list[dict[str, str]]) -> None:
    assert f"| {len(comments)} comments " in (EXAMPLES / "README.md").read_text(encoding="utf-8")


def test_comments_are_short_and_long_clean_and_messy(comments: list[dict[str, str]]) -> None:
    texts = [row["text"] for row in comments]
    words = [len(text.split()) for text in texts]
    assert "" in texts
    assert "N/A" in texts
    assert min(length for length in words if length) == 1
    assert max(words) > 120
    assert any("\n" in text for text in texts)
    assert any('"' in text for text in texts)
    assert any(unicodedata.category(character) == "So" for text in texts for character in text)
    assert {"good", "improve", "why", ""} < {row["question"] for row in comments}


def test_comments_are_not_in_training(comments: list[dict[str, str]], corpus: dict[str, list[dict[str, str]]]) -> None:
    train = {normalised(row["text"]) for name, rows in corpus.items() if "train" in name for row in rows}
    assert not [row["id"] for row in comments if normalised(row["text"]) in train]


def test_export_splits_and_keeps_every_row(tmp_path: Path) -> None:
    data, output = tmp_path / "data", tmp_path / "corpus"
    data.mkdir()
    header = ",".join(COLUMNS)
    for language in LANGUAGES:
        lines = [f'{n},{language},authored,,"Bed {n}, ""quiet""",1,0,0,environment+' for n in range(40)]
        (data / f"train-authored-{language}.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    command = [
        sys.executable,
        str(ROOT / "tools/export_corpus.py"),
        "--data",
        str(data),
        "--output",
        str(output),
    ]
    subprocess.run(command, check=True, capture_output=True)
    for language in LANGUAGES:
        train, heldout = read(output / f"train-{language}.csv"), read(output / f"heldout-{language}.csv")
        assert heldout
        assert all(is_heldout(row["text"]) for row in heldout)
        assert not any(is_heldout(row["text"]) for row in train)
        given_rows = read(data / f"train-authored-{language}.csv")
        assert sorted([*train, *heldout], key=lambda row: int(row["id"])) == given_rows


def test_export_refuses_other_columns(tmp_path: Path) -> None:
    (tmp_path / "train-authored-en.csv").write_text("id,text\n1,Bed\n", encoding="utf-8")
    command = [
        sys.executable,
        str(ROOT / "tools/export_corpus.py"),
        "--data",
        str(tmp_path),
        "--output",
        str(tmp_path),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "train-authored-en.csv: the columns are" in done.stderr
