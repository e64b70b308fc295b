"""Labels written in any layout read back equal."""

import csv
import io
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from carevoice.questions import QUESTIONS
from carevoice.results import POLARITIES, POLARITY_SYMBOLS, Polarity
from carevoice.taxonomy import load_taxonomy
from carevoice.training.data import Example, sentiment_of
from carevoice.training.labels import LabelOptions, read_labelled

BASE = load_taxonomy()
#: Known themes by id or by name, new ones by label; each with the id it has when it is read.
LABELS = {
    "food": "food",
    "Waiting & timeliness": "wait_time",
    "Coût et facturation": "cost",
    "Parking": "parking",
    "Animaux de compagnie": "animaux_de_compagnie",
    "24h desk": "theme_24h_desk",
}
NAMES = {theme: label for label, theme in LABELS.items()}
Row = dict[str, str]

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
texts = st.builds('{}, {} "quoted"\n{}'.format, words, st.sampled_from("aéñ"), words)
polarities = st.sampled_from([*POLARITIES, None])


@st.composite
def examples(draw: st.DrawFn, *, single: bool = False) -> list[Example]:
    """Comments with ids and labels of every kind; at least one has a theme."""
    drawn = []
    for n in range(draw(st.integers(1, 8))):
        level, mixed = draw(st.integers(-2, 2)), draw(st.booleans())
        least = 1 if single or not n else 0
        themes = draw(st.lists(st.sampled_from(list(NAMES)), min_size=least, max_size=1 if single else 4, unique=True))
        drawn.append(
            Example(
                f"c{n}",
                draw(st.sampled_from(["en", "fr", "es", ""])),
                "",
                draw(texts),
                draw(st.sampled_from(QUESTIONS)),
                sentiment_of(level, mixed=mixed),
                level,
                draw(st.booleans()),
                tuple((theme, draw(polarities)) for theme in themes),
            )
        )
    return drawn


def facts(example: Example) -> Row:
    return {
        "id": example.id,
        "language": example.language,
        "question": example.question,
        "text": example.text,
        "sentiment": str(example.level),
        "mixed": str(int(example.sentiment == "mixed")),
        "alert": str(int(bool(example.alert))),
    }


def cell(drawn: Sequence[Example]) -> list[Row]:
    return [
        {**facts(e), "themes": ";".join(NAMES[theme] + sign(polarity) for theme, polarity in e.themes)} for e in drawn
    ]


def columns(drawn: Sequence[Example]) -> list[Row]:
    used = sorted({theme for e in drawn for theme, _ in e.themes})
    return [{**facts(e), **{NAMES[theme]: tick(dict(e.themes).get(theme, "0")) for theme in used}} for e in drawn]


def long(drawn: Sequence[Example]) -> list[Row]:
    return [
        {**facts(e), "label": label and NAMES[label], "polarity": polarity or ""}
        for e in drawn
        for label, polarity in e.themes or (("", None),)
    ]


def sign(polarity: Polarity | None) -> str:
    return "" if polarity is None else POLARITY_SYMBOLS[polarity]


def tick(polarity: str | None) -> str:
    return "x" if polarity is None else polarity


def read_back(rows: Sequence[Row], **options: Any) -> list[Example]:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labelled.csv"
        path.write_bytes(file.getvalue().encode())
        return list(read_labelled(path, LabelOptions(sentiment_scale="levels", **options), BASE).examples)


def in_order(drawn: Sequence[Example]) -> list[tuple[Any, ...]]:
    return [
        (e.id, e.language, e.text, e.question, e.sentiment, e.level, e.alert, dict(e.themes), len(e.themes))
        for e in drawn
    ]


@pytest.mark.parametrize(
    ("write", "options"),
    [
        (cell, {}),
        (columns, {}),
        (columns, {"layout": "columns"}),
        (long, {"layout": "long"}),
    ],
)
@given(data=st.data())
@settings(max_examples=40)
def test_labels_read_back_equal(
    write: Callable[[Sequence[Example]], list[Row]], options: dict[str, Any], data: st.DataObject
) -> None:
    drawn = data.draw(examples())
    # A sign after an unknown label is a polarity where at least half of the labels have one: "LGBTQ+" is a name.
    signed = [polarity is not None for example in drawn for _, polarity in example.themes]
    assume(2 * sum(signed) >= len(signed) or not any(signed))
    rows = write(drawn)
    if write is columns:
        options = {**options, "theme_columns": tuple(name for name in rows[0] if name not in facts(drawn[0]))}
    assert in_order(read_back(rows, **options)) == in_order(drawn)


@given(drawn=examples(single=True))
@settings(max_examples=40)
def test_single_labels_read_back_equal(drawn: list[Example]) -> None:
    assert in_order(read_back(long(drawn))) == in_order(drawn)


@given(drawn=examples())
@settings(max_examples=20)
def test_a_data_frame_reads_as_its_file(drawn: list[Example]) -> None:
    pandas = pytest.importorskip("pandas")
    rows = cell(drawn)
    options = LabelOptions(sentiment_scale="levels")
    assert in_order(read_labelled(pandas.DataFrame(rows), options, BASE).examples) == in_order(read_back(rows))
