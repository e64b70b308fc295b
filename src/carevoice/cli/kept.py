"""Results as plain JSON values, and back, without losing a digit."""

from __future__ import annotations

from typing import Any

from carevoice.results import Alert, Language, Result, Sentiment, ThemeMention


def result_to_json(result: Result, *, probabilities: bool) -> list[Any]:
    """A list with one value for each part of a result; the probabilities of all themes only if they are asked for."""
    sentiment, alert = result.sentiment, result.alert
    return [
        [result.language.code, result.language.confidence],
        result.status,
        None if sentiment is None else [sentiment.label, sentiment.score],
        [[theme.id, theme.polarity, theme.probability] for theme in result.themes],
        None if alert is None else [alert.flag, alert.probability],
        list(result.probabilities) if probabilities else [],
    ]


def result_from_json(value: list[Any]) -> Result:
    """The result that ``result_to_json`` gave this list for."""
    language, status, sentiment, themes, alert, probabilities = value
    return Result(
        Language(*language),
        status,
        None if sentiment is None else Sentiment(*sentiment),
        tuple(ThemeMention(*theme) for theme in themes),
        None if alert is None else Alert(*alert),
        tuple(probabilities),
    )
