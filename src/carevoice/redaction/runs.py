"""Runs of digits, such as "(202) 555-0143", cut into the groups they are written in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What may stand between two groups of one number, or of neighbouring ones.
_JOINER: Final = r"(?: [-/(] ?|  ?|[-./]|\)[ .-]?|-?\()"
_RUN: Final = re.compile(rf"(?:\+ ?)?\(?(?:\+ ?)?[0-9]++(?:{_JOINER}[0-9]++)*+")
_GROUP: Final = re.compile(r"[0-9]+")
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")


class Group(NamedTuple):
    """Neighbouring digits of a run, where they stand, and what is before them in the run."""

    start: int
    end: int
    digits: str
    before: str


def runs(text: str) -> Iterator[list[Group]]:
    """The runs of digits of a text, without the dates in them, as groups."""
    for found in _RUN.finditer(text):
        end, groups = found.start(), []
        for group in _GROUP.finditer(text, found.start(), found.end()):
            groups.append(Group(group.start(), group.end(), group[0], text[end : group.start()]))
            end = group.end()
        yield from _without_dates(groups)


def is_year(digits: str) -> bool:
    """Whether the digits read as a year of this century or the last."""
    return _YEAR.fullmatch(digits) is not None


def _without_dates(groups: Sequence[Group]) -> Iterator[list[Group]]:
    rest: list[Group] = []
    place = 0
    while place < len(groups):
        if _is_date(groups, place):
            if rest:
                yield rest
            rest = []
            place += 3
        else:
            rest.append(groups[place])
            place += 1
    if rest:
        yield rest


def _is_date(groups: Sequence[Group], place: int) -> bool:
    """Whether three groups are a date, and not part of a longer number written in the same way."""
    three = groups[place : place + 3]
    if len(three) < 3 or three[1].before != three[2].before or three[1].before not in {"-", "/", ".", " "}:  # noqa: PLR2004
        return False
    joiner = three[1].before
    if (place and three[0].before == joiner) or (place + 3 < len(groups) and groups[place + 3].before == joiner):
        return False
    first, second, third = (group.digits for group in three)
    if is_year(first):
        return _is_day_and_month(third, second)
    # Pairs of digits with spaces between them are rather a phone number.
    year = is_year(third) or (len(third) == 2 and joiner != " ")  # noqa: PLR2004
    return year and (_is_day_and_month(first, second) or _is_day_and_month(second, first))


def _is_day_and_month(day: str, month: str) -> bool:
    return len(day) <= 2 and len(month) <= 2 and 1 <= int(day) <= 31 and 1 <= int(month) <= 12  # noqa: PLR2004
