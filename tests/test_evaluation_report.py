"""Reports of an evaluation: groups, comparison with another model, JSON and text."""

import dataclasses
import json
import sys

import pytest
from test_evaluation_figures import REFUSED, THEMES, gold, said

from carevoice.errors import MissingExtraError
from carevoice.evaluation import Answers, Gold, Report, report_of
from carevoice.evaluation.gold import LENGTH_BANDS, length_band
from carevoice.results import Result

GOLDS = [
    gold("food+ cost-", "mixed", level=0, alert=False),
    gold("food-", "negative", level=-2, alert=True),
    gold("cost-", "negative", level=-1, alert=False),
    gold("privacy+", "positive", level=2, alert=False),
]
ANSWERS = [
    said("food+ cost-", "mixed", 0.1, alert=0.2),
    said("food+", "negative", -0.6, alert=0.8),
    said("privacy-", "neutral", 0.0, alert=0.6),
    REFUSED,
]
SITES = ["north", "south", "north", "north"]


def report(compare: list[Result] | None = None, **by: list[str]) -> Report:
    other = None if compare is None else Answers("theirs 2.0", THEMES, compare)
    return report_of(GOLDS, ANSWERS, THEMES, by=by, compare=other, model="ours 1.0")


def flat(data: object) -> list[object]:
    if isinstance(data, dict):
        return [leaf for part in data.values() for leaf in flat(part)]
    return [leaf for part in data for leaf in flat(part)] if isinstance(data, list) else [data]


# --- groups -------------------------------------------------------------------------------------------


def test_report_by_a_column_has_the_figures_of_each_value_alone() -> None:
    north, south = report(site=SITES).by["site"]
    assert (north.value, north.comments, south.value, south.comments) == ("north", 3, "south", 1)
    chosen = [n for n, site in enumerate(SITES) if site == "north"]
    alone = report_of([GOLDS[n] for n in chosen], [ANSWERS[n] for n in chosen], THEMES)
    assert {name: figure for name, figure in alone.figures.items() if name in north.figures} == north.figures


def test_report_by_a_column_leaves_out_what_a_value_has_nothing_of() -> None:
    north, south = report(site=SITES).by["site"]
    assert "alert_recall" not in north.figures
    assert south.figures["alert_recall"].value == 1


def test_report_by_a_column_puts_frequent_values_first_and_lengths_in_order() -> None:
    lengths = ["over 100 words", "over 100 words", "1-3 words", "11-30 words"]
    by = report(length=lengths, site=["b", "a", "c", "c"]).by
    assert [group.value for group in by["length"]] == ["1-3 words", "11-30 words", "over 100 words"]
    assert [group.value for group in by["site"]] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("words", "band"),
    [
        (0, "0 words"),
        (1, "1-3 words"),
        (3, "1-3 words"),
        (4, "4-10 words"),
        (30, "11-30 words"),
        (101, "over 100 words"),
    ],
)
def test_report_length_bands(words: int, band: str) -> None:
    assert length_band("so " * words) == band
    assert band in LENGTH_BANDS


# --- comparison ---------------------------------------------------------------------------------------


def test_report_of_a_model_beside_itself_shows_no_difference() -> None:
    comparison = report(ANSWERS).comparison
    assert comparison is not None
    assert (comparison.model, comparison.unanswered) == ("theirs 2.0", 1)
    for difference in comparison.figures.values():
        assert dataclasses.astuple(difference.difference) == (0, 0, 0)
        assert difference.other_better == 0


def test_report_beside_a_better_model_says_in_how_many_rounds_it_is_better() -> None:
    better = [
        said("food+ cost-", "mixed", 0.0, alert=0.1),
        said("food-", "negative", -1.0, alert=0.9),
        said("cost-", "negative", -0.5, alert=0.1),
        said("privacy+", "positive", 1.0, alert=0.1),
    ]
    comparison = report(better).comparison
    assert comparison is not None
    themes, score = comparison.figures["theme_micro_f1"], comparison.figures["score_error"]
    assert themes.other.value == 1
    assert themes.difference.value == pytest.approx(1 - themes.ours)
    # Of the four comments, two are right in both: a round that draws but these is a draw.
    assert 0.85 < themes.other_better < 1
    # Less of an error is better.
    assert score.difference.value < 0
    assert score.other_better == 1


def test_report_compares_the_figures_that_both_models_have() -> None:
    comparison = report([dataclasses.replace(answer, sentiment=None) for answer in ANSWERS]).comparison
    assert comparison is not None
    assert not [name for name in comparison.figures if name.startswith("sentiment")]
    assert "theme_micro_f1" in comparison.figures


def test_report_reads_the_probabilities_of_each_model_in_its_own_order() -> None:
    turned = [dataclasses.replace(answer, probabilities=answer.probabilities[::-1]) for answer in ANSWERS]
    other = Answers("theirs", THEMES[::-1], turned)
    comparison = report_of(GOLDS, ANSWERS, THEMES, compare=other).comparison
    assert comparison is not None
    assert comparison.figures["calibration_error"].difference.value == pytest.approx(0)


# --- codebooks ----------------------------------------------------------------------------------------


def test_report_counts_themes_that_the_model_does_not_know_as_missed() -> None:
    found = report_of([gold("food parking")], [said("food")], THEMES, judged=(*THEMES, "parking"))
    assert found.unknown == ("parking",)
    assert [(theme.id, theme.recall) for theme in found.themes] == [("food", 1.0), ("parking", 0.0)]


def test_report_ignores_themes_that_the_labels_do_not_know() -> None:
    found = report_of([gold("food")], [said("food cost")], THEMES, judged=("food",))
    assert found.unjudged == ("cost", "privacy", "digital")
    assert found.figures["theme_micro_f1"].value == 1


def test_report_refuses_another_number_of_predictions() -> None:
    with pytest.raises(ValueError, match="4 labelled comments, 3 predictions"):
        report_of(GOLDS, ANSWERS[:3], THEMES)


def test_report_without_scikit_learn_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r'Evaluation needs the extra "train"'):
        report()


# --- JSON and text ------------------------------------------------------------------------------------


def test_report_as_dict_is_plain_json() -> None:
    data = report(ANSWERS, site=SITES).as_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert {type(leaf) for leaf in flat(data)} <= {str, int, float}
    assert [*data] == [
        "model",
        "comments",
        "unanswered",
        "unknown_themes",
        "unjudged_themes",
        "interval",
        "figures",
        "themes",
        "polarity",
        "sentiment",
        "reliability",
        "by",
        "comparison",
    ]
    assert set(data["figures"]["theme_micro_f1"]) == {"value", "low", "high"}
    assert set(data["themes"]["food"]) == {"precision", "recall", "f1", "support"}
    assert set(data["by"]["site"]["south"]) == {"comments", "figures"}
    assert set(data["comparison"]["figures"]["theme_micro_f1"]) == {"ours", "other", "difference", "other_better"}


def test_report_as_dict_has_no_part_without_data() -> None:
    data = report_of([Gold((("food", None),))], [said("food")], THEMES).as_dict()
    assert not {"polarity", "sentiment", "by", "comparison"} & set(data)


def test_report_as_table_shows_everything_that_people_ask_for() -> None:
    text = report(ANSWERS, site=SITES).as_table()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[:3] == [
        "Model ours 1.0",
        "Comments 4",
        "1 without an answer, blank or in another language: counted as without themes, neutral and no alert",
    ]
    assert "Figure value 95 % interval" in lines
    assert any(line.startswith("theme and polarity, micro-F1 0.444 ") for line in lines)
    assert "Polarity of found themes: labelled as praised criticised both mentioned" in lines
    assert "Sentiment: labelled as negative neutral mixed positive none" in lines
    assert "positive 0 0 0 0 1" in lines
    assert "By site comments theme+polarity F1 theme F1 sentiment F1 alert recall" in lines
    assert "Beside it: theirs 2.0 value difference 95 % interval better in" in lines
    assert max(map(len, text.splitlines())) <= 120


def test_report_as_table_names_foreign_themes() -> None:
    text = report_of([gold("parking")], [said("food")], THEMES, judged=("food", "parking")).as_table()
    assert "foreign to the model, which misses them: parking" in text
    assert "not judged: cost, privacy, digital" in text


def test_report_as_table_steers_no_terminal() -> None:
    text = report(site=["\x1b[2J" + "long " * 20, "b\nc", "c", "d"]).as_table()
    assert "\x1b" not in text
    assert "�[2Jlong long" in text
    assert "b c" in text
