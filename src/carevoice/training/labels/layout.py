"""Which layout a table of labels has, and in which columns they are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from carevoice.tables.names import short
from carevoice.training.labels.codebook import PREFIX, Matcher, label_key
from carevoice.training.labels.columns import Roles
from carevoice.training.labels.labelled import LabelOptions, Layout
from carevoice.training.labels.mentions import CellParser, ColumnParser, commas_separate, has_separator, is_tick
from carevoice.training.labels.table import Table

#: In a table without ids, the least share of rows that give a text a further label, if a row is a label.
_LONG_SHARE: Final = 0.05
_REMEDY: Final = (
    "name them with --themes-column (all themes of a comment in a cell), --theme-columns (0/1 columns, one a theme) "
    "or --label-column (one label a row)"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the labels are. ``comma``: one separates labels in a cell, instead of being part of one."""

    layout: Layout
    columns: tuple[int, ...]
    comma: bool = False

    @property
    def single_label(self) -> bool:
        """Whether a comment has exactly one label."""
        return self.layout == "single"


@dataclass(frozen=True, slots=True)
class _Finder:
    table: Table
    roles: Roles
    options: LabelOptions
    matcher: Matcher

    def plan(self) -> Plan:
        options, header = self.options, self.table.header
        if options.theme_columns:
            return Plan("columns", tuple(map(header.index, options.theme_columns)))
        if named := options.themes_column or options.label_column:
            return self._of_column(header.index(named))
        if options.layout == "columns":
            if flags := self._flag_columns():
                return Plan("columns", flags)
            raise self.table.error("No column holds nothing but 0 and 1: name them with --theme-columns.")
        candidates = [place for place in (*self.roles.several, *self.roles.one) if any(self.table.column(place))]
        flags = self._flag_columns() if options.layout == "auto" else ()
        sure = [place for place in candidates if self._is_sure(place)]
        sure_flags = len([place for place in flags if self._is_theme(place)])
        if candidates and len(flags) > 1 and bool(sure) == (sure_flags > 1):
            names = self._names((*candidates, *flags))
            raise self.table.error(f"The themes may be in one column or in several, among {names}: {_REMEDY}.")
        if flags and (sure_flags or len(flags) > 1) and not sure:
            return Plan("columns", flags)
        if not candidates:
            raise self.table.error(f"No column is obviously one of themes: {_REMEDY}.")
        if len(sure or candidates) > 1:
            names = self._names(sure or candidates)
            raise self.table.error(f"Several columns may hold the themes: {names}: {_REMEDY}.")
        return self._of_column((sure or candidates)[0])

    def _of_column(self, place: int) -> Plan:
        """The layout of a table whose labels are in this column."""
        cells, options = self.table.column(place), self.options
        several = place in self.roles.several or bool(options.themes_column)
        if options.layout == "cell" or (options.layout == "auto" and options.themes_column):
            comma = not has_separator(cells)
            return Plan("cell", (place,), comma)
        if options.layout in {"long", "single"}:
            return Plan(options.layout, (place,))
        if has_separator(cells):
            if options.label_column:
                name = self._names((place,))
                raise self.table.error(
                    f"{name} holds several labels a cell: give it as --themes-column, or say --layout single."
                )
            return Plan("cell", (place,))
        if not options.label_column and commas_separate(cells, self.matcher):
            return Plan("cell", (place,), comma=True)
        if self._is_long(place, sure_only=several):
            return Plan("long", (place,))
        return Plan("cell", (place,), comma=True) if several else Plan("single", (place,))

    def _is_long(self, place: int, *, sure_only: bool) -> bool:
        """Whether the rows of a comment follow each other with a label each, as comments that repeat show."""
        labels: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for row in self.table.rows:
            if row[self.roles.text].strip():
                labels[comment_key(row, self.roles)][label_key(row[place])] += 1
        further = sum(len(counts) - 1 for counts in labels.values())
        if self.roles.id is not None:
            return further > 0
        if sure_only or further < _LONG_SHARE * len(self.table.rows) or not further:
            return False
        again = sum(counts.total() - len(counts) for counts in labels.values())
        if further > again:
            return True
        raise self.table.error(
            "Many texts come back, some with another label: say with --layout long that a comment has one row for each "
            "of its labels, or with --layout single that each row is a comment of its own."
        )

    def _flag_columns(self) -> tuple[int, ...]:
        """Columns that hold nothing but ticks; polarities too where the name is that of a theme."""
        found = []
        for place in self.roles.rest:
            cells = set(self.table.column(place))
            parser = ColumnParser(cells)
            if self._is_theme(place):
                fits = all(parser.read(cell) is not None for cell in cells) and any(map(str.strip, cells))
            else:
                fits = all(map(is_tick, cells)) and any((parser.read(cell) or (False,))[0] for cell in cells)
            if fits:
                found.append(place)
        prefixed = [place for place in found if PREFIX.match(self.table.header[place])]
        return tuple(prefixed if len(prefixed) > 1 else found)

    def _is_theme(self, place: int) -> bool:
        name = self.table.header[place]
        return self.matcher.find(name) is not None or PREFIX.match(name) is not None

    def _is_sure(self, place: int) -> bool:
        """Whether a column is called themes or labels, or holds known themes for the most part."""
        if label_key(self.table.header[place]) in {"themes", "temas", "labels"}:
            return True
        parser = CellParser((), self.matcher, comma=True)
        labels = {label for cell in set(self.table.column(place)) for label, _ in parser.several(cell)}
        return 2 * sum(self.matcher.find(label) is not None for label in labels) > len(labels)

    def _names(self, places: Iterable[int]) -> str:
        return ", ".join(f'"{short(self.table.header[place])}"' for place in places)


def find_layout(table: Table, roles: Roles, options: LabelOptions, matcher: Matcher) -> Plan:
    """The layout by the options, else by what names and cells show.

    Raises InputError listing the columns and the option to give when they leave it open.
    """
    return _Finder(table, roles, options, matcher).plan()


def comment_key(row: Sequence[str], roles: Roles) -> tuple[str, ...]:
    """What the rows of one comment have in common: text, question and, if there is one, id."""
    return tuple(row[place] for place in (roles.id, roles.text, roles.question) if place is not None)
