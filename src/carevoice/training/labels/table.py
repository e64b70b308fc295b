"""Tables of text from what a user has: a CSV file, a pandas DataFrame or a Hugging Face Dataset."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from carevoice.errors import InputError
from carevoice.tables.formats import open_table
from carevoice.tables.names import short


class InMemoryTable(Protocol):
    """What a pandas DataFrame and a Hugging Face Dataset have in common."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: Any, /) -> Any: ...  # noqa: ANN401  # theirs says no more


#: What labels can be read from.
Source = str | Path | InMemoryTable


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under distinct column names, and what to call the whole in messages."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Sequence[str], ...]

    def column(self, place: int) -> list[str]:
        """All cells of a column."""
        return [row[place] for row in self.rows]

    def error(self, message: str) -> InputError:
        """An error about this table, with its name and the columns that it has."""
        columns = ", ".join(f'"{short(name)}"' for name in self.header)
        return InputError(f"{self.name}: {message} The columns are {columns}.")


def read_table(source: Source) -> Table:
    """Read a whole table as text: missing values become empty cells, whole numbers have no decimal point.

    A cell that holds a list becomes its items, one a line. Raises InputError for a file that can't be read, for a
    table without rows, with unnamed columns or two of one name, and for an object of another kind.
    """
    if isinstance(source, str | Path):
        with open_table(str(source)) as reader:
            table = Table(reader.name, reader.header, tuple(row for chunk in reader.chunks() for row in chunk.rows()))
    elif _is(source, "pandas", "DataFrame"):
        table = _from_frame(source)
    elif _is(source, "datasets", "Dataset"):
        table = _from_dataset(source)
    elif _is(source, "datasets", "DatasetDict"):
        names = ", ".join(map(str, cast("Iterable[object]", source)))
        raise InputError(f"The labels are a DatasetDict of several splits ({names}): give one of them.")
    else:
        raise InputError(
            f"Labels can't be read from an object of the type {type(source).__name__}: "
            "give the path of a table, a pandas DataFrame or a datasets.Dataset."
        )
    if not table.rows:
        raise InputError(f"{table.name} has no rows under its header: labelled comments are needed.")
    return table


def _is(source: object, module: str, name: str) -> bool:
    """Whether this is such an object, without importing its library: who holds one has imported it."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(source, kind)


def _from_frame(frame: Any) -> Table:  # noqa: ANN401  # pandas has no types of its own
    header = _checked_header("the data frame", frame.columns)
    columns = []
    for place in range(len(header)):
        series = frame.iloc[:, place]
        pairs = zip(series.tolist(), series.isna().tolist(), strict=True)
        columns.append(["" if missing else cell_text(value) for value, missing in pairs])
    return Table("the data frame", header, tuple(zip(*columns, strict=True)))


def _from_dataset(dataset: Any) -> Table:  # noqa: ANN401  # imported by its owner alone
    header = _checked_header("the dataset", dataset.column_names)
    # Without this, a dataset formatted for torch or numpy would give tensors.
    plain = dataset.with_format(None)
    columns = [[*map(_namer(dataset.features[name]), plain[name])] for name in dataset.column_names]
    return Table("the dataset", header, tuple(zip(*columns, strict=True)))


def _namer(feature: Any) -> Callable[[object], str]:  # noqa: ANN401  # one of many unrelated types
    """Turns values of a feature into text; those of a ClassLabel, or of a list of them, into the class names."""
    inner = getattr(feature, "feature", feature[0] if isinstance(feature, list) and feature else feature)
    names: Sequence[str] | None = getattr(inner, "names", None)
    if names is None:
        return cell_text

    def name(value: object) -> str:
        if isinstance(value, list | tuple):
            return "\n".join(filter(None, map(name, value)))
        # -1 is how datasets writes a class that is not known.
        return names[value] if isinstance(value, int) and 0 <= value < len(names) else ""

    return name


def cell_text(value: object) -> str:
    """A value as a cell of a table: nothing for None, 1 and not 1.0, and the items of a list one a line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else str(value)  # noqa: PLR0124  # NaN
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(map(cell_text, value)) if isinstance(value, set | frozenset) else map(cell_text, value)
        return "\n".join(filter(None, items))
    # Arrays and scalars of numpy, without importing it.
    plain = getattr(value, "tolist", None)
    return cell_text(plain()) if callable(plain) else str(value)


def _checked_header(table: str, names: Iterable[object]) -> tuple[str, ...]:
    header = tuple(map(str, names))
    for place, name in enumerate(header):
        if not name.strip():
            raise InputError(f"{table}: column {place + 1} has no name: name it, or leave it out.")
        if name in header[:place]:
            raise InputError(f'{table}: two columns are called "{short(name)}": rename one.')
    return header
