"""The scripts in ``benchmarks``: the metric, what the peers are trained on, and the texts that are timed."""

import csv
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from carevoice import evaluate
from carevoice.training.split import is_heldout, normalised

ROOT = Path(__file__).parent.parent
BENCHMARKS = ROOT / "benchmarks"
CORPUS = ROOT / "examples" / "corpus"

sys.path.append(str(BENCHMARKS))
choices, finetuning, peers, quality, report, score, speed = map(
    importlib.import_module, ("choices", "finetuning", "peers", "quality", "report", "score", "speed")
)

COLUMNS = ("id", "question", "text", "themes", "themes_either", "sentiment", "mixed", "alert", "alert_agreed")


def gold(themes: str = "", either: str = "", sentiment: str = "0", mixed: str = "0") -> dict[str, str]:
    return dict(zip(COLUMNS, ("1", "", "a text", themes, either, sentiment, mixed, "0", "1"), strict=True))


def found(themes: str = "", sentiment: str = "neutral") -> dict[str, str]:
    return {"themes": themes, "sentiment": sentiment}


def measures(*pairs: tuple[dict[str, str], dict[str, str]]) -> dict[str, float]:
    result, _ = score.summary([score.compare(*pair) for pair in pairs], min_support=1)
    return dict(result)


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def text(n: int, *, heldout: bool) -> str:
    """The nth made-up comment that is held out, or that is not."""
    numbers = (k for k in range(1000) if is_heldout(f"Visit number {k} went well.") is heldout)
    return f"Visit number {[*numbers][n]} went well."


# --- the metric ---------------------------------------------------------------------------------------


def test_score_is_one_when_all_is_right() -> None:
    pairs = [
        (gold("food+;cost-", sentiment="-1"), found("cost-;food+", "negative")),
        (gold("food~", sentiment="2"), found("food~", "positive")),
        (gold("", sentiment="0"), found("", "neutral")),
    ]
    assert set(measures(*pairs).values()) == {1.0}


def test_score_counts_a_wrong_polarity_twice() -> None:
    exact, themes, _ = score.compare(gold("food+"), found("food-"))
    assert exact == [0, 1, 1]
    assert themes == {"food": (1, 0, 0)}


def test_score_counts_a_missing_and_a_wrong_theme_once_each() -> None:
    exact, themes, _ = score.compare(gold("food+"), found("cost+"))
    assert exact == [0, 1, 1]
    assert themes == {"food": (0, 0, 1), "cost": (0, 1, 0)}


@pytest.mark.parametrize("predicted", ["", "cost+", "cost-", "cost~"])
def test_score_neither_rewards_nor_punishes_a_theme_of_one_annotator(predicted: str) -> None:
    exact, themes, _ = score.compare(gold("food+", either="cost-"), found(f"food+;{predicted}"))
    assert exact == [1, 0, 0]
    assert themes == {"food": (1, 0, 0)}


@pytest.mark.parametrize(
    ("level", "mixed", "predicted"),
    [("-1", "1", "mixed"), ("1", "1", "neutral"), ("0", "0", "mixed"), ("0", "0", ""), ("2", "1", "Neutral")],
)
def test_score_takes_mixed_and_nothing_for_neutral(level: str, mixed: str, predicted: str) -> None:
    *_, labels = score.compare(gold(sentiment=level, mixed=mixed), found(sentiment=predicted))
    assert labels == ("neutral", "neutral")


def test_score_macro_f1_leaves_out_rare_themes() -> None:
    counts = [score.compare(gold("food+"), found("food+"))] * 8 + [score.compare(gold("cost-"), found())]
    assert score.summary(counts)[0]["theme_macro_f1"] == 1.0


def test_score_alert_recall_is_the_best_at_which_precision_holds() -> None:
    # Precision after each: 1, 1/2, 1/3, 2/4, 2/5, 2/6, 2/7; the third alert comes too late.
    pairs = [(1, 0.9), (0, 0.8), (0, 0.7), (1, 0.6), (0, 0.5), (0, 0.4), (0, 0.3), (1, 0.2)]
    assert score.alert_recall(pairs) == pytest.approx(2 / 3)
    assert score.alert_recall(pairs, precision=0.9) == pytest.approx(1 / 3)


def test_score_alert_recall_does_not_split_equal_scores() -> None:
    assert score.alert_recall([(1, 0.5), (0, 0.5), (0, 0.5)]) == 0
    assert score.alert_recall([(1, 0.5), (0, 0.5)]) == 1


def test_score_alert_recall_without_any_alert() -> None:
    assert score.alert_recall([(0, 0.5)]) == 0


def test_score_command_reads_the_columns_behind_a_prefix(tmp_path: Path) -> None:
    labels = write(tmp_path / "gold.csv", [gold("food+", sentiment="1")])
    answers = [{"id": "1", "cv_themes": "food+", "cv_sentiment": "positive", "themes": "cost-", "sentiment": "x"}]
    command = [sys.executable, BENCHMARKS / "score.py", labels, write(tmp_path / "out.csv", answers)]
    finished = subprocess.run(
        [*command, "--prefix", "cv_", "--json"], capture_output=True, encoding="utf-8", check=True
    )
    result = json.loads(finished.stdout)["files"][str(labels)]
    assert result["theme_polarity_micro_f1"] == 1
    assert result["interval"]["theme_polarity_micro_f1"] == [1, 1]
    assert result["per_theme"] == {"food": {"f1": 1.0, "support": 1}}


def test_score_names_the_comments_that_have_no_prediction(tmp_path: Path) -> None:
    labels = write(tmp_path / "gold.csv", [gold("food+"), {**gold(), "id": "2"}])
    answers = write(tmp_path / "out.csv", [{"id": "1", **found()}])
    with pytest.raises(SystemExit, match="1 gold ids have no row, first: 2"):
        score.load(labels, answers)


# --- what is measured beside it -----------------------------------------------------------------------


def test_quality_reads_the_heldout_corpus_as_labelled_by_one_annotator() -> None:
    files = quality.read_gold(CORPUS, "heldout")
    assert [file.language for file in files] == ["en", "fr", "es"]
    assert all(row["themes_either"] == "" for file in files for row in file.rows.values())


def test_quality_calibration_error_is_the_gap_between_probability_and_frequency() -> None:
    assert quality.calibration_error([(1.0, True), (0.0, False)]) == 0
    assert quality.calibration_error([(0.75, True), (0.75, False)]) == pytest.approx(0.25)
    # Two bins: a gap of 0.1 for three of four, of 0.5 for one of four.
    pairs = [(0.9, True), (0.9, True), (0.9, True), (0.5, False)]
    assert quality.calibration_error(pairs) == pytest.approx(0.75 * 0.1 + 0.25 * 0.5)


def test_quality_leaves_themes_of_one_annotator_out_of_calibration() -> None:
    file = quality.Gold(Path("gold.csv"), "en", {"1": gold("food+", either="cost-;food~")})
    answers = {"1": {"p_food": "0.9", "p_cost": "0.8", "p_digital": "0.1"}}
    assert sorted(quality.judged_probabilities(file, answers)) == [(0.1, False), (0.9, True)]


def test_quality_alert_measures() -> None:
    pairs = [(1, 1, 0.9), (1, 0, 0.4), (0, 1, 0.6), (0, 0, 0.1)]
    assert quality.recall_at_half(pairs) == 1
    assert quality.flag_recall(pairs) == 0.5
    assert quality.flag_precision(pairs) == 0.5


def test_quality_polarity_is_judged_on_themes_that_were_found() -> None:
    file = quality.Gold(Path("gold.csv"), "en", {"1": gold("food+;cost-;digital-")})
    hits = quality.polarity_hits(file, {"1": found("food-;cost-")})
    assert hits == {"+": (0, 1), "-": (1, 1), "~": (0, 0), "=": (0, 0)}


# --- the peers ----------------------------------------------------------------------------------------


def test_peers_are_not_trained_on_heldout_or_measured_comments(tmp_path: Path) -> None:
    kept, measured, heldout = text(0, heldout=False), text(1, heldout=False), text(0, heldout=True)
    texts = [kept, measured.upper(), heldout, heldout.lower()]
    write(tmp_path / "train-en.csv", [{**gold(), "id": str(n), "text": t} for n, t in enumerate(texts)])
    assert [row["text"] for row in peers.training_rows([tmp_path], [measured])] == [kept]


def test_peers_hold_a_translated_comment_out_with_the_one_it_was_made_from(tmp_path: Path) -> None:
    english = {"en1": text(0, heldout=True), "en2": text(0, heldout=False)}
    # The French texts alone would fall on the other side.
    french = {"en1fr": text(1, heldout=False), "en2fr": text(1, heldout=True), "en3fr": text(2, heldout=True)}
    for name, rows in (("nhs-en", english), ("translated-fr", french)):
        write(tmp_path / f"train-{name}.csv", [{**gold(), "id": key, "text": t} for key, t in rows.items()])
    assert [row["id"] for row in peers.training_rows([tmp_path])] == ["en2", "en2fr"]


def test_peers_get_the_training_corpus_and_nothing_held_out() -> None:
    trained = {normalised(row["text"]) for row in peers.training_rows([CORPUS])}
    for language in ("en", "fr", "es"):
        assert not trained & {normalised(row["text"]) for row in peers.read_rows(CORPUS / f"heldout-{language}.csv")}
        assert trained >= {normalised(row["text"]) for row in peers.read_rows(CORPUS / f"train-{language}.csv")}


def test_peers_without_training_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no train-"):
        peers.training_rows([tmp_path])


def test_peers_give_each_theme_its_strongest_polarity() -> None:
    labels = ["cost-", "food+", "food-", "food~"]
    values = peers.np.array([[-0.2, 0.1, 0.3, 0.2], [0.4, -1.0, -0.1, -0.2]])
    assert peers.theme_cells(values, labels, 0.0) == ["food-", "cost-"]
    assert peers.theme_cells(values, labels, -0.15) == ["food-", "cost-;food-"]


def test_peers_linear_svm_learns_its_training_comments() -> None:
    rows = peers.read_rows(CORPUS / "train-en.csv")[:120]
    answers = peers.LinearPeer(rows, peers.Settings(theme_cost=10.0, sentiment_cost=10.0)).predict(rows)
    result, _ = score.score({row["id"]: row for row in rows}, answers, rounds=0)
    assert result["theme_polarity_micro_f1"] > 0.7
    assert result["sentiment_macro_f1"] > 0.95


# --- what is timed ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "mean"), [(4000, speed.SHORT), (500, speed.LONG)])
def test_speed_comments_are_different_repeatable_and_of_the_right_length(count: int, mean: int) -> None:
    texts = speed.comments(count, mean)
    assert len(set(texts)) == count
    assert speed.mean_words(texts) == pytest.approx(mean, abs=0.5)
    assert texts == speed.comments(count, mean)


def test_speed_peak_memory_is_that_of_the_command_alone() -> None:
    held = bytearray(150_000_000)
    held[::4096] = b"1" * len(held[::4096])
    small = speed.peak_memory([sys.executable, "-c", "pass"])
    large = speed.peak_memory([sys.executable, "-c", "b'1' * 60_000_000"])
    assert small < 100
    assert 50 < large - small < 90


def test_report_says_how_it_was_made() -> None:
    lines = report.run_lines(["python", "benchmarks/quality.py", "--data", "a folder"])
    assert "`python benchmarks/quality.py --data 'a folder'`" in lines
    assert "carevoice" in lines
    assert "Machine: " in lines


def test_report_tables_are_markdown() -> None:
    assert report.table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"


# --- fine-tuning --------------------------------------------------------------------------------------


def reference_rows(path: Path) -> Path:
    """A file as that of the English reference, with what has to be left out of it."""
    lead = [f"column {n}" for n in range(finetuning.FIRST_THEME)]
    lead[7:9], lead[10] = [finetuning.QUESTION, finetuning.TEXT], finetuning.GRADE
    header = [*lead, "Not assigned", "Waiting", "Parking", "Labelling not possible"]

    def row(text: str, waiting: int, unusable: str = "") -> dict[str, str]:
        cells = ["", "", "", "", "", "", "", "What was good?", text, "", "2", "", str(waiting), "", unusable]
        return dict(zip(header, cells, strict=True))

    rows = [row(f"Visit number {n} was {'slow' if n % 2 else 'kind'}.", n % 2) for n in range(120)]
    rows += [row("VISIT number 3  was slow.", 1), row("  ", 1), row("Nonsense", 1, "1")]
    return write(path / finetuning.FILE, rows)


def test_the_reference_has_each_usable_comment_once_and_frequent_themes(tmp_path: Path) -> None:
    reference_rows(tmp_path)
    comments = finetuning.reference(tmp_path)
    assert comments.names == ("Waiting",)
    assert len(comments) == 120
    assert comments.themes.sum() == 60
    assert set(comments.questions) == {"good"}
    assert set(comments.sentiment) == {"positive"}


def test_the_reference_is_split_without_leaks(tmp_path: Path) -> None:
    reference_rows(tmp_path)
    train, test = finetuning.parts(finetuning.reference(tmp_path))
    assert not {normalised(t) for t in train.texts} & {normalised(t) for t in test.texts}
    assert len(train) + len(test) == 120


def test_few_draws_as_many_as_asked_of_each_theme(tmp_path: Path) -> None:
    reference_rows(tmp_path)
    comments = finetuning.reference(tmp_path)
    assert finetuning.few(comments, 8).themes.sum() == 8
    assert finetuning.few(comments, 8).texts == finetuning.few(comments, 8).texts
    assert finetuning.few(comments, 1000).themes.sum() == 60


def test_figures_of_right_answers_are_one(tmp_path: Path) -> None:
    reference_rows(tmp_path)
    comments = finetuning.reference(tmp_path)
    answers = finetuning.Answers(comments.themes, comments.sentiment, 0.0)
    cells = finetuning.figures(comments, answers)
    assert cells["micro"] == cells["macro"] == "1.000 [1.000, 1.000]"
    wrong = finetuning.Answers(~comments.themes, None, 0.0)
    assert finetuning.figures(comments, wrong) == {"micro": "0.000 [0.000, 0.000]", "macro": "0.000 [0.000, 0.000]"}


def test_choices_writes_differences_as_the_variant_less_the_shipped(tmp_path: Path) -> None:
    texts = {
        "en": ("The nurses were kind", "Rude, careless staff"),
        "fr": ("Les infirmières étaient gentilles", "Personnel froid"),
        "es": ("Las enfermeras fueron amables", "Personal grosero"),
    }
    labels = (("2", "empathy+"), ("-2", "empathy-"))
    rows = [
        dict(
            zip(choices.COLUMNS, (f"{language}{n}", language, "", text, level, "0", "0", themes, "", "1"), strict=True)
        )
        for language, pair in texts.items()
        for n, (text, (level, themes)) in enumerate(zip(pair, labels, strict=True))
    ]
    table = choices.write(tmp_path / "labelled.csv", rows)
    shipped = evaluate("carevoice-base", table, by=["language"])
    same = evaluate("carevoice-base", table, by=["language"], compare="carevoice-base")
    assert choices.line("as shipped", shipped)[2] == ""
    assert choices.line("again", same)[2] == "+0.000 [+0.000, +0.000]"
    assert choices.line("again", same)[1].count(" / ") == 2
