"""What CareVoice is compared with: TF-IDF with a linear SVM trained on the same comments, and VADER.

Needs scikit-learn for the first and vaderSentiment for the second.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import score

from carevoice.training.split import is_heldout, normalised

Row = dict[str, str]
Floats = npt.NDArray[np.float64]

#: A label with fewer training comments is left out.
MIN_POSITIVES: Final = 5
#: One training comment in this many is kept to choose the settings.
TUNE_ONE_IN: Final = 6
THRESHOLDS: Final = tuple(k / 20 for k in range(-16, 9))
#: Values of C that are tried; 1 is the library's own.
COSTS: Final = (0.3, 1.0)


#: Words, also of one letter.
WORD: Final = r"(?u)\b\w+\b"


# --- data ---------------------------------------------------------------------------------------------


def read_rows(path: Path) -> list[Row]:
    """Read every row of a labelled CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def training_rows(folders: Sequence[Path], measured: Iterable[str] = ()) -> list[Row]:
    """Read `train-*.csv` of folders without the comments that are never trained on; one of several folders counts once.

    Those are the held-out tenth and comments equal to a `measured` text. A translated comment (id `en00804fr`) is held
    out with the comment it was made from (`en00804`), so that no twin of a held-out comment is trained on in another
    language.
    """
    rows: dict[str, Row] = {}
    for folder in folders:
        files = sorted(folder.glob("train-*.csv"))
        if not files:
            raise SystemExit(f"{folder}: no train-*.csv to train on")
        rows |= {row["id"]: row for path in files for row in read_rows(path)}
    never = {normalised(text) for text in measured}
    kept = []
    for row in rows.values():
        original = rows.get(row["id"][:-2], row)
        if not is_heldout(original["text"]) and normalised(row["text"]) not in never:
            kept.append(row)
    return kept


def sentiment_label(row: Row) -> str:
    """Give the three-class sentiment of a labelled row, as the official metric sees it."""
    return score.compare({**row, "themes": ""}, {"themes": "", "sentiment": ""})[2][0]


# --- TF-IDF and a linear SVM --------------------------------------------------------------------------


def features() -> Any:  # noqa: ANN401
    """Build the features: words and word pairs, and character n-grams of two to five within words."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=WORD),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True),
        n_jobs=1,
    )


def document(row: Row) -> str:
    """Give the text with the question as one more word, so that the peer knows what the model knows."""
    return f"question{row['question']} {row['text']}" if row.get("question") else row["text"]


def fit_labels(matrix: Any, wanted: npt.NDArray[np.bool_], cost: float, weight: str | None) -> Any:  # noqa: ANN401
    """Fit one linear SVM per column of `wanted`."""
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    # A looser stop than the default gives the same answers in half the time.
    svm = LinearSVC(C=cost, class_weight=weight, tol=0.01, random_state=0, max_iter=5000)
    return OneVsRestClassifier(svm, n_jobs=1).fit(matrix, wanted.astype(np.int8))


@dataclass(frozen=True)
class Settings:
    """What is chosen on a part of the training comments."""

    theme_cost: float = 1.0
    threshold: float = 0.0  # of the decision value
    sentiment_cost: float = 1.0
    sentiment_weight: str | None = None


class LinearPeer:
    """One model for all languages: a linear SVM for each theme with polarity, each sentiment and the alert."""

    def __init__(self, rows: Sequence[Row], settings: Settings) -> None:
        self.settings = settings
        self.labels = frequent_labels(rows)
        self._features = features()
        matrix = self._features.fit_transform([document(row) for row in rows])
        self._themes = fit_labels(matrix, theme_targets(rows, self.labels), settings.theme_cost, None)
        self._sentiment = fit_labels(
            matrix, sentiment_targets(rows), settings.sentiment_cost, settings.sentiment_weight
        )
        alerts = np.array([[row["alert"] == "1"] for row in rows])
        # A corpus of one's own may have no alert.
        self._alert = fit_labels(matrix, alerts, settings.theme_cost, "balanced") if alerts.any() else None

    def predict(self, rows: Sequence[Row]) -> dict[str, Row]:
        """Predict the columns that the official metric reads, by id."""
        matrix = self._features.transform([document(row) for row in rows])
        cells = theme_cells(self._themes.decision_function(matrix), self.labels, self.settings.threshold)
        sentiment = self._sentiment.decision_function(matrix).argmax(1)
        alert = np.full(len(rows), -1.0) if self._alert is None else self._alert.decision_function(matrix).reshape(-1)
        return {
            row["id"]: {
                "themes": cells[n],
                "sentiment": score.LABELS[sentiment[n]],
                "alert": str(int(alert[n] > 0)),
                "alert_score": repr(float(alert[n])),
            }
            for n, row in enumerate(rows)
        }


def frequent_labels(rows: Sequence[Row]) -> list[str]:
    """Themes with polarity that have enough comments to learn from."""
    counts = Counter(theme + sign for row in rows for theme, sign in score.tokens(row["themes"], row["id"]).items())
    return sorted(label for label, count in counts.items() if count >= MIN_POSITIVES)


def theme_targets(rows: Sequence[Row], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which of `labels` each row has: [rows, labels]."""
    present = [{theme + sign for theme, sign in score.tokens(row["themes"], row["id"]).items()} for row in rows]
    return np.array([[label in labels_of_row for label in labels] for labels_of_row in present])


def sentiment_targets(rows: Sequence[Row]) -> npt.NDArray[np.bool_]:
    """Which of the three sentiments each row has: [rows, 3]."""
    return np.array([[label == name for name in score.LABELS] for label in map(sentiment_label, rows)])


def theme_cells(values: Floats, labels: Sequence[str], threshold: float) -> list[str]:
    """Write themes as `wait_time-;empathy+` from decision values [rows, labels]: the strongest polarity of each."""
    cells = []
    for line in values:
        best: dict[str, tuple[float, str]] = {}
        for value, label in zip(line.tolist(), labels, strict=True):
            if value > threshold:
                best[label[:-1]] = max(best.get(label[:-1], (value, label)), (value, label))
        cells.append(";".join(label for _, label in best.values()))
    return cells


def exact_f1(rows: Sequence[Row], cells: Sequence[str]) -> float:
    """Theme+polarity micro-F1 of predicted cells."""
    counts = [score.compare(r, {"themes": c, "sentiment": ""}) for r, c in zip(rows, cells, strict=True)]
    return score.summary(counts)[0]["theme_polarity_micro_f1"]


def sentiment_f1(rows: Sequence[Row], labels: Sequence[str]) -> float:
    """Three-class sentiment macro-F1 of predicted labels."""
    counts = [score.compare(r, {"themes": "", "sentiment": label}) for r, label in zip(rows, labels, strict=True)]
    return score.summary(counts)[0]["sentiment_macro_f1"]


def tuned(rows: Sequence[Row]) -> Settings:
    """Choose the settings on a sixth of the training comments, fitting on the others."""
    tune, fit = rows[::TUNE_ONE_IN], [row for n, row in enumerate(rows) if n % TUNE_ONE_IN]
    made = features()
    matrix = made.fit_transform([document(row) for row in fit])
    probe = made.transform([document(row) for row in tune])
    labels = frequent_labels(fit)
    themes: list[tuple[float, float, float]] = []
    sentiment: list[tuple[float, float, str | None]] = []
    for cost in COSTS:
        values = fit_labels(matrix, theme_targets(fit, labels), cost, None).decision_function(probe)
        themes += [(exact_f1(tune, theme_cells(values, labels, t)), cost, t) for t in THRESHOLDS]
        for weight in (None, "balanced"):
            found = fit_labels(matrix, sentiment_targets(fit), cost, weight).decision_function(probe).argmax(1)
            sentiment.append((sentiment_f1(tune, [score.LABELS[k] for k in found]), cost, weight))
    _, theme_cost, threshold = max(themes)
    _, sentiment_cost, sentiment_weight = max(sentiment, key=lambda choice: choice[0])
    return Settings(theme_cost, threshold, sentiment_cost, sentiment_weight)


# --- VADER --------------------------------------------------------------------------------------------


def vader(rows: Sequence[Row]) -> dict[str, Row]:
    """Give the sentiment of English comments by VADER with the bounds its authors give; no themes."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()

    def label(text: str) -> str:
        compound = analyzer.polarity_scores(text)["compound"]
        return "positive" if compound >= 0.05 else "negative" if compound <= -0.05 else "neutral"

    return {row["id"]: {"themes": "", "sentiment": label(row["text"])} for row in rows}
