"""National identifiers are told from other numbers by their check digits, computed here anew."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from carevoice.redaction import Redactor, Span

pytest.importorskip("phonenumbers")
pytest.importorskip("stdnum")

REDACTOR = Redactor(names=False)
LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
VERIFIED = {"NHS_NUMBER", "NIR", "DNI", "NIE"}


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(alphabet="0123456789", min_size=count, max_size=count)


def nhs_check(head: str) -> int:
    """The check digit of an NHS number; 10 if there is no such number."""
    return (11 - sum(int(digit) * weight for digit, weight in zip(head, range(10, 1, -1), strict=True)) % 11) % 11


def nir_key(head: str) -> str:
    number = head.replace("2A", "19").replace("2B", "18") if head[5:7] in {"2A", "2B"} else head
    return f"{97 - int(number) % 97:02d}"


def grouped(text: str, sizes: tuple[int, ...], joiner: str) -> str:
    parts, place = [], 0
    for size in sizes:
        parts.append(text[place : place + size])
        place += size
    return joiner.join(parts)


def kinds(text: str, language: str = "") -> list[str]:
    return [span.kind for span in REDACTOR.find(text, language)]


def embedded(number: str) -> str:
    return f"It is {number}, they said"


def place_of(number: str, kind: str) -> tuple[Span, ...]:
    return (Span(6, 6 + len(number), kind),)


@given(digits(9), st.sampled_from(["", " ", "-"]), st.integers(1, 9))
def test_nhs_number(head: str, joiner: str, shift: int) -> None:
    check = nhs_check(head)
    assume(check < 10)
    number = grouped(head + str(check), (3, 3, 4), joiner)
    assert REDACTOR.find(embedded(number)) == place_of(number, "NHS_NUMBER")
    wrong = number[:-1] + str((check + shift) % 10)
    assert "NHS_NUMBER" not in kinds(embedded(wrong), "en")


NIR_HEADS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from("12"), digits(2), st.integers(1, 12).map("{:02d}".format),
        st.one_of(st.integers(1, 95).map("{:02d}".format), st.sampled_from(["2A", "2B"])), digits(6),
    ),
)  # fmt: skip


@given(NIR_HEADS, st.sampled_from(["", " ", "-", "."]), st.integers(1, 96))
def test_nir(head: str, joiner: str, shift: int) -> None:
    sizes = (1, 2, 2, 2, 3, 3, 2)
    number = grouped(head + nir_key(head), sizes, joiner)
    assert REDACTOR.find(embedded(number)) == place_of(number, "NIR")
    wrong = f"{(int(nir_key(head)) - 1 + shift) % 97 + 1:02d}"
    assert "NIR" not in kinds(embedded(grouped(head + wrong, sizes, joiner)), "fr")


@given(st.integers(0, 99_999_999), st.sampled_from(["{}{}", "{}-{}", "{} {}"]), st.sampled_from(LETTERS), st.booleans())
def test_dni(number: int, form: str, other: str, lower: bool) -> None:  # noqa: FBT001
    right = LETTERS[number % 23]
    written = form.format(f"{number:08d}", right.lower() if lower and " " not in form else right)
    assert REDACTOR.find(embedded(written)) == place_of(written, "DNI")
    assume(other != right)
    assert "DNI" not in kinds(embedded(form.format(f"{number:08d}", other)), "es")


@given(
    st.sampled_from("XYZ"), st.integers(0, 9_999_999), st.sampled_from(["{}{}{}", "{}-{}-{}"]), st.sampled_from(LETTERS)
)
def test_nie(first: str, number: int, form: str, other: str) -> None:
    right = LETTERS[("XYZ".index(first) * 10_000_000 + number) % 23]
    written = form.format(first, f"{number:07d}", right)
    assert REDACTOR.find(embedded(written)) == place_of(written, "NIE")
    assume(other != right)
    assert "NIE" not in kinds(embedded(form.format(first, f"{number:07d}", other)), "es")


@given(st.integers(0, 999), st.integers(0, 99), st.integers(0, 9999), st.sampled_from("- "))
def test_ssn_is_told_by_its_structure(area: int, group: int, serial: int, joiner: str) -> None:
    number = joiner.join((f"{area:03d}", f"{group:02d}", f"{serial:04d}"))
    assume(number.replace(" ", "-") not in {"078-05-1120", "457-55-5462", "219-09-9999"})
    possible = area not in {0, 666} and area < 900 and group > 0 and serial > 0
    assert ("SSN" in kinds(embedded(number))) == possible


@pytest.mark.parametrize("number", ["078-05-1120", "856451230"])
def test_numbers_of_advertisements_and_bare_ones_are_no_ssn(number: str) -> None:
    assert kinds(f"SSN {number}", "en") in (["NUMBER"], ["PHONE"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NHS no 999 110 6847", "NHS no [NHS_NUMBER]"),
        ("sécu 1 84 05 99 990 123 84", "sécu [NIR]"),
        ("sécu 1 84 05 99 990 123 85", "sécu [NUMBER]"),
        ("carte 2 88 02 2a 990 013 23", "carte [NIR]"),
        ("DNI 12.345.678-Z", "DNI [DNI]"),
        ("folio 12345678 y luego", "folio [NUMBER] y luego"),
        ("DNI 12345678A", "DNI [NUMBER]A"),
        ("1\u202f84\u202f05\u202f99\u202f990\u202f123\u202f84", "[NIR]"),
        ("\u0669\u0669\u0669 \u0661\u0661\u0660 \u0666\u0668\u0664\u0667", "[NHS_NUMBER]"),
    ],
)
def test_a_wrong_check_digit_leaves_a_long_number(text: str, expected: str) -> None:
    assert REDACTOR.redact(text) == expected


def test_a_wrong_nhs_number_is_a_long_number() -> None:
    assert kinds("NHS no 999 110 6848", "en") == ["NUMBER"]


def test_an_identifier_inside_a_longer_number_is_none() -> None:
    assert kinds("card 4929 999 110 6847", "en") == ["NUMBER"]


@given(st.text(alphabet="0123456789 -.XYZTABab", max_size=60))
def test_no_identifier_is_left_after_masking(text: str) -> None:
    assert not VERIFIED & set(kinds(REDACTOR.redact(text)))
