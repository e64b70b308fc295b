"""The columns that CareVoice adds to a table, and what an answer looks like in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from carevoice.results import Language, Result
    from carevoice.tables.writer import AddedColumns, NumberKind

Answer = TypeVar("Answer")

#: Columns that ``detect`` adds.
LANGUAGE_COLUMNS: Final = ("language", "language_confidence")
#: Columns that ``classify`` adds; one per theme follows where probabilities are asked for.
RESULT_COLUMNS: Final = (
    *LANGUAGE_COLUMNS,
    "status",
    "sentiment",
    "sentiment_score",
    "themes",
    "alert",
    "alert_score",
    "model",
)
#: What the column of a theme's probability is called: this, then the id of the theme.
PROBABILITY_PREFIX: Final = "p_"
#: Added columns that hold numbers; those of probabilities do too.
_NUMBERS: Final[Mapping[str, NumberKind]] = {
    "language_confidence": "float",
    "sentiment_score": "float",
    "alert": "int",
    "alert_score": "float",
}
_DECIMALS: Final = 4


class LanguageCells:
    """The two columns about the language; a blank comment has no confidence."""

    def __init__(self, prefix: str = "") -> None:
        self.names = tuple(prefix + name for name in LANGUAGE_COLUMNS)
        self.numbers = _numbers(LANGUAGE_COLUMNS, prefix)

    def cells(self, answer: Language | None) -> list[str]:
        """Two texts; None stands for a blank comment."""
        return ["und", ""] if answer is None else [answer.code, _fixed(answer.confidence)]

    def values(self, answer: Language | None) -> list[object]:
        """Two JSON values; None stands for a blank comment."""
        return ["und", None] if answer is None else [answer.code, _rounded(answer.confidence)]


class ResultCells:
    """All columns about a comment; those that its status leaves without an answer are blank."""

    def __init__(self, *, model: str, themes: Sequence[str], probabilities: bool = False, prefix: str = "") -> None:
        shown = themes if probabilities else ()
        probability_columns = tuple(PROBABILITY_PREFIX + theme for theme in shown)
        self.names = tuple(prefix + name for name in (*RESULT_COLUMNS, *probability_columns))
        self.numbers = _numbers(RESULT_COLUMNS, prefix) | {prefix + name: "float" for name in probability_columns}
        self._model = model
        self._probabilities = probabilities
        self._blank = len(shown)

    def cells(self, answer: Result) -> list[str]:
        """One text per column: themes as ``wait_time-;empathy+``, numbers with four decimals."""
        language, sentiment, alert = answer.language, answer.sentiment, answer.alert
        cells = [
            language.code,
            "" if answer.status == "empty" else _fixed(language.confidence),
            answer.status,
            "" if sentiment is None else sentiment.label,
            "" if sentiment is None else _fixed(sentiment.score),
            ";".join(map(str, answer.themes)),
            "" if alert is None else str(int(alert.flag)),
            "" if alert is None else _fixed(alert.probability),
            self._model,
        ]
        if self._probabilities:
            cells += map(_fixed, answer.probabilities) if answer.probabilities else [""] * self._blank
        return cells

    def values(self, answer: Result) -> list[object]:
        """One JSON value per column: themes as objects, numbers as numbers, None for what is blank."""
        language, sentiment, alert = answer.language, answer.sentiment, answer.alert
        values: list[object] = [
            language.code,
            None if answer.status == "empty" else _rounded(language.confidence),
            answer.status,
            None if sentiment is None else sentiment.label,
            None if sentiment is None else _rounded(sentiment.score),
            [
                {"id": theme.id, "polarity": theme.polarity, "probability": _rounded(theme.probability)}
                for theme in answer.themes
            ],
            None if alert is None else int(alert.flag),
            None if alert is None else _rounded(alert.probability),
            self._model,
        ]
        if self._probabilities:
            values += map(_rounded, answer.probabilities) if answer.probabilities else [None] * self._blank
        return values


class SideBySide(Generic[Answer]):
    """The columns of several comments in a row: its answer is one for each of them, in the order of ``parts``."""

    def __init__(self, parts: Sequence[AddedColumns[Answer]]) -> None:
        self.names = tuple(name for part in parts for name in part.names)
        self.numbers = {name: kind for part in parts for name, kind in part.numbers.items()}
        self._parts = parts

    def cells(self, answers: Sequence[Answer]) -> list[str]:
        """The texts of each comment's columns."""
        pairs = zip(self._parts, answers, strict=True)
        return [cell for part, answer in pairs for cell in part.cells(answer)]

    def values(self, answers: Sequence[Answer]) -> list[object]:
        """The JSON values of each comment's columns."""
        pairs = zip(self._parts, answers, strict=True)
        return [value for part, answer in pairs for value in part.values(answer)]


def _numbers(names: Sequence[str], prefix: str) -> dict[str, NumberKind]:
    return {prefix + name: _NUMBERS[name] for name in names if name in _NUMBERS}


def _fixed(number: float) -> str:
    return f"{number:z.{_DECIMALS}f}"


def _rounded(number: float) -> float:
    # Adding zero turns -0.0 into 0.0.
    return round(float(number), _DECIMALS) + 0.0
