"""What is doubtful about labels is listed with its rows, and fatal when asked for."""

from pathlib import Path
from typing import Any

import pytest

from carevoice.errors import InputError
from carevoice.results import Polarity
from carevoice.taxonomy import Taxonomy, Theme, load_taxonomy
from carevoice.training.labels import Labelled, LabelOptions, Problem, describe, read_labelled
from carevoice.training.labels.checks import combined

BASE = load_taxonomy()
OWN = Taxonomy((Theme("food", {"en": "Food"}), Theme("cost", {"en": "Cost"})), "1")
RARE = "fewer than 5"


def read(folder: Path, table: str, **options: Any) -> Labelled:
    path = folder / "labelled.csv"
    path.write_text(table.lstrip("\n"), encoding="utf-8")
    return read_labelled(path, LabelOptions(**options), BASE)


def problems(labelled: Labelled) -> list[str]:
    """All but the themes that are rare, as they are in every small table."""
    return [str(problem) for problem in labelled.problems if RARE not in problem.message]


def test_a_label_that_the_codebook_does_not_have_is_left_out(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,themes\nA,food;parking\nB,parking\nC,cost\n", taxonomy=OWN)
    assert problems(labelled) == ['rows 1, 2: unknown theme "parking": label left out']
    assert [dict(example.themes) for example in labelled.examples] == [{"food": None}, {}, {"cost": None}]


def test_a_comment_whose_only_label_is_unknown_is_left_out(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,label\nA,food\nB,parking\nC,\n", taxonomy=OWN)
    assert problems(labelled) == ["row 3: no label: row left out", 'row 2: unknown theme "parking": row left out']
    assert labelled.rows == (1,)


def test_cells_without_a_label_are_comments_without_a_theme(tmp_path: Path) -> None:
    assert problems(read(tmp_path, "text,themes\nA,food;cost\nB,\n")) == []


def test_labels_that_can_be_no_theme_are_left_out(tmp_path: Path) -> None:
    labelled = read(tmp_path, f"text,themes\nA,food;???\nB,{'long ' * 30};cost\n")
    assert problems(labelled) == [
        "row 1: a label has neither letter nor digit: label left out",
        "row 2: a label is longer than 100 characters: label left out",
    ]


def test_praise_and_criticism_of_a_theme_are_both_and_no_problem(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,themes\nA,food+;food-\nB,food;food+\n")
    assert problems(labelled) == []
    assert [dict(example.themes) for example in labelled.examples] == [{"food": "both"}, {"food": "praised"}]


def test_a_judgement_beside_none_is_a_contradiction(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,themes\nA,food=;food-\nB,none;cost+\n")
    assert problems(labelled) == [
        "row 2: said to have no theme, and a theme is given: the theme counts",
        'row 1: theme "food" is both mentioned without judgement and judged: the judgement counts',
    ]
    assert [dict(example.themes) for example in labelled.examples] == [{"food": "criticised"}, {"cost": "praised"}]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None], (None, False)),
        ([None, "mentioned"], ("mentioned", False)),
        (["praised", "both"], ("both", False)),
        (["praised", "criticised"], ("both", False)),
        (["praised", "criticised", "mentioned"], ("both", True)),
    ],
)
def test_polarities_of_a_theme_are_combined(
    given: list[Polarity | None], expected: tuple[Polarity | None, bool]
) -> None:
    assert combined(given) == expected


def test_the_same_text_with_different_labels(tmp_path: Path) -> None:
    table = """
text,question,sentiment,alert,themes
Cold SOUP,,-1,0,food-;cost
cold  soup,,-1,0,food-;cost
Late,,-1,0,wait_time-
late,,1,1,wait_time+
Nothing,good,0,0,
Nothing,improve,1,0,overall+
Rude,,-1,0,empathy
rude,,-1,,empathy-
rude,,,,cost
"""
    assert problems(read(tmp_path, table)) == [
        "rows 3, 4: the same text has different polarities and sentiment and alerts",
        "rows 7, 8, 9: the same text has different themes",
    ]


def test_themes_with_few_examples(tmp_path: Path) -> None:
    table = "text,themes\n" + "".join(f"{n},food\n" for n in range(5)) + "5,cost\n6,cost;pets\n"
    assert [str(problem) for problem in read(tmp_path, table).problems] == [
        'rows 6, 7: theme "cost" has 2 examples, fewer than 5',
        'row 7: theme "pets" has 1 example, fewer than 5',
    ]


def test_rows_without_text_are_left_out(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,themes\nA,food;cost\n  ,food\n,cost\n")
    assert problems(labelled) == ["rows 2, 3: no text: row left out"]
    assert labelled.rows == (1,)


def test_facts_that_cannot_be_read_are_left_unknown(tmp_path: Path) -> None:
    table = """
text,language,sentiment,mixed,alert,themes
A,fr,-1,0,0,food;cost
B,de,awful,1,maybe,food
C,,3,perhaps,1,food
"""
    labelled = read(tmp_path, table)
    assert problems(labelled) == [
        "rows 2, 3: the sentiment can't be read: left unknown",
        "row 2: the language is none of en, fr and es: taken as not given",
        "row 2: the alert is neither 0 nor 1: left unknown",
        'row 3: the column "mixed" can\'t be read: taken as 0',
    ]
    assert [(e.language, e.sentiment, e.alert) for e in labelled.examples] == [
        ("fr", "negative", False),
        ("", None, None),
        ("", None, True),
    ]


def test_polarity_that_cannot_be_read_is_left_unknown(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,label,polarity\nA,food,+\nB,food,bad\nC,cost,\n")
    assert problems(labelled) == ["row 2: the polarity can't be read: left unknown"]
    assert [polarity for example in labelled.examples for _, polarity in example.themes] == ["praised", None, None]


def test_ticks_that_cannot_be_read_count_as_none(tmp_path: Path) -> None:
    table = "text,food,cost\nA,1,0\nB,2,1\nC,1,\n"
    labelled = read(tmp_path, table, theme_columns=("food", "cost"))
    assert problems(labelled) == ['row 2: column "food" holds neither 0 or 1 nor a polarity: taken as 0']


def test_rows_of_a_comment_that_disagree(tmp_path: Path) -> None:
    table = "id,text,label,sentiment,alert\na,Soup,food,1,0\na,Soup,cost,-1,1\nb,Late,cost,,1\nb,Late,food,-1,\n"
    labelled = read(tmp_path, table)
    assert problems(labelled) == [
        (
            "rows 1, 2: the rows of one comment have different sentiments: left unknown; if they are about the label "
            "of the row, name the column with --polarity-column"
        ),
        "rows 1, 2: the rows of one comment have different alerts: left unknown",
    ]
    assert [(e.sentiment, e.alert) for e in labelled.examples] == [(None, None), ("negative", True)]
    judged = read(tmp_path, table, polarity_column="sentiment", alert_column="")
    assert dict(judged.examples[0].themes) == {"food": "praised", "cost": "criticised"}
    assert problems(judged) == []


def test_strict_lists_the_first_ten_problems(tmp_path: Path) -> None:
    table = "text,themes\n" + "".join(f"secret {n},theme {n};food\n" for n in range(12))
    with pytest.raises(InputError) as raised:
        read(tmp_path, table, strict=True)
    lines = str(raised.value).splitlines()
    assert "labelled.csv: 12 problems" in lines[0]
    assert lines[1] == '  row 1: theme "theme_0" has 1 example, fewer than 5'
    assert (len(lines), lines[-1]) == (12, "  and 2 more problems")
    assert "secret" not in str(raised.value)


def test_strict_lets_good_labels_through(tmp_path: Path) -> None:
    table = "text,themes\n" + "".join(f"{n},food-\n" for n in range(5))
    assert read(tmp_path, table, strict=True).problems == ()


def test_many_rows_and_problems_are_cut_short(tmp_path: Path) -> None:
    assert str(Problem(tuple(range(1, 2001)), "x")) == "rows 1, 2, 3, 4, 5, 6, 7, 8 and 1,992 more: x"
    table = "text,themes\n" + "".join(f"{n},theme {n}\n" for n in range(21))
    lines = describe(read(tmp_path, table)).splitlines()
    assert lines[-1] == "problem: and 1 more problem"
