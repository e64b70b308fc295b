"""Bootstrap over comments: how far a figure would move if other comments had been drawn from the same well."""

import random
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

ROUNDS: Final = 1000
SEED: Final = 0
#: Share of the rounds that an interval covers.
CONFIDENCE: Final = 0.95

_CELLS: Final = 4_000_000  # weights that are held at once: 32 MB


def weights(count: int, rounds: int = ROUNDS, seed: int = SEED) -> Iterator[FloatArray]:
    """How often each of ``count`` comments is drawn, in blocks [rounds of the block, count].

    Comments are drawn as Python's ``random.Random(seed).choices`` draws them, which any script can repeat; numpy
    goes on from the state of that generator because it draws many at once.
    """
    _, state, _ = random.Random(seed).getstate()  # noqa: S311  # not for secrets
    bits = np.random.MT19937()
    bits.state = {"bit_generator": "MT19937", "state": {"key": np.array(state[:-1], np.uint32), "pos": state[-1]}}
    rng = np.random.Generator(bits)
    together = max(1, _CELLS // max(count, 1))
    for start in range(0, rounds, together):
        block = np.empty((min(together, rounds - start), count))
        for row in block:
            row[:] = np.bincount((rng.random(count) * count).astype(np.int64), minlength=count)
        yield block


def interval(samples: FloatArray) -> tuple[float, float]:
    """The middle 95 % of the samples of a figure."""
    ordered, tail = np.sort(samples), (1 - CONFIDENCE) / 2
    low = int(round(tail * len(ordered), 6))
    high = max(0, int(round((1 - tail) * len(ordered), 6)) - 1)
    return float(ordered[low]), float(ordered[high])
