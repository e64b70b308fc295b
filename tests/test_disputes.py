"""What two annotators don't agree on is neither learnt nor measured."""

import pytest

from carevoice.training.data import Example
from carevoice.training.disputes import either_themes, undisputed

KNOWN = ("food", "cost", "empathy")
EXAMPLE = Example("1", "en", "", "Cheap, kind", "", "positive", 2, alert=True, themes=(("cost", "praised"),))


@pytest.mark.parametrize(
    ("cell", "themes"),
    [("", []), ("food-", ["food"]), (" food ; cost+~;", ["food", "cost"]), ("cost+;cost-", ["cost", "cost"])],
)
def test_a_cell_names_themes_whatever_their_polarities(cell: str, themes: list[str]) -> None:
    assert either_themes(cell) == themes


def test_a_table_of_one_annotator_disputes_nothing() -> None:
    assert undisputed(EXAMPLE, {"site": "A"}, KNOWN) == EXAMPLE


def test_a_theme_of_one_annotator_is_doubtful() -> None:
    found = undisputed(EXAMPLE, {"themes_either": "food-;empathy+"}, KNOWN)
    assert found.doubtful == ("food", "empathy")
    assert found.themes == EXAMPLE.themes


def test_a_theme_with_two_polarities_is_there() -> None:
    found = undisputed(EXAMPLE, {"themes_either": "food-;food+"}, KNOWN)
    assert found.themes == (("cost", "praised"), ("food", None))
    assert found.doubtful == ()


def test_what_both_gave_and_what_nobody_knows_changes_nothing() -> None:
    assert undisputed(EXAMPLE, {"themes_either": "cost-;parking-"}, KNOWN) == EXAMPLE


@pytest.mark.parametrize("no", ["0", "no", " False "])
def test_sentiment_and_alert_are_open_where_annotators_differ(no: str) -> None:
    found = undisputed(EXAMPLE, {"sentiment_agreed": no, "alert_agreed": "1"}, KNOWN)
    assert (found.sentiment, found.level, found.alert) == (None, None, True)
    found = undisputed(EXAMPLE, {"sentiment_agreed": "", "alert_agreed": no}, KNOWN)
    assert (found.sentiment, found.level, found.alert) == ("positive", 2, None)
