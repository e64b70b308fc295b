"""Text that was decoded wrongly once before: noticed where it is, and nowhere else."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevoice.tables.mojibake import Mojibake, looks_mojibake

CORPUS = Path(__file__).parents[1] / "examples" / "corpus"
#: What Windows programs make of bytes: Windows-1252, and control characters where it has nothing.
WINDOWS = {byte: bytes([byte]).decode("cp1252") for byte in range(0x80, 0xA0) if byte not in b"\x81\x8d\x8f\x90\x9d"}
#: Letters and signs that most comments have; those of other languages may go unnoticed.
USUAL = frozenset("áàâäãçéèêëíìîïñóòôöõúùûüœÀÁÂÇÉÈÊÍÎ¡¿«»€“…\u2019")
PORTUGUESE = (
    "O atendimento não foi bom, esperei até amanhã.",
    "A MAÇÃ, O PÃO E O LIMÃO ESTAVAM BONS",
    "SÃO JOÃO, NÃO VOLTO MAIS…",
    "disse a médica: “AMANHÃ”",
    "ATÉ AMANHÃ…",
    "Ã",
    "Âmbar, pâncreas, câncer, você, avô, três",
)


def comments(language: str) -> Iterator[str]:
    for path in sorted(CORPUS.glob(f"*-{language}.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield row["text"]


def garbled(text: str, encoding: str = "cp1252") -> str:
    if encoding == "cp1252":
        return text.encode().decode("latin-1").translate(WINDOWS)
    return text.encode().decode(encoding)


@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_no_ordinary_comment_is_taken_for_garbled(language: str) -> None:
    texts = list(comments(language))
    assert sum(not text.isascii() for text in texts) > 200
    assert [text for text in texts if looks_mojibake([text])] == []
    assert looks_mojibake(texts) is None


def test_portuguese_words_in_capitals_are_no_alarm() -> None:
    assert [text for text in PORTUGUESE if looks_mojibake([text])] == []


@pytest.mark.parametrize(
    "text", ["CAFÉ…", "« VOILÀ »", "voilà\u00a0»…", "N° 5", "L\u2019ÉTÉ”", "√ Accueil", "√Écoute", "10\u00a0€"]
)
def test_signs_after_accents_are_no_alarm(text: str) -> None:
    assert looks_mojibake([text]) is None


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_every_comment_with_a_usual_accent_is_noticed_when_garbled(language: str, encoding: str) -> None:
    texts = [text for text in comments(language) if not USUAL.isdisjoint(text)]
    assert len(texts) > 40
    assert [text for text in texts if not looks_mojibake([garbled(text, encoding)])] == []


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac-roman"])
@pytest.mark.parametrize("language", ["en", "fr", "es"])
def test_garbled_samples_are_noticed(language: str, encoding: str) -> None:
    texts = list(comments(language))
    draw = random.Random(4)
    # English has so few accents that a sample may hold less than the three cells that are asked for.
    samples = [draw.sample(texts, 500) for _ in range(50)]
    telling = [sample for sample in samples if sum(not USUAL.isdisjoint(text) for text in sample) > 2]
    assert len(telling) > 40
    for sample in telling:
        found = looks_mojibake(garbled(text, encoding) for text in sample)
        assert found is not None
        assert found.affected > 2


def test_text_garbled_twice_is_noticed() -> None:
    assert looks_mojibake([garbled(garbled("très bien"))])


def test_a_garbled_cell_among_many_is_no_alarm() -> None:
    odd = garbled("très bien")
    assert looks_mojibake([odd] + ["plain"] * 100) is None
    assert looks_mojibake([odd] * 5 + ["à côté"] * 100) is None
    assert looks_mojibake([odd] * 5 + ["plain"] * 10_000) == Mojibake(5, 10_005)


def test_cells_and_their_share_are_counted_without_blanks() -> None:
    found = looks_mojibake(iter([garbled("été"), garbled("déjà"), "plain", "plain", "", " \n"]))
    assert found == Mojibake(affected=2, cells=4)
    assert found.share == 0.5
    assert found.describe() == (
        "2 of 4 cells (50%) hold garbled letters: the text was saved as UTF-8 and read as Windows-1252 or the like by "
        "another program before: export it again as UTF-8"
    )


def test_nothing_is_no_alarm() -> None:
    assert looks_mojibake([]) is None
    assert looks_mojibake(["", " "]) is None


@given(st.lists(st.text(st.characters(max_codepoint=127))))
def test_ascii_is_never_an_alarm(texts: list[str]) -> None:
    assert looks_mojibake(texts) is None


@given(st.lists(st.text()))
def test_any_sample_has_an_answer(texts: list[str]) -> None:
    found = looks_mojibake(texts)
    assert found is None or 0 < found.share <= 1
