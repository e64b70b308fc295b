"""The folder of the language model: sound as shipped, and loud when damaged."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from carevoice.errors import ModelError
from carevoice.language.ngram import NgramDetector
from carevoice.resources import resource

SHIPPED = resource("models/language-ngram")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "model"))


def edit(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    document = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    change(document)
    (folder / "config.json").write_text(json.dumps(document), encoding="utf-8")


def test_folder_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 2_000_000


def test_folder_copy_loads(folder: Path) -> None:
    assert NgramDetector.load(folder).detect("Très bien").code == "fr"


def test_folder_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"Can't read .*config\.json.*rebuild"):
        NgramDetector.load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors"])
def test_folder_without_a_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"Can't read .*{name}"):
        NgramDetector.load(folder)


def test_folder_with_one_changed_byte(folder: Path) -> None:
    weights = folder / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match=r"weights\.safetensors is damaged: its SHA-256"):
        NgramDetector.load(folder)


def test_folder_with_truncated_weights(folder: Path) -> None:
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="SHA-256"):
        NgramDetector.load(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b'{"format": 1'])
def test_folder_with_broken_configuration(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"config\.json is damaged"):
        NgramDetector.load(folder)


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"format": 99}', b'"text"'])
def test_folder_of_something_else(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ModelError, match="format 1"):
        NgramDetector.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.pop("model"),
        lambda document: document.pop("sha256"),
        lambda document: document["model"].pop("scale"),
        lambda document: document["model"].update(surprise=1),
        lambda document: document["model"].update(bias=[0.0]),
        lambda document: document["model"].update(max_order=9),
        lambda document: document["model"].update(bits=10**6),
        lambda document: document["model"].update(groups=[0] * 16),
        lambda document: document["model"].update(train_shares=[1, 0, 0, 0]),
        lambda document: document["model"].update(scale="big"),
        lambda document: document["model"].update(bias=None),
        lambda document: document["model"].update(bias=["x"] * 16),
        lambda document: document.update(model=[1, 2]),
    ],
)
def test_folder_with_impossible_configuration(folder: Path, change: Callable[[dict[str, object]], object]) -> None:
    edit(folder, change)
    with pytest.raises(ModelError, match="is not a language model's"):
        NgramDetector.load(folder)


def test_folder_with_table_of_another_size(folder: Path) -> None:
    edit(folder, lambda document: document["model"].update(bits=12))  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match="int8 table of shape"):
        NgramDetector.load(folder)


def test_language_import_is_light() -> None:
    code = "import sys, carevoice.language; print([m for m in ('numpy', 'langdetect', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
