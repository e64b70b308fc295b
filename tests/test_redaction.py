"""Masking addresses, phone numbers, long numbers and names, and leaving everything else."""

import csv
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevoice.errors import InputError, MissingExtraError
from carevoice.redaction import KINDS, Redactor, Span, mask
from carevoice.redaction.names import People, installed_pipelines

pytest.importorskip("phonenumbers")
pytest.importorskip("stdnum")

REDACTOR = Redactor(names=False)
COMMENTS = Path(__file__).parent.parent / "examples" / "redaction" / "comments.csv"

PIECES = st.sampled_from(
    [
        *("07700 900123", "+33 6 39 98 01 23", "(202) 555-0143", "0034 612 345 678", "555-0147", "999 110 6847",
        "12345678Z"),
        *("X9990123G", "1 84 05 99 990 123 84", "856-45-1230", "4929 1234 5678 9012", "2023-05-12", "12/03/2023",
        "1 200 000 €"),
        *("jo@example.com", "www.example.org/a?b=1", "example.net", "Dr Smith", "Dra. García", "M. Dupont", "[NAME]",
        "[PHONE]"),
        *(" ", "-", ".", ",", "/", "(", ")", "+", "@", "x", "0", "12", "2023", "Dr", "Mme ", "Le", "\u200b",
        "\ud800", "\u0663", "é"),
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=8).map(" ".join),
    st.text(alphabet="0123456789 +-.()/@[]aDrMZ", max_size=60),
    st.text(max_size=60),
)
LANGUAGES = st.sampled_from(["", "en", "fr", "es", "other"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jo.bloggs@example.com.", "Write to [EMAIL]."),
        ("mail: mary_o'neill+w9@mail.example.co.uk!", "mail: [EMAIL]!"),
        ("josé@exämple.es et FULL@EXAMPLE.ORG", "[EMAIL] et [EMAIL]"),
        ("see https://x.example.com/a?id=1&b=2, thanks", "see [URL], thanks"),
        ("(www.example.org/feedback)", "([URL])"),
        ("on example.com/q or sub.example.net.", "on [URL] or [URL]."),
        ("http://example.com/a_(b) was down", "[URL] was down"),
    ],
)
def test_addresses_are_masked(text: str, expected: str) -> None:
    assert REDACTOR.redact(text) == expected


@pytest.mark.parametrize(
    "text", ["coffee@2.50 each", "muy bien.es la mejor", "i.e. nobody", "A&E...nothing", "me @ home", "v1.2.3"]
)
def test_what_is_no_address_is_left(text: str) -> None:
    assert REDACTOR.redact(text) == text


@pytest.mark.parametrize(
    ("number", "language"),
    [
        ("07700 900123", "en"), ("07700900123", "en"), ("07700-900-123", "en"), ("(0161) 496 0321", "en"),
        ("020 7946 0958", "en"),
        ("+44 7700 900456", "fr"), ("+44 (0)20 7946 0777", "en"), ("00 44 20 7946 0112", "es"),
        ("0044 20 7946 0112", ""),
        ("020 915 0123", "en"), ("+353 20 915 0123", ""), ("+1 202 555 0143", "fr"), ("(202) 555-0143", "en"),
        ("202.555.0143", "en"), ("1-800-555-0199", "en"), ("416-555-0134", "en"), ("514 555-0134", "fr"),
        ("555-0147", "en"),
        ("06 39 98 01 23", "fr"), ("06.39.98.01.23", "fr"), ("06-39-98-01-23", "fr"), ("0639980123", "fr"),
        ("+33 6 39 98 01 23", "fr"),
        ("0033 6 39 98 01 23", "es"), ("06\u00a039\u202f98\u00a001\u00a023", "fr"), ("+32 470 12 34 56", "fr"),
        ("0470/12 34 56", "fr"),
        ("+41 78 123 45 67", "fr"), ("078 123 45 67", "fr"), ("612 34 56 78", "es"), ("912345678", "es"),
        ("+34 612 345 678", "en"),
        ("+52 55 1234 5678", "es"), ("(55) 5512-3456", "es"), ("+54 9 11 2345-6789", "es"), ("9 6123 4567", "es"),
        ("+56 2 2345 6789", "es"), ("321 123 4567", "es"), ("+57 321 1234567", "es"), ("2222-3333", "es"),
        ("(01) 234-5678", "es"),
        ("07700\u2011900\u2011123", "en"),
        ("\u0660\u0667\u0667\u0660\u0660 \u0669\u0660\u0660\u0661\u0662\u0663", "en"),
        ("\uff10\uff17\uff17\uff10\uff10 900123", "en"),
    ],
)  # fmt: skip
def test_phone_numbers_are_masked_whole(number: str, language: str) -> None:
    assert REDACTOR.redact(f"Call {number}, please", language) == "Call [PHONE], please"
    assert REDACTOR.redact(number, language) == "[PHONE]"


def test_neighbouring_phone_numbers_are_two() -> None:
    assert REDACTOR.redact("07700 900123 07700 900456", "en") == "[PHONE] [PHONE]"
    assert REDACTOR.redact("ring 06 39 98 01 23 / 01 99 00 12 34", "fr") == "ring [PHONE] / [PHONE]"


def test_a_number_beside_a_phone_number_is_left() -> None:
    assert REDACTOR.redact("since 2023 07700 900123 2 times", "en") == "since 2023 [PHONE] 2 times"
    assert REDACTOR.redact("12/03/2023 07700 900123", "en") == "12/03/2023 [PHONE]"


def test_a_bracket_is_masked_only_with_its_other_half() -> None:
    assert REDACTOR.redact("(07700 900123)", "en") == "([PHONE])"
    assert REDACTOR.redact("((202) 555-0143)", "en") == "([PHONE])"
    assert REDACTOR.redact("(+44 (0)20 7946 0777)", "en") == "([PHONE])"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("card 4929 1234 5678 9012 twice", "card [NUMBER] twice"),
        ("card 4929-1234-5678-9012", "card [NUMBER]"),
        ("ref20394857.", "ref[NUMBER]."),
        ("file 20394857 3 times", "file [NUMBER] 3 times"),
        ("28/12345678/40", "28/[NUMBER]/40"),
        ("files 20394857,20394858", "files [NUMBER],[NUMBER]"),
        ("file 20394857,12 weeks ago", "file [NUMBER],12 weeks ago"),
        ("ref 20394857 £50", "ref [NUMBER] £50"),
        ("€50 20394857", "€50 [NUMBER]"),
    ],
)
def test_long_numbers_are_masked(text: str, expected: str) -> None:
    assert REDACTOR.redact(text, "en") == expected


@pytest.mark.parametrize(
    "text",
    [
        "12/03/2023", "12-03-2023", "2023-03-12", "12.03.2023", "12 03 2023", "on 6/15/2024 at 10:30", "04-11-52",
        "2019-2023",
        "2021 2022 2023", "24/7", "10/10", "1 200 000 €", "12 500 000 euros", "€12500000", "10000000 pesos",
        "1,250,000.00",
        "£2,995.50", "1.200.500,50", "500 mg", "2 x 8mg", "3 450 g", "140/90 then 165/95", "room 214, bed 12",
        "rooms 101 102 103 104",
        "SW1A 1AA", "69003 Lyon", "28009", "37.2", "1 2 3 4 5 6 7 8 9 10", "9.50 for 9.30", "call 999 or 111",
        "el 15 o el 112",
        "78 years, 103.5kg", "100% of 10,000 steps", "J+2, +23 %", "500-1000 people", "1234567",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fr", "es", ""])
def test_dates_prices_and_other_numbers_are_left(text: str, language: str) -> None:
    assert REDACTOR.redact(text, language) == text
    assert REDACTOR.redact(f"It was {text}, really", language) == f"It was {text}, really"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr Patel was kind", "Dr [NAME] was kind"),
        ("Dr. O'Brien's clinic", "Dr. [NAME]'s clinic"),
        ("Dr O\u2019Brien", "Dr [NAME]"),
        ("Mrs Eleanor Whitcombe rang", "Mrs [NAME] rang"),
        ("Ms Hughes-Parry and Prof. van der Berg", "Ms [NAME] and Prof. [NAME]"),
        ("Dr J. Kowalski, Dr J.P. Smith", "Dr [NAME], Dr [NAME]"),
        ("Sister Mary on ward 7B", "Sister [NAME] on ward 7B"),
        ("Sister Mary Smith RGN", "Sister [NAME] RGN"),
        ("nurse Jackie", "nurse [NAME]"),
        ("M. Dupont et Mme DURAND", "M. [NAME] et Mme [NAME]"),
        ("le Pr Jean-Luc de Villeneuve a dit", "le Pr [NAME] a dit"),
        ("l'infirmière Claire, Mme Le Goff", "l'infirmière [NAME], Mme [NAME]"),
        ("Sœur Marie-Thérèse", "Sœur [NAME]"),
        ("M. N'Diaye", "M. [NAME]"),
        ("La Dra. García y el Sr. Núñez", "La Dra. [NAME] y el Sr. [NAME]"),
        ("El Dr. Fernández de la Torre me operó", "El Dr. [NAME] me operó"),
        ("doctora Sofía Núñez Pérez", "doctora [NAME]"),
        ("Don José Luis", "Don [NAME]"),
        ("Dra. Garci\u0301a Lo\u0301pez vino", "Dra. [NAME] vino"),
        ("Dr Sister Mary", "Dr Sister [NAME]"),
    ],
)
def test_names_after_titles_are_masked(text: str, expected: str) -> None:
    assert REDACTOR.redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The Dr said no. Dr. Then I left", "Doctor Who was on", "Nurse Practitioner was ok", "Sister Ward 4",
        "I miss London",
        "Mme la directrice", "Sra. Directora: hola", "Hospital Doctor Negrín", "Rue du Docteur Roux",
        "DR SAID NO TWICE", "my sister picked me up",
        "Merci docteur. Le service", "un don du sang", "MS Society", "St Mary's", "Crohn's", "Dr A. Great",
        "M. le docteur", "don't",
    ],
)  # fmt: skip
def test_what_is_no_name_is_left(text: str) -> None:
    assert REDACTOR.redact(text) == text


@given(TEXTS, LANGUAGES)
def test_spans_are_inside_in_order_and_disjoint(text: str, language: str) -> None:
    place = 0
    for span in REDACTOR.find(text, language):
        assert place <= span.start < span.end <= len(text)
        assert span.kind in KINDS
        place = span.end


@given(TEXTS, LANGUAGES)
def test_text_outside_of_spans_is_unchanged(text: str, language: str) -> None:
    rest = REDACTOR.redact(text, language)
    end = 0
    for span in REDACTOR.find(text, language):
        kept = text[end : span.start] + mask(span.kind)
        assert rest.startswith(kept)
        rest, end = rest[len(kept) :], span.end
    assert rest == text[end:]


@given(TEXTS, LANGUAGES)
def test_masked_text_is_masked_no_further(text: str, language: str) -> None:
    once = REDACTOR.redact(text, language)
    assert REDACTOR.find(once, language) == ()
    assert REDACTOR.redact(once, language) == once


def test_masks_are_left() -> None:
    text = " ".join(map(mask, KINDS))
    assert REDACTOR.find(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "1 23 456 7890 " * 14_300, "a@" * 100_000, "+" * 200_000, "x" * 200_000, "1-" * 100_000, "1" * 200_000,
        "12345678x" * 22_200,
        "+12345678 x" * 18_000, "01 01 01 01 01 01 01 x" * 9_000, "Dr " * 66_000, "Dr " + "Aa-" * 66_000, "www.a"
        + ")" * 200_000, "a." * 100_000,
        "(" * 200_000, "1(" * 100_000, "www." * 50_000, "[" * 200_000, "12/3/" * 40_000,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_time_grows_no_faster_than_the_text(text: str) -> None:
    begin = time.process_time()
    REDACTOR.redact(text)
    assert time.process_time() - begin < 2


def test_the_labelled_comments_are_read_well() -> None:
    with COMMENTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert len(rows) == 200
    gold = found = right = 0
    for row in rows:
        wanted = {part for part in row["spans"].split(";") if part}
        got = {f"{span.start}-{span.end}:{span.kind}" for span in REDACTOR.find(row["text"], row["language"])}
        gold, found, right = gold + len(wanted), found + len(got), right + len(wanted & got)
    assert right / gold > 0.8
    assert right / found > 0.9


@pytest.mark.parametrize("module", ["phonenumbers", "stdnum.es"])
def test_a_missing_library_names_the_extra(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r'"redact"'):
        Redactor()


def test_names_without_pipelines_say_what_to_do() -> None:
    if installed_pipelines():
        pytest.skip("pipelines are installed")
    with pytest.raises(InputError, match="python -m spacy download en_core_web_sm"):
        Redactor(names=True)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small English pipeline that knows four names, saved in the form in which pipelines are installed."""
    spacy: Any = pytest.importorskip("spacy")
    site = tmp_path_factory.mktemp("site")
    package, data = site / "en_core_web_tiny", site / "en_core_web_tiny" / "data"
    language = spacy.blank("en")
    patterns = ["Priya", "Zoltan Quux", "Dr Ada Byron", "NAME"]
    language.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": name} for name in patterns])
    package.mkdir()
    language.to_disk(data)
    package.joinpath("__init__.py").write_text(
        "from pathlib import Path\nimport spacy\n\n\ndef load(**overrides):\n"
        "    return spacy.load(Path(__file__).parent / 'data', **overrides)\n",
        encoding="utf-8",
    )
    facts = site / "en_core_web_tiny-1.0.dist-info"
    facts.mkdir()
    facts.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: en_core_web_tiny\nVersion: 1.0\n", encoding="utf-8"
    )
    facts.joinpath("entry_points.txt").write_text(
        "[spacy_models]\nen_core_web_tiny = en_core_web_tiny\n", encoding="utf-8"
    )
    return data


def test_a_pipeline_finds_names_without_titles(pipeline: Path) -> None:
    people = People({"en": str(pipeline)})
    text = "\ud800 thanks Priya, Zoltan Quux and Dr Ada Byron"
    assert [text[span.start : span.end] for span in people.find(text, "en")] == ["Priya", "Zoltan Quux", "Ada Byron"]
    assert people.find(text, "fr") == []
    assert people.find("", "en") == []
    with pytest.raises(InputError, match="python -m spacy download fr_core_news_sm"):
        people.require("fr")


def test_a_pipeline_reads_long_texts_in_pieces(pipeline: Path) -> None:
    text = "word " * 30_000 + "Priya"
    assert People({"en": str(pipeline)}).find(text, "en") == [Span(150_000, 150_005, "NAME")]


def test_an_installed_pipeline_is_used(pipeline: Path) -> None:
    program = (
        "from carevoice.redaction import Redactor\n"
        "text = 'Priya rang 07700 900123, [NAME] and Dr Ada Byron did not'\n"
        "for names in (None, True, False):\n"
        "    print(Redactor(names=names).redact(text, 'en'))\n"
    )
    paths = [str(pipeline.parent.parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONWARNINGS": "ignore"}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    with_names = "[NAME] rang [PHONE], [NAME] and Dr [NAME] did not"
    assert run.stdout.splitlines() == [with_names, with_names, "Priya rang [PHONE], [NAME] and Dr [NAME] did not"]
