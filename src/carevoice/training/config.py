"""The recipe of a training run, read from a YAML file of ``configs/``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from carevoice.errors import InputError


@dataclass(frozen=True, slots=True)
class Cycle:
    """One rise and fall of the learning rates: ``rate`` multiplies them."""

    seed: int
    epochs: int
    rate: float
    share: float  # of the comments, drawn anew in every epoch; sources that are repeated are taken whole
    repeat: Mapping[str, int]  # by source of the comment; 1 where a source is not named
    join_opposites: bool


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Every setting that decides what a training run gives; ``configs/carevoice-base.yaml`` explains each."""

    name: str
    version: str
    cycles: tuple[Cycle, ...]
    polish: Cycle
    polish_question_learning_rate: float
    polish_weight: float
    head_epochs: int
    tokens_per_batch: int
    comments_per_step: int
    max_tokens: int
    encoder_learning_rate: float
    head_learning_rate: float
    warm_up_learning_rate: float
    weight_decay: float
    warm_up_share: float
    join_share: float
    mess_share: float
    theme_weight: float
    polarity_weight: float
    sentiment_weight: float
    level_weight: float
    alert_weight: float
    max_positive_weight: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**asdict(self), "cycles": [asdict(cycle) for cycle in self.cycles]}


def load_config(path: Path) -> TrainConfig:
    """Read and check a recipe. Raises InputError naming the file and the setting."""
    import yaml

    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected settings such as 'epochs: 4'")
    known = {f.name: f.type for f in fields(TrainConfig)}
    if unknown := sorted(set(data) - set(known)):
        raise InputError(f"{path}: unknown setting {', '.join(map(str, unknown))}; known: {', '.join(known)}")
    if missing := sorted(set(known) - set(data)):
        raise InputError(f"{path}: missing setting {', '.join(missing)}")
    for name, kind in known.items():
        if name == "cycles":
            good = isinstance(data[name], list) and bool(data[name]) and all(map(_is_cycle, data[name]))
        else:
            good = _is_cycle(data[name]) if name == "polish" else _fits(data[name], kind)
        if not good:
            raise InputError(f"{path}: {name}: {data[name]!r} is not what is expected here")
    cycles = tuple(Cycle(**cycle) for cycle in data["cycles"])
    return TrainConfig(**{**data, "cycles": cycles, "polish": Cycle(**data["polish"])})


def _fits(value: object, kind: object) -> bool:
    if kind is float:
        return type(value) in {int, float} and value >= 0  # type: ignore[operator]
    if kind not in {float, int, bool, str}:
        return isinstance(value, dict) and all(_fits(v, int) and isinstance(k, str) for k, v in value.items())
    if kind is bool:
        return type(value) is bool
    if kind is int:
        return type(value) is int and value > 0
    return isinstance(value, str) and bool(value)


def _is_cycle(value: object) -> bool:
    kinds = {f.name: f.type for f in fields(Cycle)}
    if not isinstance(value, dict) or value.keys() != kinds.keys():
        return False
    return all(_fits(value[name], kind) for name, kind in kinds.items())
