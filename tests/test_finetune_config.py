"""The recipe of fine-tuning: every setting there, and every mistake named."""

import re
from pathlib import Path

import pytest
import yaml
from finetune_data import RECIPE

from carevoice.errors import InputError
from carevoice.training.config import FineTuneConfig, read_recipe


def test_shipped_recipe_is_valid_and_has_a_word_on_each_part() -> None:
    recipe = read_recipe(RECIPE, FineTuneConfig)
    blocks = re.split(r"^(?=#)", RECIPE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    # Settings come in small groups, each under what explains it.
    assert max(sum(":" in line and line[0] != "#" for line in block.splitlines()) for block in blocks) <= 5
    assert recipe.cycle.seed == recipe.seed


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"epochs": 0}, "epochs: 0 is not what is expected here: a whole number of 1 or more"),
        ({"epochs": 2.5}, "epochs: 2.5 .* a whole number"),
        ({"epochs": True}, "epochs: True"),
        ({"held_out": 0.9}, "held_out: 0.9 .* a number between 0.01 and 0.5"),
        ({"join_share": 1.5}, "join_share: 1.5 .* between 0 and 1"),
        ({"folds": 1}, "folds: 1 .* of 2 or more"),
        ({"join_opposites": "yes"}, "join_opposites: 'yes' .* true or false"),
        ({"version": 1}, "version: 1 .* a text"),
        ({"speed": 1}, "unknown setting speed; known: head_epochs"),
    ],
)
def test_recipe_mistakes_are_named(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({**read_recipe(RECIPE, FineTuneConfig).as_dict(), **change}), encoding="utf-8")
    with pytest.raises(InputError, match=problem) as raised:
        read_recipe(path, FineTuneConfig)
    assert str(raised.value).startswith(str(path))


def test_recipe_setting_that_is_missing_is_named(tmp_path: Path) -> None:
    settings = read_recipe(RECIPE, FineTuneConfig).as_dict()
    del settings["patience"]
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.raises(InputError, match="missing setting patience"):
        read_recipe(path, FineTuneConfig)


@pytest.mark.parametrize("text", ["epochs: [1", "\x00", "- 1"])
def test_recipe_that_is_no_mapping_is_an_input_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"recipe\.yaml"):
        read_recipe(path, FineTuneConfig)


def test_recipe_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be read"):
        read_recipe(tmp_path / "none.yaml", FineTuneConfig)
