"""Names that follow a title, such as "Dr Smith", "Mme de Villeneuve" and "enfermera Lupita"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from carevoice.redaction.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_UPPER: Final = "A-ZÀ-ÖØ-ÞŁŃŒŚŠŞŻŽČĆĐİ"
#: Also combining accents, for texts in which a letter and its accent are two characters.
_LOWER: Final = "a-zß-öø-ÿ\u0100-\u017f\u0300-\u036f"
_ABBREVIATIONS: Final = (
    "[Dd]r|[Dd]ra|DR|DRA|[Mm]rs?|MRS?|Ms|Mx|[Pp]rof|Pr|[Mm]me|MME|[Mm]lle|M|[Ss]rt?a|[Ss]r|SRA?|Lic|[Dd]ña|Sgt|Rev"
)
_WORDS: Final = (
    "doctor|professor|sister|nurse|matron|midwife|physio|miss"
    "|docteure?|professeure?|monsieur|madame|mademoiselle|s(?:œ|oe)ur|infirmi[eè]re?|sage-femme|aide-soignante?|kin[eé]"
    "|doctora|profesora?|se[ñn]ora?|se[ñn]orita|don|do[ñn]a|enfermer[oa]|licenciad[oa]|hermana|matrona|celadora?|auxiliar"
)
_TITLE: Final = re.compile(
    rf"(?<![\w-])(?:(?P<short>{_ABBREVIATIONS})\b(?:\. ?| )|(?P<long>(?i:{_WORDS})) )(?=[{_UPPER}a-z])"
)
_CAPITALISED: Final = rf"[{_UPPER}](?:'[{_UPPER}])?[{_LOWER}]+(?:[-']?[{_UPPER}][{_LOWER}]+)*"
_NAME: Final = re.compile(
    rf"(?:{_CAPITALISED}|[{_UPPER}]{{3,}}(?:-[{_UPPER}]{{2,}})*|[{_UPPER}]\.(?:-?[{_UPPER}]\.)*)(?![{_UPPER}{_LOWER}0-9])"
)
_PARTICLE: Final = re.compile(
    "(?:(?:de la|de los|de las|van der|van den|van de|von der|de|del|du|des|da|dos|di|van|von|der|den|ten|ter"
    rf"|la|le|el|al|bin|ben|y) |d')(?=[{_UPPER}])",
    re.IGNORECASE,
)
#: Capitalised words that follow a title and are no name: what begins a sentence, posts, places, days.
_NO_NAMES: Final = frozenset(
    word
    for words in (
        "a after al alcalde alcaldesa all also an and ante are as at au aucun aunque aussi avec bay be bed bon",
        "bonjour bravo buen buena but by c'est call can ce cela ces cette chef clinic clinique clínica con consultant",
        "cuando dad dans de del department depuis desde did directeur director directora directrice do docteur",
        "docteure doctor doctora don doña dr dra el ella elle elles ellos en enfermera enfermero es ese esta este",
        "estoy et every everyone for friday from fue gave good google gp gracias great had has have hay he her his",
        "hospital how hôpital i if il ils in in-charge infirmier infirmière internet is it j'ai je jefa jefe just la",
        "las le led les lo los ma madame maire mais malgré manager matron me merci mes mi midwife ministra ministre",
        "ministro mis mlle mme mom mon monday monsieur mr mrs ms mucha mucho mum muy my más nada nadie never nhs ni",
        "no nobody nos not nothing nous nurse on one ou our par para pas pero personne por porque pour practitioner",
        "presidenta presidente prof profesor professeur professor président présidente quand que qui rien room sa",
        "said sans saturday se secrétaire service ses señor señora she si sin sister so some son specialist sr sra",
        "srta station su sunday sur sus también team thank thanks that the their then there these they this thursday",
        "to todo todos told toujours tous tout tras trop très tuesday un una une unit urgences urgencias very vous",
        "ward was we wednesday well went were what when where which who why will with would y ya you your",
    )
    for word in words.split()
)
#: A name after these and a title is that of a place.
_PLACES: Final = frozenset(
    word
    for words in (
        "hospital clinic centre center place boulevard street road hôpital hopital clinique rue avenue école institut",
        "clínica clinica centro avenida calle plaza escuela instituto ambulatorio",
    )
    for word in words.split()
)
_MOST_NAMES: Final = 3
#: Capitals after a name, as in "Mary Smith RGN".
_LETTERS_AFTER: Final = 3


def titled_names(text: str) -> list[Span]:
    """The names, without their titles, in a text in plain form, in order."""
    return list(_titled_names(text))


def without_title(text: str) -> int:
    """How many characters of a title, or of several, a text begins with."""
    place = 0
    while found := _TITLE.match(text, place):
        place = found.end()
    return place


def is_no_name(word: str) -> bool:
    """Whether a word, however capitalised, is known as none of a name."""
    return word.casefold() in _NO_NAMES


def _titled_names(text: str) -> Iterator[Span]:
    end = 0
    for title in _TITLE.finditer(text):
        if title.start() < end or title["long"] == "miss" or _names_a_place(text, title.start()):
            continue
        shouted = (title["short"] or title["long"]).isupper() and title["short"] != "M"
        name_end = _name_end(text, title.end(), shouted=shouted)
        if name_end > title.end():
            yield Span(title.end(), name_end, "NAME")
            end = name_end


def _name_end(text: str, start: int, *, shouted: bool) -> int:
    """Where the name that begins at ``start`` ends; ``start`` itself if none does.

    Where all is shouted in capitals, nothing tells a name from another word.
    """
    end, place, only_initials = start, start, True
    for _ in range(_MOST_NAMES):
        if particle := _PARTICLE.match(text, place):
            place = particle.end()
        name = _NAME.match(text, place)
        if not name or is_no_name(name[0]):
            break
        initials = name[0].endswith(".")
        if not initials and name[0].isupper() and (shouted or (end > start and len(name[0]) == _LETTERS_AFTER)):
            break
        only_initials = only_initials and initials
        end = name.end()
        if text[end : end + 1] == " ":
            place = end + 1
        elif initials:
            place = end
        else:
            break
    # "Dr A." may as well end a sentence.
    return start if only_initials else end


def _names_a_place(text: str, start: int) -> bool:
    words = text[max(start - 20, 0) : start].split()
    if words and words[-1].casefold() in {"du", "de", "del", "le", "la"}:
        words = words[:-1]
    return bool(words) and words[-1].casefold() in _PLACES
