"""Hashed character n-grams of words, computed for many words at once with numpy."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from carevoice.language.words import MAX_WORD_LENGTH, squeeze

#: Longest character n-gram, word-boundary marks included.
MAX_ORDER: Final = 5
_START: Final = "\x02"
_END: Final = "\x03"
# Odd 64-bit constants of multiplicative hashing; changing one invalidates every built model.
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FINISH: Final = np.uint64(0xD6E8FEB86659FD93)
_WHOLE: Final = np.uint64(0xA0761D6478BD642F)
_FOLD: Final = np.uint64(32)


def _finish(hashes: NDArray[np.uint64], bits: int) -> NDArray[np.intp]:
    """Bucket numbers below 2**bits from 64-bit hashes."""
    mixed = (hashes ^ (hashes >> _FOLD)) * _FINISH
    return (mixed >> np.uint64(64 - bits)).astype(np.intp)


class WordFeatures:
    """The bucket numbers of the n-grams of a list of words.

    ``starts`` holds, per word, the position of its first character in a flat array of all of them,
    and ``lengths`` how many it has there, both boundary marks included;
    ``grams()`` yields one array per n-gram order over that flat array, in which positions where no
    n-gram starts hold ``2**bits``, one past the last bucket; ``whole`` has one bucket per word.
    """

    def __init__(self, words: Sequence[str], bits: int) -> None:
        """Prepare ``words`` (at least one, none empty)."""
        marked = [f"{_START}{word}{_END}" for word in squeeze(words)]
        self.lengths = np.fromiter(map(len, marked), dtype=np.intp, count=len(marked))
        ends = np.cumsum(self.lengths)
        self.starts: NDArray[np.intp] = ends - self.lengths
        flat = "".join(marked).encode("utf-32-le", "surrogatepass")
        self._codes = np.frombuffer(flat, dtype="<u4").astype(np.uint64)
        self._room = np.repeat(ends, self.lengths) - np.arange(len(self._codes))
        self._bits = bits
        place = _POWERS[MAX_WORD_LENGTH + 2 - self._room]
        self.whole: NDArray[np.intp] = _finish(np.add.reduceat(self._codes * place, self.starts) ^ _WHOLE, bits)

    def grams(self) -> Iterator[NDArray[np.intp]]:
        """Yield the buckets of the n-grams that start at each character, for n from 1 to MAX_ORDER."""
        none = 1 << self._bits
        hashes = np.zeros(len(self._codes), dtype=np.uint64)
        for order in range(1, MAX_ORDER + 1):
            reach = len(self._codes) - order + 1
            hashes *= _STEP
            hashes[:reach] += self._codes[order - 1 :]
            yield np.where(self._room >= order, _finish(hashes + np.uint64(order), self._bits), none)


_POWERS: Final = np.cumprod(np.full(MAX_WORD_LENGTH + 3, _STEP, dtype=np.uint64))
