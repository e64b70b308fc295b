"""From texts to logits: tokens, windows, batches of like length, and one set of logits per text again."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tokenizers import Tokenizer

from carevoice.errors import ModelError
from carevoice.model.casing import calm
from carevoice.model.clauses import ClauseSpec, clauses
from carevoice.model.engine import OUTPUTS, Engine, FloatArray, IntArray, RawOutputs
from carevoice.model.folder import TOKENIZER, ModelFolder
from carevoice.model.pieces import Pieces
from carevoice.model.windows import PAD, WindowSpec, split

_TOKENS_PER_BATCH = 512  # padded; small enough to stay in the processor's cache, large enough to feed its units


def load_tokenizer(folder: ModelFolder) -> Tokenizer:
    """The folder's tokenizer. Raises ModelError if it can't be read."""
    try:
        return Tokenizer.from_file(str(folder.file(TOKENIZER)))
    except Exception as error:  # the library raises a bare Exception
        raise ModelError(f"{folder.file(TOKENIZER)}: can't be read ({error})") from error


class Runtime:
    """Runs an engine over texts of any length; results don't depend on which texts come together."""

    def __init__(
        self, tokenizer: Tokenizer, engine: Engine, windows: WindowSpec, clause: ClauseSpec, threads: int
    ) -> None:
        self._pieces = Pieces(tokenizer)
        self._engine = engine
        self._windows = windows
        self._clause = clause
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def logits(self, texts: Sequence[str], questions: Sequence[int]) -> RawOutputs:
        """Logits for N texts and their question indices, in order; N must be at least 1."""
        texts = [calm(text) for text in texts]
        pieces = list(texts)
        asked = list(questions)
        parent: list[int] = []  # of each clause, which come after the texts
        for number, text in enumerate(texts):
            parts = clauses(text, self._clause)
            pieces += parts
            parent += [number] * len(parts)
        asked += [questions[k] for k in parent]
        raw = self._read(pieces, asked)
        if not parent:
            return raw
        return _with_clauses(raw, np.array(parent), len(texts), self._clause.weight)

    def _read(self, texts: Sequence[str], questions: Sequence[int]) -> RawOutputs:
        """Logits for texts of any length, in windows where they are long."""
        windows: list[Sequence[int]] = []
        owner: list[int] = []
        for number, ids in enumerate(self._pieces.ids(texts, questions)):
            parts = split(ids, self._windows, self._pieces.lead(questions[number]))
            windows += parts
            owner += [number] * len(parts)
        raw = self._run(windows)
        if len(windows) == len(texts):
            return raw
        return _combined(raw, np.array(owner), np.array([len(w) for w in windows]), len(texts))

    def _run(self, windows: Sequence[Sequence[int]]) -> RawOutputs:
        order = sorted(range(len(windows)), key=lambda k: len(windows[k]))
        groups = list(_groups([len(windows[k]) for k in order]))

        def run(group: tuple[int, int]) -> RawOutputs:
            rows = order[group[0] : group[1]]
            ids = np.full((len(rows), len(windows[rows[-1]])), PAD, np.int64)
            for line, k in zip(ids, rows, strict=True):
                line[: len(windows[k])] = windows[k]
            return self._engine.run(ids)

        groups.reverse()  # the longest first, so that no thread ends with a big one
        parts = list(self._pool.map(run, groups) if self._pool and len(groups) > 1 else map(run, groups))
        parts.reverse()
        back = np.argsort(order)
        return RawOutputs(*(np.concatenate([getattr(part, name) for part in parts])[back] for name in OUTPUTS))


def _groups(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of batches over ascending lengths."""
    start = 0
    for end, length in enumerate(lengths):
        if end > start and length * (end - start + 1) > _TOKENS_PER_BATCH:
            yield start, end
            start = end
    yield start, len(lengths)


def _combined(raw: RawOutputs, owner: IntArray, lengths: IntArray, count: int) -> RawOutputs:
    """One set of logits per text from those of its windows.

    The strongest window decides presence and alert, polarity is that of the windows where the theme is, and sentiment
    weighs windows by their length.
    """
    starts = np.searchsorted(owner, np.arange(count))
    presence = np.exp(np.minimum(raw.themes, 30.0))[:, :, None]
    weight = lengths[:, None].astype(np.float32)

    def mean(values: FloatArray, weights: FloatArray) -> FloatArray:
        total = np.add.reduceat(values * weights, starts) / np.add.reduceat(weights, starts)
        return np.asarray(total, np.float32)

    return RawOutputs(
        np.maximum.reduceat(raw.themes, starts),
        mean(raw.polarity, presence),
        mean(raw.sentiment, weight),
        mean(raw.level, weight),
        np.maximum.reduceat(raw.alert, starts),
    )


def _with_clauses(raw: RawOutputs, parent: IntArray, count: int, weight: float) -> RawOutputs:
    """The logits of ``count`` texts, those that were also read by clause mixed with their clauses' (which follow them).

    A theme is as present as in its clearest clause; its polarity is that of the clauses that it is in.
    """
    starts = np.flatnonzero(np.diff(parent, prepend=-1))
    whole = parent[starts]
    themes, polarity = raw.themes[:count].copy(), raw.polarity[:count].copy()
    presence = np.exp(np.minimum(raw.themes[count:], 30.0))[:, :, None]
    strongest = np.maximum.reduceat(raw.themes[count:], starts)
    said = np.add.reduceat(raw.polarity[count:] * presence, starts) / np.add.reduceat(presence, starts)
    themes[whole] = (1 - weight) * themes[whole] + weight * strongest
    polarity[whole] = (1 - weight) * polarity[whole] + weight * said
    return RawOutputs(themes, polarity, raw.sentiment[:count], raw.level[:count], raw.alert[:count])
