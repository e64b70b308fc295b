"""A model folder: what is in it, and how it is written, checked and read.

``config.json`` says everything but the weights and holds the SHA-256 of the other files, so that damage and mix-ups
are found before they can give wrong answers. ``model.safetensors`` holds the weights for both engines, ``model.onnx``
the graph that ONNX Runtime runs over them, ``tokenizer.json`` the word pieces. Nothing in a folder is ever executed or
unpickled.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from carevoice.errors import ModelError, TaxonomyError
from carevoice.model.clauses import ClauseSpec
from carevoice.model.evidence import EVIDENCE
from carevoice.model.windows import WindowSpec
from carevoice.resources import resource, sha256_of
from carevoice.taxonomy import Taxonomy, taxonomy_from_dict, taxonomy_to_dict

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
GRAPH: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
FILES: Final = (WEIGHTS, GRAPH, TOKENIZER)
FORMAT: Final = 3
DEFAULT_MODEL: Final = "models/carevoice-base"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns logits into probabilities.

    ``sigmoid(scale * logit + bias)`` per theme and for the alert, and softmax of ``weights @ evidence + bias`` for the
    sentiment (see ``carevoice.model.evidence``); ``polarity_bias`` is added to polarity logits, and ``thresholds`` are
    on calibrated probabilities.
    """

    theme_scale: tuple[float, ...]
    theme_bias: tuple[float, ...]
    thresholds: tuple[float, ...]
    polarity_bias: tuple[float, ...]
    alert_scale: float
    alert_bias: float
    alert_threshold: float
    sentiment_weights: tuple[tuple[float, ...], ...]  # a row for each class
    sentiment_bias: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a model was taught to say; of a model with ``single_label`` every comment has exactly one theme."""

    single_label: bool = False
    polarity: bool = True
    sentiment: bool = True
    alert: bool = True


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Everything about a model but its weights."""

    name: str
    version: str
    taxonomy: Taxonomy
    outputs: Outputs
    calibration: Calibration
    windows: WindowSpec
    clauses: ClauseSpec
    encoder: Mapping[str, Any]  # settings of transformers' BertConfig
    recipe: Mapping[str, Any]  # how it was trained
    made_with: Mapping[str, str]  # versions of the libraries


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder whose files were found whole."""

    path: Path
    config: ModelConfig

    def file(self, name: str) -> Path:
        """Path of one of FILES."""
        return self.path / name

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the config, which has those of the other files."""
        return sha256_of(self.path / CONFIG)


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write ``config.json`` with the checksums of the other files, which must be in place."""
    data = {
        "format": FORMAT,
        "name": config.name,
        "version": config.version,
        "outputs": asdict(config.outputs),
        "windows": asdict(config.windows),
        "clauses": asdict(config.clauses),
        "calibration": asdict(config.calibration),
        "encoder": dict(config.encoder),
        "recipe": dict(config.recipe),
        "made_with": dict(config.made_with),
        "sha256": {name: sha256_of(folder / name) for name in FILES},
        "taxonomy": taxonomy_to_dict(config.taxonomy),
    }
    text = json.dumps(data, ensure_ascii=False, indent=1)
    (folder / CONFIG).write_text(text + "\n", encoding="utf-8")


def open_folder(path: str | Path | None = None) -> ModelFolder:
    """Check a model folder (None: the one that comes with CareVoice) and read its config.

    Raises ModelError saying which file is missing, damaged or of another format, and what to do.
    """
    folder = resource(DEFAULT_MODEL) if path is None else Path(path)
    remedy = "install CareVoice again" if path is None else "copy the folder again, or train the model again"
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise ModelError(f"{folder}: this model folder {what}; give the folder that holds {CONFIG}")
    if not (folder / CONFIG).is_file():
        raise ModelError(f"{folder}: not a CareVoice model folder, it has no {CONFIG}")
    try:
        data = json.loads((folder / CONFIG).read_bytes())
    except ValueError as error:
        raise ModelError(f"{folder / CONFIG}: damaged, not valid JSON; {remedy}") from error
    if not isinstance(data, dict) or "format" not in data or "sha256" not in data:
        raise ModelError(f"{folder / CONFIG}: not the config of a CareVoice model")
    if data["format"] != FORMAT:
        raise ModelError(
            f"{folder / CONFIG}: model format {data['format']!r}, this version of CareVoice reads {FORMAT}; "
            "use the CareVoice version that made it, or train the model again"
        )
    try:
        config, sums = _config(data), {name: str(data["sha256"][name]) for name in FILES}
    except (KeyError, TypeError, ValueError, TaxonomyError) as error:
        raise ModelError(f"{folder / CONFIG}: damaged ({error!r}); {remedy}") from error
    for name, expected in sums.items():
        if not (folder / name).is_file():
            raise ModelError(f"{folder}: {name} is missing; {remedy}")
        if sha256_of(folder / name) != expected:
            raise ModelError(f"{folder / name}: damaged, its checksum is not the one in {CONFIG}; {remedy}")
    return ModelFolder(folder, config)


def _config(data: Mapping[str, Any]) -> ModelConfig:
    taxonomy = taxonomy_from_dict(data["taxonomy"])
    c = data["calibration"]
    calibration = Calibration(
        tuple(map(float, c["theme_scale"])),
        tuple(map(float, c["theme_bias"])),
        tuple(map(float, c["thresholds"])),
        tuple(map(float, c["polarity_bias"])),
        float(c["alert_scale"]),
        float(c["alert_bias"]),
        float(c["alert_threshold"]),
        tuple(tuple(map(float, row)) for row in c["sentiment_weights"]),
        tuple(map(float, c["sentiment_bias"])),
    )
    lengths = {
        len(taxonomy),
        *map(len, (calibration.theme_scale, calibration.theme_bias, calibration.thresholds)),
    }
    if len(lengths) != 1:
        raise ValueError("calibration and taxonomy differ in length")
    if (len(calibration.sentiment_bias), {*map(len, calibration.sentiment_weights)}) != (
        len(calibration.sentiment_weights),
        {EVIDENCE},
    ):
        raise ValueError("the weights of sentiment have another shape")
    return ModelConfig(
        str(data["name"]),
        str(data["version"]),
        taxonomy,
        Outputs(*(bool(data["outputs"][f.name]) for f in fields(Outputs))),
        calibration,
        WindowSpec(int(data["windows"]["size"]), int(data["windows"]["overlap"])),
        ClauseSpec(int(data["clauses"]["min_words"]), float(data["clauses"]["weight"])),
        dict(data["encoder"]),
        dict(data["recipe"]),
        dict(data["made_with"]),
    )
