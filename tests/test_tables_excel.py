"""Cells that a spreadsheet would run: made harmless, and back."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carevoice.tables.excel import EXCEL_BOM, neutralise, restore

#: Texts in which everything that matters here is frequent.
CELLS = st.text(st.sampled_from("'=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20 \u00a0\ufeff15.,eE%a"), max_size=8) | st.text()
SIGNS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        '+HYPERLINK("http://example.org")',
        "@SUM(A1:A9)",
        "-2+3+cmd|' /C calc'!A0",
        "- long wait",
        "-",
        "--",
        "+33 6 12 34 56 78",
        "+1-555-0100",
        "-1-2",
        "-5 beds",
        "-5\n=1+1",
        "- 5",
        "\t-5",
        " \0",
        "\ttext",
        "\r\ntext",
        "\n=1",
        "\0=1",
        " =1+1",
        "\u00a0\ufeff =1+1",
        "\uff1d1+1",
        "\uff0d5",
        "-\u0665",
        "'=1+1",
        "'' =1+1",
    ],
)
def test_a_cell_that_could_be_run_gets_one_apostrophe(cell: str) -> None:
    assert neutralise(cell) == "'" + cell
    assert restore("'" + cell) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "text",
        "a=1",
        "a\n=1",
        "'",
        "''",
        "'tis fine",
        "' ",
        "5",
        "1e-3",
        "-5",
        "+3.2",
        "-1,5",
        "-1,234.50",
        "-.5",
        "-1e-3",
        "+1E+06",
        "-12%",
        " -5 ",
        "'-5",
        "+33612345678",
        '"=1"',
        "\u2013 a dash",
        "  indented",
    ],
)
def test_a_harmless_cell_stays_as_it_is(cell: str) -> None:
    assert neutralise(cell) == cell
    assert restore(cell) == cell


@given(CELLS)
@example("'")
def test_restore_undoes_neutralise_whatever_the_cell(cell: str) -> None:
    assert restore(neutralise(cell)) == cell


@given(CELLS)
def test_two_rounds_are_undone_by_two(cell: str) -> None:
    assert restore(restore(neutralise(neutralise(cell)))) == cell


@given(st.lists(CELLS, unique=True))
def test_different_cells_stay_different(cells: list[str]) -> None:
    assert len({neutralise(cell) for cell in cells}) == len(cells)


@given(CELLS)
def test_what_begins_with_a_sign_in_the_end_is_a_number(cell: str) -> None:
    written = neutralise(cell)
    if written.lstrip().startswith(tuple(SIGNS)) or written.startswith(tuple(SIGNS)):
        assert re.fullmatch(r" *[+-][0-9.,]+([eE][+-]?[0-9]+)?%? *", written)


def test_a_long_run_of_apostrophes_or_blanks_takes_no_time() -> None:
    for cell in ("'" * 200_000, " " * 200_000, "'" * 100_000 + " " * 100_000, "-" + "1," * 100_000):
        assert restore(neutralise(cell)) == cell


def test_the_byte_order_mark_is_that_of_utf_8() -> None:
    assert EXCEL_BOM.decode() == "\ufeff"
