"""The answers of an unfinished run, kept beside its output so that another run can go on from there.

A journal is a text file: its first line says what the run is made of, each later one holds the answers to a chunk of
rows. Every line begins with a checksum and is on the disk before the run goes on, so that whatever a kill or a power
cut leaves is the answers to the first chunks, and perhaps a torn line that is passed over. The output itself is written
anew from the beginning: answers are what takes time.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from carevoice.errors import InputError
from carevoice.tables.files import write_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from io import BufferedRandom
    from types import TracebackType
    from typing import Self

ENDING: Final = ".carevoice-journal"
_BINARY: Final = getattr(os, "O_BINARY", 0)  # of Windows


def journal_of(output: str) -> Path:
    """The path of the journal of an output, in the same folder."""
    path = Path(output).resolve()
    return path.with_name(path.name + ENDING)


class Journal:
    """The journal of a run; ``made_of`` has a word for each part that the run depends on, with its fingerprint.

    With ``resume``, ``kept`` gives the chunks that an interrupted run has answered; else what is there is replaced.
    Raises InputError for the journal of another run, for one that a run is writing at the moment, and for a folder that
    can't be written.
    """

    def __init__(self, path: Path, made_of: Mapping[str, str], *, resume: bool) -> None:
        self._path = path
        self._whole = 0  # bytes that are whole lines
        self._file: BufferedRandom
        with write_errors(path):
            # Not emptied before it is known to be nobody else's.
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | _BINARY, 0o666), "r+b")
        if not _locked(self._file):
            self._file.close()
            raise InputError(f"{path}: another run is writing the same output: wait for it, or name another file.")
        if resume and (first := next(self._lines(), None)) is not None and "made_of" in first:
            self._check(first["made_of"], made_of)
        else:
            self._cut(0)
            self._append({"made_of": dict(made_of)})
        self._head_size = self._whole

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        has_answers = os.fstat(self._file.fileno()).st_size > self._head_size
        self._file.close()
        if kind is None or not has_answers:
            self._path.unlink(missing_ok=True)

    def kept(self) -> Iterator[Sequence[Any]]:
        """The answers to each chunk that is in the journal, as plain JSON values; to be read before any is added."""
        for line in self._lines():
            yield line["answers"]
        self._cut(self._whole)

    def add(self, answers: Sequence[Any]) -> None:
        """Keep the answers to the next chunk, as plain JSON values, and see them on the disk."""
        self._append({"answers": answers})

    def _cut(self, size: int) -> None:
        self._whole = size
        with write_errors(self._path):
            self._file.truncate(size)
            self._file.seek(size)

    def _append(self, value: Mapping[str, Any]) -> None:
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
        line = b"%08x %b\n" % (crc32(data), data)
        with write_errors(self._path):
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        self._whole += len(line)

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        """The lines from where the file stands, up to one that is not whole."""
        while line := self._file.readline():
            checksum, _, data = line.removesuffix(b"\n").partition(b" ")
            if not line.endswith(b"\n") or checksum != b"%08x" % crc32(data):
                return
            self._whole += len(line)
            yield json.loads(data)

    def _check(self, before: Mapping[str, str], made_of: Mapping[str, str]) -> None:
        other = [part for part, value in made_of.items() if before.get(part) != value]
        if other:
            self._file.close()
            raise InputError(
                f"{self._path}: the interrupted run was another one, its {' and '.join(other)} differed: give what it "
                "was given, or leave --resume out to start anew."
            )


def _locked(file: BufferedRandom) -> bool:
    """Lock a file against other processes until it is closed, where the system can; False if one has locked it."""
    try:
        import fcntl
    except ImportError:
        return True  # on Windows, where an open file can't be replaced or deleted anyway
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks
    return True


def left_behind(path: Path) -> bool:
    """Whether an interrupted run has left a journal with answers in it."""
    with suppress(OSError):
        return path.stat().st_size > 0
    return False
