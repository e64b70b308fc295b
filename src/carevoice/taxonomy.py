"""The themes that comments are sorted into: immutable values, read from a YAML file or a mapping."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from carevoice.errors import TaxonomyError
from carevoice.resources import resource

#: Languages that the texts of a theme may be given in; the first one stands in for any that is missing.
TEXT_LANGUAGES: Final = ("en", "fr", "es")

TextField = Literal["name", "definition", "boundary"]

_TEXT_FIELDS: Final[tuple[TextField, ...]] = ("name", "definition", "boundary")
_THEME_KEYS: Final = ("id", *_TEXT_FIELDS)
_TAXONOMY_KEYS: Final = ("version", "themes")
_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Texts(Mapping[str, str]):
    """One text in several languages: a mapping that can't change, and can be hashed and pickled."""

    _pairs: tuple[tuple[str, str], ...]

    def __getitem__(self, language: str) -> str:
        for key, text in self._pairs:
            if key == language:
                return text
        raise KeyError(language)

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __hash__(self) -> int:
        return hash(frozenset(self._pairs))

    def __repr__(self) -> str:
        return repr(dict(self._pairs))


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme: an id for machines, and a name, a definition and a boundary note for people.

    The three texts are keyed by language (``en``, ``fr``, ``es``). The English name must be there,
    every other text may be left out. Any mapping is accepted and kept as an immutable copy.

    Raises TaxonomyError for an id that is not snake_case, and for a missing, blank or foreign text.
    """

    id: str
    name: Mapping[str, str]
    definition: Mapping[str, str] = Texts(())
    boundary: Mapping[str, str] = Texts(())

    def __post_init__(self) -> None:
        if not (isinstance(self.id, str) and _ID.fullmatch(self.id)):
            message = f"theme {self.id!r}: the id must be snake_case, such as wait_time: change it"
            raise TaxonomyError(message)
        for field in _TEXT_FIELDS:
            texts = _checked_texts(getattr(self, field), f'theme "{self.id}", key "{field}"')
            object.__setattr__(self, field, texts)
        if "en" not in self.name:
            message = f'theme "{self.id}", key "name": the English name is missing: add "en"'
            raise TaxonomyError(message)

    def text(self, field: TextField, language: str) -> str:
        """The name, definition or boundary in a language, else in English, else an empty text."""
        texts: Mapping[str, str] = getattr(self, field)
        return texts.get(language) or texts.get(TEXT_LANGUAGES[0], "")


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Themes in a fixed order, and the version of the list.

    Iterating gives the themes, ``len`` their number, ``taxonomy["wait_time"]`` the theme of an id.

    Raises TaxonomyError when there is no theme, an id comes twice or the version is blank.
    """

    themes: tuple[Theme, ...]
    version: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "themes", tuple(self.themes))
        if not isinstance(self.version, str) or not self.version.strip():
            message = f'key "version": {self.version!r} is not a text: write one in quotes, such as "1.0"'
            raise TaxonomyError(message)
        if not self.themes:
            message = 'key "themes": there is none: add at least one theme'
            raise TaxonomyError(message)
        for place, theme_id in enumerate(self.ids):
            if theme_id in self.ids[:place]:
                message = f'theme "{theme_id}", key "id": used twice: give each theme its own id'
                raise TaxonomyError(message)

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of each theme, in order."""
        return tuple(theme.id for theme in self.themes)

    def __getitem__(self, theme_id: str) -> Theme:
        for theme in self.themes:
            if theme.id == theme_id:
                return theme
        raise KeyError(theme_id)

    def __contains__(self, theme_id: object) -> bool:
        return theme_id in self.ids

    def __iter__(self) -> Iterator[Theme]:
        return iter(self.themes)

    def __len__(self) -> int:
        return len(self.themes)


def taxonomy_from_dict(data: object) -> Taxonomy:
    """Build a taxonomy from plain values, shaped as in ``configs/taxonomy.yaml``.

    Raises TaxonomyError naming the theme, the key and the remedy.
    """
    fields = _checked_mapping(data, "the taxonomy", _TAXONOMY_KEYS, required=_TAXONOMY_KEYS)
    themes = fields["themes"]
    if not isinstance(themes, list | tuple):
        message = f'key "themes": expected a list of themes, found {_kind(themes)}: start each theme with "- id:"'
        raise TaxonomyError(message)
    return Taxonomy(
        themes=tuple(_theme_from_dict(theme, place) for place, theme in enumerate(themes, start=1)),
        version=fields["version"],  # type: ignore[arg-type]  # checked by Taxonomy
    )


def taxonomy_to_dict(taxonomy: Taxonomy) -> dict[str, object]:
    """The taxonomy as plain JSON types; ``taxonomy_from_dict`` gives an equal one back."""
    themes = [{"id": theme.id, **{field: dict(getattr(theme, field)) for field in _TEXT_FIELDS}} for theme in taxonomy]
    return {"version": taxonomy.version, "themes": themes}


def load_taxonomy(path: Path | None = None) -> Taxonomy:
    """Read a taxonomy from a YAML file; the one that comes with CareVoice when no path is given.

    Raises TaxonomyError naming the file, the theme or line, the key and the remedy.
    """
    file = resource("configs/taxonomy.yaml") if path is None else path
    try:
        return taxonomy_from_dict(_read_yaml(file))
    except TaxonomyError as error:
        message = f"{file}: {error}"
        raise TaxonomyError(message) from error.__cause__


def _theme_from_dict(data: object, place: int) -> Theme:
    named = isinstance(data, Mapping) and isinstance(data.get("id"), str)
    where = f'theme "{data["id"]}"' if isinstance(data, Mapping) and named else f"theme number {place}"
    fields = _checked_mapping(data, where, _THEME_KEYS, required=("id", "name"))
    return Theme(**{"definition": {}, "boundary": {}, **fields})  # type: ignore[arg-type]  # checked by Theme


def _checked_mapping(
    data: object, where: str, allowed: tuple[str, ...], *, required: tuple[str, ...]
) -> dict[str, object]:
    if not isinstance(data, Mapping):
        message = f"{where}: expected the keys {', '.join(allowed)}, found {_kind(data)}: write it as a mapping"
        raise TaxonomyError(message)
    for key in data:
        if key not in allowed:
            message = f'{where}, key "{key}": not known: use only {", ".join(allowed)}'
            raise TaxonomyError(message)
    for key in required:
        if key not in data:
            message = f'{where}, key "{key}": missing: add it'
            raise TaxonomyError(message)
    return dict(data)


def _checked_texts(data: object, where: str) -> Texts:
    if isinstance(data, Texts):
        return data
    texts = _checked_mapping(data, where, TEXT_LANGUAGES, required=())
    pairs = []
    for language in TEXT_LANGUAGES:
        if language not in texts:
            continue
        text = texts[language]
        if not isinstance(text, str) or not text.strip():
            found = "blank" if isinstance(text, str) else _kind(text)
            message = f'{where}, language "{language}": expected a text, found {found}: fill it in or leave it out'
            raise TaxonomyError(message)
        pairs.append((language, text))
    return Texts(tuple(pairs))


def _kind(value: object) -> str:
    names = {str: "a text", list: "a list", dict: "a mapping", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), f"{value!r}")


def _read_yaml(file: Path) -> object:
    """The plain values of a YAML file in which no mapping may use a key twice."""
    # Only a taxonomy that is read from a file needs YAML: a trained model carries its own as JSON.
    import yaml

    try:
        loader = yaml.SafeLoader(file.read_text(encoding="utf-8-sig"))
        try:
            root = loader.get_single_node()
            _refuse_duplicate_keys(root, set())
            return None if root is None else loader.construct_document(root)
        finally:
            loader.dispose()
    except OSError as error:
        message = f"can't be read ({error.strerror}): check the path"
        raise TaxonomyError(message) from error
    except UnicodeDecodeError as error:
        message = f"not UTF-8 (byte {error.start}): save the file as UTF-8"
        raise TaxonomyError(message) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        problem = getattr(error, "problem", None) or error
        message = f"not valid YAML{line} ({problem}): mend that place"
        raise TaxonomyError(message) from error


def _refuse_duplicate_keys(node: object, seen: set[int]) -> None:
    # Anchors may make a YAML graph cyclic, hence the set of the nodes that were visited.
    children = getattr(node, "value", None)
    if id(node) in seen or not isinstance(children, list):
        return
    seen.add(id(node))
    keys: set[str] = set()
    for child in children:
        if isinstance(child, tuple):
            key, value = child
            if isinstance(key.value, str) and key.value in keys:
                line = key.start_mark.line + 1
                message = f'line {line}, key "{key.value}": given twice in the same place: keep one'
                raise TaxonomyError(message)
            keys.add(str(key.value))
            _refuse_duplicate_keys(value, seen)
        else:
            _refuse_duplicate_keys(child, seen)
