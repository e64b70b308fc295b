"""The shipped detector: a log-linear model over hashed character n-grams of words.

A text's score for a class is the sum of its words' scores, and a word's is the sum of one small whole
number per n-gram. Sums of whole numbers are exact, so a text's answer can't depend on what else was
scored with it; and a word that comes back is scored once per chunk, which is where the speed is from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from carevoice.language.features import WordFeatures
from carevoice.language.folder import LanguageModelConfig, read_folder
from carevoice.language.prior import PRIOR_CODES, LanguagePrior
from carevoice.language.words import is_foreign_script, normalise, split_words
from carevoice.resources import resource
from carevoice.results import Language

#: Texts scored together: a word that comes back in them is scored once.
_CHUNK: Final = 2048
_CHUNK_LETTERS: Final = 1_000_000
#: Words scored at once, which bounds memory whatever the length of a text.
_WORD_CHUNK: Final = 16384
_UNKNOWN: Final = Language("und", 0.0)
_FOREIGN: Final = Language("other", 1.0)


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the runs of texts that are scored together, bounded in number and in letters."""
    start = size = 0
    for end, text in enumerate(texts):
        if end - start == _CHUNK or (size + len(text) > _CHUNK_LETTERS and end > start):
            yield texts[start:end]
            start, size = end, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]


@dataclass(frozen=True, slots=True)
class NgramDetector:
    """Detector of English, French and Spanish that refuses other languages.

    ``table`` is an int8 array of shape (2**bits + 1, classes) whose last row is zero. Instances are
    immutable and hold no other state, so threads can share one.
    """

    config: LanguageModelConfig
    table: NDArray[np.int8]

    @classmethod
    def load(cls, path: Path | None = None) -> NgramDetector:
        """Load a model folder (None: the shipped one); ModelError says what is wrong with a damaged one."""
        config, weights = read_folder(path if path is not None else resource("models/language-ngram"))
        return cls(config, np.vstack([weights, np.zeros((1, weights.shape[1]), dtype=np.int8)]))

    def detect(self, text: str) -> Language:
        """Return the language of one text and its probability; ``und`` has confidence 0."""
        return self.detect_batch((text,))[0]

    def detect_batch(self, texts: Sequence[str], prior: LanguagePrior | None = None) -> list[Language]:
        """Return one language per text; with ``prior``, unclear texts lean to the file's languages."""
        shares = (prior or LanguagePrior()).shares
        answers: list[Language] = []
        for chunk in _chunks(texts):
            answers += self._detect_chunk(chunk, shares)
        return answers

    def _detect_chunk(self, texts: Sequence[str], shares: tuple[float, ...]) -> list[Language]:
        answers = [_UNKNOWN] * len(texts)
        words: list[str] = []
        rows: list[int] = []
        starts: list[int] = []
        for row, text in enumerate(texts):
            normalised = normalise(text)
            if is_foreign_script(normalised):
                answers[row] = _FOREIGN
            elif found := split_words(normalised):
                rows.append(row)
                starts.append(len(words))
                words += found
        if rows:
            numbers = {word: number for number, word in enumerate(dict.fromkeys(words))}
            tokens = list(map(numbers.__getitem__, words))
            scores = self._word_scores(list(numbers))
            sums = np.add.reduceat(scores[tokens], starts, axis=0)
            lengths = np.diff(starts, append=len(words))
            codes, confidences = self._decide(sums, lengths, shares)
            for row, code, confidence in zip(rows, codes, confidences, strict=True):
                answers[row] = Language(PRIOR_CODES[code], confidence)
        return answers

    def _word_scores(self, words: list[str]) -> NDArray[np.int64]:
        """Scores of words, shape (words, classes), in units of ``config.scale``."""
        parts: list[NDArray[np.int64]] = []
        for start in range(0, len(words), _WORD_CHUNK):
            features = WordFeatures(words[start : start + _WORD_CHUNK], self.config.bits)
            gathered = np.zeros((int(features.lengths.sum()), self.table.shape[1]), dtype=np.int16)
            for buckets in features.grams():
                gathered += self.table[buckets]
            parts.append(np.add.reduceat(gathered, features.starts, axis=0, dtype=np.int64))
            parts[-1] += self.table[features.whole]
        return parts[0] if len(parts) == 1 else np.vstack(parts)

    def _decide(
        self, sums: NDArray[np.int64], lengths: NDArray[np.int64], shares: tuple[float, ...]
    ) -> tuple[list[int], list[float]]:
        """Codes (positions in PRIOR_CODES) and probabilities from summed scores of shape (texts, classes)."""
        config = self.config
        words = lengths.astype(np.float64)
        sharpness = config.sharpness * words**config.length_exponent
        scale = config.scale / words**config.damping
        # One contiguous row per class, and sums spelt out class by class: each text's numbers then come
        # from the same operations in the same order wherever it stands in the batch.
        logits = (sums.T * scale + np.array(config.bias)[:, np.newaxis]) * sharpness
        likelihoods = np.exp(logits - logits.max(axis=0))
        masses = np.zeros((len(PRIOR_CODES), len(lengths)))
        for group, likelihood in zip(config.groups, likelihoods, strict=True):
            masses[group] += likelihood
        total = np.zeros(len(lengths))
        for group, (share, trained) in enumerate(zip(shares, config.train_shares, strict=True)):
            masses[group] *= share / trained
            total += masses[group]
        # Rounding hides what vectorised exponentials may differ by between places in an array.
        posteriors = np.round(masses / total, 6)
        best = posteriors.argmax(axis=0)
        return best.tolist(), posteriors[best, np.arange(len(lengths))].tolist()
