"""Finding the columns that hold the comments and the questions, and naming the added ones."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError
from carevoice.tables.names import short

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

#: Names of a column of comments in English, French and Spanish, as ``_plain`` makes them.
_TEXT_WORDS: Final = """
    text texts comment comments commenttext commentstext commentbody fulltext
    patientcomment patientcomments patientfeedback usercomment customercomment yourcomment yourcomments
    additionalcomment additionalcomments generalcomment generalcomments othercomment othercomments
    feedback feedbacktext feedbackcomment feedbackcomments review reviews reviewtext reviewbody
    verbatim verbatims verbatimtext verbatimcomment answer answers answertext fftanswer
    response responses responsetext openanswer openanswers opentext openended openresponse
    openendedresponse freetext freetextcomment freetextcomments freetextresponse freetextanswer
    narrative remark remarks testimonial opinion opinions suggestion suggestions

    texte textes commentaire commentaires textecommentaire commentairelibre commentaireslibres
    commentairepatient commentairespatients commentairedupatient votrecommentaire voscommentaires
    autrecommentaire autrescommentaires avis votreavis avispatient avispatients textedelavis
    reponse reponses reponselibre reponseslibres reponseouverte reponsesouvertes votrereponse
    textelibre texteslibres temoignage temoignages remarque remarques observation observations

    texto textos comentario comentarios textocomentario textodelcomentario comentariolibre
    comentarioslibres comentariopaciente comentariospaciente comentariodelpaciente
    comentariosdelpaciente sucomentario suscomentarios otroscomentarios opiniones opinionpaciente
    opiniondelpaciente suopinion resena resenas respuesta respuestas respuestalibre respuestaabierta
    respuestasabiertas surespuesta textolibre testimonio testimonios observacion observaciones
    sugerencia sugerencias
"""
#: Names of a column of questions, likewise.
_QUESTION_WORDS: Final = """
    question questions questiontext questiontype questionasked questionlabel questiontitle fftquestion
    questionposee textequestion textedelaquestion libellequestion libelledelaquestion intitulequestion
    intituledelaquestion typequestion typedequestion
    pregunta preguntas textopregunta textodelapregunta tipopregunta tipodepregunta enunciado
"""
_TEXT_NAMES: Final = frozenset(_TEXT_WORDS.split())
_QUESTION_NAMES: Final = frozenset(_QUESTION_WORDS.split())
_MOST_LISTED: Final = 50  # columns in a message


def find_text_column(header: Sequence[str], name: str | None = None) -> int:
    """Place of the column of comments: the one of that name, else the obvious one.

    Obvious is the only column of a file, or the only one whose name says so. Raises InputError
    listing the columns when there is no such column or no single obvious one.
    """
    if name is not None:
        return _named(header, name, "--text-column")
    if len(header) == 1:
        return 0
    found = _matching(header, _TEXT_NAMES)
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"Several columns may hold the comments: {_list(header, found)}: choose with --text-column.")
    raise InputError(
        "No column is obviously the one with the comments: name it, or each of several, with --text-column. "
        f"The columns are {_list(header)}."
    )


def names_comments(name: str) -> bool:
    """Whether a name of a column is a mere word for comments, as ``find_text_column`` knows them."""
    return _plain(name) in _TEXT_NAMES


def find_question_column(header: Sequence[str], name: str | None = None) -> int | None:
    """Place of the column of questions: the one of that name, else the one whose name says so.

    None when there is no such column, or ``name`` is empty, which means not to look for one.
    Raises InputError listing the columns when ``name`` is not there or several may be meant.
    """
    if name is not None:
        return _named(header, name, "--question-column") if name else None
    found = _matching(header, _QUESTION_NAMES)
    if len(found) > 1:
        raise InputError(
            f"Several columns may hold the questions: {_list(header, found)}: choose one with "
            '--question-column, or none with --question-column "".'
        )
    return found[0] if found else None


def check_added_columns(header: Sequence[str], added: Sequence[str], prefix: str = "") -> None:
    """Raise InputError, suggesting a prefix, if a column to be added is there already."""
    taken = [name for name in added if name in set(header)]
    if taken:
        remedy = "--prefix cv_" if prefix != "cv_" else "another --prefix"
        columns = "a column" if len(taken) == 1 else "columns"
        names = ", ".join(f'"{name}"' for name in taken)
        raise InputError(f"The input already has {columns} called {names}: use {remedy} to rename the added ones.")


def _named(header: Sequence[str], name: str, option: str) -> int:
    if name in header:
        return header.index(name)
    close = [column for column in header if _plain(column) == _plain(name)]
    hint = f' Did you mean "{short(close[0])}"?' if close else ""
    raise InputError(f'{option}: there is no column "{name}".{hint} The columns are {_list(header)}.')


def _matching(header: Sequence[str], names: Collection[str]) -> list[int]:
    return [place for place, column in enumerate(header) if _plain(column) in names]


def _plain(name: str) -> str:
    """A column name without case, accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def _list(header: Sequence[str], places: Sequence[int] | None = None) -> str:
    columns = header if places is None else [header[place] for place in places]
    named = ", ".join(f'"{short(column)}"' for column in columns[:_MOST_LISTED])
    return named if len(columns) <= _MOST_LISTED else f"{named} and {len(columns) - _MOST_LISTED:,} more"
