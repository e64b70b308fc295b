#!/usr/bin/env python3
"""Measure `carevoice train` from a bare encoder, beside TF-IDF methods in the same run; prints Markdown.

    python benchmarks/finetuning.py --data ../shared/data --encoder ENCODER -o finetuning.md
    python benchmarks/finetuning.py --data ../shared/data --encoder ENCODER --only few

ENCODER is a bare encoder folder: the shipped model has seen most of these comments. The data is `pxtextmining-v6.csv`,
the public part of the English reference (The-Strategy-Unit/pxtextmining, MIT), with its own labels. Blank comments and
those marked "Labelling not possible" are left out, equal texts count once, near copies are on one side of the split,
and themes with fewer than 50 comments are left out. Nothing of the test part is looked at before the end: CareVoice
chooses epochs and thresholds on a part of its training comments, the peers have fixed settings.

The part `languages` trains on labels of our themes, from `train-*.csv` of the same folder and of examples/corpus: on
English comments alone and on those of all three languages, as many of each. Both are measured on `dev-*.csv`.
"""

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import peers
import report
from sklearn.metrics import f1_score

from carevoice import evaluate, load
from carevoice.evaluation.bootstrap import interval, weights
from carevoice.questions import load_questions
from carevoice.training.grouping import groups
from carevoice.training.split import normalised

Flags = npt.NDArray[np.bool_]  # [comments, themes]
IntArray = npt.NDArray[np.int64]

FILE: Final = "pxtextmining-v6.csv"
TEXT, QUESTION, GRADE = "FFT answer", "FFT question", "Comment sentiment"
FIRST_THEME: Final = 11  # column; themes go on to the last
#: Columns that say nothing about what a comment is about.
NO_THEMES: Final = ("Not assigned", "Labelling not possible", "Safeguarding concerns?")
SEED, TEST_SHARE, FEWEST = 42, 0.25, 50
SIZES: Final = (8, 16, 64)  # examples a theme
PARTS: Final = ("reference", "few", "languages")
LANGUAGES: Final = ("en", "fr", "es")
CORPUS: Final = Path(__file__).parent.parent / "examples" / "corpus"
#: Comments of each language that `languages` trains on.
PER_LANGUAGE: Final = 500
THRESHOLDS: Final = tuple(k / 40 for k in range(2, 36))  # of a probability
SENTIMENTS: Final = ("negative", "neutral", "positive")
COMMAND: Final = (sys.executable, "-m", "carevoice")


# --- data ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comments:
    """Comments with their labels; `themes` [N, T] is in the order of `names`, `sentiment` "" where it isn't known."""

    names: tuple[str, ...]
    texts: tuple[str, ...]
    questions: tuple[str, ...]
    grades: tuple[str, ...]  # 1 very positive … 5 very negative
    themes: Flags

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def sentiment(self) -> npt.NDArray[np.str_]:
        """Three-class sentiment."""
        names = {"1": "positive", "2": "positive", "3": "neutral", "4": "negative", "5": "negative", "": ""}
        return np.array([names[grade] for grade in self.grades])

    @property
    def documents(self) -> list[str]:
        """Texts with the question as one more word: the peers know what the model knows."""
        return [f"question{q} {t}" if q else t for q, t in zip(self.questions, self.texts, strict=True)]

    def rows(self, chosen: Sequence[int]) -> "Comments":
        """Some of the comments."""
        pick = [int(n) for n in chosen]
        taken = (tuple(column[n] for n in pick) for column in (self.texts, self.questions, self.grades))
        return Comments(self.names, *taken, self.themes[pick])

    def write(self, path: Path) -> None:
        """Write them as a table with a 0/1 column for each theme."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "question", "sentiment", *self.names])
            lines = zip(self.texts, self.questions, self.grades, self.themes.astype(int).tolist(), strict=True)
            writer.writerows([text, question, grade, *flags] for text, question, grade, flags in lines)


def reference(folder: Path) -> Comments:
    """Read the reference set: distinct comments that could be labelled, and their frequent themes."""
    rows = peers.read_rows(folder / FILE)
    names = [name for name in list(rows[0])[FIRST_THEME:] if name not in NO_THEMES]
    ours = load_questions()
    distinct: dict[str, peers.Row] = {}
    for row in rows:
        if row[TEXT].strip() and row["Labelling not possible"] in ("", "0"):
            distinct.setdefault(normalised(row[TEXT]), row)
    kept = list(distinct.values())
    themes = np.array([[row[name] not in ("", "0") for name in names] for row in kept])
    frequent = [k for k in range(len(names)) if themes[:, k].sum() >= FEWEST]
    return Comments(
        tuple(names[k] for k in frequent),
        tuple(row[TEXT] for row in kept),
        tuple(ours.canonical(row[QUESTION]) or "" for row in kept),
        tuple(row[GRADE] for row in kept),
        themes[:, frequent],
    )


def parts(comments: Comments) -> tuple[Comments, Comments]:
    """Comments to train and to test on; near copies are on one side."""
    from sklearn.model_selection import GroupShuffleSplit

    drawn = GroupShuffleSplit(n_splits=1, test_size=TEST_SHARE, random_state=SEED)
    train, test = next(drawn.split(comments.texts, groups=groups(comments.texts)))
    return comments.rows(train), comments.rows(test)


def few(comments: Comments, size: int) -> Comments:
    """Draw comments until each theme has `size` of them, or all that there are; each theme draws in turn."""
    rng = random.Random(SEED)  # noqa: S311
    chosen: list[int] = []
    for theme in np.argsort(comments.themes.sum(0), kind="stable"):  # rare themes first
        missing = size - int(comments.themes[chosen, theme].sum()) if chosen else size
        left = [n for n in np.flatnonzero(comments.themes[:, theme]).tolist() if n not in chosen]
        chosen += rng.sample(left, min(max(missing, 0), len(left)))
    return comments.rows(sorted(chosen))


# --- methods ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """What a method says of the test comments, and the seconds that it trained."""

    themes: Flags
    sentiment: npt.NDArray[np.str_] | None
    seconds: float


def carevoice(train: Comments, test: Comments, encoder: Path, effort: str, folder: Path) -> Answers:
    """Train with the real command from the bare encoder, and ask the model folder that comes out."""
    train.write(folder / "train.csv")
    options = ["--sentiment-scale", "grades"]
    options += [word for name in train.names for word in ("--theme-columns", name)]
    seconds = train_command(folder / "train.csv", folder / "model", encoder, effort, *options)
    model = load(folder / "model")
    column = {name: n for n, name in enumerate(train.names)}
    themes = np.zeros((len(test), len(train.names)), bool)
    sentiment = []
    for row, result in enumerate(model.stream(test.texts, test.questions, language="en")):
        themes[row, [column[model.taxonomy[mention.id].text("name", "en")] for mention in result.themes]] = True
        label = result.sentiment.label if result.sentiment else "neutral"
        sentiment.append("neutral" if label == "mixed" else label)
    return Answers(themes, np.array(sentiment), seconds)


def train_command(labelled: Path, model: Path, encoder: Path, effort: str, *options: str) -> float:
    """Run the command as a user gives it, and tell the seconds that it took."""
    command = [*COMMAND, "train", str(labelled), "-o", str(model), "--from", str(encoder), "--effort", effort, *options]
    begun = time.perf_counter()
    finished = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if finished.returncode:
        raise SystemExit(f"carevoice train: exit status {finished.returncode}")
    return time.perf_counter() - begun


def linear(train: Comments, test: Comments) -> Answers:
    """TF-IDF of words and characters with logistic regression, balanced; one threshold, chosen by cross-validation."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.multiclass import OneVsRestClassifier

    begun = time.perf_counter()
    features = peers.features()
    matrix, probe = features.fit_transform(train.documents), features.transform(test.documents)
    one = LogisticRegression(C=10, class_weight="balanced", solver="liblinear", random_state=0)
    model, wanted = OneVsRestClassifier(one), train.themes.astype(int)
    unseen = cross_val_predict(model, matrix, wanted, cv=3, method="predict_proba")
    threshold = max(THRESHOLDS, key=lambda t: f1_score(wanted, unseen > t, average="micro", zero_division=0))
    themes = model.fit(matrix, wanted).predict_proba(probe) > threshold
    sentiment = sentiments(matrix, probe, train, OneVsRestClassifier(one))
    return Answers(themes, sentiment, time.perf_counter() - begun)


def svm(train: Comments, test: Comments) -> Answers:
    """TF-IDF and a support vector machine with the settings that pxtextmining found best."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import SVC

    return fitted(
        train, test, TfidfVectorizer(), lambda: SVC(C=15, class_weight="balanced", max_iter=1000, cache_size=1000)
    )


def boosting(train: Comments, test: Comments) -> Answers:
    """TF-IDF and gradient boosting with the settings that pxtextmining found best."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from xgboost import XGBClassifier

    return fitted(
        train,
        test,
        TfidfVectorizer(max_df=0.99, min_df=6, ngram_range=(1, 2)),
        lambda: XGBClassifier(
            tree_method="hist", n_estimators=200, max_depth=4, min_child_weight=0.5, gamma=0.3, n_jobs=2
        ),
    )


def fitted(train: Comments, test: Comments, features: Any, make: Callable[[], Any]) -> Answers:  # noqa: ANN401
    """Fit one classifier for each theme, and one for sentiment."""
    begun = time.perf_counter()
    matrix, probe = features.fit_transform(train.documents), features.transform(test.documents)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pxtextmining's support vector machine stops before it converges
        columns = [make().fit(matrix, train.themes[:, k]).predict(probe) for k in range(len(train.names))]
        sentiment = sentiments(matrix, probe, train, make())
    return Answers(np.stack(columns, 1).astype(bool), sentiment, time.perf_counter() - begun)


def sentiments(matrix: Any, probe: Any, train: Comments, model: Any) -> npt.NDArray[np.str_]:  # noqa: ANN401
    """What a classifier fitted on the comments of known sentiment says of others."""
    known = np.flatnonzero(train.sentiment != "")
    wanted = np.searchsorted(SENTIMENTS, train.sentiment[known])
    return np.array(SENTIMENTS)[model.fit(matrix[known], wanted).predict(probe)]


# --- figures ------------------------------------------------------------------------------------------


def figures(test: Comments, answers: Answers) -> dict[str, str]:
    """Micro- and macro-F1 of themes and macro-F1 of sentiment, with bootstrap intervals over comments."""
    wanted, found = test.themes, answers.themes
    counts = [(wanted & found).astype(float), (found & ~wanted).astype(float), (wanted & ~found).astype(float)]
    drawn = np.concatenate([np.ones((1, len(test))), *weights(len(test))])
    hits, extra, missed = (drawn @ count for count in counts)
    micro = 2 * hits.sum(1) / (2 * hits + extra + missed).sum(1)
    macro = (2 * hits / np.maximum(2 * hits + extra + missed, 1)).mean(1)
    # The same figures by the library: a check that costs nothing.
    if not np.isclose(micro[0], f1_score(wanted, found, average="micro", zero_division=0)):
        raise SystemExit("micro-F1 differs from scikit-learn's")
    if not np.isclose(macro[0], f1_score(wanted, found, average="macro", zero_division=0)):
        raise SystemExit("macro-F1 differs from scikit-learn's")
    cells = {"micro": written(micro), "macro": written(macro)}
    if answers.sentiment is not None:
        known = test.sentiment != ""
        gold, said = test.sentiment[known], answers.sentiment[known]
        drawn = np.concatenate([np.ones((1, len(gold))), *weights(len(gold))])
        per_class = []
        for name in SENTIMENTS:
            right, either = (gold == name) & (said == name), (gold == name).astype(float) + (said == name)
            per_class.append(2 * (drawn @ right) / np.maximum(drawn @ either, 1))
        cells["sentiment"] = written(np.mean(per_class, axis=0))
    return cells


def written(values: npt.NDArray[np.float64]) -> str:
    """Write a figure, the first value, and its interval, from the others."""
    low, high = interval(values[1:])
    return f"{values[0]:.3f} [{low:.3f}, {high:.3f}]"


def duration(seconds: float) -> str:
    """Write a duration."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


# --- parts --------------------------------------------------------------------------------------------


def reference_part(comments: Comments, encoder: Path) -> str:
    """All training comments: CareVoice with all layers, beside the methods of pxtextmining."""
    train, test = parts(comments)
    lines = []
    methods: list[tuple[str, Callable[[], Answers]]] = [
        ("TF-IDF + logistic regression", lambda: linear(train, test)),
        ("TF-IDF + SVM, set as pxtextmining sets it", lambda: svm(train, test)),
        ("TF-IDF + gradient boosting, likewise", lambda: boosting(train, test)),
        ("`carevoice train --effort head`", lambda: trained(train, test, encoder, "head")),
        ("`carevoice train`", lambda: trained(train, test, encoder, "full")),
    ]
    for name, method in methods:
        answers = method()
        cells = figures(test, answers)
        lines.append([name, cells["micro"], cells["macro"], cells["sentiment"], duration(answers.seconds)])
        report.note(" | ".join(lines[-1]))
    return (
        f"### The English reference\n\n{len(train):,} comments to train on, {len(test):,} to test on, "
        f"{len(comments.names)} themes. Intervals are 95 % bootstrap intervals over test comments.\n\n"
        + report.table(["method", "theme micro-F1", "theme macro-F1", "sentiment macro-F1", "training"], lines)
    )


def few_part(comments: Comments, encoder: Path) -> str:
    """A few examples of each theme: both efforts beside TF-IDF with logistic regression."""
    train, test = parts(comments)
    lines = []
    for size in SIZES:
        some = few(train, size)
        for name, method in (
            ("TF-IDF + logistic regression", lambda some=some: linear(some, test)),
            ("`carevoice train --effort head`", lambda some=some: trained(some, test, encoder, "head")),
            ("`carevoice train --effort full`", lambda some=some: trained(some, test, encoder, "full")),
        ):
            answers = method()
            cells = figures(test, answers)
            lines.append([str(size), f"{len(some):,}", name, cells["micro"], cells["macro"], duration(answers.seconds)])
            report.note(" | ".join(lines[-1]))
    return (
        f"### Few examples\n\nThe same test comments; training comments are drawn until each of the "
        f"{len(comments.names)} themes has so many, seed {SEED}.\n\n"
        + report.table(
            ["examples a theme", "comments", "method", "theme micro-F1", "theme macro-F1", "training"], lines, left=3
        )
    )


def trained(train: Comments, test: Comments, encoder: Path, effort: str) -> Answers:
    """Train in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return carevoice(train, test, encoder, effort, Path(folder))


def languages_part(folder: Path, encoder: Path) -> str:
    """English labels alone, and labels of all three languages: themes with polarity on each language."""
    measured = {name: peers.read_rows(folder / f"dev-{name}.csv") for name in LANGUAGES}
    rows = peers.training_rows([folder, CORPUS], [row["text"] for dev in measured.values() for row in dev])
    rng = random.Random(SEED)  # noqa: S311
    drawn = {name: rng.sample([row for row in rows if row["language"] == name], PER_LANGUAGE) for name in LANGUAGES}
    columns = ("id", "language", "source", "question", "text", "sentiment", "mixed", "alert", "themes")
    lines = []
    for title, chosen in (("English", ("en",)), ("English, French and Spanish", LANGUAGES)):
        with tempfile.TemporaryDirectory() as work:
            labelled, model = Path(work) / "train.csv", Path(work) / "model"
            with labelled.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(row for name in chosen for row in drawn[name])
            seconds = train_command(labelled, model, encoder, "full")
            figures_of = [evaluate(model, folder / f"dev-{name}.csv").figures for name in LANGUAGES]
        cells = [figure["theme_polarity_micro_f1"] for figure in figures_of]
        lines.append(
            [title, f"{PER_LANGUAGE * len(chosen):,}"]
            + [f"{cell.value:.3f} [{cell.low:.3f}, {cell.high:.3f}]" for cell in cells]
            + [duration(seconds)]
        )
        report.note(" | ".join(lines[-1]))
    return (
        f"### Labels in one language\n\nOur themes, {PER_LANGUAGE:,} comments of each language, seed {SEED}; "
        "theme+polarity micro-F1 on the dev files.\n\n"
        + report.table(["labels in", "comments", "English", "French", "Spanish", "training"], lines, left=2)
    )


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],  # type: ignore[union-attr]
        epilog=__doc__.split("\n\n", 1)[1],  # type: ignore[union-attr]
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help=f"folder with {FILE}")
    parser.add_argument("--encoder", type=Path, required=True, help="bare encoder folder to start from")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run; all by default")
    parser.add_argument("-o", "--output", type=Path, help="file for the section; standard output by default")
    options = parser.parse_args()
    run: dict[str, Callable[[], str]] = {
        "reference": lambda: reference_part(reference(options.data), options.encoder),
        "few": lambda: few_part(reference(options.data), options.encoder),
        "languages": lambda: languages_part(options.data, options.encoder),
    }
    sections = [run[part]() for part in options.only]
    head = "## Fine-tuning on labels of one's own\n\n" + report.run_lines(report.this_command())
    report.emit("\n".join([head, *sections]), options.output)


if __name__ == "__main__":
    main()
