#!/usr/bin/env python3
r"""Build the language model that ships in ``models/language-ngram``.

    OMP_NUM_THREADS=1 python tools/build_language_model.py \
        --corpus DATA/train-*.csv DATA/unlabelled-en.csv

Needs wordfreq, django and scipy besides numpy. The corpus files (columns ``language`` and ``text``)
teach English, French and Spanish as patients write them; the word frequencies of wordfreq teach the
words they lack; those and the translations inside Django stand for the languages to refuse. Texts
that ``is_heldout`` picks are measured on only. Every draw is seeded.
"""

import argparse
import csv
import gettext
import hashlib
import re
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Final

import django  # type: ignore[import-untyped]
import numpy as np
import wordfreq
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from carevoice.language.features import MAX_ORDER, WordFeatures
from carevoice.language.folder import LanguageModelConfig, write_folder
from carevoice.language.words import is_foreign_script, normalise, split_words
from carevoice.training.split import is_heldout

VERSION: Final = "1.0.0"
#: Classes of the model and the languages that teach each, by wordfreq and Django codes. The neighbours
#: of the served languages get classes of their own; the last gathers languages that share little.
CLASSES: Final[dict[str, tuple[str, ...]]] = {
    "en": ("en",),
    "fr": ("fr",),
    "es": ("es",),
    "pt": ("pt", "pt_BR", "gl"),
    "it": ("it",),
    "ca": ("ca",),
    "ro": ("ro",),
    "de": ("de", "lb"),
    "nl": ("nl", "af"),
    "scandinavian": ("sv", "da", "nb", "nn", "is"),
    "slavic": ("pl", "cs", "sk", "sl", "hr", "sh", "sr_Latn"),
    "turkic": ("tr", "az", "tk"),
    "eu": ("eu",),
    "malayic": ("fil", "id", "ms"),
    "vi": ("vi",),
    "rest": ("fi", "et", "hu", "lt", "lv", "sq", "cy", "ga", "gd", "br", "eo", "sw"),
}
SERVED: Final = ("en", "fr", "es")
#: Weight of a class in training.
OTHER_WEIGHT: Final = 0.35
BITS: Final = 16
#: How many of the commonest words of a language are used.
LIST_LENGTH: Final = 60_000
#: A text's sum is divided by its number of words to this power: long texts repeat much the same evidence.
DAMPING: Final = 0.5
Words = list[str]


# --- sources ----------------------------------------------------------------------------------------


def read_corpus(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Texts by language, each once, from CSV files with the columns ``language`` and ``text``."""
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, strict=True):
                texts[row["language"]][row["text"]] = None
    return {language: list(texts[language]) for language in SERVED}


def read_django(code: str) -> list[str]:
    """Return the sentences of one translation of Django, without their placeholders and markup."""
    found: dict[str, None] = {}
    messages = f"locale/{code}/LC_MESSAGES/*.mo"
    root = Path(django.__file__).parent
    for path in sorted([*root.glob(f"conf/{messages}"), *root.glob(f"contrib/*/{messages}")]):
        with path.open("rb") as file:
            # The class has no public way to list its messages.
            catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # noqa: SLF001
        for source, target in catalogue.items():
            if source and target != source:
                found[re.sub(r"%\(\w+\)\w|%\w|\{\w*\}|<[^>]*>|&\w+;", " ", target)] = None
    return list(found)


def read_frequencies() -> dict[str, dict[str, float]]:
    """Relative word frequencies of every language that wordfreq has of ours."""
    available = wordfreq.available_languages("best")
    lists = {}
    for codes in CLASSES.values():
        for code in codes:
            if code in available:
                words: dict[str, float] = defaultdict(float)
                # The list runs from the commonest word down.
                for word, frequency in islice(wordfreq.get_frequency_dict(code, "best").items(), LIST_LENGTH):
                    # Contractions fall apart as they do in texts: "l'eau" is "l'" and "eau".
                    for part in split_words(normalise(word)):
                        words[part] += frequency
                lists[code] = dict(words)
    return lists


def own_words(lists: dict[str, dict[str, float]], code: str, times: float) -> dict[str, float]:
    """Words of a language without those that a served one uses more than ``times`` as often."""
    rivals = [lists[served] for served in SERVED if served != code]
    return {
        word: frequency
        for word, frequency in lists[code].items()
        if all(frequency * times >= rival.get(word, 0) for rival in rivals)
    }


# --- samples ----------------------------------------------------------------------------------------


class Samples:
    """Bags of words with a class and a weight, gathered for training or measuring."""

    def __init__(self) -> None:
        """Start empty."""
        self.numbers: dict[str, int] = {}
        self.tokens: list[int] = []
        self.ends: list[int] = [0]
        self.classes: list[int] = []
        self.weights: list[float] = []

    def add(self, words: Words, label: int, weight: float) -> None:
        """Add one sample."""
        self.tokens += [self.numbers.setdefault(word, len(self.numbers)) for word in words]
        self.ends.append(len(self.tokens))
        self.classes.append(label)
        self.weights.append(weight)

    def matrix(self) -> sparse.csr_matrix:
        """Return counts of shape (samples, words)."""
        data = np.ones(len(self.tokens), dtype=np.float32)
        return sparse.csr_matrix((data, self.tokens, self.ends), shape=(len(self.classes), len(self.numbers)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of words of each sample."""
        return np.diff(self.ends)


def strip_accents(word: str) -> str:
    """Return the word as typed on a keyboard without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def misspell(word: str, rng: np.random.Generator) -> str:
    """Return the word with a letter dropped, doubled or swapped with the next, or the last one stretched."""
    if len(word) < 4:
        return word
    at = int(rng.integers(1, len(word) - 1))
    kind = int(rng.integers(4))
    if kind == 3:
        return word + word[-1]
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def spoil(words: Words, rng: np.random.Generator) -> Words:
    """Return the words as some people type them: some texts without accents, some with slips."""
    if rng.random() < 0.3:
        words = [strip_accents(word) for word in words]
    if rng.random() < 0.15:
        words = [misspell(word, rng) if rng.random() < 0.4 else word for word in words]
    return words


def cut(words: Words, rng: np.random.Generator) -> Iterator[Words]:
    """Yield a text whole, and some runs of its words of the lengths that short answers have."""
    yield words[:80]
    for longest, shortest, count in ((4, 1, 3), (12, 5, 1)):
        for _ in range(count):
            size = int(rng.integers(shortest, longest + 1))
            if len(words) > size:
                start = int(rng.integers(0, len(words) - size + 1))
                yield words[start : start + size]


def draw(alone: dict[str, float], together: dict[str, float], count: int, rng: np.random.Generator) -> Iterator[Words]:
    """Yield single words (any of ``alone``, common ones more often) and runs of words drawn by frequency."""
    words = list(alone)
    flat = np.fromiter(alone.values(), dtype=np.float64) ** 0.6
    for number in rng.choice(len(words), size=count // 2, p=flat / flat.sum()).tolist():
        yield [words[number]]
    words = list(together)
    shares = np.fromiter(together.values(), dtype=np.float64)
    sizes = np.concatenate([rng.integers(2, 5, count // 4), rng.integers(5, 31, count // 4)])
    drawn = iter(rng.choice(len(words), size=int(sizes.sum()), p=shares / shares.sum()).tolist())
    for size in sizes.tolist():
        yield [words[number] for number in islice(drawn, size)]


def add_all(samples: Samples, found: Sequence[Words], label: int, weight: float) -> None:
    """Add samples of one class that weigh ``weight`` together."""
    for words in found:
        samples.add(words, label, weight / len(found))


def text_samples(texts: Sequence[str], rng: np.random.Generator, *, spoilt: bool) -> list[Words]:
    """Return samples cut from texts in the Latin script."""
    found = []
    for text in texts:
        normalised = normalise(text)
        words = [] if is_foreign_script(normalised) else split_words(normalised)
        if words:
            found += [spoil(piece, rng) if spoilt else piece for piece in cut(words, rng)]
    return found


def is_held_word(word: str) -> bool:
    """Whether a word of a word list is measured on rather than trained on."""
    return hashlib.sha256(word.encode()).digest()[0] % 20 == 0


def gather(corpus: dict[str, list[str]], draws: int, seed: int) -> tuple[Samples, Samples]:
    """Samples to train on and samples to measure on."""
    rng = np.random.default_rng(seed)
    train, held = Samples(), Samples()
    lists = read_frequencies()
    for label, (name, codes) in enumerate(CLASSES.items()):
        weight = 1.0 if name in SERVED else OTHER_WEIGHT
        with_words = [code for code in codes if code in lists]
        texts = {code: read_django(code) for code in codes}
        if name in SERVED:
            texts = {name: corpus[name]}
            for translation in codes:
                kept = text_samples([t for t in read_django(translation) if not is_heldout(t)], rng, spoilt=True)
                add_all(train, kept, label, weight * 0.1)
        for found in texts.values():
            share = weight * (0.5 if with_words else 1.0) / len(texts)
            kept = text_samples([text for text in found if not is_heldout(text)], rng, spoilt=True)
            add_all(train, kept, label, share)
            add_all(held, text_samples([t for t in found if is_heldout(t)], rng, spoilt=False), label, share)
        for code in with_words:
            together = own_words(lists, code, 10)
            # A word that a served language uses about as much is no reason to refuse it when it stands alone.
            alone = together if name in SERVED else own_words(lists, code, 2)
            ranked = sorted(together, key=lambda word: (-together[word], word))
            # The commonest words are always learnt; of the rest a twentieth is kept for measuring.
            rare = {word for word in ranked[3000:] if is_held_word(word)}
            share = weight * 0.5 / len(with_words)
            drawn = draw(
                {word: alone[word] for word in alone if word not in rare},
                {word: together[word] for word in together if word not in rare},
                draws * (4 if name in SERVED else 1),
                rng,
            )
            add_all(train, [spoil(words, rng) for words in drawn], label, share)
            add_all(held, [[word] for word in ranked[3000:20000] if word in rare], label, share * 0.2)
    return train, held


# --- training ---------------------------------------------------------------------------------------


def incidence(words: Sequence[str]) -> sparse.csr_matrix:
    """How often each bucket occurs in each word, shape (words, 2**BITS)."""
    features = WordFeatures(words, BITS)
    owners = np.repeat(np.arange(len(words)), features.lengths)
    rows, columns = [np.arange(len(words))], [features.whole]
    for buckets in features.grams():
        real = buckets < 1 << BITS
        rows.append(owners[real])
        columns.append(buckets[real])
    row, column = np.concatenate(rows), np.concatenate(columns)
    data = np.ones(len(row), dtype=np.float32)
    return sparse.csr_matrix((data, (row, column)), shape=(len(words), 1 << BITS))


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities along the last axis."""
    values: NDArray[np.float32] = np.exp(logits - logits.max(axis=1, keepdims=True))
    values /= values.sum(axis=1, keepdims=True)
    return values


def fit(samples: Samples, *, steps: int, rate: float, decay: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Table and bias of the log-linear model, by full-batch Adam on the weighted cross-entropy.

    Scores are linear in the n-grams, so words are scored first and texts from words: a step costs
    two sparse products each way however long the texts are.
    """
    counts = samples.matrix()
    grams = incidence(list(samples.numbers))
    counts_back, grams_back = counts.T.tocsr(), grams.T.tocsr()
    size = samples.lengths.astype(np.float32)[:, np.newaxis] ** DAMPING
    label = np.array(samples.classes)
    weight = np.array(samples.weights, dtype=np.float32)
    weight /= weight.sum()
    targets = np.zeros((len(label), len(CLASSES)), dtype=np.float32)
    targets[np.arange(len(label)), label] = 1
    table = np.zeros((1 << BITS, len(CLASSES)), dtype=np.float32)
    bias = np.zeros(len(CLASSES), dtype=np.float32)
    parameters = [table, bias]
    first = [np.zeros_like(value) for value in parameters]
    second = [np.zeros_like(value) for value in parameters]
    for step in range(1, steps + 1):
        logits = (counts @ (grams @ parameters[0])) / size + parameters[1]
        probability = softmax(logits)
        error = (probability - targets) * weight[:, np.newaxis]
        gradient = grams_back @ (counts_back @ (error / size)) + decay * parameters[0]
        now = rate * 0.5 * (1 + np.cos(np.pi * (step - 1) / steps))
        for index, slope in enumerate((gradient, error.sum(axis=0))):
            first[index] += 0.1 * (slope - first[index])
            second[index] += 0.02 * (slope**2 - second[index])
            move = first[index] / (1 - 0.9**step) / (np.sqrt(second[index] / (1 - 0.98**step)) + 1e-8)
            parameters[index] -= now * move
        if step % 20 == 0:
            loss = -(np.log(probability[np.arange(len(label)), label] + 1e-12) * weight).sum()
            sys.stderr.write(f"step {step}: loss {loss:.4f}\n")
    return parameters[0], parameters[1]


def quantise(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], float]:
    """The table as whole numbers of -127..127 and the size of one, which the few largest weights exceed."""
    scale = float(np.quantile(np.abs(table[np.abs(table) > 0]), 0.9995)) / 127
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8), scale


def calibrate(raw: NDArray[np.float32], held: Samples) -> tuple[float, float, float]:
    """Sharpness and length exponent with the lowest weighted cross-entropy on held samples, and that."""
    label = np.array(held.classes)
    weight = np.array(held.weights) / np.sum(held.weights)
    best = (np.inf, 1.0, 0.0)
    for exponent in np.arange(-0.5, 0.55, 0.1):
        for sharpness in np.arange(0.3, 2.55, 0.1):
            factor = (sharpness * held.lengths**exponent)[:, np.newaxis]
            probability = softmax((raw * factor).astype(np.float32))[np.arange(len(label)), label]
            loss = float(-(np.log(probability + 1e-9) * weight).sum())
            best = min(best, (loss, round(float(sharpness), 1), round(float(exponent), 1)))
    return best[1], best[2], best[0]


def finish(
    output: Path,
    table: NDArray[np.float32],
    bias: NDArray[np.float32],
    held: Samples,
    notes: dict[str, object],
) -> None:
    """Quantise, calibrate and write the model folder."""
    small, scale = quantise(table)
    words = incidence(list(held.numbers)) @ small.astype(np.float32)
    size = held.lengths.astype(np.float32)[:, np.newaxis] ** DAMPING
    raw = (held.matrix() @ words) * scale / size + bias
    sharpness, exponent, loss = calibrate(raw, held)
    names = list(CLASSES)
    groups = [min(index, len(SERVED)) for index in range(len(names))]
    weights = [1.0 if name in SERVED else OTHER_WEIGHT for name in names]
    en, fr, es, other = (np.bincount(groups, weights=weights) / np.sum(weights)).round(6).tolist()
    hit = np.array(groups)[raw.argmax(axis=1)] == np.array(groups)[held.classes]
    accuracy = {}
    for name, low, high in (("one word", 1, 1), ("2 to 4 words", 2, 4), ("5 words or more", 5, 10**9)):
        for group, code in enumerate((*SERVED, "other")):
            chosen = (held.lengths >= low) & (held.lengths <= high) & (np.array(groups)[held.classes] == group)
            accuracy[f"{code}, {name}"] = round(float(hit[chosen].mean()), 4)
    config = LanguageModelConfig(
        version=VERSION,
        bits=BITS,
        max_order=MAX_ORDER,
        classes=tuple(names),
        groups=tuple(groups),
        bias=tuple(round(float(value), 6) for value in bias),
        scale=scale,
        damping=DAMPING,
        sharpness=sharpness,
        length_exponent=exponent,
        train_shares=(en, fr, es, other),
    )
    report = {"cross_entropy": round(loss, 4), "accuracy without prior": accuracy}
    write_folder(output, config, small, {**notes, "held out": report})
    for key, value in accuracy.items():
        sys.stderr.write(f"held out, {key}: {value}\n")
    sys.stderr.write(f"sharpness {sharpness}, length exponent {exponent}, cross-entropy {loss:.4f}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the model as a command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, help="CSV files of comments")
    parser.add_argument("--output", type=Path, default=Path("models/language-ngram"), help="folder to write")
    parser.add_argument("--steps", type=int, default=70, help="training steps")
    parser.add_argument("--draws", type=int, default=20000, help="samples per word list")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    begin = time.perf_counter()
    train, held = gather(read_corpus(options.corpus), options.draws, options.seed)
    sys.stderr.write(
        f"{len(train.classes)} samples, {len(train.numbers)} words, {len(train.tokens)} tokens; "
        f"{time.perf_counter() - begin:.0f} s\n"
    )
    table, bias = fit(train, steps=options.steps, rate=0.05, decay=1e-6)
    sys.stderr.write(f"trained; {time.perf_counter() - begin:.0f} s\n")
    notes: dict[str, object] = {
        "steps": options.steps,
        "draws": options.draws,
        "seed": options.seed,
        "corpus": [path.name for path in options.corpus],
        "wordfreq": version("wordfreq"),
        "django": version("django"),
    }
    finish(options.output, table, bias, held, notes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
