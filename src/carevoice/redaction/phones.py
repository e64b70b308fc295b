"""Which groups of digits are a phone number, by the numbering plans of the phonenumbers library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from carevoice.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carevoice.redaction.runs import Group

#: Countries whose numbers may stand without a country code, by the language of the comment.
_REGIONS: Final = {
    "en": ("GB", "IE", "US", "CA"),
    "fr": ("FR", "BE", "CH", "LU", "CA"),
    "es": (
        *("ES", "MX", "AR", "BO", "CL", "CO", "CR", "CU", "DO", "EC", "GT", "HN", "NI", "PA", "PE", "PR", "PY"),
        *("SV", "US", "UY", "VE"),
    ),
}
#: Where numbers always begin with a 0 at home: with it, the length will do. Numbers that no one has, as those
#: for films, and those of plans that change are found as well.
_WITH_ZERO: Final = {"GB", "IE", "FR", "BE", "CH"}
_SERVICES: Final = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan"),
)
_FEWEST: Final = 8
_MOST: Final = 15
_MOST_GROUPS: Final = 8
_LOCAL: Final = re.compile(r"[2-9][0-9]{2}-(?!19|20)[0-9]{2}(?!00)[0-9]{2}")


class Phones:
    """Tells phone numbers from other digits.

    Raises MissingExtraError without phonenumbers.
    """

    def __init__(self) -> None:
        try:
            import phonenumbers
        except ImportError as error:
            raise MissingExtraError("Redaction", "redact") from error
        self._library = phonenumbers
        self._plans = {language: self._plan(regions) for language, regions in _REGIONS.items()}
        self._any_plan = self._plan(sorted({region for regions in _REGIONS.values() for region in regions}))

    def is_phone(self, groups: Sequence[Group], language: str) -> bool:
        """Whether all of the groups, and no fewer, are a phone number."""
        size = sum(len(group.digits) for group in groups)
        if size < _FEWEST:
            return _LOCAL.fullmatch(_written(groups)) is not None
        if len(groups) > _MOST_GROUPS or size > _MOST + 2 or not _is_tidy(groups):
            return False
        digits = "".join(group.digits for group in groups)
        if "+" in groups[0].before or digits.startswith("00"):
            return self._is_international(groups)
        if size == _FEWEST and len(groups) == 1:
            # Eight digits are a number of many kinds; as a phone number they are written in groups.
            return False
        return self._plans.get(language, self._any_plan).fullmatch(digits) is not None

    def _is_international(self, groups: Sequence[Group]) -> bool:
        # The 0 of "+44 (0)20" is dialled only at home.
        rest = (group.digits.removeprefix("0") if "(" in group.before else group.digits for group in groups[1:])
        digits = groups[0].digits + "".join(rest)
        try:
            number = self._library.parse("+" + digits.removeprefix("00"))
        except self._library.NumberParseException:
            return False
        return self._library.is_possible_number(number)

    def _plan(self, regions: Sequence[str]) -> re.Pattern[str]:
        """One pattern of the numbers of the regions: asking the library about each takes far longer."""
        numbers: list[str] = []
        for region in regions:
            plan = self._library.PhoneMetadata.metadata_for_region(region, None)
            if plan is None or plan.general_desc is None:
                continue
            if region in _WITH_ZERO:
                lengths = [n for n in plan.general_desc.possible_length if _FEWEST <= n < 11]  # noqa: PLR2004
                numbers += (f"0[1-9][0-9]{{{length - 1}}}" for length in lengths)
            services = [getattr(plan, service) for service in _SERVICES]
            valid = "|".join(
                service.national_number_pattern for service in services if service and service.national_number_pattern
            )
            prefix = plan.national_prefix or ""
            numbers.append(f"{prefix}(?:{valid})" if region in _WITH_ZERO else f"(?:{prefix})?(?:{valid})")
        return re.compile("|".join(dict.fromkeys(numbers)), re.ASCII)


def starts_like_one(group: Group) -> bool:
    """Whether a phone number begins with the group that can be told from digits before it."""
    return group.digits.startswith("0") or "+" in group.before or "(" in group.before


def _is_tidy(groups: Sequence[Group]) -> bool:
    """Whether what separates the groups is used as in a phone number: dots throughout, a slash once, at first."""
    joiners = [group.before for group in groups[1:]]
    if any("/" in joiner for joiner in joiners[1:]) or " / " in joiners[:1]:
        return False
    rest = [joiner for joiner in joiners if joiner != "/" and not ("(" in joiner or ")" in joiner)]
    return "." not in rest or all(joiner == "." for joiner in rest)


def _written(groups: Sequence[Group]) -> str:
    return groups[0].digits + "".join(group.before + group.digits for group in groups[1:])
