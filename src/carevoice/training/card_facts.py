"""What a model card is filled from: the plain JSON of a model folder, any part of which may be missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from carevoice.training.markdown import Markdown, code, escaped

Json = Mapping[str, Any]

#: With fewer comments to measure on, ``outcome`` does not calibrate on others of them for the figures.
FEWEST_CROSSED: Final = 50
LANGUAGES: Final = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "other": "another language",
    "und": "not known",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """``config.json`` and ``metrics.json``; what is missing there is empty here, so that nothing needs asking twice."""

    config: Json
    metrics: Json

    @property
    def data(self) -> Json:
        """Numbers of comments."""
        return mapping(self.metrics.get("data"))

    @property
    def results(self) -> Json:
        """The measurement, as ``carevoice.evaluation.Report.as_dict`` gives it."""
        return mapping(self.metrics.get("results"))

    @property
    def figures(self) -> Json:
        """The headline figures."""
        return mapping(self.results.get("figures"))

    @property
    def outputs(self) -> Json:
        """What the model says, by the names of ``carevoice.model.folder.Outputs``."""
        return {"polarity": True, "sentiment": True, "alert": True, **mapping(self.config.get("outputs"))}

    @property
    def themes(self) -> dict[str, str]:
        """The id and the English name of each theme of the model."""
        themes = mapping(self.config.get("taxonomy")).get("themes") or []
        return {str(theme["id"]): str(mapping(theme.get("name")).get("en", "")) for theme in themes}

    @property
    def start(self) -> str:
        """The model that training started from."""
        start = self.metrics.get("start")
        if isinstance(start, Mapping):
            start = " ".join(str(start[key]) for key in ("name", "version") if start.get(key))
        return str(start or "")

    def value(self, figure: str) -> float | None:
        """A headline figure without its interval."""
        found = mapping(self.figures.get(figure)).get("value")
        return None if found is None else float(found)


def mapping(value: object) -> Json:
    """The value if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def counts(value: object) -> dict[str, int]:
    """Numbers by name, the greatest first."""
    pairs = {str(name): int(count) for name, count in mapping(value).items()}
    return dict(sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0])))


def flat(settings: Json, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of nested settings as text; those that were not set are left out."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif value not in (None, ""):
            yield f"{prefix}{name}", _plain(value)


def language(name: str) -> Markdown:
    """A language by its name, or by its code if that is all there is."""
    return escaped(LANGUAGES.get(name, name))


def themes_with(numbers: Mapping[str, object]) -> str:
    """Themes with a number each, such as "`food` (3)"."""
    return ", ".join(f"{code(theme)} ({number})" for theme, number in numbers.items())


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value if part is not None)
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {text}" for name, text in flat(value))
    return str(value)
