"""The taxonomy: the shipped one, files of one's own, and what is refused."""

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevoice.errors import TaxonomyError
from carevoice.taxonomy import (
    TEXT_LANGUAGES,
    Taxonomy,
    Theme,
    load_taxonomy,
    taxonomy_from_dict,
    taxonomy_to_dict,
)

SHIPPED_IDS = (
    "empathy",
    "involvement",
    "communication",
    "wait_time",
    "access",
    "cost",
    "clinical_quality",
    "pain_medication",
    "safety",
    "coordination",
    "staffing",
    "administration",
    "environment",
    "cleanliness",
    "food",
    "transport",
    "privacy",
    "digital",
    "equity",
    "overall",
)

OWN = """\
version: "2024-a"
themes:
  - id: gardens
    name: {en: Gardens, fr: Jardins}
  - id: clowns_2
    name: {en: Visiting clowns}
    definition: {es: Payasos de visita}
"""


@pytest.fixture(scope="module")
def shipped() -> Taxonomy:
    return load_taxonomy()


@pytest.fixture
def own_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "own.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_shipped_has_the_twenty_themes_in_order(shipped: Taxonomy) -> None:
    assert shipped.ids == SHIPPED_IDS
    assert len(shipped) == len(SHIPPED_IDS)
    assert tuple(theme.id for theme in shipped) == SHIPPED_IDS


def test_shipped_has_every_text_in_three_languages(shipped: Taxonomy) -> None:
    for theme in shipped:
        for texts in (theme.name, theme.definition, theme.boundary):
            assert tuple(texts) == TEXT_LANGUAGES, theme.id
            assert len(set(texts.values())) == len(TEXT_LANGUAGES), f"{theme.id} has an untranslated text"


def test_shipped_names_are_unique_in_each_language(shipped: Taxonomy) -> None:
    for language in TEXT_LANGUAGES:
        assert len({theme.name[language] for theme in shipped}) == len(shipped)


def test_shipped_boundaries_point_to_the_same_themes_in_each_language(shipped: Taxonomy) -> None:
    def mentioned(text: str) -> set[str]:
        # A note may also use a theme id as an ordinary word, in every language alike.
        words = {word.strip(".,;:()") for word in text.split()}
        return words & set(SHIPPED_IDS)

    for theme in shipped:
        english = mentioned(theme.boundary["en"])
        for language in ("fr", "es"):
            assert mentioned(theme.boundary[language]) == english, (theme.id, language)


def test_lookup_by_id(shipped: Taxonomy) -> None:
    assert shipped["wait_time"].name["en"] == "Waiting & timeliness"
    assert "wait_time" in shipped
    assert "wait" not in shipped
    with pytest.raises(KeyError, match="wait"):
        shipped["wait"]


def test_own_file_with_other_themes(own_file: Callable[[str], Path]) -> None:
    taxonomy = load_taxonomy(own_file(OWN))
    assert taxonomy.version == "2024-a"
    assert taxonomy.ids == ("gardens", "clowns_2")


def test_own_file_may_start_with_a_byte_order_mark(own_file: Callable[[str], Path]) -> None:
    assert load_taxonomy(own_file("\ufeff" + OWN)) == load_taxonomy(own_file(OWN))


@pytest.mark.parametrize(
    ("theme", "field", "language", "expected"),
    [
        ("gardens", "name", "fr", "Jardins"),
        ("gardens", "name", "es", "Gardens"),
        ("gardens", "name", "de", "Gardens"),
        ("gardens", "boundary", "fr", ""),
        ("clowns_2", "definition", "es", "Payasos de visita"),
        ("clowns_2", "definition", "en", ""),
    ],
)
def test_text_falls_back_to_english(
    own_file: Callable[[str], Path], theme: str, field: Any, language: str, expected: str
) -> None:
    assert load_taxonomy(own_file(OWN))[theme].text(field, language) == expected


def test_values_can_not_be_changed(shipped: Taxonomy) -> None:
    theme = shipped["food"]
    with pytest.raises(FrozenInstanceError):
        shipped.version = "2"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        theme.id = "drink"  # type: ignore[misc]
    with pytest.raises(TypeError):
        theme.name["en"] = "Drink"  # type: ignore[index]
    assert not hasattr(theme.name, "update")


def test_theme_keeps_its_own_copy_of_a_mapping() -> None:
    name = {"en": "Gardens"}
    theme = Theme("gardens", name)
    name["en"] = "Weeds"
    assert theme.name == {"en": "Gardens"}


def test_equal_themes_have_equal_hashes_whatever_the_order_of_languages() -> None:
    one = Theme("gardens", {"en": "Gardens", "fr": "Jardins"})
    other = Theme("gardens", {"fr": "Jardins", "en": "Gardens"})
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other, Theme("gardens", {"en": "Gardens"})}) == 2


def test_pickle_and_copy_give_an_equal_taxonomy(shipped: Taxonomy) -> None:
    for twin in (pickle.loads(pickle.dumps(shipped)), copy.deepcopy(shipped)):
        assert twin == shipped
        assert hash(twin) == hash(shipped)


def test_json_round_trip_of_the_shipped_one(shipped: Taxonomy) -> None:
    assert taxonomy_from_dict(json.loads(json.dumps(taxonomy_to_dict(shipped)))) == shipped


_ids = st.from_regex(r"[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,5}){0,2}", fullmatch=True)
_text = st.text(min_size=1).filter(lambda text: bool(text.strip()))
_texts = st.dictionaries(st.sampled_from(TEXT_LANGUAGES), _text)
_names = st.builds(lambda texts, name: {**texts, "en": name}, _texts, _text)
_taxonomies = st.builds(
    Taxonomy,
    themes=st.lists(
        st.builds(Theme, id=_ids, name=_names, definition=_texts, boundary=_texts),
        min_size=1,
        max_size=5,
        unique_by=lambda theme: theme.id,
    ).map(tuple),
    version=_text,
)


@given(_taxonomies)
def test_json_and_pickle_round_trip_of_any_taxonomy(taxonomy: Taxonomy) -> None:
    assert taxonomy_from_dict(json.loads(json.dumps(taxonomy_to_dict(taxonomy)))) == taxonomy
    assert pickle.loads(pickle.dumps(taxonomy)) == taxonomy


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ["the taxonomy", "nothing"]),
        ("- id: a", ["the taxonomy", "a list"]),
        ("themes:\n  - id: a\n    name: {en: A}", ['key "version"', "missing"]),
        ('version: ""\nthemes:\n  - id: a\n    name: {en: A}', ['key "version"', "in quotes"]),
        ("version: 1.0\nthemes:\n  - id: a\n    name: {en: A}", ['key "version"', "in quotes"]),
        ('version: "1"', ['key "themes"', "missing"]),
        ('version: "1"\nthemes: []', ['key "themes"', "at least one"]),
        ('version: "1"\nthemes: {a: b}', ['key "themes"', "a mapping", "- id:"]),
        ('version: "1"\nthemes: [a]', ["theme number 1", "a text"]),
        ('version: "1"\ntheme: []', ['key "theme"', "version, themes"]),
        ('version: "1"\nthemes:\n  - name: {en: A}', ["theme number 1", 'key "id"', "missing"]),
        ('version: "1"\nthemes:\n  - id: 7\n    name: {en: A}', ["theme 7", "snake_case"]),
        ('version: "1"\nthemes:\n  - id: Wait Time\n    name: {en: A}', ["Wait Time", "snake_case"]),
        ('version: "1"\nthemes:\n  - id: a_\n    name: {en: A}', ["a_", "snake_case"]),
        ('version: "1"\nthemes:\n  - id: a', ['theme "a"', 'key "name"', "missing"]),
        ('version: "1"\nthemes:\n  - id: a\n    name: A', ['theme "a"', 'key "name"', "en, fr, es"]),
        ('version: "1"\nthemes:\n  - id: a\n    name: {fr: A}', ['theme "a"', 'key "name"', 'add "en"']),
        ('version: "1"\nthemes:\n  - id: a\n    name: {en: " "}', ['theme "a"', 'language "en"', "blank"]),
        ('version: "1"\nthemes:\n  - id: a\n    name: {en: 5}', ['theme "a"', 'language "en"', "5"]),
        (
            'version: "1"\nthemes:\n  - id: a\n    name: {en: A, de: A}',
            ['theme "a"', 'key "de"', "en, fr, es"],
        ),
        (
            'version: "1"\nthemes:\n  - id: a\n    name: {en: A}\n    colour: red',
            ['theme "a"', 'key "colour"'],
        ),
        (
            'version: "1"\nthemes:\n  - id: a\n    name: {en: A}\n  - id: a\n    name: {en: B}',
            ['"a"', "twice"],
        ),
        ('version: "1"\nversion: "2"\nthemes: []', ["line 2", 'key "version"', "keep one"]),
        ('version: "1"\nthemes:\n  - id: a\n    name: {en: A, en: B}', ["line 4", 'key "en"', "keep one"]),
        ('version: "1\nthemes: []', ["not valid YAML", "line"]),
        ("a: !!python/object/apply:os.system [true]", ["not valid YAML", "line 1"]),
        ("&a [*a]", ["a list"]),
        ("[" * 5000, ["not valid YAML"]),
        ("version: 2024-99-99", ["not valid YAML"]),
    ],
)
def test_bad_file_is_refused_with_file_place_and_remedy(
    own_file: Callable[[str], Path], text: str, told: list[str]
) -> None:
    path = own_file(text)
    with pytest.raises(TaxonomyError) as caught:
        load_taxonomy(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    for part in told:
        assert part in message


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"none\.yaml: can't be read .*check the path"):
        load_taxonomy(tmp_path / "none.yaml")


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="can't be read"):
        load_taxonomy(tmp_path)


def test_other_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(OWN.replace("Jardins", "Forêt").encode("latin-1"))
    with pytest.raises(TaxonomyError, match="save the file as UTF-8"):
        load_taxonomy(path)
