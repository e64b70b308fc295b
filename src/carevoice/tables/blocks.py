"""What the readers and writers of binary formats share: they are open for the length of a block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from io import RawIOBase
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from contextlib import ExitStack

    from _typeshed import ReadableBuffer

    from carevoice.tables.streams import ByteSink


class Opened:
    """A reader that holds files open, as a context manager; ``_stack`` has what is to be closed."""

    _stack: ExitStack

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; no more rows can be read then."""
        self._stack.close()


class Completed(ABC):
    """A writer whose file is whole only at the end of its block, as a context manager."""

    _output: Forwards

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # What is left unfinished may not look like a whole file.
        self._output.abandoned = kind is not None
        try:
            if kind is None:
                self._complete()
                self._close()
        except BaseException:
            self._output.abandoned = True
            raise
        finally:
            self._close()

    @abstractmethod
    def _complete(self) -> None:
        """Write what is still to be written of the rows."""

    @abstractmethod
    def _close(self) -> None:
        """Write what ends the file, once, and close its parts."""


class Forwards(RawIOBase):
    """What a library writes a file to: only forwards, and no longer once it is abandoned."""

    def __init__(self, sink: ByteSink) -> None:
        super().__init__()
        self._sink = sink
        self.abandoned = False

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        given = bytes(data)
        if not self.abandoned:
            self._sink.write(given)
        return len(given)
