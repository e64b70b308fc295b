"""A report as text for people."""

from collections.abc import Iterable, Sequence
from typing import Final

from carevoice.evaluation.figures import FIGURES
from carevoice.evaluation.report import Comparison, Confusion, Figure, Group, Report

#: The figures that are shown of each group, and what stands above them; the others are in the JSON.
_OF_GROUPS: Final = {
    "accuracy": "accuracy",
    "theme_polarity_micro_f1": "theme+polarity F1",
    "theme_micro_f1": "theme F1",
    "sentiment_macro_f1": "sentiment F1",
    "alert_recall": "alert recall",
}
_LONGEST_NAME: Final = 32
_GAP: Final = "  "


def as_table(report: Report) -> str:
    """The report in aligned columns, with a blank line and a title before each part."""
    parts = [_head(report), _figure_lines(report), _theme_lines(report)]
    if report.polarity is not None:
        parts.append(_confusion_lines("Polarity of found themes", report.polarity))
    if report.sentiment is not None:
        parts.append(_confusion_lines("Sentiment", report.sentiment))
    if report.reliability:
        parts.append(_reliability_lines(report))
    parts += [_group_lines(column, groups) for column, groups in report.by.items()]
    if report.comparison is not None:
        parts.append(_comparison_lines(report.comparison))
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _head(report: Report) -> list[str]:
    lines = [f"Model     {shown(report.model)}"] if report.model else []
    lines.append(f"Comments  {report.comments:,}")
    if report.unanswered:
        lines.append(
            f"{report.unanswered:,} without an answer, blank or in another language: "
            "counted as without themes, neutral and no alert"
        )
    if report.unknown:
        lines.append(f"Labelled, but foreign to the model, which misses them: {', '.join(report.unknown)}")
    if report.unjudged:
        lines.append(f"Known to the model, but not to the labels, and not judged: {', '.join(report.unjudged)}")
    return lines


def _figure_lines(report: Report) -> list[str]:
    rows = [(FIGURES[name].title, _number(f.value), _interval(f)) for name, f in report.figures.items()]
    return _aligned([("Figure", "value", "95 % interval"), *rows])


def _theme_lines(report: Report) -> list[str]:
    ordered = sorted(report.themes, key=lambda theme: -theme.support)
    rows = [
        (t.id, _number(t.precision), _number(t.recall), _number(t.f1.value), _interval(t.f1), f"{t.support:,}")
        for t in ordered
    ]
    return _aligned([("Theme", "precision", "recall", "F1", "95 % interval", "comments"), *rows]) if rows else []


def _confusion_lines(title: str, confusion: Confusion) -> list[str]:
    header = (f"{title}: labelled as", *confusion.answers)
    rows = [
        (label, *(f"{count:,}" for count in row)) for label, row in zip(confusion.labels, confusion.counts, strict=True)
    ]
    return _aligned([header, *rows])


def _reliability_lines(report: Report) -> list[str]:
    rows = [
        (f"{b.low:.2f} to {b.high:.2f}", f"{b.count:,}", _number(b.probability), _number(b.frequency))
        for b in report.reliability
    ]
    return _aligned([("Probability of themes", "number", "mean", "share right"), *rows])


def _group_lines(column: str, groups: Sequence[Group]) -> list[str]:
    names = [name for name in _OF_GROUPS if any(name in group.figures for group in groups)]
    rows = [
        (shown(group.value), f"{group.comments:,}", *(_with_interval(group.figures.get(name)) for name in names))
        for group in groups
    ]
    return _aligned([(f"By {shown(column)}", "comments", *(_OF_GROUPS[name] for name in names)), *rows])


def _comparison_lines(comparison: Comparison) -> list[str]:
    rows = [
        (
            FIGURES[name].title,
            _number(d.other.value),
            f"{d.difference.value:+.3f}",
            f"{d.difference.low:+.3f} to {d.difference.high:+.3f}",
            f"{100 * d.other_better:.0f} %",
        )
        for name, d in comparison.figures.items()
    ]
    header = (f"Beside it: {shown(comparison.model)}", "value", "difference", "95 % interval", "better in")
    lines = _aligned([header, *rows])
    if comparison.unanswered:
        lines.append(f"{comparison.unanswered:,} without an answer")
    return lines


def _number(value: float) -> str:
    return f"{value:.3f}"


def _interval(figure: Figure) -> str:
    return f"{figure.low:.3f} to {figure.high:.3f}"


def _with_interval(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"


def shown(name: str) -> str:
    """A name from someone's file, cut if long, without characters that would steer a terminal."""
    line = "".join(letter if letter.isprintable() else "�" for letter in " ".join(name.split()))
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"


def _aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of columns: the first to the left, the others to the right."""
    table = list(rows)
    first, *others = (max(map(len, column)) for column in zip(*table, strict=True))
    return [_GAP.join([row[0].ljust(first), *map(str.rjust, row[1:], others)]).rstrip() for row in table]
