"""A damaged or foreign model folder fails with a sentence that says what is wrong."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import carevoice
from carevoice.errors import InputError, ModelError
from carevoice.model.folder import FILES, open_folder
from carevoice.resources import resource

SHIPPED = resource("models/carevoice-base")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


def edit(folder: Path, change: Callable[[dict[str, object]], None]) -> None:
    data = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    change(data)
    (folder / "config.json").write_text(json.dumps(data), encoding="utf-8")


def test_shipped_folder_is_whole_and_small() -> None:
    folder = open_folder()
    assert folder.config.name == "carevoice-base"
    assert sum(folder.file(name).stat().st_size for name in FILES) < 60e6
    assert sum(f.stat().st_size for f in folder.path.rglob("*")) < 120e6
    assert not [f for f in folder.path.rglob("*") if f.suffix in {".pkl", ".pickle", ".bin", ".pt", ".joblib"}]
    assert (folder.path / "README.md").is_file()


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match=re.escape(name) + " is missing"):
        carevoice.load(copy)


@pytest.mark.parametrize("name", FILES)
def test_flipped_byte_is_found(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(bytes(data))
    with pytest.raises(ModelError, match=re.escape(name) + ": damaged, its checksum"):
        carevoice.load(copy)


def test_truncated_config_is_found(copy: Path) -> None:
    text = (copy / "config.json").read_text(encoding="utf-8")
    (copy / "config.json").write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(ModelError, match="not valid JSON"):
        carevoice.load(copy)


def test_newer_format_is_refused(copy: Path) -> None:
    edit(copy, lambda data: data.update(format=99))
    with pytest.raises(ModelError, match="format 99, this version of CareVoice reads 3"):
        carevoice.load(copy)


def test_calibration_that_does_not_fit_the_taxonomy_is_refused(copy: Path) -> None:
    edit(copy, lambda data: data["calibration"].update(thresholds=[0.5]))  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=r"damaged .*differ in length"):
        carevoice.load(copy)


def test_weights_of_sentiment_of_another_shape_are_refused(copy: Path) -> None:
    edit(copy, lambda data: data["calibration"].update(sentiment_weights=[[1.0, 0.0]] * 4))  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match=r"damaged .*another shape"):
        carevoice.load(copy)


def test_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    with pytest.raises(ModelError, match="not the config of a CareVoice model"):
        carevoice.load(tmp_path)


def test_folder_without_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"it has no config\.json"):
        carevoice.load(tmp_path)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="absent: this model folder does not exist"):
        carevoice.load(tmp_path / "absent")


def test_file_instead_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("x", encoding="utf-8")
    with pytest.raises(ModelError, match="is not a folder"):
        carevoice.load(tmp_path / "model")


@pytest.mark.parametrize("options", [{"engine": "tensorflow"}, {"threshold": 1.5}, {"threads": 0}])
def test_load_refuses_bad_options(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        carevoice.load(**options)  # type: ignore[arg-type]
