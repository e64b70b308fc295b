"""Splits that no comment and no near copy of one straddles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from carevoice.errors import InputError
from carevoice.training.data import Example
from carevoice.training.grouping import NEAR, folds, groups, split
from carevoice.training.split import normalised

WORDS = ("the", "nurse", "was", "kind", "food", "cold", "waited", "hours", "lovely", "ward", "rude", "parking", "far")
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join) | st.text(max_size=12), min_size=2, max_size=40
)


def examples(texts: list[str], themes: list[str] | None = None) -> list[Example]:
    of = themes or ["food"] * len(texts)
    return [
        Example(str(n), "en", "", text, "", None, None, None, ((theme, None),))
        for n, (text, theme) in enumerate(zip(texts, of, strict=True))
    ]


def pairs_of_near_copies(texts: list[str]) -> list[tuple[int, int]]:
    """All of them, found by comparing every text with every other."""
    clean = [normalised(text) for text in texts]
    try:
        vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), lowercase=False).fit_transform(
            list(dict.fromkeys(clean))
        )
    except ValueError:  # no text has a letter
        return [(a, b) for a in range(len(clean)) for b in range(a) if clean[a] == clean[b]]
    cosine = (vectors @ vectors.T).toarray()
    place = {text: n for n, text in enumerate(dict.fromkeys(clean))}
    near = lambda a, b: a == b or cosine[place[a], place[b]] >= NEAR + 1e-6  # noqa: E731
    return [(a, b) for a in range(len(clean)) for b in range(a) if near(clean[a], clean[b])]


@settings(max_examples=60)
@given(TEXTS)
def test_near_copies_share_a_group(texts: list[str]) -> None:
    found = groups(texts)
    assert all(found[a] == found[b] for a, b in pairs_of_near_copies(texts))


@settings(max_examples=60)
@given(TEXTS, st.floats(0.1, 0.5), st.integers(0, 1000))
def test_no_copy_straddles_a_split(texts: list[str], share: float, seed: int) -> None:
    found = groups(texts)
    if found.max() == 0:
        return
    of = examples(texts)
    train, held = split(of, found, share, seed)
    assert sorted([*train, *held]) == list(range(len(texts)))
    side = np.isin(np.arange(len(texts)), held)
    assert all(side[a] == side[b] for a, b in pairs_of_near_copies(texts))
    for fit, test in folds(of, found, 4, seed):
        assert not set(found[fit]) & set(found[test])


@settings(max_examples=30)
@given(TEXTS, st.integers(0, 1000))
def test_folds_test_each_comment_once(texts: list[str], seed: int) -> None:
    found = groups(texts)
    if found.max() == 0:
        return
    parts = folds(examples(texts), found, 4, seed)
    assert sorted(n for _, test in parts for n in test) == list(range(len(texts)))
    assert all(len(fit) + len(test) == len(texts) for fit, test in parts)


def test_groups_see_through_case_spaces_and_small_changes() -> None:
    texts = [
        "The nurses were lovely and listened to every one of my questions",
        "the nurses  were lovely and listened to every one of my QUESTIONS ",
        "The nurses were lovely and listened to every one of my questions.",
        "We waited five hours in the cold",
    ]
    found = groups(texts)
    assert found[0] == found[1] == found[2] != found[3]


def test_groups_are_the_same_in_any_order() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 6)) for _ in range(300)]
    order = rng.permutation(300)
    one, two = groups(texts), groups([texts[n] for n in order])
    first = {g: n for n, g in reversed(list(enumerate(one)))}
    assert [first[g] for g in one[order]] == [first[one[order[list(two).index(g)]]] for g in two]


def test_split_and_folds_repeat_and_spread_rare_themes() -> None:
    texts = [f"{WORDS[n % 13]} {n * 7919} {WORDS[n % 11]} {n * 104729}" for n in range(200)]
    themes = ["rare" if n % 20 == 0 else "common" for n in range(200)]
    of, found = examples(texts, themes), np.arange(200)
    train, held = split(of, found, 0.2, 42)
    assert np.array_equal(held, split(of, found, 0.2, 42)[1])
    assert 1 <= sum(themes[n] == "rare" for n in held) <= 3
    assert 35 <= len(held) <= 45
    assert len(train) + len(held) == 200
    for _, test in folds(of, found, 5, 42):
        assert 1 <= sum(themes[n] == "rare" for n in test) <= 4


def test_copies_of_one_comment_cannot_be_split() -> None:
    texts = ["Nothing", "nothing", " NOTHING "]
    with pytest.raises(InputError, match="copies"):
        split(examples(texts), groups(texts), 0.5, 0)
    with pytest.raises(InputError, match="copies"):
        folds(examples(texts), groups(texts), 3, 0)
