"""The folder of a language model: ``config.json`` and ``weights.safetensors``, checked when read."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from carevoice.errors import ModelError
from carevoice.language.features import MAX_ORDER
from carevoice.language.prior import PRIOR_CODES

CONFIG_FILE: Final = "config.json"
WEIGHTS_FILE: Final = "weights.safetensors"
#: Layout of the folder; raised when an older reader could misread a newer folder.
FORMAT: Final = 1
_MOST_BITS: Final = 24
_TENSOR: Final = "table"
_REMEDY: Final = "Install CareVoice again, or rebuild the folder with tools/build_language_model.py."


@dataclass(frozen=True, slots=True)
class LanguageModelConfig:
    """Everything but the table of weights.

    ``classes`` are the model's own classes, each a served language or a group of others, and
    ``groups`` the position in PRIOR_CODES that each answers for. A class's logit is ``scale`` times
    its summed weights over ``words ** damping``, plus its ``bias``, all of it times
    ``sharpness * words ** length_exponent``, which calibrates the probabilities. ``train_shares`` is
    the mix of PRIOR_CODES the model was trained on.
    """

    version: str
    bits: int
    max_order: int
    classes: tuple[str, ...]
    groups: tuple[int, ...]
    bias: tuple[float, ...]
    scale: float
    damping: float
    sharpness: float
    length_exponent: float
    train_shares: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        """Raise ValueError when the values don't fit together or aren't those this release computes."""
        if not len(self.classes) == len(self.groups) == len(self.bias):
            raise ValueError("classes, groups and bias differ in length")
        if set(self.groups) != set(range(len(PRIOR_CODES))):
            raise ValueError(f"groups must cover {', '.join(PRIOR_CODES)}")
        if len(self.train_shares) != len(PRIOR_CODES) or min(self.train_shares) <= 0:
            raise ValueError("train_shares must be four positive numbers")
        numbers = (*self.bias, self.scale, self.damping, self.sharpness, self.length_exponent)
        if not math.isfinite(sum(numbers)):
            raise ValueError("bias, scale and calibration must be finite numbers")
        if self.max_order != MAX_ORDER or not 1 <= self.bits <= _MOST_BITS:
            raise ValueError("max_order or bits is not supported by this release")


def write_folder(path: Path, config: LanguageModelConfig, table: NDArray[np.int8], notes: Mapping[str, object]) -> None:
    """Write a model folder; ``notes`` (how it was built) are kept in the configuration but never read."""
    path.mkdir(parents=True, exist_ok=True)
    weights = save({_TENSOR: np.ascontiguousarray(table)})
    document = {
        "format": FORMAT,
        "model": asdict(config),
        "sha256": {WEIGHTS_FILE: hashlib.sha256(weights).hexdigest()},
        "notes": dict(notes),
    }
    (path / WEIGHTS_FILE).write_bytes(weights)
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (path / CONFIG_FILE).write_text(text, encoding="utf-8", newline="\n")


def read_folder(path: Path) -> tuple[LanguageModelConfig, NDArray[np.int8]]:
    """Read and verify a model folder: the configuration and a table of shape (2**bits, classes).

    Raises ModelError when a file is missing, damaged, foreign or of another format.
    """
    document = _read_config(path / CONFIG_FILE)
    try:
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in document["model"].items()
        }
        config = LanguageModelConfig(**fields)
        expected: str = document["sha256"][WEIGHTS_FILE]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{path / CONFIG_FILE} is not a language model's: {error!r}. {_REMEDY}") from error
    return config, _read_weights(path / WEIGHTS_FILE, expected, (1 << config.bits, len(config.classes)))


def _read_config(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"Can't read {file}: {error.strerror}. {_REMEDY}") from error
    except ValueError as error:
        raise ModelError(f"{file} is damaged, it holds no valid JSON: {error}. {_REMEDY}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelError(f"{file} is not a language model's configuration of format {FORMAT}. {_REMEDY}")
    return document


def _read_weights(file: Path, expected: str, shape: tuple[int, int]) -> NDArray[np.int8]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"Can't read {file}: {error.strerror}. {_REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise ModelError(f"{file} is damaged: its SHA-256 differs from the one in {CONFIG_FILE}. {_REMEDY}")
    table: NDArray[np.int8] | None = load(content).get(_TENSOR)
    if table is None or table.shape != shape or table.dtype != np.int8:
        raise ModelError(f"{file} doesn't hold an int8 table of shape {shape} named {_TENSOR}. {_REMEDY}")
    return table
