"""What is asked of open files."""

from __future__ import annotations

from typing import Protocol


class ByteStream(Protocol):
    """What is asked of an open file or standard input: the bytes at hand, at most ``size`` of them."""

    def read1(self, size: int, /) -> bytes:
        """Return at least one byte, or none at the end."""
        ...


class ByteSink(Protocol):
    """What is asked of an open file or standard output."""

    def write(self, data: bytes, /) -> object:
        """Take all of the bytes."""
        ...
