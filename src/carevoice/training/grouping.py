"""Splits in which no comment, and no near copy of one, is on both sides.

Patients write the same few words again and again, and exports hold rows twice. A model that is measured on what it was
trained on looks better than it is, so that copies and near copies form groups, and groups are split.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from carevoice.errors import InputError
from carevoice.training.data import Example
from carevoice.training.split import normalised

IntArray = npt.NDArray[np.int64]
Parts = tuple[IntArray, IntArray]

#: Texts whose character n-grams, weighed by rarity, have this cosine are near copies.
NEAR: Final = 0.9
_FEATURES: Final = 2**20
_ROUNDING: Final = 1e-6
_PAIRS_AT_ONCE: Final = 2_000_000  # some 50 MB
_COMPARED_AT_ONCE: Final = 20_000
_DRAWS: Final = 20  # splits drawn, of which the one that divides the themes most evenly is taken


class _Union:
    """Sets of numbers that grow together."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def root(self, n: int) -> int:
        while self._parent[n] != n:
            self._parent[n] = self._parent[self._parent[n]]
            n = self._parent[n]
        return n

    def join(self, a: int, b: int) -> None:
        a, b = self.root(a), self.root(b)
        self._parent[max(a, b)] = min(a, b)


def groups(texts: Sequence[str]) -> IntArray:
    """The group number of each text; copies and near copies, and copies of those, have the same one."""
    place: dict[str, int] = {}
    distinct = [place.setdefault(normalised(text), len(place)) for text in texts]
    union = _Union(len(place))
    for a, b in _near_copies(list(place)):
        union.join(a, b)
    _, numbers = np.unique([union.root(n) for n in distinct], return_inverse=True)
    return np.asarray(numbers, np.int64)


def split(examples: Sequence[Example], grouped: IntArray, share: float, seed: int) -> Parts:
    """Rows to train on and about ``share`` of all rows to hold out, whole groups each.

    Of some seeded draws the one that divides the themes most evenly is taken. Raises InputError if there are not two
    groups.
    """
    from sklearn.model_selection import GroupShuffleSplit

    _needs(2, grouped)
    drawn = GroupShuffleSplit(_DRAWS, test_size=share, random_state=seed).split(grouped, groups=grouped)
    present = _presence(examples)
    return min(((a, b) for a, b in drawn), key=lambda parts: _unevenness(present, parts[1], share))


def folds(examples: Sequence[Example], grouped: IntArray, count: int, seed: int) -> list[Parts]:
    """``count`` pairs of rows to train on and rows to test on; every row is tested on once, groups stay whole.

    There are fewer where there are fewer groups. Raises InputError if there are not two groups.
    """
    from sklearn.model_selection import GroupKFold

    _needs(2, grouped)
    count = min(count, int(grouped.max()) + 1)
    present = _presence(examples)

    def draws() -> Iterator[list[Parts]]:
        for n in range(_DRAWS):
            drawn = GroupKFold(count, shuffle=True, random_state=seed + n).split(grouped, groups=grouped)
            yield [(np.asarray(a, np.int64), np.asarray(b, np.int64)) for a, b in drawn]

    return min(draws(), key=lambda parts: sum(_unevenness(present, test, 1 / count) for _, test in parts))


def _needs(count: int, grouped: IntArray) -> None:
    if len(set(grouped.tolist())) < count:
        raise InputError(
            "all comments are copies or near copies of one another, so that none can be held out: give other comments"
        )


def _presence(examples: Sequence[Example]) -> npt.NDArray[np.float64]:
    """Which of its themes each example has [N, T], and a last column of ones that counts examples."""
    column: dict[str, int] = {}
    for example in examples:
        for theme, _ in example.themes:
            column.setdefault(theme, len(column))
    present = np.zeros((len(examples), len(column) + 1))
    present[:, -1] = 1
    for n, example in enumerate(examples):
        for theme, _ in example.themes:
            present[n, column[theme]] = 1
    return present


def _unevenness(present: npt.NDArray[np.float64], rows: IntArray, share: float) -> float:
    """How far the themes' parts in ``rows`` are from ``share``; rare themes and the number of rows count as much."""
    return float(np.square(present[rows].sum(0) / present.sum(0) - share).sum())


def _near_copies(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of distinct texts that are near copies.

    Not every pair is compared. A text's rarest n-grams, taken until the rest are shorter than NEAR as a vector, are
    its prefix: two texts whose prefixes share nothing can't be near copies (Bayardo et al. 2007, "Scaling up all pairs
    similarity search", doi:10.1145/1242572.1242591).
    """
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    if len(texts) < 2:  # noqa: PLR2004
        return
    hashing = HashingVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), n_features=_FEATURES, alternate_sign=False, norm=None, lowercase=False
    )
    vectors = csr_array(TfidfTransformer().fit_transform(hashing.transform(texts)))
    prefixes = _prefixes(vectors)
    transposed = csr_array(prefixes.T)
    met = np.bincount(prefixes.indices, minlength=_FEATURES)
    for start, end in _chunks(prefixes @ met):
        candidates = (prefixes[start:end] @ transposed).tocoo()
        later = candidates.col > candidates.row + start
        left, right = candidates.row[later] + start, candidates.col[later]
        for at in range(0, len(left), _COMPARED_AT_ONCE):
            a, b = (side[at : at + _COMPARED_AT_ONCE] for side in (left, right))
            near = vectors[a].multiply(vectors[b]).sum(1) >= NEAR
            yield from zip(a[near].tolist(), b[near].tolist(), strict=True)


def _prefixes(vectors: Any) -> Any:  # noqa: ANN401  # sparse matrices have no types
    """Ones where a feature belongs to the prefix of a row's unit vector."""
    from scipy.sparse import csr_array

    rows = np.repeat(np.arange(vectors.shape[0]), np.diff(vectors.indptr))
    frequency = np.bincount(vectors.indices, minlength=_FEATURES)[vectors.indices]
    order = np.lexsort((vectors.indices, frequency, rows))
    square = np.square(vectors.data[order])
    before = np.cumsum(square) - square
    first = vectors.indptr[:-1][rows]
    before -= before[first]  # of the features before, those of the same row
    kept = 1 - before >= NEAR**2 - _ROUNDING
    features = vectors.indices[order][kept]
    return csr_array((np.ones(len(features), np.int64), (rows[kept], features)), vectors.shape)


def _chunks(sizes: IntArray) -> Iterator[tuple[int, int]]:
    """Start and end of runs of rows whose ``sizes`` add up to about _PAIRS_AT_ONCE at most."""
    ends = np.cumsum(sizes)
    start = 0
    while start < len(sizes):
        reached = ends[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(ends, reached + _PAIRS_AT_ONCE, side="right")))
        yield start, end
        start = end
