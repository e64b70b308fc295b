"""Labelled comments from a data frame, a dataset, and CSV files of other dialects."""

from pathlib import Path
from typing import Any

import pytest

from carevoice.errors import InputError
from carevoice.training.labels import LabelOptions, read_labelled
from carevoice.training.labels.table import read_table


def test_csv_of_another_dialect(tmp_path: Path) -> None:
    path = tmp_path / "labelled.csv"
    path.write_bytes('\ufefftexte;thèmes\r\n"Froid; tard";food-|cost-\r\nRien;\r\n'.encode())
    labelled = read_labelled(path)
    assert labelled.examples[0].text == "Froid; tard"
    assert dict(labelled.examples[0].themes) == {"food": "criticised", "cost": "criticised"}


def test_csv_problems_are_those_of_every_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_labelled(tmp_path / "none.csv")
    path = tmp_path / "labelled.csv"
    path.write_text("text,themes\nA,food,cost\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: a row of 3 cells"):
        read_labelled(str(path))


@pytest.mark.parametrize("source", [3, None, [("a", "b")], {"text": ["a"]}])
def test_other_objects_are_refused(source: Any) -> None:
    with pytest.raises(InputError, match=r"path of a table, a pandas DataFrame or a datasets\.Dataset"):
        read_labelled(source)


def test_data_frame_cells_are_as_in_a_file() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "text": ["One", None, "Three", "Four"],
            "n": [1.0, float("nan"), 2.5, 3.0],
            "big": pandas.array([1, None, 2, 3], dtype="Int64"),
            "day": pandas.to_datetime(["2024-01-31", None, "2024-02-01", None]),
            "kind": pandas.Categorical(["a", None, "b", "a"]),
            "tick": [True, False, True, False],
            "list": [["x", "y"], [], ("z",), None],
        },
        index=[7, 7, 8, 9],
    )
    table = read_table(frame)
    assert table.header == ("text", "n", "big", "day", "kind", "tick", "list")
    assert table.rows[0] == ("One", "1", "1", "2024-01-31 00:00:00", "a", "True", "x\ny")
    assert table.rows[1] == ("", "", "", "", "", "False", "")
    assert table.rows[2][1] == "2.5"
    assert table.rows[3][6] == ""


def test_data_frame_is_read_by_row_number() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"id": [11, 12, 13], "text": ["Soup", "", "Late"], "food": [1.0, 0.0, None], "cost": [False, True, True]},
        index=["a", "b", "c"],
    )
    labelled = read_labelled(frame)
    assert [(e.id, dict(e.themes)) for e in labelled.examples] == [("11", {"food": None}), ("13", {"cost": None})]
    assert labelled.rows == (1, 3)
    assert str(labelled.problems[0]) == "row 2: no text: row left out"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["text", "text"], 'two columns are called "text"'),
        (["text", " "], "column 2 has no name"),
        (["text", "site"], 'data frame: No column is obviously one of themes.*"text", "site"'),
    ],
)
def test_data_frame_problems_name_it(columns: list[str], message: str) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([["A", "B"]], columns=columns)
    with pytest.raises(InputError, match=message):
        read_labelled(frame)
    with pytest.raises(InputError, match="the data frame has no rows"):
        read_labelled(pandas.DataFrame({"text": [], "label": []}))


def test_dataset_with_class_labels() -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["Parking", "food"])}
    )
    dataset = datasets.Dataset.from_dict({"text": ["A", "B", "C"], "label": [1, 0, -1]}, features=features)
    labelled = read_labelled(dataset.with_format("numpy"))
    assert labelled.layout == "single"
    assert [dict(example.themes) for example in labelled.examples] == [{"food": None}, {"parking": None}]
    assert str(labelled.problems[0]) == "row 3: no label: row left out"


def test_dataset_with_lists_of_labels() -> None:
    datasets = pytest.importorskip("datasets")
    names = datasets.ClassLabel(names=["Parking, paths", "food"])
    features = datasets.Features({"text": datasets.Value("string"), "labels": datasets.List(names)})
    dataset = datasets.Dataset.from_dict({"text": ["A", "B", "C"], "labels": [[0, 1], [0], []]}, features=features)
    labelled = read_labelled(dataset)
    assert labelled.layout == "cell"
    assert [set(dict(example.themes)) for example in labelled.examples] == [
        {"parking_paths", "food"},
        {"parking_paths"},
        set(),
    ]
    plain = datasets.Dataset.from_dict({"text": ["A", "B"], "labels": [["food", "cost"], ["food"]], "n": [1, None]})
    assert dict(read_labelled(plain).examples[0].themes) == {"cost": None, "food": None}
    assert [fields["n"] for fields in read_labelled(plain).fields] == ["1", ""]


def test_dataset_of_several_splits_wants_one() -> None:
    datasets = pytest.importorskip("datasets")
    split = datasets.Dataset.from_dict({"text": ["A"], "label": ["food"]})
    with pytest.raises(InputError, match=r"several splits \(train, test\)"):
        read_labelled(datasets.DatasetDict({"train": split, "test": split}), LabelOptions())
