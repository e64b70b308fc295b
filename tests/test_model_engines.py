"""ONNX Runtime and torch say the same."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
from safetensors.numpy import load_file

import carevoice
from carevoice.analysis import Analyzer
from carevoice.model.engine import OUTPUTS, TorchEngine
from carevoice.model.folder import WEIGHTS, open_folder
from carevoice.model.onnx_graph import build_fp32
from carevoice.model.weights import unpack
from carevoice.model.windows import PAD
from carevoice.results import Result

HELDOUT = Path(__file__).parent.parent / "examples" / "corpus"


def comments(language: str) -> tuple[list[str], list[str | None]]:
    with (HELDOUT / f"heldout-{language}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["question"] for row in rows]


def theme_ids(result: Result) -> set[str]:
    return {theme.id for theme in result.themes}


def themes(result: Result) -> set[str]:
    return {str(theme) for theme in result.themes}


def test_onnx_fp32_equals_torch() -> None:
    folder = open_folder()
    encoder = folder.config.encoder
    model = build_fp32(
        unpack(load_file(folder.file(WEIGHTS))),
        attention_heads=encoder["num_attention_heads"],
        epsilon=encoder["layer_norm_eps"],
    )
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    ids = rng.integers(4, encoder["vocab_size"], (6, 40))
    ids[:, 0] = 0
    for row, length in enumerate((40, 31, 22, 13, 4, 2)):
        ids[row, length:] = PAD
    got = session.run(list(OUTPUTS), {"ids": ids})
    expected = TorchEngine(folder).run(ids)
    for name, value in zip(OUTPUTS, got, strict=True):
        assert np.abs(value - getattr(expected, name)).max() < 1e-4, name


def test_int8_gives_the_theme_sets_of_torch(analyzer: Analyzer) -> None:
    torch = carevoice.load(engine="torch", threads=1)
    same: list[tuple[bool, bool]] = []
    for language in ("en", "fr", "es"):
        texts, questions = comments(language)
        pairs = zip(analyzer.stream(texts, questions), torch.stream(texts, questions), strict=True)
        same += [(theme_ids(a) == theme_ids(b), themes(a) == themes(b)) for a, b in pairs]
    # Of a hundred comments in one language it may be three fewer, so all of them are asked.
    themes_alone, with_polarity = np.mean(same, axis=0)
    assert themes_alone >= 0.93
    assert with_polarity >= 0.91


def test_onnx_runtime_is_told_not_to_report() -> None:
    code = "import os, carevoice; carevoice.load(); print(os.environ['ORT_DISABLE_TELEMETRY'])"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == "1\n"
