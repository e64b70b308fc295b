"""Labelled comments: read from CSV files into examples, and from examples into targets."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from carevoice.errors import InputError
from carevoice.model.folder import Outputs
from carevoice.questions import QUESTIONS
from carevoice.results import POLARITIES, POLARITY_SYMBOLS, SENTIMENTS, Polarity, SentimentLabel
from carevoice.taxonomy import Taxonomy
from carevoice.training.disputes import EITHER_COLUMN, undisputed

_POLARITY = {symbol: polarity for polarity, symbol in POLARITY_SYMBOLS.items()}
#: Class index of a label that was not given; torch leaves it out of a loss.
UNKNOWN: Final = -100
_COLUMNS = ("id", "language", "source", "question", "text", "sentiment", "mixed", "alert", "themes")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled comment; None is a label that was not given, and that no loss or metric counts."""

    id: str
    language: str
    source: str
    text: str
    question: str  # one of QUESTIONS
    sentiment: SentimentLabel | None
    level: int | None  # -2 … 2
    alert: bool | None
    themes: tuple[tuple[str, Polarity | None], ...]
    doubtful: tuple[str, ...] = ()  # themes of which nobody knows whether they are there


def sentiment_of(level: int, *, mixed: bool) -> SentimentLabel:
    """The sentiment class of an annotated level."""
    if mixed:
        return "mixed"
    return "positive" if level > 0 else "negative" if level < 0 else "neutral"


@dataclass(frozen=True, slots=True)
class Targets:
    """Labels of N examples over T themes as arrays; class indices are UNKNOWN where a label was not given."""

    themes: npt.NDArray[np.float32]  # [N, T], 1 where present, NaN where doubtful
    polarity: npt.NDArray[np.int64]  # [N, T], index in POLARITIES, UNKNOWN where the theme is absent or doubtful
    sentiment: npt.NDArray[np.int64]  # [N], index in SENTIMENTS
    level: npt.NDArray[np.int64]  # [N], 0 … 4
    alert: npt.NDArray[np.float32]  # [N], NaN where unknown


def parse_themes(cell: str, known: Iterable[str], where: str) -> tuple[tuple[str, Polarity], ...]:
    """Themes with their polarity from ``wait_time-;empathy+``. Raises InputError naming ``where``."""
    themes: dict[str, Polarity] = {}
    for part in filter(None, (piece.strip() for piece in cell.split(";"))):
        theme, symbol = part[:-1], part[-1]
        if symbol not in _POLARITY or theme not in known:
            raise InputError(f"{where}: {part!r} is not a theme of the taxonomy followed by one of + - ~ =")
        themes[theme] = _POLARITY[symbol]
    return tuple(themes.items())


def read_examples(path: Path, taxonomy: Taxonomy) -> list[Example]:
    """All rows of a labelled CSV file (columns id, language, source, question, text, sentiment, mixed, alert, themes).

    Where two people annotated, there may be the columns of ``carevoice.training.disputes``.
    Raises InputError naming file and row for a missing column or a label that can't be read.
    """
    known = set(taxonomy.ids)
    examples = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path}: no column {', '.join(missing)}; found {', '.join(reader.fieldnames or ())}")
        for number, row in enumerate(reader, 1):
            where = f"{path}, row {number}"
            if row["sentiment"] not in {"-2", "-1", "0", "1", "2"}:
                raise InputError(f"{where}: sentiment {row['sentiment']!r} is not one of -2 -1 0 1 2")
            if row["question"] not in QUESTIONS:
                raise InputError(f"{where}: question {row['question']!r} is not one of good, improve, why or empty")
            level = int(row["sentiment"])
            for part in (row.get(EITHER_COLUMN) or "").split(";"):
                parse_themes(part, known, where)
            example = Example(
                row["id"],
                row["language"],
                row["source"],
                row["text"],
                row["question"],
                sentiment_of(level, mixed=row["mixed"] == "1"),
                level,
                row["alert"] == "1",
                parse_themes(row["themes"], known, where),
            )
            examples.append(undisputed(example, row, known))
    return examples


def targets(examples: Sequence[Example], taxonomy: Taxonomy) -> Targets:
    """The labels of ``examples`` as arrays."""
    column = {theme: k for k, theme in enumerate(taxonomy.ids)}
    themes = np.zeros((len(examples), len(column)), np.float32)
    polarity = np.full(themes.shape, UNKNOWN, np.int64)
    for n, example in enumerate(examples):
        themes[n, [column[theme] for theme in example.doubtful]] = np.nan
        for theme, value in example.themes:
            themes[n, column[theme]] = 1
            if value is not None:
                polarity[n, column[theme]] = POLARITIES.index(value)
    return Targets(
        themes,
        polarity,
        np.array([UNKNOWN if e.sentiment is None else SENTIMENTS.index(e.sentiment) for e in examples], np.int64),
        np.array([UNKNOWN if e.level is None else e.level + 2 for e in examples], np.int64),
        np.array([np.nan if e.alert is None else e.alert for e in examples], np.float32),
    )


def labelled_outputs(labels: Targets) -> Outputs:
    """What some labels can teach, whatever the number of themes of a comment."""
    return Outputs(
        polarity=bool((labels.polarity != UNKNOWN).any()),
        sentiment=bool((labels.sentiment != UNKNOWN).any()),
        alert=bool((~np.isnan(labels.alert)).any()),
    )
