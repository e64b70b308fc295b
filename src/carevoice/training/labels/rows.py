"""The labels of each row of a table, whatever its layout."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from carevoice.results import Polarity
from carevoice.tables.names import short
from carevoice.training.labels.checks import Notes, combined
from carevoice.training.labels.codebook import LONGEST_LABEL, Codebook, Matcher, column_labels, label_key
from carevoice.training.labels.columns import Roles
from carevoice.training.labels.layout import Plan
from carevoice.training.labels.mentions import CellParser, ColumnParser, Mention
from carevoice.training.labels.table import Table
from carevoice.training.labels.values import polarity_of

_NO_THEME: Final = "said to have no theme, and a theme is given: the theme counts"
_BARE_AND_JUDGED: Final = 'theme "{}" is both mentioned without judgement and judged: the judgement counts'


def mentions_reader(
    table: Table, roles: Roles, plan: Plan, matcher: Matcher, notes: Notes
) -> Callable[[int], list[Mention]]:
    """What reads the labels of a row, by its place, and notes what is wrong with them.

    Raises InputError for a column of themes that is none.
    """
    if plan.layout == "columns":
        return _columns_reader(table, plan, matcher, notes)
    (column,) = plan.columns
    parser = CellParser(table.column(column), matcher, comma=plan.comma)

    def mentions(place: int) -> list[Mention]:
        row = table.rows[place]
        cell = row[column].strip()
        found = parser.several(cell) if plan.layout == "cell" else [parser.one(cell)] if cell else []
        if plan.layout == "single":
            real = found
        else:
            real = [mention for mention in found if not parser.is_nothing(mention[0])]
            if real and len(real) < len(found):
                notes.add(_NO_THEME, [place + 1])
        if roles.polarity is None or plan.layout == "cell" or not row[roles.polarity].strip():
            return real
        polarity = polarity_of(row[roles.polarity], numbers=True)
        if polarity is None:
            notes.add("the polarity can't be read: left unknown", [place + 1])
            return real
        return [(label, polarity) for label, _ in real]

    return mentions


def _columns_reader(table: Table, plan: Plan, matcher: Matcher, notes: Notes) -> Callable[[int], list[Mention]]:
    names = [table.header[column] for column in plan.columns]
    labels = column_labels(names, matcher)
    parser = ColumnParser(cell for column in plan.columns for cell in set(table.column(column)))
    for name, column in zip(names, plan.columns, strict=True):
        cells = [cell for cell in table.column(column) if cell.strip()]
        if 2 * sum(parser.read(cell) is None for cell in cells) > len(cells):
            raise table.error(f'The column "{short(name)}" is no theme column: it holds other things than 0 and 1.')

    def mentions(place: int) -> list[Mention]:
        found = []
        for name, label, column in zip(names, labels, plan.columns, strict=True):
            cell = parser.read(table.rows[place][column])
            if cell is None:
                notes.add(f'column "{short(name)}" holds neither 0 or 1 nor a polarity: taken as 0', [place + 1])
            elif cell[0]:
                found.append((label, cell[1]))
        return found

    return mentions


def themes_of(
    mentions: Iterable[Mention], codebook: Codebook, notes: Notes, rows: Sequence[int], *, row_left_out: bool
) -> tuple[tuple[str, Polarity | None], ...]:
    """The themes of a comment in the order of the codebook; notes labels that are none, and contradictions."""
    left_out = "row left out" if row_left_out else "label left out"
    found: defaultdict[str, list[Polarity | None]] = defaultdict(list)
    for label, polarity in mentions:
        theme = codebook.themes.get(label)
        if theme is not None:
            found[theme].append(polarity)
        elif len(label) > LONGEST_LABEL:
            notes.add(f"a label is longer than {LONGEST_LABEL} characters: {left_out}", rows)
        elif not label_key(label):
            notes.add(f"a label has neither letter nor digit: {left_out}", rows)
        else:
            notes.add(f'unknown theme "{short(label)}": {left_out}', rows)
    themes = []
    for theme in filter(found.__contains__, codebook.taxonomy.ids):
        polarity, contradictory = combined(found[theme])
        if contradictory:
            notes.add(_BARE_AND_JUDGED.format(theme), rows)
        themes.append((theme, polarity))
    return tuple(themes)
