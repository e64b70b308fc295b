"""What is doubtful about labels: collected while they are read, and looked for once they are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from carevoice.errors import InputError
from carevoice.results import Polarity
from carevoice.taxonomy import Taxonomy
from carevoice.training.data import Example
from carevoice.training.labels.labelled import FEW_EXAMPLES, Problem
from carevoice.training.split import normalised

#: Problems that an error lists.
_LISTED: Final = 10


class Notes:
    """Problems as they turn up row by row: those of one kind become one."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, message: str, rows: Iterable[int]) -> None:
        """Note something about some rows."""
        self._rows[message].extend(rows)

    def problems(self) -> list[Problem]:
        """All that was noted, in the order in which it first turned up."""
        return [Problem(tuple(sorted(set(rows))), message) for message, rows in self._rows.items()]


def combined(polarities: Iterable[Polarity | None]) -> tuple[Polarity | None, bool]:
    """One polarity from all that a comment gives to a theme, and whether they contradict each other.

    Praise and criticism are both. A judgement beside "mentioned", which means that there is none, is a
    contradiction: the judgement counts.
    """
    given = set(polarities) - {None}
    judged = given - {"mentioned"}
    if not judged:
        return ("mentioned" if given else None), False
    polarity: Polarity | None = "both" if len(judged) > 1 else next(iter(judged))
    return polarity, "mentioned" in given


def rare_themes(taxonomy: Taxonomy, examples: Sequence[Example], rows: Sequence[int]) -> Iterator[Problem]:
    """A problem for each theme with too few examples to learn it from."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for example, row in zip(examples, rows, strict=True):
        for theme, _ in example.themes:
            found[theme].append(row)
    for theme in taxonomy.ids:
        count = len(found[theme])
        if count < FEW_EXAMPLES:
            number = {0: "no example", 1: "1 example"}.get(count, f"{count} examples")
            yield Problem(tuple(found[theme]), f'theme "{theme}" has {number}, fewer than {FEW_EXAMPLES}')


def differing_duplicates(examples: Sequence[Example], rows: Sequence[int]) -> Iterator[Problem]:
    """A problem for each text that comes back, under the same question, with other labels."""
    places: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        places[normalised(example.text), example.question].append(place)
    for same in places.values():
        if len(same) > 1 and (differences := _differences([examples[place] for place in same])):
            message = f"the same text has different {' and '.join(differences)}"
            yield Problem(tuple(rows[place] for place in same), message)


def _differences(examples: Sequence[Example]) -> list[str]:
    """The labels in which these differ; one that was not given differs from none."""
    polarities: defaultdict[str, set[Polarity]] = defaultdict(set)
    for example in examples:
        for theme, polarity in example.themes:
            if polarity is not None:
                polarities[theme].add(polarity)
    differs = {
        "themes": len({frozenset(dict(example.themes)) for example in examples}) > 1,
        "polarities": any(len(found) > 1 for found in polarities.values()),
        "sentiment": len({example.sentiment for example in examples} - {None}) > 1,
        "alerts": len({example.alert for example in examples} - {None}) > 1,
    }
    return [label for label, differ in differs.items() if differ]


def listed(problems: Sequence[Problem], limit: int) -> list[str]:
    """Problems as lines, at most ``limit`` of them, and how many more there are."""
    lines = [str(problem) for problem in problems[:limit]]
    more = len(problems) - limit
    if more > 0:
        lines.append("and 1 more problem" if more == 1 else f"and {more:,} more problems")
    return lines


def refuse(name: str, problems: Sequence[Problem]) -> None:
    """Raise InputError with the first of the problems, if there is one."""
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems):,} problems"
        lines = "\n".join(f"  {line}" for line in listed(problems, _LISTED))
        raise InputError(f"{name}: {count} with the labels: correct them, or read them without --strict.\n{lines}")
