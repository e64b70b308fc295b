"""Which column of a labelled table is what, by the options and else by its name."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carevoice.errors import InputError
from carevoice.tables.columns import find_question_column, find_text_column
from carevoice.tables.names import short
from carevoice.training.labels.labelled import LabelOptions, flag
from carevoice.training.labels.table import Table

#: Names of columns in English, French and Spanish, as ``_plain`` makes them; the first of each is the surest.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "id": (
        *("id", "ids", "uuid", "identifier", "identifiant", "identificador", "commentid", "commentsid", "responseid"),
        *("recordid", "rowid", "reviewid", "idcomment", "idcommentaire", "idcomentario", "idreponse", "idrespuesta"),
    ),
    "language": ("language", "lang", "langue", "idioma", "lengua", "languagecode", "langcode", "codelangue"),
    "sentiment": (
        *("sentiment", "sentimiento", "sentiments", "commentsentiment", "overallsentiment", "sentimentlabel"),
        *("sentimentlevel", "sentimentclass", "sentimentglobal", "sentimientoglobal"),
    ),
    "mixed": ("mixed", "mixte", "mixto"),
    "alert": ("alert", "alerte", "alerta", "alertflag"),
    "polarity": ("polarity", "polarite", "polaridad", "labelpolarity", "themepolarity", "valence"),
}
#: Columns of labels whose name promises several labels a cell, and those whose name promises one.
_SEVERAL: Final = frozenset(
    {
        "themes",
        "labels",
        "categories",
        "codes",
        "tags",
        "topics",
        "temas",
        "categorias",
        "codigos",
        "etiquetas",
        "etiquettes",
        "sujets",
    }
)
_ONE: Final = frozenset(
    {
        "theme",
        "label",
        "category",
        "code",
        "tag",
        "topic",
        "class",
        "tema",
        "categoria",
        "codigo",
        "etiqueta",
        "clase",
        "etiquette",
        "categorie",
        "classe",
        "sujet",
    }
)
_OPTIONS: Final = {
    "text": "text_column",
    "question": "question_column",
    "id": "id_column",
    "language": "language_column",
    "sentiment": "sentiment_column",
    "alert": "alert_column",
    "polarity": "polarity_column",
}


@dataclass(frozen=True, slots=True)
class Roles:
    """Places of the columns, by the options or their names; columns of labels that options name are left out."""

    text: int
    id: int | None
    language: int | None
    question: int | None
    sentiment: int | None
    mixed: int | None
    alert: int | None
    polarity: int | None
    several: tuple[int, ...]  # named like a column of several labels a cell
    one: tuple[int, ...]  # named like a column of one label a cell
    rest: tuple[int, ...]  # nothing known


def find_roles(table: Table, options: LabelOptions) -> Roles:
    """What each column is. Raises InputError listing the columns when the options or the names leave it open."""
    taken = _named_by_options(table, options)
    free = [name for name in table.header if name not in taken]
    found: dict[str, str | None] = {}
    for role in ("text", "question", *_NAMES):
        option = _OPTIONS.get(role)
        name = getattr(options, option) if option else None
        if name is None or (role == "text" and not name):
            name = _by_name(table, free, role)
            free = [column for column in free if column != name]
        found[role] = name or None
    places = {role: None if name is None else table.header.index(name) for role, name in found.items()}
    plain = {table.header.index(name): _plain(name) for name in free}
    return Roles(
        text=places.pop("text") or 0,  # never None: it is named, found or an error
        **places,
        several=tuple(place for place, name in plain.items() if name in _SEVERAL),
        one=tuple(place for place, name in plain.items() if name in _ONE),
        rest=tuple(place for place, name in plain.items() if name not in _SEVERAL | _ONE),
    )


def _named_by_options(table: Table, options: LabelOptions) -> dict[str, str]:
    """The columns that options name, each with its option."""
    named = [(getattr(options, option), option) for option in (*_OPTIONS.values(), "themes_column", "label_column")]
    named += [(name, "theme_columns") for name in options.theme_columns]
    taken: dict[str, str] = {}
    for name, option in named:
        if not name:
            continue
        if name not in table.header:
            close = [column for column in table.header if _plain(column) == _plain(name)]
            hint = f' Did you mean "{short(close[0])}"?' if close else ""
            raise table.error(f'{flag(option)}: there is no column "{short(name)}".{hint}')
        if name in taken:
            options_named = " and ".join(dict.fromkeys((flag(taken[name]), flag(option))))
            raise table.error(f'"{short(name)}" is named twice, by {options_named}: name each column once.')
        taken[name] = option
    return taken


def _by_name(table: Table, free: Sequence[str], role: str) -> str | None:
    try:
        if role == "text":
            return free[find_text_column(free)]
        if role == "question":
            place = find_question_column(free)
            return None if place is None else free[place]
    except InputError as error:
        raise InputError(f"{table.name}: {error}") from None
    surest, *others = _NAMES[role]
    found = [name for name in free if _plain(name) == surest] or [name for name in free if _plain(name) in others]
    if len(found) > 1 and role == "sentiment":
        listed = ", ".join(f'"{short(name)}"' for name in found)
        raise table.error(f"Several columns may hold the sentiment: {listed}: choose one with --sentiment-column.")
    return found[0] if found else None


def _plain(name: str) -> str:
    """A column name without case, accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
