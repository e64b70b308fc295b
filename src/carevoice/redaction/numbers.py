"""Phone numbers and other long numbers in the runs of digits of a text."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from carevoice.redaction.runs import is_year, runs
from carevoice.redaction.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from carevoice.redaction.phones import Phones
    from carevoice.redaction.runs import Group

#: A number with fewer digits may be a dose, a price or a count; it is masked only as a phone number.
FEWEST: Final = 8

_LONGEST_SEARCHED: Final = 30
_MOST_DIGITS: Final = 17
#: A group of digits beside a phone number may be a number of its own, a year at the longest.
_BESIDE: Final = 4
_SHORT: Final = 3
_LONGEST_PRICE: Final = 10
_MONEY_AFTER: Final = re.compile(
    r"(?:[.,][0-9]{1,2})? ?(?:[€$£](?! ?[0-9])|(?:euros?|eur|usd|gbp|chf|cad|mxn"
    r"|pounds|dollars?|pesos|francs|soles)\b)",
    re.IGNORECASE,
)
_MONEY_BEFORE: Final = re.compile(r"(?:[€$£]|\b(?:eur|usd|gbp|chf|cad|mxn)) ?\Z", re.IGNORECASE)


def numbers(text: str, language: str, phones: Phones) -> list[Span]:
    """Phone numbers and runs of eight or more digits in a text in plain form, in order."""
    return [span for groups in runs(text) for span in _in_run(text, groups, language, phones)]


def _in_run(text: str, groups: Sequence[Group], language: str, phones: Phones) -> Iterator[Span]:
    size = sum(len(group.digits) for group in groups)
    if size < FEWEST - 1 or _is_list(groups) or _is_money(text, groups, size):
        return
    if phones.is_phone(groups, language):
        yield _phone(text, groups)
        return
    if size <= _LONGEST_SEARCHED and (found := _phones_in(groups, language, phones)):
        yield from (_phone(text, part) for part in found)
        return
    for part in _parts(groups):
        yield from _number(part)


def _phones_in(groups: Sequence[Group], language: str, phones: Phones) -> list[Sequence[Group]]:
    """The phone numbers of a run, if little else is in it; none if it is rather one long number."""
    from carevoice.redaction.phones import starts_like_one

    found: list[Sequence[Group]] = []
    place, beside = 0, False
    while place < len(groups):
        part = _longest(groups[place:], language, phones) if starts_like_one(groups[place]) else None
        if part:
            found.append(part)
            place, beside = place + len(part), False
            continue
        if beside or len(groups[place].digits) > _BESIDE:
            return []
        place, beside = place + 1, True
    return found


def _longest(groups: Sequence[Group], language: str, phones: Phones) -> Sequence[Group] | None:
    size, longest = 0, None
    for count, group in enumerate(groups, start=1):
        size += len(group.digits)
        if size > _MOST_DIGITS:
            break
        if size >= FEWEST and phones.is_phone(groups[:count], language):
            longest = groups[:count]
    return longest


def _phone(text: str, groups: Sequence[Group]) -> Span:
    """The span of a phone number, with a plus sign and a bracket that belong to it."""
    start, end = groups[0].start, groups[-1].end
    before, inside = groups[0].before, text[start:end]
    opening = before.find("(") if inside.count(")") > inside.count("(") else -1
    signs = [place for place in (opening, before.find("+")) if place >= 0]
    return Span(start - len(before) + min(signs, default=len(before)), end, "PHONE")


def _parts(groups: Sequence[Group]) -> Iterator[list[Group]]:
    """Groups with no more than a space or a hyphen between them."""
    part: list[Group] = []
    for group in groups:
        if part and group.before not in {" ", "-"}:
            yield part
            part = []
        part.append(group)
    yield part


def _number(groups: list[Group]) -> Iterator[Span]:
    if any(len(group.digits) >= FEWEST for group in groups):
        # Small numbers around it are others.
        while len(groups[0].digits) <= _SHORT and len(groups) > 1 and groups[1].before == " ":
            groups = groups[1:]
        while len(groups[-1].digits) <= _SHORT and groups[-1].before == " ":
            groups = groups[:-1]
    size = sum(len(group.digits) for group in groups)
    if size < 2 * len(groups):
        # A list of small numbers, such as a scale.
        chosen = [[group] for group in groups if len(group.digits) >= FEWEST]
    else:
        chosen = [groups] if size >= FEWEST and not _is_list(groups) else []
    for part in chosen:
        yield Span(part[0].start, part[-1].end, "NUMBER")


def _is_list(groups: Sequence[Group]) -> bool:
    """Whether the groups are years, or count up by one as rooms and days do."""
    digits = [group.digits for group in groups]
    if len(digits) == 1:
        return False
    if all(is_year(each) for each in digits):
        return True
    return (
        len({len(each) for each in digits}) == 1
        and len(digits[0]) <= _BESIDE
        and all(int(after) == int(before) + 1 for before, after in pairwise(digits))
    )


def _is_money(text: str, groups: Sequence[Group], size: int) -> bool:
    """Whether the groups are an amount: one group or thousands, beside a currency."""
    rest = groups[1:]
    thousands = len(groups[0].digits) <= _SHORT and all(len(group.digits) == _SHORT for group in rest)
    if size > _LONGEST_PRICE or (rest and not thousands):
        return False
    start, end = groups[0].start, groups[-1].end
    return bool(_MONEY_AFTER.match(text, end) or _MONEY_BEFORE.search(text[max(start - 5, 0) : start]))
