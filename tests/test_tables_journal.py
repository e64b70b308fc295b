"""The journal of a run: what was kept comes back, whatever a kill or a power cut left of it."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carevoice.errors import InputError
from carevoice.tables.journal import Journal, journal_of

MADE_OF = {"input": "a", "model": "b"}
ANSWERS = st.lists(st.lists(st.text(max_size=5) | st.floats(allow_nan=False) | st.none(), max_size=3), max_size=4)


class Killed(BaseException):
    """The process is gone."""


def keep(path: Path, chunks: list[Any], *, resume: bool = False) -> list[Any]:
    """Keep chunks and be killed; what had been kept before."""
    before: list[Any] = []
    with suppress(Killed), Journal(path, MADE_OF, resume=resume) as journal:
        before.extend(journal.kept())
        for chunk in chunks:
            journal.add(chunk)
        raise Killed
    return before


def test_the_journal_is_beside_the_output(tmp_path: Path) -> None:
    assert journal_of(str(tmp_path / "out.csv")) == tmp_path / "out.csv.carevoice-journal"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ANSWERS, second=ANSWERS, cut=st.integers(0, 400))
def test_whole_chunks_survive_any_cut(tmp_path: Path, first: list[Any], second: list[Any], cut: int) -> None:
    path = tmp_path / "journal"
    path.unlink(missing_ok=True)
    keep(path, first)
    if path.exists():  # nothing is left of a run that had answered nothing
        path.write_bytes(path.read_bytes()[: path.stat().st_size - cut])
    kept = keep(path, second, resume=True)
    assert kept == first[: len(kept)]
    assert cut or kept == first
    assert keep(path, [], resume=True) == [*kept, *second]


def test_damage_in_the_middle_ends_what_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    keep(path, [["a"], ["b"], ["c"]])
    path.write_bytes(path.read_bytes().replace(b'["b"]', b'["x"]'))
    assert keep(path, [["d"]], resume=True) == [["a"]]
    assert keep(path, [], resume=True) == [["a"], ["d"]]


def test_a_run_that_is_done_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    keep(path, [["a"]])
    with Journal(path, MADE_OF, resume=True) as journal:
        assert list(journal.kept()) == [["a"]]
    assert not path.exists()


def test_without_resume_it_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    keep(path, [["a"]])
    assert keep(path, [["b"]]) == []
    assert keep(path, [], resume=True) == [["b"]]


def test_the_journal_of_another_run_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    keep(path, [["a"]])
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"its model differed.*--resume"):
        Journal(path, {**MADE_OF, "model": "c"}, resume=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no journal\n", b"00000000 {}\n"])
def test_what_is_no_journal_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    assert keep(path, [["a"]], resume=True) == []
    assert keep(path, [], resume=True) == [["a"]]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can't be written"):
        Journal(tmp_path / "gone" / "journal", MADE_OF, resume=False)
