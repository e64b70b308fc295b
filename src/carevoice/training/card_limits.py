"""The limits of a model, told from its numbers: what was too little to learn from, not measured, or not good."""

from collections.abc import Iterator, Mapping
from typing import Final

from carevoice.results import SUPPORTED
from carevoice.training.card_facts import FEWEST_CROSSED, Facts, Json, counts, language, mapping, themes_with
from carevoice.training.markdown import Markdown, code, escaped, listed

#: Fewer comments than this give figures that chance moves by many points.
SMALL_HELD_OUT: Final = 200
#: Fewer comments than this teach little, whatever they are about.
FEW_COMMENTS: Final = 500
#: Fewer examples of a theme than this say little of how well it is found, or teach it badly.
FEW_OF_A_THEME: Final = 30
#: Fewer comments in a language than this say little of how it is read.
FEW_OF_A_LANGUAGE: Final = 50
#: Probabilities that are further off than this are not to be taken as chances.
ROUGH_PROBABILITIES: Final = 0.1
#: A theme below this F1 is as often wrong as right.
WEAK_F1: Final = 0.5
_NO_LANGUAGE: Final = ("other", "und")


def limits(facts: Facts) -> list[Markdown]:
    """One sentence or two for each limit."""
    parts = (_measured, _themes, _languages, _silent, _quality)
    return [Markdown(" ".join(text.split())) for part in parts for text in part(facts)]


def _measured(facts: Facts) -> Iterator[str]:
    if not facts.figures:
        yield "Nothing was measured. Run `carevoice evaluate` on labelled comments before relying on it."
        return
    comments = int(facts.results.get("comments") or 0)
    if 0 < comments < SMALL_HELD_OUT:
        yield f"Measured on {comments:,} comments only: differences within the intervals may be chance."
    chosen = "The best epoch was" if facts.metrics.get("measured") == "held out" else "The number of epochs was"
    if comments < FEWEST_CROSSED:
        chosen = "The number of epochs, calibration and thresholds were"
    yield f"""{chosen} chosen by the comments that the figures come from, so new ones may be read a little less well:
        `carevoice evaluate` measures it on comments of your own."""
    if facts.metrics.get("inherited"):
        yield f"""Training started from {escaped(facts.start)}: if that had learnt from some of these comments before,
            the figures flatter."""
    if unanswered := int(facts.results.get("unanswered") or 0):
        yield f"""{unanswered:,} of the {comments:,} comments that it was measured on got no answer (blank, or in
            another language): such a comment counts as without themes, neutral and without an alert."""
    if not set(mapping(facts.results.get("by"))) - {"language", "length", "question"}:
        yield "How well it reads one place or one group of patients beside another was not measured."


def _themes(facts: Facts) -> Iterator[str]:
    taught = int(facts.data.get("train") or facts.data.get("comments") or 0)
    if 0 < taught < FEW_COMMENTS:
        yield f"Taught by {taught:,} comments only."
    if "themes" in facts.data:
        given = {theme: counts(facts.data["themes"]).get(theme, 0) for theme in facts.themes}
        if none := [code(theme) for theme, count in given.items() if not count]:
            yield f"Without a single example to learn from: {listed(none)}."
        if few := {theme: count for theme, count in given.items() if 0 < count < FEW_OF_A_THEME}:
            yield f"Taught by fewer than {FEW_OF_A_THEME} examples: {themes_with(few)}."
    if facts.figures:
        measured = {theme: int(score.get("support") or 0) for theme, score in _scores(facts).items()}
        if rough := {theme: count for theme, count in measured.items() if 0 < count < FEW_OF_A_THEME}:
            yield f"""Measured on fewer than {FEW_OF_A_THEME} examples, so that the figures of these themes are rough:
                {themes_with(rough)}."""
        if unmeasured := [code(theme) for theme in facts.themes if not measured.get(theme)]:
            yield f"Not measured for want of examples: {listed(unmeasured)}."


def _languages(facts: Facts) -> Iterator[str]:
    known = counts(facts.data.get("languages"))
    if not known:
        return
    if few := _few(known):
        yield f"Fewer than {FEW_OF_A_LANGUAGE} comments in the data: {few}."
    if missing := [language(name) for name in SUPPORTED if not known.get(name)]:
        yield f"""No comment in the data was in {listed(missing)}: comments in {"it" if len(missing) == 1 else "them"}
            get an answer, but how good it is was not measured."""
    groups = mapping(mapping(facts.results.get("by")).get("language"))
    measured = {name: int(mapping(group).get("comments") or 0) for name, group in groups.items()}
    if rough := _few(measured):
        yield f"Measured on fewer than {FEW_OF_A_LANGUAGE} comments: {rough}."


def _few(comments: Mapping[str, int]) -> str:
    """The languages with few comments; what is no language that is known is none of them."""
    few = {name: count for name, count in comments.items() if 0 < count < FEW_OF_A_LANGUAGE}
    return ", ".join(f"{language(name)} ({count})" for name, count in few.items() if name not in _NO_LANGUAGE)


def _silent(facts: Facts) -> Iterator[str]:
    outputs = facts.outputs
    if outputs.get("single_label"):
        yield "Every comment gets exactly one theme, even if it is about none or several."
    untaught = {"polarity": "whether a theme is praised or criticised", "sentiment": "sentiment", "alert": "alerts"}
    if silent := [text for name, text in untaught.items() if not outputs[name]]:
        yield f"It was not taught and doesn't say: {listed(silent)}."
    if facts.figures:
        figure = {"polarity": "polarity_accuracy", "sentiment": "sentiment_macro_f1", "alert": "alert_recall"}
        unknown = [
            "polarity" if name == "polarity" else text
            for name, text in untaught.items()
            if outputs[name] and figure[name] not in facts.figures
        ]
        if unknown:
            yield f"It says, but nobody measured on these data: {listed(unknown)}."


def _quality(facts: Facts) -> Iterator[str]:
    weak = {
        theme: f"{f1:.2f}"
        for theme, score in _scores(facts).items()
        if (f1 := mapping(score.get("f1")).get("value")) is not None
        and f1 < WEAK_F1
        and int(score.get("support") or 0) >= FEW_OF_A_THEME
    }
    if weak:
        yield f"Found badly, with an F1 below {WEAK_F1}: {themes_with(weak)}."
    error = facts.value("calibration_error")
    if error is not None and error > ROUGH_PROBABILITIES:
        yield f"Probabilities are off by {error:.2f} on average: they rank comments, but are no chances."
    recall, precision = facts.value("alert_recall"), facts.value("alert_precision")
    if recall is not None and precision is not None:
        yield f"""Alerts miss {1 - recall:.0%} of the comments that a person marked, and {1 - precision:.0%} of those
            given are needless: they don't replace reading.""".replace("%", " %")
    if problems := int(facts.data.get("problems") or 0):
        yield f"The labels had {problems:,} problem{'s' if problems > 1 else ''} that training went on with."


def _scores(facts: Facts) -> dict[str, Json]:
    return {str(theme): mapping(score) for theme, score in mapping(facts.results.get("themes")).items()}
