"""Tables packed with gzip: unpacked as they are read, packed as they are written."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import TYPE_CHECKING, Final, Self

from carevoice.errors import InputError

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed import WriteableBuffer

    from carevoice.tables.streams import ByteSink, ByteStream

#: Makes zlib write the header and checksum of gzip around what it packs.
_GZIP: Final = 16 + zlib.MAX_WBITS


def open_gz(stream: ByteStream, name: str) -> ByteStream:
    """What is packed in a gzip stream, of one member or several, unpacked in bounded memory.

    Reading raises InputError, calling the file ``name``, if it is cut short, damaged or not gzip. Damage that only the
    checksum shows comes to light at the end, so what was read before it counts for nothing.
    """
    return _Unpacked(stream, name)


class GzipSink:
    """Packs what is written to it; the same writes give the same bytes, without the time or a name in them.

    It must be closed, best as a context manager. If the block raises, what was written is left without an end, so that
    nobody takes it for the whole.
    """

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._packer = zlib.compressobj(wbits=_GZIP)

    def write(self, data: bytes, /) -> None:
        """Take all of the bytes; they needn't reach the sink at once."""
        self._pass_on(self._packer.compress(data))

    def close(self) -> None:
        """Write what is left, once; the sink stays open."""
        self._pass_on(self._packer.flush())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()

    def _pass_on(self, packed: bytes) -> None:
        if packed:
            self._sink.write(packed)


class _Unpacked:
    """Reads through gzip and says what is wrong with the file."""

    def __init__(self, stream: ByteStream, name: str) -> None:
        # gzip asks for exact amounts, which a stream that gives what is at hand doesn't promise.
        self._unpacker = gzip.GzipFile(fileobj=io.BufferedReader(_Raw(stream)))
        self._name = name

    def read1(self, size: int, /) -> bytes:
        try:
            return self._unpacker.read1(size)
        except EOFError:
            reason = "is cut short: it ends in the middle of its compressed data"
        except (gzip.BadGzipFile, zlib.error):
            reason = "is damaged, or not gzip all through: it can't be unpacked"
        raise InputError(f"{self._name} {reason}: copy or download it again, or give it unpacked.")


class _Raw(io.RawIOBase):
    """A byte stream as the standard library wants it."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        data = self._stream.read1(len(view))
        view[: len(data)] = data
        return len(data)
