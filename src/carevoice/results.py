"""What an analysis returns: immutable values, free of any model or file."""

from dataclasses import dataclass
from typing import Final, Literal

LanguageCode = Literal["en", "fr", "es", "other", "und"]
Polarity = Literal["praised", "criticised", "both", "mentioned"]
SentimentLabel = Literal["negative", "neutral", "mixed", "positive"]
Status = Literal["ok", "empty", "unsupported_language"]

#: The languages that are analysed.
SUPPORTED: Final[tuple[LanguageCode, ...]] = ("en", "fr", "es")
#: Order of the polarity classes everywhere in the project, model outputs included.
POLARITIES: Final[tuple[Polarity, ...]] = ("praised", "criticised", "both", "mentioned")
#: One-character form of each polarity, as written in CSV files (``wait_time-;empathy+``).
POLARITY_SYMBOLS: Final[dict[Polarity, str]] = {
    "praised": "+",
    "criticised": "-",
    "both": "~",
    "mentioned": "=",
}
#: Order of the sentiment classes everywhere in the project, model outputs included.
SENTIMENTS: Final[tuple[SentimentLabel, ...]] = ("negative", "neutral", "mixed", "positive")


@dataclass(frozen=True, slots=True)
class Language:
    """A detected language: ``other`` is a language that is not served, ``und`` is no evidence."""

    code: LanguageCode
    confidence: float


@dataclass(frozen=True, slots=True)
class Sentiment:
    """Overall sentiment; ``score`` runs from -1 (very negative) to 1 (very positive)."""

    label: SentimentLabel
    score: float


@dataclass(frozen=True, slots=True)
class ThemeMention:
    """A theme that the comment is about, with its calibrated probability of being present.

    ``polarity`` is None from a model that was never taught any.
    """

    id: str
    polarity: Polarity | None
    probability: float

    def __str__(self) -> str:
        return self.id + (POLARITY_SYMBOLS[self.polarity] if self.polarity else "")


@dataclass(frozen=True, slots=True)
class Alert:
    """Whether a responsible person should read the comment today."""

    flag: bool
    probability: float


@dataclass(frozen=True, slots=True)
class Result:
    """The analysis of one comment.

    ``sentiment`` and ``alert`` are None, and ``themes`` and ``probabilities`` empty, unless
    ``status`` is ``ok``; a model that was never taught sentiment or alerts leaves those None.
    ``themes`` are in the order of the taxonomy; ``probabilities`` has one calibrated value per theme
    of the taxonomy, in its order, whether it passed its threshold or not.
    """

    language: Language
    status: Status
    sentiment: Sentiment | None = None
    themes: tuple[ThemeMention, ...] = ()
    alert: Alert | None = None
    probabilities: tuple[float, ...] = ()
