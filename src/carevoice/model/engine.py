"""Engines run the network on padded batches: ONNX Runtime by default, torch as the second."""

import os
from dataclasses import dataclass
from types import ModuleType
from typing import Final, Literal, Protocol, cast

import numpy as np
import numpy.typing as npt

from carevoice.errors import InputError, MissingExtraError, ModelError
from carevoice.model.folder import GRAPH, WEIGHTS, ModelFolder

EngineName = Literal["onnx", "torch"]
OUTPUTS: Final = ("themes", "polarity", "sentiment", "level", "alert")
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RawOutputs:
    """Logits of B windows over T themes."""

    themes: FloatArray  # [B, T]
    polarity: FloatArray  # [B, T, 4], in the order of POLARITIES
    sentiment: FloatArray  # [B, 4], in the order of SENTIMENTS
    level: FloatArray  # [B, 5], very negative to very positive
    alert: FloatArray  # [B]


class Engine(Protocol):
    """Runs batches; may be called from several threads."""

    def run(self, ids: IntArray) -> RawOutputs:
        """Logits for token ids [B, L], padded with PAD."""
        ...


class OnnxEngine:
    """int8 on ONNX Runtime. Each call runs on the calling thread alone: batches are what is run side by side."""

    def __init__(self, folder: ModelFolder) -> None:
        ort = _silent_onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The graph is written with fused operators; only constant folding and the like is left to do.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        try:
            self._session = ort.InferenceSession(folder.file(GRAPH), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(f"{folder.file(GRAPH)}: ONNX Runtime can't run this model ({error})") from error

    def run(self, ids: IntArray) -> RawOutputs:
        return RawOutputs(*self._session.run(list(OUTPUTS), {"ids": ids}))


def _silent_onnxruntime() -> ModuleType:
    """ONNX Runtime without its telemetry.

    From 1.29 on, it reports to its maker from Linux and macOS as well, and writes an identifier of the machine as soon
    as it is imported, unless a variable says otherwise (microsoft/onnxruntime, pull request 27379). Those versions are
    not installed with CareVoice, but may be there.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # on Windows, which has had it for longer
    return cast("ModuleType", onnxruntime)


class TorchEngine:
    """fp32 on torch, from the same stored weights."""

    def __init__(self, folder: ModelFolder) -> None:
        try:
            import torch
            from transformers import BertConfig

            from carevoice.model.network import CommentNetwork
        except ModuleNotFoundError as error:
            raise MissingExtraError('engine="torch"', "torch") from error
        from safetensors.numpy import load_file

        from carevoice.model.weights import unpack

        self._torch = torch
        network = CommentNetwork(BertConfig(**folder.config.encoder), len(folder.config.taxonomy))
        state = {name: torch.from_numpy(value) for name, value in unpack(load_file(folder.file(WEIGHTS))).items()}
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise ModelError(f"{folder.file(WEIGHTS)}: the weights don't fit the network of the config") from error
        self._network = network.eval()

    def run(self, ids: IntArray) -> RawOutputs:
        from carevoice.model.windows import PAD

        torch = self._torch
        with torch.inference_mode():
            logits = self._network(torch.from_numpy(ids), torch.from_numpy((ids != PAD).astype(np.int64)))
        return RawOutputs(*(getattr(logits, name).numpy() for name in OUTPUTS))


def load_engine(name: str, folder: ModelFolder) -> Engine:
    """Start an engine by name. Raises InputError for an unknown one, ModelError for a folder it can't run."""
    if name == "onnx":
        return OnnxEngine(folder)
    if name == "torch":
        return TorchEngine(folder)
    raise InputError(f"engine {name!r} is not known: use 'onnx' or 'torch'")
