"""The one stored form of a network's weights: int8 matrices with fp32 scales, everything else fp32, in safetensors.

Both engines read it: ONNX Runtime maps the int8 matrices straight from the file, torch gets them multiplied out.
Matrices of the encoder have one scale per output channel; word embeddings have one per 32 values, which keeps
the 4-bit blocks that they come from.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]

WORDS = "encoder.embeddings.word_embeddings.weight"
CODES, SCALE = ".int8", ".scale"
_BLOCK = 32


def is_matrix(name: str) -> bool:
    """Whether a parameter of the network is one of the encoder's big matrices."""
    return name.startswith("encoder.encoder.layer.") and name.endswith(".weight") and "LayerNorm" not in name


def quantise(rows: FloatArray) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """Symmetric int8 of a matrix [rows, n] and the scale of each row [rows]."""
    scale = np.maximum(np.abs(rows).max(1), 1e-12) / 127
    return np.clip(np.rint(rows / scale[:, None]), -127, 127).astype(np.int8), scale.astype(np.float32)


def pack(state: Mapping[str, FloatArray]) -> dict[str, npt.NDArray[Any]]:
    """Stored tensors of a ``CommentNetwork``'s state; int8 matrices are stored [in, out], as ONNX multiplies."""
    packed: dict[str, npt.NDArray[Any]] = {}
    for name, value in state.items():
        if name == WORDS:
            codes, scale = quantise(value.reshape(-1, _BLOCK))
            packed[name + CODES] = codes.reshape(value.shape)
            packed[name + SCALE] = scale.reshape(len(value), -1).astype(np.float16)
        elif is_matrix(name):
            codes, packed[name + SCALE] = quantise(value)
            packed[name + CODES] = np.ascontiguousarray(codes.T)
        else:
            packed[name] = value.astype(np.float32) if value.dtype.kind == "f" else value
    return packed


def unpack(packed: Arrays) -> dict[str, FloatArray]:
    """The state that ``pack`` was given, but for rounding."""
    state: dict[str, FloatArray] = {}
    for stored, value in packed.items():
        if stored.endswith(SCALE):
            continue
        if not stored.endswith(CODES):
            state[stored] = value
            continue
        name = stored.removesuffix(CODES)
        scale = packed[name + SCALE].astype(np.float32)
        if name == WORDS:
            blocks = value.reshape(*scale.shape, _BLOCK).astype(np.float32) * scale[..., None]
            state[name] = blocks.reshape(value.shape)
        else:
            state[name] = np.ascontiguousarray(value.T.astype(np.float32) * scale[:, None])
    return state
