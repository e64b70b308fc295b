"""Writes the network as an ONNX graph, in fp32 or with int8 weights.

The graph is put together by hand rather than traced, for two reasons: it uses the fused attention and normalisation
operators of ONNX Runtime directly, and its int8 form scales activations row by row (one scale per token). The usual
dynamic quantisation has one scale for the whole batch, so that a comment's scores would depend on its neighbours.

Input: ``ids`` [B, L] int64 (padding is 1). Outputs: ``themes`` [B, T], ``polarity`` [B, T, 4],
``sentiment`` [B, 4], ``level`` [B, 5], ``alert`` [B].
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from carevoice.model.weights import CODES, SCALE, WORDS, Arrays, unpack
from carevoice.results import POLARITIES, SENTIMENTS

FloatArray = npt.NDArray[np.float32]
OPSET = 21
_CONTRIB = "com.microsoft"
_MASKED = -10000.0
_PAD = 1
_BLOCK = 32
_GELU_LEAST = 0.17


class _Graph:
    """Collects nodes and constants; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def op(
        self,
        kind: str,
        inputs: Sequence[str],
        *,
        domain: str = "",
        outputs: Sequence[str] = (),
        **attributes: Any,  # noqa: ANN401  (as in ONNX)
    ) -> str:
        names = list(outputs) or [f"{kind}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names[0]

    def integers(self, *values: int) -> str:
        return self.constant("i_" + "_".join(map(str, values)), np.array(values, np.int64))

    def scalar(self, value: float) -> str:
        return self.constant(f"f_{value}", np.array(value, np.float32))


class _Int8:
    """int8 products with a scale per token and per output channel, written in ONNX operators."""

    def __init__(self, graph: _Graph, packed: Arrays) -> None:
        self.graph = graph
        self.packed = packed
        self.rows: dict[str, tuple[str, str]] = {}

    def _quantised(self, x: str, least: float | None) -> tuple[str, str]:
        """Activations [N, in] as uint8 around 128 and their scales [N, 1]; no activation is below ``-least``."""
        if x not in self.rows:
            g = self.graph
            # Where a row can't go far below zero, its largest value says enough.
            size = x if least else g.op("Abs", [x])
            top = g.op("ReduceMax", [size, g.integers(1)], keepdims=0)
            scale = g.op("Mul", [g.op("Max", [top, g.scalar(least or 1e-10)]), g.scalar(1 / 127)])
            zero = g.op("Expand", [g.constant("zero_point", np.array(128, np.uint8)), g.op("Shape", [scale])])
            codes = g.op("QuantizeLinear", [x, scale, zero], axis=0)
            self.rows[x] = codes, g.op("Unsqueeze", [scale, g.integers(1)])
        return self.rows[x]

    def product(self, x: str, name: str, least: float | None = None) -> str:
        """Rows ``x``, all of them above ``-least`` if given, times the stored matrix ``name``, without bias."""
        g = self.graph
        codes, scale = self._quantised(x, least)
        product = g.op(
            "MatMulIntegerToFloat",
            [
                codes,
                g.constant(name + CODES, self.packed[name + CODES]),
                g.scalar(1.0),
                g.constant(name + SCALE, self.packed[name + SCALE]),
                g.constant("zero_point", np.array(128, np.uint8)),
            ],
            domain=_CONTRIB,
        )
        return g.op("Mul", [product, scale])

    def words(self, shape: str) -> str:
        """Embeddings [B, L, H] of the token ids."""
        g = self.graph
        codes = g.op("Gather", [g.constant(WORDS + CODES, self.packed[WORDS + CODES]), "ids"])
        scales = g.op("Gather", [g.constant(WORDS + SCALE, self.packed[WORDS + SCALE]), "ids"])
        scales = g.op("Unsqueeze", [g.op("Cast", [scales], to=TensorProto.FLOAT), g.integers(-1)])
        blocks = g.op("Concat", [g.op("Shape", ["ids"]), g.integers(-1, _BLOCK)], axis=0)
        values = g.op("Reshape", [g.op("Cast", [codes], to=TensorProto.FLOAT), blocks])
        return g.op("Reshape", [g.op("Mul", [values, scales]), shape])


class _Fp32:
    """The same products in fp32."""

    def __init__(self, graph: _Graph, state: Mapping[str, FloatArray]) -> None:
        self.graph = graph
        self.state = state

    def product(self, x: str, name: str, least: float | None = None) -> str:  # noqa: ARG002  (as in _Int8)
        return self.graph.op("MatMul", [x, self.graph.constant(name, self.state[name].T)])

    def words(self, shape: str) -> str:  # noqa: ARG002  (as in _Int8)
        return self.graph.op("Gather", [self.graph.constant(WORDS, self.state[WORDS]), "ids"])


def build_fp32(state: Mapping[str, FloatArray], *, attention_heads: int, epsilon: float) -> onnx.ModelProto:
    """The graph of a ``CommentNetwork`` whose ``state_dict`` is ``state``, in fp32 throughout."""
    graph = _Graph()
    return _build(graph, _Fp32(graph, state), state, attention_heads, epsilon)


def build_int8(packed: Arrays, *, attention_heads: int, epsilon: float) -> onnx.ModelProto:
    """The graph over the stored tensors of ``carevoice.model.weights.pack``."""
    graph = _Graph()
    return _build(graph, _Int8(graph, packed), unpack(packed), attention_heads, epsilon)


def share_weights(model: onnx.ModelProto, offsets: Mapping[str, tuple[int, int]], file: str) -> None:
    """Let the constants named in ``offsets`` (byte offset, length) be read from ``file`` beside the graph."""
    for tensor in model.graph.initializer:
        if tensor.name in offsets and tensor.raw_data:
            offset, length = offsets[tensor.name]
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", file), ("offset", str(offset)), ("length", str(length))):
                tensor.external_data.add(key=key, value=value)


def safetensors_offsets(path: Path) -> dict[str, tuple[int, int]]:
    """Byte offset and length of every tensor in a safetensors file (format: https://github.com/huggingface/safetensors)."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    base = 8 + size
    return {
        name: (base + entry["data_offsets"][0], entry["data_offsets"][1] - entry["data_offsets"][0])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def _build(
    g: _Graph, weights: "_Int8 | _Fp32", state: Mapping[str, FloatArray], attention_heads: int, epsilon: float
) -> onnx.ModelProto:
    encoder = {k.removeprefix("encoder."): v for k, v in state.items() if k.startswith("encoder.")}
    heads = {k.removeprefix("heads."): v for k, v in state.items() if k.startswith("heads.")}
    hidden = encoder["embeddings.LayerNorm.weight"].shape[0]

    def product(x: str, name: str, least: float | None = None) -> str:
        return weights.product(x, f"encoder.{name}.weight", least)

    def vector(name: str) -> str:
        return g.constant(name, encoder[name])

    shape = g.op("Shape", ["ids"])
    length = g.op("Gather", [shape, g.integers(1)])
    real = g.op("Not", [g.op("Equal", ["ids", g.integers(_PAD)])])
    mask = g.op("Cast", [real], to=TensorProto.INT32)
    tokens3d = g.op("Concat", [shape, g.integers(hidden)], axis=0)
    rows2d = g.integers(-1, hidden)

    words = weights.words(tokens3d)
    # All tokens are of type 0.
    at_place = encoder["embeddings.position_embeddings.weight"] + encoder["embeddings.token_type_embeddings.weight"][:1]
    places = g.op("Slice", [g.constant("places", at_place), g.integers(0), length, g.integers(0)])
    summed = g.op("Add", [words, places])
    x = g.op(
        "LayerNormalization",
        [summed, vector("embeddings.LayerNorm.weight"), vector("embeddings.LayerNorm.bias")],
        epsilon=epsilon,
        axis=-1,
    )
    x = g.op("Reshape", [x, rows2d])

    def normalised(change: str, x: str, name: str) -> str:
        norm = name.rsplit(".", 1)[0] + ".LayerNorm"
        # The fused SkipLayerNormalization is slower on CPUs than its parts.
        summed = g.op("Add", [g.op("Add", [change, vector(name + ".bias")]), x])
        return g.op(
            "LayerNormalization", [summed, vector(norm + ".weight"), vector(norm + ".bias")], epsilon=epsilon, axis=-1
        )

    layers = 1 + max(int(name.split(".")[2]) for name in encoder if name.startswith("encoder.layer."))
    for layer in range(layers):
        at = f"encoder.layer.{layer}."
        parts = [at + f"attention.self.{part}" for part in ("query", "key", "value")]
        qkv = [g.op("Reshape", [product(x, part), tokens3d]) for part in parts]
        bias = g.constant(at + "qkv.bias", np.concatenate([encoder[p + ".bias"] for p in parts]))
        context = g.op(
            "MultiHeadAttention",
            [*qkv, bias, mask],
            domain=_CONTRIB,
            num_heads=attention_heads,
            mask_filter_value=_MASKED,
        )
        context = g.op("Reshape", [context, rows2d])
        dense = at + "attention.output.dense"
        x = normalised(product(context, dense), x, dense)
        dense = at + "intermediate.dense"
        # Gelu after Add is faster than BiasGelu, and never below -0.17.
        inner = g.op("Gelu", [g.op("Add", [product(x, dense), vector(dense + ".bias")])], domain=_CONTRIB)
        dense = at + "output.dense"
        x = normalised(product(inner, dense, _GELU_LEAST), x, dense)

    x = g.op("Reshape", [x, tokens3d])
    _heads(g, heads, x, real)
    return _model(g, heads["theme_local"].shape[0])


def _heads(g: _Graph, heads: Mapping[str, FloatArray], tokens: str, real: str) -> None:
    def vector(name: str) -> str:
        return g.constant("heads." + name, heads[name])

    themes, hidden = heads["theme_local"].shape
    tokens = g.op("Mul", [g.op("Sub", [tokens, vector("token_mean")]), vector("token_scale")])
    weights = g.op("Unsqueeze", [g.op("Cast", [real], to=TensorProto.FLOAT), g.integers(-1)])  # [B, L, 1]
    blocked = g.op("Mul", [g.op("Sub", [weights, g.scalar(1.0)]), g.scalar(-_MASKED)])
    scores = g.op("Add", [g.op("MatMul", [tokens, g.constant("heads.queryT", heads["query"].T)]), blocked])
    attention = g.op("Transpose", [g.op("Softmax", [scores], axis=1)], perm=[0, 2, 1])
    pooled = g.op("Transpose", [g.op("MatMul", [attention, tokens])], perm=[1, 0, 2])  # [T+2, B, H]
    summed = g.op("ReduceSum", [g.op("Mul", [tokens, weights]), g.integers(1)], keepdims=0)
    mean = g.op("Div", [summed, g.op("ReduceSum", [weights, g.integers(1)], keepdims=0)])  # [B, H]

    # Presence is one more row beside the polarity rows, so that one product per theme gives both.
    shared = np.broadcast_to(heads["polarity_shared.weight"], (themes, len(POLARITIES), hidden))
    local_weight = np.concatenate([heads["theme_local"][:, None], shared + heads["polarity_theme"]], 1)
    local = g.op("Slice", [pooled, g.integers(0), g.integers(themes), g.integers(0)])
    local = g.op("MatMul", [local, g.constant("heads.local", local_weight.transpose(0, 2, 1))])
    local = g.op("Transpose", [local], perm=[1, 0, 2])  # [B, T, 5]
    presence, polarity = "presence", "polarity_local"
    g.op("Split", [local, g.integers(1, len(POLARITIES))], outputs=[presence, polarity], axis=2)

    overall = g.op("Gemm", [mean, vector("theme_global.weight"), vector("theme_global.bias")], transB=1)
    g.op("Add", [g.op("Squeeze", [presence, g.integers(2)]), overall], outputs=["themes"])
    bias = g.constant("heads.polarity", heads["polarity_bias"] + heads["polarity_shared.bias"])
    g.op("Add", [polarity, bias], outputs=["polarity"])

    def with_mean(k: int) -> str:
        return g.op("Concat", [g.op("Gather", [pooled, g.constant(f"k_{k}", np.array(k, np.int64))]), mean], axis=1)

    both = g.op("Gemm", [with_mean(themes), vector("sentiment.weight"), vector("sentiment.bias")], transB=1)
    cut = len(SENTIMENTS)
    total = heads["sentiment.bias"].shape[0]
    g.op("Split", [both, g.integers(cut, total - cut)], outputs=["sentiment", "level"], axis=1)
    alert = g.op("Gemm", [with_mean(themes + 1), vector("alert.weight"), vector("alert.bias")], transB=1)
    g.op("Squeeze", [alert, g.integers(1)], outputs=["alert"])


def _model(g: _Graph, themes: int) -> onnx.ModelProto:
    def value(name: str, kind: int, *shape: str | int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    graph = helper.make_graph(
        g.nodes,
        "carevoice",
        [value("ids", TensorProto.INT64, "B", "L")],
        [
            value("themes", TensorProto.FLOAT, "B", themes),
            value("polarity", TensorProto.FLOAT, "B", themes, len(POLARITIES)),
            value("sentiment", TensorProto.FLOAT, "B", len(SENTIMENTS)),
            value("level", TensorProto.FLOAT, "B", "levels"),
            value("alert", TensorProto.FLOAT, "B"),
        ],
        list(g.constants.values()),
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_CONTRIB, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)
