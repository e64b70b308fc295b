"""The stored form of the weights."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from carevoice.model.weights import WORDS, pack, quantise, unpack

matrices = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 8), st.integers(1, 40)), elements=st.floats(-100, 100, width=32)
)


@given(matrices)
def test_quantise_is_off_by_half_a_step_at_most(matrix: np.ndarray) -> None:
    codes, scale = quantise(matrix)
    assert np.abs(codes.astype(np.float32) * scale[:, None] - matrix).max() <= scale.max() * 0.5001
    assert np.abs(codes).max() <= 127


def test_unpack_gives_back_the_names_and_nearly_the_values() -> None:
    rng = np.random.default_rng(0)
    attention = "encoder.encoder.layer.0.attention.self."
    state = {
        WORDS: rng.normal(size=(7, 64)).astype(np.float32),
        **{
            f"{attention}{part}.weight": rng.normal(size=(64, 64)).astype(np.float32)
            for part in ("query", "key", "value")
        },
        attention + "query.bias": rng.normal(size=64).astype(np.float32),
        "encoder.encoder.layer.0.intermediate.dense.weight": rng.normal(size=(128, 64)).astype(np.float32),
        "heads.query": rng.normal(size=(3, 64)).astype(np.float32),
    }
    back = unpack(pack(state))
    assert back.keys() == state.keys()
    for name, value in state.items():
        assert back[name].shape == value.shape
        assert np.abs(back[name] - value).max() < 0.02
    assert np.array_equal(back["heads.query"], state["heads.query"])
