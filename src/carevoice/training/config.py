"""The recipes of training runs, read from YAML files of ``configs/``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, TypeVar

from carevoice.errors import InputError

#: Bounds of a setting, beside those of its type: a float is 0 or more, an int 1 or more.
_SHARE: Final = {"most": 1.0}


@dataclass(frozen=True, slots=True)
class Cycle:
    """One rise and fall of the learning rates: ``rate`` multiplies them."""

    seed: int
    epochs: int
    rate: float
    encoder_dropout: float = field(metadata={"most": 0.9})  # share of the encoder's units left out in each step
    word_learning_rate: float  # of the word embeddings, before ``rate``; 0 leaves them as they are
    repeat: Mapping[str, int]  # by source of the comment: 0 leaves it out, 1 where a source is not named
    join_opposites: bool


_CYCLE: Final = {f.name: f for f in fields(Cycle)}


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of the training loop; ``configs/carevoice-base.yaml`` explains each."""

    head_epochs: int
    tokens_per_batch: int
    comments_per_step: int
    max_tokens: int
    encoder_learning_rate: float
    head_learning_rate: float
    warm_up_learning_rate: float
    weight_decay: float
    warm_up_share: float = field(metadata=_SHARE)
    join_share: float = field(metadata=_SHARE)
    mess_share: float = field(metadata=_SHARE)
    unasked_share: float = field(metadata=_SHARE)
    theme_weight: float
    polarity_weight: float
    sentiment_weight: float
    level_weight: float
    alert_weight: float
    max_positive_weight: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TrainConfig(Recipe):
    """Every setting that decides what a training run of the shipped model gives."""

    name: str
    version: str
    cycles: tuple[Cycle, ...]
    last_cycles: tuple[Cycle, ...]

    def as_dict(self) -> dict[str, Any]:
        lists = {name: [asdict(cycle) for cycle in getattr(self, name)] for name in ("cycles", "last_cycles")}
        return asdict(self) | lists


@dataclass(frozen=True, slots=True)
class FineTuneConfig(Recipe):
    """Every setting of ``carevoice train``; ``configs/finetune.yaml`` explains each."""

    version: str
    seed: int
    full_from: int
    folds: int = field(metadata={"least": 2})
    head_patience: int
    head_pull: float
    head_names: float
    head_tokens: int = field(metadata={"least": 100_000})
    epochs: int
    patience: int
    encoder_dropout: float = field(metadata={"most": 0.9})
    word_learning_rate: float
    held_out: float = field(metadata={"least": 0.01, "most": 0.5})
    join_opposites: bool

    @property
    def cycle(self) -> Cycle:
        """The one rise and fall of the learning rates when all layers are trained."""
        return Cycle(
            self.seed, self.epochs, 1.0, self.encoder_dropout, self.word_learning_rate, {}, self.join_opposites
        )


RecipeT = TypeVar("RecipeT", bound=Recipe)


def load_config(path: Path) -> TrainConfig:
    """Read and check the recipe of a shipped model. Raises InputError naming the file and the setting."""
    return read_recipe(path, TrainConfig)


def read_recipe(path: Path, kind: type[RecipeT]) -> RecipeT:
    """Read and check a recipe, every setting of which must be there.

    Raises InputError naming the file, the setting and what is expected.
    """
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: can't be read ({error.strerror}): check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{line}: not a YAML file in UTF-8: correct it") from error
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected settings such as 'epochs: 4'")
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(set(map(str, data)) - set(known)):
        raise InputError(f"{path}: unknown setting {', '.join(unknown)}; known: {', '.join(known)}")
    if missing := sorted(set(known) - set(data)):
        raise InputError(f"{path}: missing setting {', '.join(missing)}")
    for name, setting in known.items():
        if wanted := _wanted(data[name], setting.type, setting.metadata):
            raise InputError(f"{path}: {name}: {data[name]!r} is not what is expected here: {wanted}")
    for name in known.keys() & {"cycles", "last_cycles"}:
        data[name] = tuple(Cycle(**cycle) for cycle in data[name])
    return kind(**data)


def _wanted(value: object, kind: object, bounds: Mapping[str, float]) -> str:
    """What is expected of a setting of this type; empty if ``value`` is that."""
    if kind == tuple[Cycle, ...]:
        good = isinstance(value, list) and bool(value) and all(map(_is_cycle, value))
        return "" if good else f"a list of cycles, each with {', '.join(_CYCLE)}"
    if kind is bool:
        return "" if type(value) is bool else "true or false"
    if kind is str:
        return "" if isinstance(value, str) and value else "a text, in quotes where it could be a number"
    if kind is float or kind is int:
        least, most = bounds.get("least", 0 if kind is float else 1), bounds.get("most", float("inf"))
        fits = type(value) is int or (kind is float and type(value) is float)
        if fits and least <= value <= most:  # type: ignore[operator]
            return ""
        return f"a {'' if kind is float else 'whole '}number {_range(least, most)}"
    counts = isinstance(value, dict) and all(
        isinstance(name, str) and type(count) is int and count >= 0 for name, count in value.items()
    )
    return "" if counts else "whole numbers by name, such as {authored: 2}, or {}"


def _range(least: float, most: float) -> str:
    return f"of {least:g} or more" if most == float("inf") else f"between {least:g} and {most:g}"


def _is_cycle(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != _CYCLE.keys():
        return False
    return not any(_wanted(value[name], setting.type, setting.metadata) for name, setting in _CYCLE.items())
