"""Tables packed with gzip: read whatever wrote them, written the same every time."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_fakes import Dripping

from carevoice.errors import InputError
from carevoice.tables.compressed import GzipSink, open_gz
from carevoice.tables.streams import ByteStream

PARTS = st.lists(st.binary(max_size=300), max_size=5)


class Zeros:
    """The given number of NULs, without holding them."""

    def __init__(self, left: int) -> None:
        self._left = left

    def read1(self, size: int, /) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


def everything(stream: ByteStream, size: int = 1 << 16) -> bytes:
    parts = []
    while part := stream.read1(size):
        assert len(part) <= size
        parts.append(part)
    assert stream.read1(size) == b""
    return b"".join(parts)


def unpacked(packed: bytes, drip: int = 1 << 16, size: int = 1 << 16) -> bytes:
    return everything(open_gz(Dripping(packed, drip), "in.csv.gz"), size)


def fault(packed: bytes) -> str:
    with pytest.raises(InputError) as caught:
        unpacked(packed)
    return str(caught.value)


@given(PARTS, st.sampled_from([1, 2, 7, 1 << 16]), st.sampled_from([1, 3, 1 << 16]))
def test_several_members_are_one_text_however_slowly_they_come(parts: list[bytes], drip: int, size: int) -> None:
    assert unpacked(b"".join(map(gzip.compress, parts)), drip, size) == b"".join(parts)


def test_a_name_a_time_and_padding_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "in.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"a,b\n1,2\n")
    assert unpacked(path.read_bytes() + bytes(512)) == b"a,b\n1,2\n"


def test_rows_before_the_end_come_in_small_pieces_of_a_large_file() -> None:
    packed = io.BytesIO()
    with GzipSink(packed) as sink:
        zeros = Zeros(64 << 20)
        while block := zeros.read1(1 << 20):
            sink.write(block)
    assert packed.tell() < 1 << 17
    packed.seek(0)
    stream, total = open_gz(packed, "in.csv.gz"), 0
    while part := stream.read1(1 << 16):
        assert len(part) <= 1 << 16
        total += len(part)
    assert total == 64 << 20


@given(st.binary(max_size=300), st.data())
def test_a_file_cut_short_anywhere_is_noticed(content: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(content)
    cut = data.draw(st.integers(1, len(packed) - 1))
    assert fault(packed[:cut]).startswith("in.csv.gz is ")


def test_a_file_cut_short_is_called_so() -> None:
    assert fault(gzip.compress(b"text\nfine\n")[:-3]) == (
        "in.csv.gz is cut short: it ends in the middle of its compressed data: "
        "copy or download it again, or give it unpacked."
    )


@pytest.mark.parametrize(
    "packed",
    [
        b"text\nfine\n",
        b"PK\x03\x04 and so on",
        gzip.compress(b"text\nfine\n") + b"text\nmore\n",
        gzip.compress(b"text\nfine\n")[:-8] + bytes(8),
        gzip.compress(b"text\nfine\n")[:10] + b"\xff" * 30,
    ],
)
def test_what_is_no_gzip_or_damaged_is_called_so(packed: bytes) -> None:
    assert fault(packed) == (
        "in.csv.gz is damaged, or not gzip all through: it can't be unpacked: "
        "copy or download it again, or give it unpacked."
    )


@given(PARTS)
def test_what_the_sink_packs_any_gzip_unpacks(parts: list[bytes]) -> None:
    packed = io.BytesIO()
    with GzipSink(packed) as sink:
        for part in parts:
            sink.write(part)
    assert gzip.decompress(packed.getvalue()) == b"".join(parts)
    assert unpacked(packed.getvalue()) == b"".join(parts)


def test_the_same_writes_give_the_same_bytes_without_name_or_time() -> None:
    outputs = []
    for name in ("one", "two"):
        packed = io.BytesIO()
        packed.name = name
        with GzipSink(packed) as sink:
            sink.write(b"text\n" * 1000)
        outputs.append(packed.getvalue())
    assert outputs[0] == outputs[1]
    # Magic number, method, no name or other extras, no time.
    assert outputs[0][:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_a_sink_whose_block_fails_leaves_no_whole_file() -> None:
    packed = io.BytesIO()

    def fail() -> None:
        with GzipSink(packed) as sink:
            sink.write(bytes(range(256)) * 1000)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with pytest.raises(EOFError):
        gzip.decompress(packed.getvalue() or b"\x1f\x8b")


def test_an_error_of_the_disk_is_not_called_damage() -> None:
    class Failing(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, f"Input/output error at {size}")

    with pytest.raises(OSError, match="Input/output error"):
        open_gz(Failing(), "in.csv.gz").read1(100)
