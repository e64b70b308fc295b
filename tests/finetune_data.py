"""A tiny encoder, made-up labelled comments and quick recipes for the tests of fine-tuning."""

import csv
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
import yaml
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from carevoice.resources import resource
from carevoice.training.config import FineTuneConfig, read_recipe

RECIPE = resource("configs/finetune.yaml")
#: What is said of each theme, its label and its sentiment.
KINDS = (
    ("food was cold", "food-", "-1"),
    ("nurse so kind", "empathy+", "1"),
    ("room very dirty", "cleanliness-", "-2"),
    ("parking far away", "car_park-", "-1"),
)
_WORDS = (
    *("ward", "visit", "sunday", "doctor", "morning", "letter", "phone", "garden", "mother", "window", "summer"),
    *("winter", "bus", "train", "clinic", "hall", "stairs", "lift", "office", "night", "evening", "week", "street"),
    *("corner", "paper", "bag", "coat", "river", "table", "chair", "music", "radio", "yellow", "orange", "wooden"),
)


def make_encoder(folder: Path) -> Path:
    """A random two-layer encoder with the shipped tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = resource("models/carevoice-base") / "tokenizer.json"
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=Tokenizer.from_file(str(tokenizer)).get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        layer_norm_eps=1e-12,
        pad_token_id=1,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def sentence(phrase: str, rng: random.Random) -> str:
    """The phrase among words that say nothing, so that no two sentences are near copies."""
    return f"{' '.join(rng.sample(_WORDS, 4))} the {phrase} {' '.join(rng.sample(_WORDS, 3))}"


def comments(count: int, kinds: Iterable[tuple[str, str, str]] = KINDS, seed: int = 0) -> list[tuple[str, str, str]]:
    """Comments with their themes and sentiment, of each kind in turn."""
    rng, of = random.Random(seed), list(kinds)
    return [(sentence(of[n % len(of)][0], rng), *of[n % len(of)][1:]) for n in range(count)]


def write_table(
    path: Path, rows: Iterable[tuple[str, ...]], header: tuple[str, ...] = ("text", "themes", "sentiment")
) -> Path:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def quick(folder: Path, **changes: Any) -> Path:
    """The shipped recipe with fewer epochs, and other changes."""
    settings = {
        **read_recipe(RECIPE, FineTuneConfig).as_dict(),
        "head_epochs": 12,
        "warm_up_learning_rate": 0.03,
        "head_pull": 150.0,
        "folds": 3,
        "epochs": 3,
        "encoder_learning_rate": 0.001,
        "head_learning_rate": 0.003,
        **changes,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path
