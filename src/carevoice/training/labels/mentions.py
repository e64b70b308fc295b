"""The labels in cells, as they are written: a name and, where it is given, a polarity."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from carevoice.questions import normalised
from carevoice.results import Polarity
from carevoice.training.labels.codebook import Matcher
from carevoice.training.labels.values import polarity_of, split_polarity, truth_of

#: A label as it is written, and its polarity.
Mention = tuple[str, Polarity | None]

_SEPARATOR: Final = re.compile(r"[\n;|]")
#: A name of a theme may hold commas, but not many.
_MOST_COMMAS: Final = 4
_NOTHING: Final = frozenset(
    (
        *("none", "no theme", "no themes", "aucun", "aucune", "aucun theme", "ninguno", "ninguna", "ningun tema"),
        *("sin tema", "n a", "na", "nan", "null"),
    )
)
_DASHES: Final = frozenset("-\u2212\u2013\u2014")


def has_separator(cells: Iterable[str]) -> bool:
    """Whether a cell holds two labels for certain: a semicolon, a bar or a line break is between them."""
    return any(sum(map(bool, map(str.strip, _SEPARATOR.split(cell)))) > 1 for cell in cells)


class CellParser:
    """Splits the cells of one column into mentions.

    ``comma``: a comma separates too. Otherwise, and within names of themes that hold one, it is part of the label.
    """

    def __init__(self, cells: Sequence[str], matcher: Matcher, *, comma: bool) -> None:
        self._matcher = matcher
        self._comma = comma
        self._seen: dict[str, Mention] = {}
        labels = Counter(label for cell in cells for label in self._labels(cell))
        signed = sum(count for label, count in labels.items() if split_polarity(label)[1])
        # "food-" is a polarity if the column writes them so; a lone "LGBTQ+" is a name.
        self._signed = 2 * signed >= labels.total()

    def several(self, cell: str) -> list[Mention]:
        """All labels of a cell; a word such as ``none`` is one of them here."""
        return list(map(self.one, self._labels(cell)))

    def one(self, label: str) -> Mention:
        """The whole text as one label."""
        label = label.strip()
        mention = self._seen.get(label)
        if mention is None:
            bare, polarity = split_polarity(label)
            split = polarity and not self._matcher.is_name(label) and (self._signed or self._matcher.find(bare))
            mention = self._seen[label] = (bare, polarity) if split else (label, None)
        return mention

    def is_nothing(self, label: str) -> bool:
        """Whether a label says that there is no theme, and is not the name of one."""
        return self._matcher.find(label) is None and normalised(label) in _NOTHING

    def knows(self, label: str) -> bool:
        """Whether this is a theme, with or without a polarity at its end."""
        return self._matcher.find(split_polarity(label)[0]) is not None

    def _labels(self, cell: str) -> Iterator[str]:
        for part in filter(None, map(str.strip, _SEPARATOR.split(cell))):
            if "," not in part or self.knows(part):
                yield part
                continue
            pieces = list(self._pieces(part))
            if self._comma or all(map(self.knows, pieces)):
                yield from pieces
            else:
                yield part

    def _pieces(self, part: str) -> Iterator[str]:
        """The text split at commas, but not at those in the name of a theme."""
        pieces = [piece.strip() for piece in part.split(",")]
        start = 0
        while start < len(pieces):
            stops = range(min(len(pieces), start + _MOST_COMMAS + 1), start + 1, -1)
            joined = ((stop, ", ".join(pieces[start:stop])) for stop in stops)
            stop, label = next((pair for pair in joined if self.knows(pair[1])), (start + 1, pieces[start]))
            if label:
                yield label
            start = stop


def commas_separate(cells: Sequence[str], matcher: Matcher) -> bool:
    """Whether commas are between labels rather than in them: what is between them stands alone elsewhere."""
    parser = CellParser((), matcher, comma=True)
    alone = {normalised(split_polarity(cell)[0]) for cell in cells if "," not in cell}
    lists = [parser.several(cell) for cell in cells if "," in cell and not parser.knows(cell)]
    return bool(lists) and all(
        normalised(label) in alone or matcher.find(label) for labels in lists for label, _ in labels
    )


class ColumnParser:
    """Reads the cells of theme columns: 0 and 1, yes and no, a polarity, or nothing."""

    def __init__(self, cells: Iterable[str]) -> None:
        self._seen: dict[str, tuple[bool, Polarity | None] | None] = {}
        distinct = {cell.strip() for cell in cells} - {""}
        dashes = distinct & _DASHES
        # A spreadsheet of ticks and dashes means nothing by the dash; one of plus and dash means criticism.
        ticks = any(truth_of(cell) for cell in distinct)
        signs = any(polarity_of(cell) for cell in distinct - dashes)
        self._blank = dashes if ticks and not signs else frozenset()

    def read(self, cell: str) -> tuple[bool, Polarity | None] | None:
        """Whether the theme is there, and its polarity; None when the cell can't be read."""
        if cell not in self._seen:
            self._seen[cell] = self._read(cell)
        return self._seen[cell]

    def _read(self, cell: str) -> tuple[bool, Polarity | None] | None:
        if not cell.strip() or cell.strip() in self._blank:
            return False, None
        truth = truth_of(cell)
        if truth is not None:
            return truth, None
        polarity = polarity_of(cell)
        return None if polarity is None else (True, polarity)


def is_tick(cell: str) -> bool:
    """Whether a cell is what a column of ticks holds: yes, no, a dash or nothing."""
    return not cell.strip() or cell.strip() in _DASHES or truth_of(cell) is not None
