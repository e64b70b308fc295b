"""Counting answers, and saying in a few lines what was found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from carevoice.results import POLARITIES, SENTIMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from carevoice.results import Language, Polarity, Result

Answer_contra = TypeVar("Answer_contra", contravariant=True)
_LANGUAGES: Final = ("en", "fr", "es", "other", "und")
_STATUSES: Final = ("ok", "empty", "unsupported_language")


class Summary(Protocol[Answer_contra]):
    """Counts answers in memory that doesn't grow with them."""

    def add(self, answers: Iterable[Answer_contra]) -> None:
        """Count more answers."""
        ...

    def lines(self) -> list[str]:
        """What was counted, for people to read; no line holds a comment."""
        ...


class LanguageSummary:
    """Comments by language."""

    def __init__(self) -> None:
        self._languages: Counter[str] = Counter()

    def add(self, answers: Iterable[Language | None]) -> None:
        """Count more answers; None stands for a blank comment."""
        self._languages.update("und" if answer is None else answer.code for answer in answers)

    def lines(self) -> list[str]:
        """One line."""
        return _split("Language", self._languages, _LANGUAGES)


class ResultSummary:
    """Comments by language and status, sentiment and alert, and themes by praise and criticism."""

    def __init__(self, themes: Sequence[str]) -> None:
        self._themes = tuple(themes)
        self._languages: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._sentiments: Counter[str] = Counter()
        self._alerts = 0
        self._alerts_known = False
        self._mentions: Counter[tuple[str, Polarity | None]] = Counter()

    def add(self, answers: Iterable[Result]) -> None:
        """Count more results."""
        for answer in answers:
            self._languages[answer.language.code] += 1
            self._statuses[answer.status] += 1
            if answer.sentiment is not None:
                self._sentiments[answer.sentiment.label] += 1
            if answer.alert is not None:
                self._alerts_known = True
                self._alerts += answer.alert.flag
            for theme in answer.themes:
                self._mentions[theme.id, theme.polarity] += 1

    def lines(self) -> list[str]:
        """A line for each count, then a small table of the themes, the most frequent first."""
        classified = self._statuses["ok"]
        lines = _split("Language", self._languages, _LANGUAGES) + _split("Status", self._statuses, _STATUSES)
        if not classified:
            return lines
        lines += _split("Sentiment", self._sentiments, SENTIMENTS[::-1])
        if self._alerts_known:
            lines.append(f"{'Alerts':<11}{self._alerts:,} ({_percent(self._alerts, classified)})")
        return lines + self._theme_lines(classified)

    def _theme_lines(self, classified: int) -> list[str]:
        totals = {theme: self._count(theme, *POLARITIES, None) for theme in self._themes}
        found = sorted((theme for theme in self._themes if totals[theme]), key=lambda theme: -totals[theme])
        if not found:
            return [f"{'Themes':<11}none"]
        width = max(map(len, found)) + 2
        if not any(polarity for _, polarity in self._mentions):
            return [f"{'Themes':<11}{'':<{width}}{'share':>8}"] + [
                f"{'':<11}{theme:<{width}}{_percent(totals[theme], classified):>8}" for theme in found
            ]
        lines = [f"{'Themes':<11}{'':<{width}}{'praised':>8}{'criticised':>12}"]
        for theme in found:
            praised = _percent(self._count(theme, "praised", "both"), classified)
            criticised = _percent(self._count(theme, "criticised", "both"), classified)
            lines.append(f"{'':<11}{theme:<{width}}{praised:>8}{criticised:>12}")
        return lines

    def _count(self, theme: str, *polarities: Polarity | None) -> int:
        return sum(self._mentions[theme, polarity] for polarity in polarities)


def _split(title: str, counts: Mapping[str, int], order: Sequence[str]) -> list[str]:
    total = sum(counts.values())
    parts = [f"{name} {counts[name]:,} ({_percent(counts[name], total)})" for name in order if counts[name]]
    return [f"{title:<11}{', '.join(parts)}"] if parts else []


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"
