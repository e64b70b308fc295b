"""Making a model folder: labels, variants, batches, calibration and the whole way on a tiny encoder."""

import dataclasses
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from finetune_data import make_encoder
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

import carevoice
from carevoice.errors import InputError
from carevoice.model.network import Logits
from carevoice.questions import QUESTIONS
from carevoice.resources import resource
from carevoice.results import POLARITIES
from carevoice.taxonomy import load_taxonomy
from carevoice.training.augment import join, join_some, leave_questions_out, mess_up, unaccented
from carevoice.training.batching import batches
from carevoice.training.build import average, build, read_corpus
from carevoice.training.config import Cycle, TrainConfig, load_config
from carevoice.training.data import UNKNOWN, Example, parse_themes, read_examples, sentiment_of, targets
from carevoice.training.losses import Loss
from carevoice.training.metrics import sentiment_macro_f1, theme_scores
from carevoice.training.split import is_heldout
from carevoice.training.trainer import drawn

TAXONOMY = load_taxonomy()
HEADER = "id,language,source,question,text,sentiment,mixed,alert,themes\n"
RECIPE = resource("configs/carevoice-base.yaml")


def example(text: str, themes: str = "", level: int = 0, *, mixed: bool = False, alert: bool = False) -> Example:
    sentiment = sentiment_of(level, mixed=mixed)
    return Example("x", "en", "x", text, "", sentiment, level, alert, parse_themes(themes, TAXONOMY.ids, "here"))


def test_read_examples_reads_every_label(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(HEADER + 'a,en,x,good,"Kind, but late",0,1,0,empathy+;wait_time-\n', encoding="utf-8")
    (read,) = read_examples(path, TAXONOMY)
    assert read.themes == (("empathy", "praised"), ("wait_time", "criticised"))
    assert (read.sentiment, read.question, read.alert) == ("mixed", "good", False)
    labels = targets([read], TAXONOMY)
    assert labels.themes.sum() == 2
    assert labels.polarity[0, TAXONOMY.ids.index("wait_time")] == POLARITIES.index("criticised")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("a,en,x,,Hello,3,0,0,", "row 1: sentiment '3'"),
        ("a,en,x,,Hello,0,0,0,parking-", "row 1: 'parking-' is not a theme"),
        ("a,en,x,,Hello,0,0,0,cost", "row 1: 'cost' is not a theme"),
        ("a,en,x,what,Hello,0,0,0,", "row 1: question 'what'"),
    ],
)
def test_read_examples_names_file_and_row_of_a_bad_label(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / "train.csv"
    path.write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=problem) as raised:
        read_examples(path, TAXONOMY)
    assert str(path) in str(raised.value)


def test_read_examples_names_missing_columns(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("id,text\n1,Hello\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column language, source, question, sentiment"):
        read_examples(path, TAXONOMY)


def test_what_two_annotators_disagree_on_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(
        HEADER[:-1] + ",themes_either,sentiment_agreed,alert_agreed\n"
        "a,en,x,,One,1,0,0,empathy+,food-;cost+;cost-,1,1\n"
        "b,en,x,,Two,1,0,0,empathy+,,0,0\n",
        encoding="utf-8",
    )
    one, two = read_examples(path, TAXONOMY)
    assert dict(one.themes) == {"empathy": "praised", "cost": None}  # both gave the cost, with another polarity each
    assert one.doubtful == ("food",)
    assert (one.sentiment, one.level, one.alert) == ("positive", 1, False)
    assert (two.sentiment, two.level, two.alert) == (None, None, None)
    labels = targets([one, two], TAXONOMY)
    empathy, food = (TAXONOMY.ids.index(theme) for theme in ("empathy", "food"))
    assert np.isnan(labels.themes).sum() == 1
    assert np.isnan(labels.themes[0, food])
    assert (labels.themes[0, empathy], labels.polarity[0, food]) == (1, UNKNOWN)


def test_a_join_doubts_what_a_part_doubts_and_no_part_has() -> None:
    one = dataclasses.replace(example("a", "food+"), doubtful=("cost", "empathy"))
    assert join([one, example("b", "cost-")]).doubtful == ("empathy",)


def test_a_doubtful_theme_is_not_learnt() -> None:
    labels = targets([dataclasses.replace(example("a", "food+"), doubtful=("cost",))], TAXONOMY)
    count, cost = len(TAXONOMY), TAXONOMY.ids.index("cost")
    themes = torch.zeros(1, count, requires_grad=True)
    loss_of = Loss.of(load_config(RECIPE), targets([example("a", "food+")] * 9 + [example("b")], TAXONOMY))
    logits = Logits(themes, torch.zeros(1, count, 4), torch.zeros(1, 4), torch.zeros(1, 5), torch.zeros(1))
    loss_of(logits, labels, np.array([0])).backward()  # type: ignore[no-untyped-call]
    assert themes.grad is not None
    assert (themes.grad[0] == 0).nonzero().flatten().tolist() == [cost]


def test_join_unites_labels() -> None:
    joined = join([example("Kind", "empathy+;cost=", 1), example("Rude later", "empathy-;cost-", -2, alert=True)])
    assert joined.text == "Kind Rude later"
    assert dict(joined.themes) == {"empathy": "both", "cost": "criticised"}
    assert (joined.sentiment, joined.level, joined.alert) == ("mixed", 0, True)


def test_join_of_one_kind_is_as_strong_as_its_strongest() -> None:
    assert join([example("a", "", 1), example("b", "", 2)]).level == 2
    assert join([example("a", "", -1), example("b", "", 0)]).level == -1
    assert join([example("a", "", -1), example("b", "", 0)]).sentiment == "negative"


def test_join_knows_no_more_than_its_parts() -> None:
    known = example("a", "empathy+;cost-", 1)
    bare = dataclasses.replace(
        known, sentiment=None, level=None, alert=None, themes=(("empathy", None), ("food", None))
    )
    joined = join([known, bare])
    assert (joined.sentiment, joined.level, joined.alert) == (None, None, None)
    assert dict(joined.themes) == {"empathy": None, "cost": "criticised", "food": None}


def test_targets_mark_what_is_unknown() -> None:
    bare = dataclasses.replace(example("a"), sentiment=None, level=None, alert=None, themes=(("empathy", None),))
    labels = targets([bare], TAXONOMY)
    assert (labels.themes.sum(), labels.polarity.max()) == (1, UNKNOWN)
    assert (labels.sentiment[0], labels.level[0]) == (UNKNOWN, UNKNOWN)
    assert np.isnan(labels.alert[0])


@given(st.integers(0, 2**32), st.floats(0, 1))
def test_join_some_loses_no_comment(seed: int, share: float) -> None:
    examples = [example(f"this is comment{k}") for k in range(30)]
    kept = join_some(examples, share, random.Random(seed))
    found = Counter(w for e in kept for w in e.text.replace(".", "").split() if w.startswith("comment"))
    assert found == Counter(f"comment{k}" for k in range(30))


@given(st.text(max_size=60), st.integers(0, 2**32))
def test_mess_up_never_fails_and_may_leave_alone(text: str, seed: int) -> None:
    assert isinstance(mess_up(text, 1.0, random.Random(seed)), str)
    assert mess_up(text, 0.0, random.Random(seed)) == text


def test_questions_are_left_out_of_comments_that_stand_alone() -> None:
    short, long = example("Nothing"), example("More seats in the waiting room please")
    asked = [dataclasses.replace(e, question="improve") for e in (short, long)]
    assert [e.question for e in leave_questions_out(asked, 1.0, random.Random(0))] == ["improve", ""]
    assert leave_questions_out(asked, 0.0, random.Random(0)) == asked


def test_a_cycle_repeats_and_leaves_out_sources() -> None:
    examples = [dataclasses.replace(example(name), source=name) for name in ("a", "b", "c")]
    cycle = Cycle(1, 1, 1.0, 0.0, 0.0, {"a": 2, "b": 0}, join_opposites=True)
    assert [e.source for e in drawn(examples, cycle)] == ["a", "a", "c"]


def test_unaccented() -> None:
    assert unaccented("très señor") == "tres senor"


@given(st.lists(st.integers(2, 60), min_size=1, max_size=60), st.booleans())
def test_batches_hold_every_comment_once_within_the_budget(lengths: list[int], shuffled: bool) -> None:  # noqa: FBT001
    ids = [[5] * n for n in lengths]
    made = list(batches(ids, 128, random.Random(0) if shuffled else None))
    assert sorted(n for batch in made for n in batch.rows) == list(range(len(ids)))
    for batch in made:
        assert batch.ids.numel() <= 128
        assert batch.mask.sum(1).tolist() == [lengths[n] for n in batch.rows]


def test_scores_count_a_wrong_polarity_twice() -> None:
    labels = targets([example("a", "empathy+;cost-")], TAXONOMY)
    polarity = np.zeros(labels.themes.shape, np.int64)  # all praised
    scores = theme_scores(labels.themes == 1, polarity, labels)
    assert scores.exact_micro_f1 == pytest.approx(0.5)
    assert scores.micro_f1 == 1


def test_sentiment_counts_mixed_as_neutral() -> None:
    assert sentiment_macro_f1(np.array([0, 2, 3]), np.array([0, 1, 3])) == 1


def test_average_is_the_mean() -> None:
    mean = average([{"a": torch.tensor([1.0, 3.0])}, {"a": torch.tensor([3.0, 5.0])}])
    assert mean["a"].tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"head_epochs": 0}, "head_epochs"),
        ({"head_epochs": "many"}, "head_epochs"),
        ({"cycles": []}, "cycles"),
        ({"cycles": [{"seed": 1, "epochs": 2}]}, "cycles"),
        ({"cycles": [{**dataclasses.asdict(load_config(RECIPE).cycles[0]), "encoder_dropout": 1.0}]}, "cycles"),
        ({"last_cycles": {}}, "last_cycles"),
        ({"join_share": -1}, "join_share"),
        ({"speed": 1}, "unknown setting speed"),
        ({"head_epochs": None}, "head_epochs"),
    ],
)
def test_recipe_problems_name_file_and_setting(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    data = {**load_config(RECIPE).as_dict(), **change}
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")  # JSON is YAML
    with pytest.raises(InputError, match=problem) as raised:
        load_config(path)
    assert str(path) in str(raised.value)


def test_shipped_recipe_made_the_shipped_model() -> None:
    recipe = json.loads((resource("models/carevoice-base") / "config.json").read_text(encoding="utf-8"))["recipe"]
    assert recipe == load_config(RECIPE).as_dict()


@pytest.fixture(scope="module")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer encoder with the shipped tokenizer."""
    return make_encoder(tmp_path_factory.mktemp("tiny") / "encoder")


@pytest.fixture
def tiny_data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    kinds = [("food was cold", "food-", -1), ("nurse so kind", "empathy+", 1), ("room very dirty", "cleanliness-", -2)]
    rows = [
        f"t{k},en,x,,visit {k} the {text},{level},0,{int(level == -2)},{themes}"
        for k in range(240)
        for text, themes, level in [kinds[k % 3]]
    ]
    (folder / "train-en.csv").write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return folder


def tiny_recipe() -> TrainConfig:
    settings = {**load_config(RECIPE).as_dict(), "name": "tiny", "head_epochs": 8}
    cycles = (
        Cycle(1, 1, 1.0, 0.0, 0.0, {}, join_opposites=True),
        Cycle(2, 1, 0.5, 0.1, 0.001, {"x": 2}, join_opposites=False),
    )
    last = (Cycle(3, 1, 0.3, 0.1, 0.0, {}, join_opposites=True),)
    return TrainConfig(**{**settings, "cycles": cycles, "last_cycles": last, "warm_up_learning_rate": 0.03})


def test_build_makes_a_folder_that_learnt_and_repeats(tiny_encoder: Path, tiny_data: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        build(
            tiny_recipe(),
            TAXONOMY,
            [tiny_data],
            tiny_encoder,
            tmp_path / name,
            tmp_path / f"{name}-work",
            lambda _: None,
        )
    one, two = carevoice.load(tmp_path / "one"), carevoice.load(tmp_path / "two")
    assert (one.name, one.version) == ("tiny", load_config(RECIPE).version)
    texts = ["the nurse so kind", "the food was cold", "the room very dirty"]
    found = list(one.stream(texts))
    assert found == list(two.stream(texts))
    for result, theme in zip(found, ("empathy", "food", "cleanliness"), strict=True):
        best = max(zip(result.probabilities, TAXONOMY.ids, strict=True))
        assert best[1] == theme


def test_last_cycles_start_from_the_mean_of_the_others(tiny_encoder: Path, tiny_data: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe()
    (last,) = recipe.last_cycles
    lasts = (dataclasses.replace(last, rate=0.0), last, dataclasses.replace(last, rate=0.0))
    recipe = dataclasses.replace(recipe, last_cycles=lasts)
    build(recipe, TAXONOMY, [tiny_data], tiny_encoder, tmp_path / "out", tmp_path / "work", lambda _: None)
    states = {path.stem: load_file(path) for path in (tmp_path / "work").glob("*.safetensors")}
    mean = average([states["cycle-1"], states["cycle-2"]])
    moved = [not torch.equal(value, mean[name]) for name, value in states["last-cycle-2"].items()]
    assert any(moved)
    for number in (1, 3):
        for name, value in states[f"last-cycle-{number}"].items():
            assert torch.equal(value, mean[name]), name


def test_build_refuses_the_work_of_another_recipe(tiny_encoder: Path, tiny_data: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "recipe.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="another recipe"):
        build(tiny_recipe(), TAXONOMY, [tiny_data], tiny_encoder, tmp_path / "out", tmp_path / "work", lambda _: None)


def test_read_corpus_holds_out_translations_with_their_original(tmp_path: Path) -> None:
    texts = [f"comment number {k}" for k in range(60)]
    english = [f"en{k:05},en,x,,{text},0,0,0," for k, text in enumerate(texts)]
    french = [f"en{k:05}fr,fr,x,,{text.upper()} traduit,0,0,0," for k, text in enumerate(texts)]
    (tmp_path / "train-en.csv").write_text(HEADER + "\n".join(english), encoding="utf-8")
    (tmp_path / "train-fr.csv").write_text(HEADER + "\n".join(french), encoding="utf-8")
    corpus = read_corpus([tmp_path], TAXONOMY)
    held = {e.id[:7] for e in corpus.heldout}
    assert held == {f"en{k:05}" for k, text in enumerate(texts) if is_heldout(text)}
    assert not held & {e.id[:7] for e in corpus.train}
    assert held


def test_read_corpus_needs_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file named train\*\.csv"):
        read_corpus([tmp_path], TAXONOMY)


def test_questions_have_a_fixed_order() -> None:
    # The trained model counts on it.
    assert QUESTIONS == ("", "good", "improve", "why")
