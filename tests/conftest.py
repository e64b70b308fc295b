"""What tests of several files share."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import hypothesis
import pytest

import carevoice
from carevoice.analysis import Analyzer

# A suite started in the background inherits that Ctrl-C is ignored, and would hand that on to what it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("carevoice", deadline=None)
hypothesis.settings.load_profile("carevoice")

COMMAND = (sys.executable, "-m", "carevoice")

#: Comments in three languages, with all that CSV can hold: quotes, line breaks, separators, blanks.
COMMENTS = (
    "id,visited,site,question,comment\r\n"
    '007,2024-01-31,"Ward 4, east",What was good?,The nurses were lovely and explained everything to me.\r\n'
    "008,None,NA,What could we do better?,Nothing\r\n"
    '009,"=1+1",null,,"Le médecin nous a bien écoutés,\nmais trois heures d\'attente..."\r\n'
    '010,,"say ""hi""",,"El trato fue excelente; la comida, horrible."\r\n'
    "011,,,,\r\n"
    "012, padded ,\u00a0,,Das Personal war sehr freundlich und die Zimmer waren immer sauber.\r\n"
)


@dataclass(frozen=True)
class Finished:
    """A finished run of the command: exit code and both outputs, line endings as they were."""

    code: int
    out: str
    err: str


class RunCli(Protocol):
    """Runs ``carevoice`` as a process of its own."""

    def __call__(
        self,
        *arguments: str | Path,
        stdin: str | bytes | None = None,
        environment: dict[str, str] | None = None,
    ) -> Finished: ...


@pytest.fixture
def cli(tmp_path: Path) -> RunCli:
    """Runs the command in an empty folder; the streams are pipes."""

    def run(
        *arguments: str | Path, stdin: str | bytes | None = None, environment: dict[str, str] | None = None
    ) -> Finished:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        finished = subprocess.run(
            [*COMMAND, *map(str, arguments)],
            input=data or b"",
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, **(environment or {})},
            timeout=120,
            check=False,
        )
        return Finished(finished.returncode, finished.stdout.decode(), finished.stderr.decode())

    return run


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    """A CSV file with COMMENTS in the folder the command runs in."""
    path = tmp_path / "comments.csv"
    path.write_bytes(COMMENTS.encode())
    return path


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    """The shipped model, loaded once."""
    return carevoice.load()
