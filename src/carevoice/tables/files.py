"""Opening tables by path: the input for reading, the output so that it appears whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from contextlib import contextmanager, nullcontext, suppress
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, cast

from carevoice.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from io import BufferedReader

    from carevoice.tables.streams import ByteSink

#: The path that stands for standard input or output.
DASH: Final = "-"
_TOKEN: Final = 4  # bytes


def can_be_read_twice(path: str) -> bool:
    """Whether the path is a regular file, so that it can be checked whole before it is used."""
    return path != DASH and Path(path).is_file()


def open_bytes(path: str) -> AbstractContextManager[BufferedReader]:
    """Open a file for reading, or standard input for ``-``. Raises InputError saying why it can't be."""
    if path == DASH:
        return nullcontext(cast("BufferedReader", sys.stdin.buffer))
    try:
        return Path(path).open("rb")
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file: check the name and the folder.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder: name a file.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} can't be read: {_reason(error)}.") from error


def check_output(path: str, source: str) -> None:
    """Raise InputError if ``path`` can't be the output of a run that reads ``source``.

    Its folder must exist, it may not be a folder itself, and it may not be the input.
    """
    target, read = Path(path), Path(source)
    if target.is_dir():
        raise InputError(f"{path} is a folder: name a file in it.")
    if not target.resolve().parent.is_dir():
        raise InputError(f"{path}: the folder {target.resolve().parent} doesn't exist: create it first.")
    if source != DASH and target.exists() and read.exists() and target.samefile(read):
        raise InputError(f"{path} is also the input, which would be lost: give the output another name.")


@contextmanager
def whole_file(path: str) -> Iterator[ByteSink]:
    """Open a file for writing so that it holds everything, or stays as it was.

    What is written goes to a hidden temporary file in the same folder, which takes the place of
    ``path`` once the block ends and the disk has it; if the block raises, it is removed. A link is
    followed, the mode of an existing file kept. Devices and pipes are written to directly.

    Raises InputError if the file can't be written.
    """
    target = Path(path)
    with write_errors(path):
        mode = target.stat().st_mode if target.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        with _written(path, target, "wb") as stream:
            yield _Sink(path, stream)
        return
    target = target.resolve()
    temporary = target.with_name(f"{_unfinished(target)}{secrets.token_hex(_TOKEN)}.tmp")
    try:
        # Not tempfile: it would hide the result from everyone but its owner.
        with _written(path, temporary, "xb") as stream:
            yield _Sink(path, stream)
            with write_errors(path):
                if mode is not None:
                    temporary.chmod(stat.S_IMODE(mode))
                stream.flush()
                os.fsync(stream.fileno())
        with write_errors(path):
            temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def remove_unfinished(path: str) -> None:
    """Delete what runs that were killed have left of a file; none may be writing it."""
    target = Path(path).resolve()
    for left in target.parent.glob(f"{escape(_unfinished(target))}{'?' * 2 * _TOKEN}.tmp"):
        with suppress(OSError):
            left.unlink()


def _unfinished(target: Path) -> str:
    """What the names of temporary files for a target begin with."""
    # 50 characters are at most 200 bytes of the 255 that a name may have.
    return f".{target.name[:50]}."


@contextmanager
def _written(path: str, target: Path, mode: Literal["wb", "xb"]) -> Iterator[BinaryIO]:
    """Open ``target`` and close it without hiding what went wrong before."""
    with write_errors(path):
        stream = target.open(mode, buffering=1 << 20)
    try:
        yield stream
        with write_errors(path):
            stream.close()
    finally:
        with suppress(OSError):
            stream.close()


def standard_output() -> ByteSink:
    """Standard output for bytes, each write passed on at once."""
    return _Sink("standard output", sys.stdout.buffer, flush=True)


class _Sink:
    """An open output that says which file it is when it can't be written."""

    def __init__(self, path: str, stream: BinaryIO, *, flush: bool = False) -> None:
        self._path, self._stream, self._flush = path, stream, flush

    def write(self, data: bytes, /) -> None:
        with write_errors(self._path):
            self._stream.write(data)
            if self._flush:
                self._stream.flush()


@contextmanager
def write_errors(path: str | Path) -> Iterator[None]:
    """Turn errors of the system while the block writes a file into InputError; a closed pipe is none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"{path} can't be written: {_reason(error)}.") from error


def _sync_folder(folder: Path) -> None:
    """Make the new name durable where the system can; Windows can't, and needs no help."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reason(error: OSError | ValueError) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()
