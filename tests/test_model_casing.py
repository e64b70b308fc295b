"""A comment in capitals is calmed; names and abbreviations are not."""

import pytest

from carevoice.model.casing import calm


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("THE WARD WAS FILTHY!", "the ward was filthy!"),
        ("TRÈS BIEN, MERCI 👍", "très bien, merci 👍"),
        ("EXCELENTE", "excelente"),
        ("Good care. BUT 3 HOURS OF WAITING!", "Good care. BUT 3 HOURS OF WAITING!"),
        ("RAS", "RAS"),
        ("N/A", "N/A"),
        ("👍 10/10", "👍 10/10"),
        ("", ""),
    ],
)
def test_calm(text: str, expected: str) -> None:
    assert calm(text) == expected
