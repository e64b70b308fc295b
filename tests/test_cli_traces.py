"""What the command touches: it writes what it was told to and nothing else, starts no process, opens no connection.

Every run is a process of its own with an audit hook in it, which sees what Python code does, and between folders that
are empty before it: whatever is in them afterwards, native code may have written too.
"""

import csv
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import COMMAND
from finetune_data import comments, make_encoder, quick, write_table
from openpyxl import Workbook, load_workbook
from pyarrow import parquet

from carevoice.redaction.names import installed_pipelines

#: Notes what writes, starts processes and opens connections; a line of JSON for each event, with the paths in it.
HOOK = """
import json, os, socket, sys
log = os.open(os.environ["TRACE_LOG"], os.O_WRONLY | os.O_APPEND)
writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
noted = (
    "os.rename", "os.link", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.chown",
    "os.utime", "os.setxattr", "shutil.", "tempfile.", "sqlite3.connect", "subprocess.", "os.system", "os.exec",
    "os.posix_spawn", "os.spawn", "os.fork", "os.startfile", "pty.spawn", "socket.",
)
def note(event, values, json=json, os=os, local=getattr(socket, "AF_UNIX", None)):
    if event == "open":
        path, mode, flags = values
        if isinstance(path, int) or not (flags & writing or set(mode or "") & set("wax+")):
            return
    elif not event.startswith(noted) or (event == "socket.__new__" and values[1] == local):
        return
    texts = [os.fsdecode(value) for value in values if isinstance(value, (str, bytes, os.PathLike))]
    paths = [os.path.abspath(text) for text in texts[: 1 if event == "open" else None]]
    os.write(log, (json.dumps([event, paths]) + "\\n").encode())
sys.addaudithook(note)
"""
#: Where a program may leave things behind, beside the folder that it runs in.
ELSEWHERE = {
    "home": ("HOME", "USERPROFILE"),
    "temporary": ("TMPDIR", "TEMP", "TMP"),
    "cache": ("XDG_CACHE_HOME",),
    "config": ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
}
#: All that is kept of the environment: libraries that report to their makers don't where a variable, such as CI, says
#: that they are being tested.
KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
FILES = ("open", "os.rename", "os.remove", "os.chmod")
TEXTS = ("The nurses were kind", "Le repas était froid", "Muy caro, y tarde", "")
ROWS = [[f"{n:03}", f"{TEXTS[n % 4]} {n % 7}"] for n in range(300)]
BAD = ["1", "one too many", "x"]


@dataclass(frozen=True, slots=True)
class Traced:
    """A finished run: its exit code, what it said, and the events that were noted."""

    code: int
    err: str
    events: list[tuple[str, list[str]]]

    def names(self) -> list[str]:
        """What was noted, without the paths."""
        return [event for event, _ in self.events]

    def written(self) -> set[str]:
        """Every path in an event about files."""
        return {path for event, paths in self.events if event in FILES for path in paths}


class Place:
    """Folders to run the command in."""

    def __init__(self, folder: Path) -> None:
        self.work, self._hook, self._log = folder / "work", folder / "hook", folder / "trace"
        self._elsewhere = [folder / name for name in ELSEWHERE]
        for path in (self.work, self._hook, *self._elsewhere):
            path.mkdir()
        (self._hook / "sitecustomize.py").write_text(HOOK)
        self._environment = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            **{name: str(folder / path) for path, names in ELSEWHERE.items() for name in names},
            "PYTHONPATH": os.pathsep.join(filter(None, (str(self._hook), os.environ.get("PYTHONPATH")))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TRACE_LOG": str(self._log),
        }

    def run(self, command: Sequence[str], stdin: bytes = b"") -> Traced:
        self._log.write_bytes(b"")
        finished = subprocess.run(
            command, input=stdin, capture_output=True, cwd=self.work, env=self._environment, timeout=120, check=False
        )
        events = [tuple(json.loads(line)) for line in self._log.read_text().splitlines()]
        return Traced(finished.returncode, finished.stderr.decode(), events)

    def carevoice(self, arguments: str, stdin: bytes = b"") -> Traced:
        return self.run([*COMMAND, *arguments.split()], stdin)

    def left(self) -> set[str]:
        """Names in the working folder, and paths of everything that is elsewhere."""
        found = {str(path) for folder in self._elsewhere for path in folder.rglob("*")}
        return found | {path.relative_to(self.work).as_posix() for path in self.work.rglob("*")}

    def strangers(self, traced: Traced, *named: str) -> set[str]:
        """Paths that a run touched which belong to none of the files that it was to write."""
        mine = [os.devnull]
        for name in named:
            target = re.escape(str(self.work / name))
            unfinished = re.escape(str(self.work / f".{name}."))
            mine += [target, rf"{target}\.carevoice-journal", rf"{unfinished}[0-9a-f]{{8}}\.tmp"]
        return {path for path in traced.written() if not re.fullmatch("|".join(mine), path)}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path.resolve())


def assert_clean(place: Place, traced: Traced, *named: str) -> None:
    """Nothing but the named files was written, and no process started or connection opened."""
    assert "Traceback" not in traced.err
    assert [event for event in traced.names() if event not in FILES] == []
    assert place.strangers(traced, *named) == set()


def plain(rows: list[list[str]]) -> bytes:
    return "".join(",".join(row) + "\n" for row in [["id", "text"], *quoted(rows)]).encode()


def quoted(rows: list[list[str]]) -> list[list[str]]:
    return [[f'"{cell}"' for cell in row] for row in rows]


def workbook(path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in [["id", "text"], *ROWS]:
        sheet.append(row)
    book.save(path)


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[:2] for row in csv.reader(file, strict=True)][1:]


def read_xlsx(path: Path) -> list[list[str]]:
    rows = load_workbook(path).worksheets[0].iter_rows(min_row=2, max_col=2, values_only=True)
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def read_parquet(path: Path) -> list[list[str]]:
    return [[row["id"], row["text"] or ""] for row in parquet.read_table(path).to_pylist()]


def read_packed(path: Path) -> list[list[str]]:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return [[row["id"], row["text"]] for row in map(json.loads, lines)]


READ: dict[str, Callable[[Path], list[list[str]]]] = {
    ".csv": read_csv,
    ".xlsx": read_xlsx,
    ".parquet": read_parquet,
    ".gz": read_packed,
}


@pytest.mark.parametrize(
    "arguments",
    [
        "classify in.csv -o out.csv",
        "classify in.csv -o out.xlsx --probabilities",
        "classify in.xlsx -o out.parquet",
        "classify in.csv -o out.jsonl.gz --resume",
        "classify in.csv -o out.csv --redact",
        "detect in.csv -o out.csv",
        "detect in.xlsx -o out.csv --redact",
    ],
)
def test_a_run_writes_its_output_and_nothing_else(place: Place, arguments: str) -> None:
    _, source, _, output, *options = arguments.split()
    if "--redact" in options and installed_pipelines():
        pytest.skip("spaCy, loaded for an installed pipeline, tries the temporary folder and whether there is IPv6")
    if source == "in.csv":
        (place.work / source).write_bytes(plain(ROWS))
    else:
        workbook(place.work / source)
    before = (place.work / source).read_bytes()
    traced = place.carevoice(arguments)
    assert traced.code == 0, traced.err
    assert_clean(place, traced, output)
    assert str(place.work / output) in traced.written()
    assert place.left() == {source, output}
    assert (place.work / source).read_bytes() == before
    assert READ[Path(output).suffix](place.work / output) == ROWS


@pytest.mark.parametrize("command", ["classify", "detect"])
def test_bad_rows_go_to_the_file_that_is_named(place: Place, command: str) -> None:
    (place.work / "in.csv").write_bytes(plain([*ROWS[:200], BAD, *ROWS[200:], BAD]))
    traced = place.carevoice(f"{command} in.csv -o out.csv --rejects bad.csv")
    assert traced.code == 3, traced.err
    assert_clean(place, traced, "out.csv", "bad.csv")
    assert {str(place.work / name) for name in ("out.csv", "bad.csv")} <= traced.written()
    assert place.left() == {"in.csv", "out.csv", "bad.csv"}
    assert read_csv(place.work / "out.csv") == ROWS
    assert len(read_csv(place.work / "bad.csv")) == 2


@pytest.mark.parametrize("older", [True, False])
@pytest.mark.parametrize(
    "arguments", ["classify in.csv -o out.csv", "classify - -o out.csv", "detect in.csv -o out.csv"]
)
def test_a_run_that_fails_leaves_all_as_it_was(place: Place, arguments: str, *, older: bool) -> None:
    data = plain([*ROWS, BAD])
    (place.work / "in.csv").write_bytes(data)
    if older:
        (place.work / "out.csv").write_bytes(b"older")
    traced = place.carevoice(arguments, stdin=data)
    assert traced.code == 2
    assert_clean(place, traced, "out.csv")
    assert place.left() == ({"in.csv", "out.csv"} if older else {"in.csv"})
    assert not older or (place.work / "out.csv").read_bytes() == b"older"


def test_a_stream_to_a_file_has_no_journal(place: Place) -> None:
    traced = place.carevoice("classify - -o out.csv", stdin=plain(ROWS))
    assert traced.code == 0, traced.err
    assert_clean(place, traced, "out.csv")
    assert not any(path.endswith("journal") for path in traced.written())
    assert place.left() == {"out.csv"}
    assert read_csv(place.work / "out.csv") == ROWS


@pytest.mark.parametrize(
    "arguments", ["classify in.csv", "classify -", "detect in.csv", "detect - -o -", "themes", "-h"]
)
def test_to_standard_output_nothing_is_written(place: Place, arguments: str) -> None:
    (place.work / "in.csv").write_bytes(plain(ROWS))
    traced = place.carevoice(arguments, stdin=plain(ROWS))
    assert traced.code == 0, traced.err
    assert_clean(place, traced)
    assert place.left() == {"in.csv"}


def test_training_and_measuring_connect_nowhere(place: Place) -> None:
    encoder, recipe = make_encoder(place.work / "encoder"), quick(place.work)
    write_table(place.work / "labelled.csv", comments(60))
    commands = (
        f"train labelled.csv -o model --from {encoder.name} --config {recipe.name} --effort head",
        "evaluate model labelled.csv -o report.json",
    )
    for arguments in commands:
        traced = place.carevoice(arguments)
        assert traced.code == 0, traced.err
        # Libraries that training needs look, as they are imported, whether there is IPv6 by making a socket of it.
        reached = {event for event in traced.names() if event.startswith("socket.")}
        assert reached <= {"socket.__new__", "socket.bind"}
    kept = {"encoder", "labelled.csv", recipe.name, "model", "report.json"}
    assert {name for name in place.left() if "/" not in name} == kept


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("open('stray', 'w')", "open"),
        ("open('../home/stray', 'ab')", "open"),
        ("import os; os.open('stray', os.O_CREAT)", "open"),
        ("import tempfile; tempfile.mkdtemp()", "tempfile.mkdtemp"),
        ("import os; os.mkdir('../cache/stray')", "os.mkdir"),
        ("import os; os.rename('in.csv', 'stray')", "os.rename"),
        ("import shutil; shutil.copyfile('in.csv', 'stray')", "shutil.copyfile"),
        ("import subprocess, sys; subprocess.run([sys.executable, '-c', ''])", "subprocess.Popen"),
        ("import os; os.system('exit')", "os.system"),
        ("import socket; socket.socket()", "socket.__new__"),
        ("import socket; socket.getaddrinfo('localhost', 80)", "socket.getaddrinfo"),
    ],
)
def test_what_the_checks_are_for_is_noticed(place: Place, code: str, event: str) -> None:
    (place.work / "in.csv").write_bytes(plain(ROWS))
    traced = place.run([sys.executable, "-c", code])
    assert traced.code == 0, traced.err
    assert event in traced.names()
    with pytest.raises(AssertionError):
        assert_clean(place, traced, "in.csv")
    if "stray" in code:
        assert place.left() != {"in.csv"}
