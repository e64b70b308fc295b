"""Which encoding a text file is in, and its bytes in UTF-8 whatever that is."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from carevoice.errors import InputError
from carevoice.tables.names import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from carevoice.tables.streams import ByteStream

#: How much of the beginning of a stream is enough for ``guess_encoding``, in bytes.
HEAD: Final = 1 << 16

_BLOCK: Final = 1 << 20
_UTF_32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Byte order marks by encoding, each with the codec for what follows it.
_MARKS: Final = {
    "utf-8": ((codecs.BOM_UTF8, "utf-8"),),
    "utf-8-sig": ((codecs.BOM_UTF8, "utf-8"),),
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-16-le": ((codecs.BOM_UTF16_LE, "utf-16-le"),),
    "utf-16-be": ((codecs.BOM_UTF16_BE, "utf-16-be"),),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
    "utf-32-le": ((codecs.BOM_UTF32_LE, "utf-32-le"),),
    "utf-32-be": ((codecs.BOM_UTF32_BE, "utf-32-be"),),
}
_LONGEST_MARK: Final = 4
#: Codecs where the mark that the name promises is missing: little-endian is what Windows programs write.
_UNMARKED: Final = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
#: Codecs that Python takes for texts and that no table is written in.
_NO_TABLE: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})
_USUAL: Final = "utf-8, utf-16, windows-1252, latin-1, mac-roman and cp850"
_WORDS: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with byte order mark",
    "utf-16": "UTF-16 with byte order mark",
    "utf-16-le": "UTF-16 (little-endian) without byte order mark",
    "utf-16-be": "UTF-16 (big-endian) without byte order mark",
    "cp1252": "Windows-1252",
    "iso8859-1": "Latin-1",
}
#: Everything but the first bytes of sequences of several bytes in UTF-8, to be deleted where those are counted.
_NOT_FIRST: Final = bytes(range(0xC2)) + bytes(range(0xF5, 0x100))
#: Everything but the bytes that are control characters in Latin-1 and most of them letters in Windows-1252.
_NOT_C1: Final = bytes(range(0x80)) + bytes(range(0xA0, 0x100))
#: What Windows-1252 leaves undefined.
_UNDEFINED: Final = frozenset(b"\x81\x8d\x8f\x90\x9d")
#: Stands for what can't be decoded: half a surrogate pair, which no UTF-8 can hold.
_FAULT: Final = "\udc80"
_ON_FAULT: Final = "carevoice.fault"


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a file; ``name`` is Python's own for it, such as ``cp1252`` or ``utf-8-sig``."""

    name: str

    def describe(self) -> str:
        """What people call the encoding, for a message: "Windows-1252", "UTF-16 with byte order mark"."""
        return _WORDS.get(self.name, self.name)


def find_encoding(stream: ByteStream, name: str) -> Encoding:
    """The encoding of a file, read from its beginning to its end in bounded memory.

    A byte order mark decides. Without one, text whose every other byte is NUL is UTF-16. The rest is UTF-8 if all of
    it can be read so; and it is UTF-8 in which some rows are faulty if it has more characters of several bytes than
    bytes that fit nowhere, for other encodings hardly ever look like UTF-8. What remains is Windows-1252; or Latin-1,
    if of the bytes 80 to 9F only those occur that Windows-1252 leaves undefined. If others occur beside them, the
    undefined ones are faults in their rows: so MacRoman and DOS text, which can't be told for certain, comes to
    notice instead of being read as nonsense.

    Raises InputError, calling the file ``name``, for the byte order mark of UTF-32.
    """
    head = bytearray()
    while len(head) < HEAD and (chunk := stream.read1(HEAD)):
        head += chunk
    return _by_beginning(bytes(head), name) or _by_bytes(_rest(bytes(head), stream), whole=True)


def guess_encoding(head: bytes, name: str) -> Encoding:
    """The encoding of a stream of which only the beginning can be looked at; the rules are those of find_encoding.

    Plain ASCII is taken for UTF-8, whatever may follow. Raises InputError, calling the stream ``name``, for the byte
    order mark of UTF-32.
    """
    return _by_beginning(head, name) or _by_bytes([head], whole=False)


def named_encoding(name: str) -> Encoding:
    """The encoding that a user asks for, by any name that Python knows it by.

    Raises InputError, with the usual names, for one that doesn't exist or isn't for text.
    """
    try:
        # The method refuses what doesn't encode text, such as base64; the look-up doesn't.
        "a".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        found = ""
    if not found or found.replace("_", "-") in _NO_TABLE:
        raise InputError(f'"{short(name)}" is no encoding for text that is known here: usual ones are {_USUAL}.')
    return Encoding(found)


def source_offset(text: str, encoding: Encoding) -> int:
    """How many bytes of the file a piece of text took there, without any byte order mark.

    Pieces can be added up, from ``Utf8Stream.mark``. Exact for Unicode and for encodings in which a character has
    one spelling, so for every one with a byte a character; also for text with faults, read from a Utf8Stream with
    ``surrogatepass``.
    """
    codec = _UNMARKED.get(encoding.name, encoding.name)
    return len(text.encode(codec, "surrogatepass" if codec.startswith("utf-") else "replace"))


class Utf8Stream:
    """The text of a stream in UTF-8 without byte order mark; ``mark`` is how many bytes that mark had, if any.

    UTF-8 passes through as it is, so that its faults are the reader's to find. In other encodings, each byte that
    can't be decoded (in UTF-16 and UTF-32, each unit) becomes three bytes that no strict UTF-8 decoder accepts, so
    that the reader finds that fault too, and in its line.
    """

    def __init__(self, stream: ByteStream, encoding: Encoding) -> None:
        self._stream = stream
        head = b""
        while len(head) < _LONGEST_MARK and (chunk := stream.read1(_LONGEST_MARK - len(head))):
            head += chunk
        codec, self.mark = _UNMARKED.get(encoding.name, encoding.name), 0
        for mark, marked in _MARKS.get(encoding.name, ()):
            if head.startswith(mark):
                codec, self.mark = marked, len(mark)
        self._decoder = None if codec == "utf-8" else codecs.getincrementaldecoder(codec)(_ON_FAULT)
        self._ended = False
        head = head[self.mark :]
        self._ready = self._convert(head) if head else b""

    def read1(self, size: int, /) -> bytes:
        """Return at least one byte and at most ``size``, or none at the end."""
        while not self._ready and not self._ended:
            raw = self._stream.read1(size)
            self._ended = not raw
            self._ready = self._convert(raw)
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def _convert(self, raw: bytes) -> bytes:
        """The text of the bytes that come next; none for the end."""
        if self._decoder is None:
            return raw
        return self._decoder.decode(raw, final=not raw).encode("utf-8", "surrogatepass")


def _rest(head: bytes, stream: ByteStream) -> Iterator[bytes]:
    while head:
        yield head
        head = stream.read1(_BLOCK)


def _by_beginning(head: bytes, name: str) -> Encoding | None:
    """The encoding if the beginning of a file shows it at once."""
    # Before UTF-16, whose little-endian mark is the first half of this one.
    if head.startswith(_UTF_32):
        raise InputError(f'{name} is UTF-32 text, which is not read: save it as "CSV UTF-8" and try again.')
    if head.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8-sig")
    if head.startswith(_UTF_16):
        return Encoding("utf-16")
    units = len(head) // 2
    first, second = (head[place : 2 * units : 2].count(0) for place in (0, 1))
    for codec, nuls, others in (("utf-16-le", second, first), ("utf-16-be", first, second)):
        # A single NUL may be a slip; NULs in both places are binary data.
        if nuls > 1 and 2 * nuls >= units and 10 * others <= nuls:
            return Encoding(codec)
    return None


def _by_bytes(blocks: Iterable[bytes], *, whole: bool) -> Encoding:
    """UTF-8, Windows-1252 or Latin-1, by all the bytes there are; without ``whole``, more would follow."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    faulty = long = 0
    c1: set[int] = set()
    for block in blocks:
        good = decoder.decode(block).encode()
        faulty += len(block) - len(good)
        long += len(good.translate(None, _NOT_FIRST))
        c1.update(block.translate(None, _NOT_C1))
    if not whole:
        # The beginning of a character that the cut went through.
        faulty -= len(decoder.getstate()[0])
    if not faulty or long > faulty:
        return Encoding("utf-8")
    return Encoding("iso8859-1" if c1 and c1 <= _UNDEFINED else "cp1252")


def _mark_fault(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    unit = next((size for bits, size in (("16", 2), ("32", 4)) if error.encoding.startswith(f"utf-{bits}")), 1)
    return _FAULT * max((error.end - error.start) // unit, 1), error.end


# Codecs take such a function by its name only, and for the whole process.
codecs.register_error(_ON_FAULT, _mark_fault)
