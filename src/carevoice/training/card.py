"""The model card: README.md of a model folder, filled from its ``config.json`` and ``metrics.json`` alone."""

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from carevoice.errors import MissingExtraError, ModelError
from carevoice.evaluation.figures import FIGURES
from carevoice.model.folder import CONFIG
from carevoice.results import SUPPORTED
from carevoice.training.card_facts import FEWEST_CROSSED, Facts, Json, counts, flat, language, mapping
from carevoice.training.card_limits import limits
from carevoice.training.markdown import Markdown, code, escaped, listed, table

CARD: Final = "README.md"
METRICS: Final = "metrics.json"

_TEMPLATE: Final = "card.md.j2"
#: The figures that are shown of each language and other group, and what stands above them.
_OF_GROUPS: Final = {
    "accuracy": "accuracy",
    "theme_polarity_micro_f1": "theme and polarity, micro-F1",
    "theme_micro_f1": "theme, micro-F1",
    "sentiment_macro_f1": "sentiment, macro-F1",
    "alert_recall": "alert, recall",
}
#: A comment to try the model on, in the language it knows best.
_COMMENTS: Final = {
    "en": "The nurses were lovely but we waited five hours",
    "fr": "Les infirmières étaient adorables mais nous avons attendu cinq heures",
    "es": "Las enfermeras fueron encantadoras pero esperamos cinco horas",
}
_PREFER: Final = {
    "f1": "a balance of precision and recall (F1)",
    "recall": "recall before precision",
    "precision": "precision before recall",
}
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Use:
    """What the how-to-use block is made of, quoted for where it stands."""

    folder: Markdown
    for_shell: Markdown
    for_python: Markdown
    lines_for_shell: Markdown
    comment_for_python: Markdown


def write_card(folder: Path, *, name: str | None = None) -> None:
    """Write README.md into a model folder; one that is there is replaced.

    The how-to-use block takes the folder by ``name``, its own unless the folder is to be renamed.

    Raises ModelError when ``config.json`` or ``metrics.json`` is missing or damaged, MissingExtraError without jinja2.
    """
    facts = Facts(_read(folder / CONFIG), _read(folder / METRICS))
    try:
        text = render(facts, name or folder.resolve().name)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        remedy = "train the model again"
        raise ModelError(f"{folder}: {CONFIG} and {METRICS} make no model card ({error!r}); {remedy}") from error
    # A name that no encoding can hold must not cost the card of a model that took hours.
    (folder / CARD).write_text(text, encoding="utf-8", errors="replace")


def render(facts: Facts, folder: str) -> str:
    """The card of a model in a folder of that name."""
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtraError("The model card", "train") from error
    environment = jinja2.Environment(  # noqa: S701  # Markdown is no HTML: escaping is what "finalize" does
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=escaped,
    )
    template = environment.from_string(Path(__file__).with_name(_TEMPLATE).read_text(encoding="utf-8"))
    text = template.render(
        facts=facts,
        use=_use(facts, folder),
        limits=limits(facts),
        number=lambda count: f"{count:,}",
        **_words(facts, folder),
        **_tables(facts),
    )
    # Parts that were left out leave their blank lines behind.
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _read(path: Path) -> Json:
    remedy = "train the model again"
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(f"{path} is missing, and no model card can be written without it; {remedy}") from error
    except ValueError as error:
        raise ModelError(f"{path}: damaged, not valid JSON; {remedy}") from error
    if not isinstance(data, dict):
        raise ModelError(f"{path}: not what training writes; {remedy}")
    return data


def _use(facts: Facts, folder: str) -> Use:
    best = next((name for name in counts(facts.data.get("languages")) if name in _COMMENTS), "en")
    comment = _COMMENTS[best]
    return Use(
        code(folder),
        Markdown(shlex.quote(folder)),
        Markdown(json.dumps(folder, ensure_ascii=False)),
        Markdown(shlex.quote(f"comment\\n{comment}\\n")),
        Markdown(json.dumps(comment, ensure_ascii=False)),
    )


def _words(facts: Facts, folder: str) -> dict[str, object]:
    """What stands in sentences; None where nothing is known."""
    metrics, config = facts.metrics, facts.config
    calibration, encoder = mapping(config.get("calibration")), mapping(config.get("encoder"))
    thresholds = [] if facts.outputs.get("single_label") else list(calibration.get("thresholds") or [])
    seconds = metrics.get("seconds")
    known = counts(facts.data.get("languages"))
    return {
        "title": escaped(f"{config.get('name') or folder} {config.get('version') or ''}"),
        "languages": listed(language(name) for name in known if name in SUPPORTED) if known else None,
        "epochs": mapping(metrics.get("epochs")),
        "crossed": int(facts.results.get("comments") or 0) >= FEWEST_CROSSED,
        "encoder": encoder if {"num_hidden_layers", "hidden_size", "vocab_size"} <= set(encoder) else None,
        "day": _day(metrics.get("created")),
        "prefer": _PREFER.get(str(metrics.get("prefer"))),
        "duration": None if seconds is None else _duration(float(seconds)),
        "common_threshold": f"{thresholds[0]:.2f}" if thresholds and len(set(thresholds)) == 1 else None,
        "alert_threshold": _two(calibration.get("alert_threshold")) if facts.outputs["alert"] else None,
        "calibration_error": _with_interval(facts.figures.get("calibration_error"), 3),
        "alert_recall": _with_interval(facts.figures.get("alert_recall"), 3),
        "alert_precision": _with_interval(facts.figures.get("alert_precision"), 3),
        "rounds": mapping(facts.results.get("interval")).get("rounds"),
    }


def _tables(facts: Facts) -> dict[str, object]:
    """Every table, None where there is nothing to put into it."""
    results, metrics = facts.results, facts.metrics
    themes_given = counts(facts.data.get("themes"))
    by = mapping(results.get("by"))
    return {
        "languages_table": _table(
            ("language", "comments"),
            [(language(name), f"{count:,}") for name, count in counts(facts.data.get("languages")).items()],
        ),
        "themes_table": _table(
            ("theme", "name", *(["comments"] if themes_given else [])),
            [
                (code(theme), name, *([f"{themes_given.get(theme, 0):,}"] if themes_given else []))
                for theme, name in facts.themes.items()
            ],
            left=2,
        ),
        "figures_table": _table(
            ("measure", "value", "95 % interval"),
            [
                (kind.title, _number(found, 3), _interval(found, 3))
                for name, kind in FIGURES.items()
                if (found := facts.figures.get(name)) is not None
            ],
        ),
        "groups": [(column, _groups(column, mapping(groups))) for column, groups in by.items() if groups],
        "scores_table": _scores(facts),
        "polarity_table": _confusion(results.get("polarity")),
        "sentiment_table": _confusion(results.get("sentiment")),
        "reliability_table": _reliability(results.get("reliability")),
        "thresholds_table": _thresholds(facts),
        "settings_table": _table(("setting", "value"), _pairs(metrics, "settings", facts.config.get("recipe")), left=2),
        "environment_table": _table(
            ("part", "version"), _pairs(metrics, "environment", facts.config.get("made_with")), left=2
        ),
    }


def _table(header: Sequence[object], rows: Sequence[Sequence[object]], *, left: int = 1) -> Markdown | None:
    return table(header, rows, left=left) if rows else None


def _pairs(metrics: Json, part: str, otherwise: object) -> list[tuple[Markdown, str]]:
    return [(code(name), value) for name, value in flat(mapping(metrics.get(part) or otherwise))]


def _groups(column: str, groups: Json) -> Markdown:
    figures = {str(value): mapping(mapping(group).get("figures")) for value, group in groups.items()}
    shown = [name for name in _OF_GROUPS if any(name in found for found in figures.values())]
    name_of = language if column == "language" else escaped
    return table(
        (column, "comments", *(_OF_GROUPS[name] for name in shown)),
        [
            (
                name_of(value),
                f"{int(mapping(groups[value]).get('comments') or 0):,}",
                *(_with_interval(found.get(name), 2) for name in shown),
            )
            for value, found in figures.items()
        ],
    )


def _scores(facts: Facts) -> Markdown | None:
    scores = {str(theme): mapping(score) for theme, score in mapping(facts.results.get("themes")).items()}
    return _table(
        ("theme", "precision", "recall", "F1", "95 % interval", "comments"),
        [
            (
                code(theme),
                _two(score.get("precision")),
                _two(score.get("recall")),
                _number(score.get("f1"), 2),
                _interval(score.get("f1"), 2),
                f"{int(score.get('support') or 0):,}",
            )
            for theme, score in scores.items()
        ],
    )


def _confusion(found: object) -> Markdown | None:
    part = mapping(found)
    labels, answers, numbers = (part.get(key) or [] for key in ("labels", "answers", "counts"))
    rows = [(label, *(f"{count:,}" for count in row)) for label, row in zip(labels, numbers, strict=True)]
    return _table(("labelled", *answers), rows)


def _reliability(bins: Any) -> Markdown | None:  # noqa: ANN401  # JSON
    return _table(
        ("probability", "number", "mean", "share right"),
        [
            (f"{b['low']:.2f} to {b['high']:.2f}", f"{b['count']:,}", _two(b["probability"]), _two(b["frequency"]))
            for b in bins or []
        ],
    )


def _thresholds(facts: Facts) -> Markdown | None:
    """The threshold of each theme, if they differ."""
    values = mapping(facts.config.get("calibration")).get("thresholds") or []
    if facts.outputs.get("single_label") or len(set(values)) < 2:  # noqa: PLR2004  # two that differ
        return None
    return table(
        ("theme", "threshold"),
        [(code(theme), _two(value)) for theme, value in zip(facts.themes, values, strict=True)],
    )


def _number(figure: object, digits: int) -> str:
    """A figure, which may come with its interval or without."""
    value = figure.get("value") if isinstance(figure, dict) else figure
    return "" if value is None else f"{value:.{digits}f}"


def _interval(figure: object, digits: int) -> str:
    low, high = (mapping(figure).get(end) for end in ("low", "high"))
    return "" if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def _with_interval(figure: object, digits: int) -> Markdown:
    interval = _interval(figure, digits)
    return Markdown(_number(figure, digits) + (f" ({interval})" if interval else ""))


def _two(value: object) -> str:
    return _number(value, 2)


def _duration(seconds: float) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} seconds"
    hours, minutes = divmod(round(seconds / _MINUTE), _HOUR // _MINUTE)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} minutes"


def _day(created: object) -> str | None:
    """The day of a time as ISO 8601 writes it."""
    found = re.match(r"\d{4}-\d\d-\d\d", str(created))
    return found[0] if found else None
