"""Labels in each of the layouts in which people have them, found or named by options."""

from pathlib import Path
from typing import Any

import pytest

from carevoice.errors import InputError
from carevoice.taxonomy import Taxonomy, Theme, load_taxonomy
from carevoice.training.data import read_examples
from carevoice.training.labels import Labelled, LabelOptions, describe, read_labelled

BASE = load_taxonomy()
OWN = Taxonomy((Theme("parking", {"en": "Parking"}), Theme("pets", {"en": "Pets, visiting", "fr": "Animaux"})), "1")


def read(folder: Path, table: str, **options: Any) -> Labelled:
    path = folder / "labelled.csv"
    path.write_text(table.lstrip("\n"), encoding="utf-8")
    return read_labelled(path, LabelOptions(**options), BASE)


def themes(labelled: Labelled) -> list[dict[str, str | None]]:
    return [dict(example.themes) for example in labelled.examples]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("wait_time-;empathy+", {"wait_time": "criticised", "empathy": "praised"}),
        ("wait_time | empathy", {"wait_time": None, "empathy": None}),
        ("wait_time, empathy", {"wait_time": None, "empathy": None}),
        ("Waiting & timeliness-; EMPATIA Y RESPETO ~", {"wait_time": "criticised", "empathy": "both"}),
        ("Coût et facturation: négatif;food (+)", {"cost": "criticised", "food": "praised"}),
        ("Location, transport & parking-, food=", {"transport": "criticised", "food": "mentioned"}),
        ("food +/-;cost \u2212", {"food": "both", "cost": "criticised"}),
        ("food-; Food & drink +", {"food": "both"}),
        ("none", {}),
        ("", {}),
    ],
)
def test_a_cell_holds_themes_by_id_or_name(tmp_path: Path, cell: str, expected: dict[str, str | None]) -> None:
    table = f'text,themes\nFirst comment,safety;digital\nSecond comment,"{cell}"\n'
    if ";" not in cell and "|" not in cell:
        table = table.replace("safety;digital", "safety")
    labelled = read(tmp_path, table)
    assert (labelled.layout, labelled.single_label) == ("cell", False)
    assert themes(labelled)[1] == expected


def test_corpus_reads_as_training_reads_it() -> None:
    path = Path(__file__).parent.parent / "examples" / "corpus" / "heldout-en.csv"
    labelled = read_labelled(path, LabelOptions(), BASE)
    expected = read_examples(path, BASE)
    assert labelled.taxonomy == BASE
    for ours, theirs in zip(labelled.examples, expected, strict=True):
        assert dict(ours.themes) == dict(theirs.themes)
        for name in ("id", "language", "text", "question", "sentiment", "level", "alert"):
            assert getattr(ours, name) == getattr(theirs, name)
    assert labelled.rows == tuple(range(1, len(expected) + 1))
    assert labelled.fields[0]["source"] == "authored"
    assert not {"text", "themes"} & labelled.fields[0].keys()


@pytest.mark.parametrize(
    ("yes", "no"), [("1", "0"), ("x", ""), ("Yes", "No"), ("oui", "non"), ("Sí", "no"), ("true", "false"), ("1", "-")]
)
def test_columns_of_ticks_hold_a_theme_each(tmp_path: Path, yes: str, no: str) -> None:
    labelled = read(tmp_path, f"comment,site,food,Cost & billing\nOne,north,{yes},{no}\nTwo,south,{yes},{yes}\n")
    assert (labelled.layout, labelled.has_polarity) == ("columns", False)
    assert themes(labelled) == [{"food": None}, {"food": None, "cost": None}]
    assert labelled.fields[0] == {"site": "north"}


def test_columns_of_an_own_codebook_are_found_by_what_they_hold(tmp_path: Path) -> None:
    labelled = read(tmp_path, "comment,Parking,Pets welcome,stars\nOne,1,0,4\nTwo,0,1,3\n")
    assert labelled.columns.labels == ("Parking", "Pets welcome")
    assert labelled.taxonomy.ids == ("parking", "pets_welcome")


def test_columns_may_hold_polarity(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,food,cost\nOne,-,praised\nTwo,,=\n")
    assert themes(labelled) == [{"food": "criticised", "cost": "praised"}, {"cost": "mentioned"}]


def test_columns_lose_a_prefix_that_all_share(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,consent,theme_food,theme_24h desk\nOne,1,1,0\nTwo,1,0,1\n")
    assert labelled.taxonomy.ids == ("food", "theme_24h_desk")
    assert labelled.taxonomy["theme_24h_desk"].name["en"] == "24h desk"


def test_columns_are_named_by_options(tmp_path: Path) -> None:
    table = "text,food,inpatient,cost\nOne,1,1,0\nTwo,0,1,1\n"
    assert read(tmp_path, table, theme_columns=("food", "cost")).taxonomy.ids == ("cost", "food")
    assert read(tmp_path, table, layout="columns").new_themes == ("inpatient",)


def test_long_format_has_a_row_for_each_label_of_an_id(tmp_path: Path) -> None:
    table = """
id,text,label,polarity,site
a,Nice soup,food,positive,north
b,Late,wait_time,negative,south
a,Nice soup,cost,-,north
c,Nothing,,,south
"""
    labelled = read(tmp_path, table)
    assert labelled.layout == "long"
    assert themes(labelled) == [{"food": "praised", "cost": "criticised"}, {"wait_time": "criticised"}, {}]
    assert labelled.rows == (1, 2, 4)
    assert [example.id for example in labelled.examples] == ["a", "b", "c"]
    assert labelled.fields[0] == {"id": "a", "site": "north"}


def test_long_format_is_found_without_an_id(tmp_path: Path) -> None:
    labelled = read(tmp_path, "comment,theme\nNice soup,food+\nNice soup,cost-\nLate,wait_time-\n")
    assert labelled.layout == "long"
    assert themes(labelled) == [{"food": "praised", "cost": "criticised"}, {"wait_time": "criticised"}]
    assert [example.id for example in labelled.examples] == ["row 1", "row 3"]


def test_rows_of_one_text_with_different_ids_are_different_comments(tmp_path: Path) -> None:
    labelled = read(tmp_path, "id,comment,theme\na,Soup,food\nb,Soup,cost\n")
    assert (labelled.layout, len(labelled.examples)) == ("single", 2)


@pytest.mark.parametrize(
    "name", ["label", "Theme", "CATEGORY", "code", "tag", "étiquette", "Thème", "tema", "Categoría"]
)
def test_one_label_a_row_is_found_by_the_name_of_its_column(tmp_path: Path, name: str) -> None:
    labelled = read(tmp_path, f"text,{name}\nSoup,Food & drink\nLate,Punctuality, of staff\n".replace(", of", " of"))
    assert (labelled.layout, labelled.single_label) == ("single", True)
    assert themes(labelled) == [{"food": None}, {"punctuality_of_staff": None}]


def test_a_comma_in_a_single_label_is_part_of_it(tmp_path: Path) -> None:
    labelled = read(tmp_path, 'text,label\nSoup,"Cold, or late"\nLate,"Cold, or late"\nRude,Manners\n')
    assert labelled.taxonomy.ids == ("cold_or_late", "manners")


def test_a_singular_name_over_cells_of_several_is_read_as_several(tmp_path: Path) -> None:
    assert read(tmp_path, "text,theme\nSoup,food;cost\nLate,wait_time\n").layout == "cell"
    assert read(tmp_path, 'text,theme\nSoup,"Pets, Toys"\nLate,Pets\nX,Toys\n').layout == "cell"


def test_a_word_for_nothing_is_a_label_where_there_must_be_one(tmp_path: Path) -> None:
    assert read(tmp_path, "text,label\nSoup,food\nBye,None\n").taxonomy.ids == ("food", "none")


def test_options_win_over_what_would_be_found(tmp_path: Path) -> None:
    table = "ref,q1,q2,theme,kind\nr1,Soup,Why?,food,pets\nr1,Soup,Why?,cost,toys\n"
    labelled = read(
        tmp_path,
        table,
        text_column="q1",
        question_column="q2",
        id_column="ref",
        label_column="kind",
        layout="single",
    )
    assert themes(labelled) == [{"pets": None}, {"toys": None}]
    assert (labelled.examples[0].id, labelled.examples[0].question) == ("r1", "why")
    assert read(tmp_path, table, text_column="q1", themes_column="theme").layout == "cell"


def test_known_themes_come_in_the_order_of_the_base_and_new_ones_by_frequency(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,themes\nA,Pets;Toys;food\nB,toys;empathy\nC,TOYS!;wait_time\n", text_column="text")
    assert labelled.taxonomy.ids == ("empathy", "wait_time", "food", "toys", "pets")
    assert labelled.new_themes == ("toys", "pets")
    assert labelled.taxonomy["empathy"] == BASE["empathy"]
    assert labelled.taxonomy.version == f"{BASE.version}+local"
    made = labelled.taxonomy["pets"]
    assert dict(made.name) == dict(made.definition) == dict(made.boundary) == {"en": "Pets", "fr": "Pets", "es": "Pets"}


def test_a_codebook_without_known_themes_is_its_own(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,label\nA,Hygiène des mains\nB,24h café\nC,食事\nD,Ångström\n")
    first, *_, last = labelled.taxonomy.ids
    assert labelled.taxonomy.version == "local"
    assert (first, labelled.taxonomy.ids[1]) == ("theme_24h_cafe", "angstrom")
    assert last.startswith("theme_")
    assert labelled.taxonomy[last].name["en"] == "食事"


def test_ids_that_would_be_equal_get_a_number(tmp_path: Path) -> None:
    assert read(tmp_path, "text,label\nA,food ж\nB,food щ\n").taxonomy.ids == ("food_2", "food_3")


def test_labels_are_those_of_the_own_codebook_alone(tmp_path: Path) -> None:
    labelled = read(tmp_path, "text,themes\nA,ANIMAUX-\nB,parking\n", taxonomy=OWN)
    assert labelled.taxonomy is OWN
    assert themes(labelled) == [{"pets": "criticised"}, {"parking": None}]
    assert labelled.new_themes == ()


def test_what_one_reading_made_reads_the_next_table(tmp_path: Path) -> None:
    made = read(tmp_path, "text,label\nA,LGBTQ+\nB,24h café\nC,食事\nD,Cold (or) late:\n").taxonomy
    again = read(tmp_path, "text,label\nA,lgbtq+\nB,24H Cafe\nC,食事\nD,cold or late\n", taxonomy=made)
    assert {theme for example in again.examples for theme, _ in example.themes} == set(made.ids)
    assert not again.has_polarity
    ids = read(tmp_path, "text,label\n" + "".join(f"{n},{theme}\n" for n, theme in enumerate(made.ids)), taxonomy=made)
    assert [theme for example in ids.examples for theme, _ in example.themes] == list(made.ids)


def test_a_sign_is_part_of_a_name_unless_the_column_writes_polarity_so(tmp_path: Path) -> None:
    assert not read(tmp_path, "text,label\nA,LGBTQ+\nB,Pets\nC,Toys\n").has_polarity
    assert read(tmp_path, "text,label\nA,LGBTQ+\nB,Pets-\nC,Toys\n").has_polarity


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ("text,site\nA,north\n", {}, 'No column is obviously one of themes.*--themes-column.*"text", "site"'),
        ("text,inpatient\nA,1\n", {}, "No column is obviously one of themes"),
        ("text,tag,code\nA,pets,toys\n", {}, 'Several columns may hold the themes: "tag", "code"'),
        ("text,tag,a,b\nA,pets,1,0\nB,toys,0,1\n", {}, 'one column or in several, among "tag", "a", "b"'),
        ("text,themes,food,cost\nA,food,1,0\nB,cost,0,1\n", {}, "one column or in several"),
        ("a,b,theme\nA,B,pets\n", {}, "--text-column"),
        ("text,comment,theme\nA,B,pets\n", {}, "labelled.csv: Several columns may hold the comments"),
        ("text,question,pregunta,theme\nA,,,pets\n", {}, "--question-column"),
        ("text,sentiments,sentimentlabel,theme\nA,1,1,pets\n", {}, "choose one with --sentiment-column"),
        ("text,theme\nA,pets\n", {"label_column": "Theme"}, 'no column "Theme". Did you mean "theme"?'),
        ("text,theme\nA,pets\n", {"label_column": "text", "text_column": "text"}, '"text" is named twice'),
        ("text,ward\nA,north\n", {"layout": "columns"}, "No column holds nothing but 0 and 1"),
        ("text,theme\nA,pets;toys\n", {"label_column": "theme"}, "several labels a cell"),
        ("text,theme\nA,pets;toys\n", {"polarity_column": "theme"}, "No column is obviously one of themes"),
        ("text,themes,p\nA,pets;toys,+\n", {"polarity_column": "p"}, "--polarity-column goes with one label a row"),
        ("text,theme\nA,pets\n", {"sentiment_scale": "stars"}, "--sentiment-scale needs a column"),
        ("text,q\nA,long words\nB,more\n", {"theme_columns": ("q",)}, '"q" is no theme column'),
        ("text,themes\nA,\nB,none\n", {}, "No row has a theme"),
        ("text,themes\n,food\n", {}, "No row has a theme"),
        ("text,theme\nA,pets\n", {"taxonomy": BASE}, "No label is a theme of the codebook"),
        ("text,theme\n", {}, "has no rows"),
        ("text,themes\n,food\n", {"taxonomy": BASE}, "No row has both a text and a label"),
    ],
)
def test_tables_that_leave_it_open_are_refused(
    tmp_path: Path, table: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        read(tmp_path, table, **options)
    assert "labelled.csv" in str(raised.value)


def test_a_single_label_table_full_of_repeats_must_say_what_it_is(tmp_path: Path) -> None:
    table = "text,label\n" + "Nothing,pets\n" * 5 + "Nothing,toys\nSoup,food\n"
    with pytest.raises(InputError, match=r"--layout long .*--layout single"):
        read(tmp_path, table)
    assert len(read(tmp_path, table, layout="single").examples) == 7
    assert len(read(tmp_path, table, layout="long").examples) == 2


def test_a_column_of_remarks_is_refused_before_it_becomes_themes(tmp_path: Path) -> None:
    table = "text,label\n" + "".join(f"comment {n},remark about bed {n}\n" for n in range(50))
    with pytest.raises(InputError, match="50 different labels in 50 rows") as raised:
        read(tmp_path, table)
    assert "about bed" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "wide"}, "--layout: 'wide' is not one of auto, cell"),
        ({"sentiment_scale": "smileys"}, "--sentiment-scale: 'smileys'"),
        ({"themes_column": "a", "label_column": "b"}, "--themes-column and --label-column exclude each other"),
        ({"theme_columns": ("a",), "layout": "long"}, "--theme-columns doesn't go with the layout long"),
        ({"label_column": "a", "layout": "columns"}, "--label-column doesn't go with the layout columns"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LabelOptions(**options)


def test_describe_says_what_was_read(tmp_path: Path) -> None:
    table = "id,text,sentiment,themes\n" + "".join(f"{n},comment {n},{n % 3 - 1},food-;Pets+\n" for n in range(1200))
    assert describe(read(tmp_path, table)).splitlines() == [
        "read 1,200 comments, 2 themes, sentiment present",
        "layout: cell (all themes of a comment in a cell), with polarity",
        'columns: text in "text"; themes in "themes"; id in "id"; sentiment in "sentiment" (-2 to 2)',
        "new themes: pets",
    ]


def test_describe_counts_the_themes_of_a_codebook_that_occur(tmp_path: Path) -> None:
    lines = describe(read(tmp_path, "text,themes\nA,parking\n", taxonomy=OWN)).splitlines()
    assert lines[0] == "read 1 comment, 1 of 2 themes, no sentiment"
    assert lines[1].endswith("without polarity")
    assert lines[-1] == 'problem: theme "pets" has no example, fewer than 5'


def test_describe_shows_some_of_many_columns(tmp_path: Path) -> None:
    header = ",".join(f"t{n}" for n in range(9))
    lines = describe(read(tmp_path, f"text,{header}\nA{',1' * 9}\n")).splitlines()
    assert '"t4", "t5" and 3 more' in lines[2]
