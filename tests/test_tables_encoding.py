"""Encodings: found by the bytes, named by the user, and read as UTF-8 without losing a character."""

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from table_fakes import Dripping

from carevoice.errors import InputError
from carevoice.tables.encoding import (
    HEAD,
    Encoding,
    Utf8Stream,
    find_encoding,
    guess_encoding,
    named_encoding,
    source_offset,
)

CORPUS = Path(__file__).parents[1] / "examples" / "corpus"
#: How tables are saved, and what is to be found.
SAVED = ("cp1252", "utf-16", "utf-16-be", "utf-16-le", "utf-8", "utf-8-sig")
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "mac-roman", "cp850")
ACCENTED = (
    "hôpital",
    "très",
    "cœur",
    "infirmière",
    "¿qué",
    "niño",
    "l\u2019accueil",
    "señora",
    "où",
    "déjà",
    "naïf",
    "10 €",
)
SIZES = st.sampled_from([1, 2, 3, 5, 1 << 16])


def found(data: bytes, drip: int = 1 << 16) -> Encoding:
    return find_encoding(Dripping(data, drip), "in.csv")


def utf8(data: bytes, encoding: Encoding, drip: int = 1 << 16, size: int = 1 << 16) -> bytes:
    stream, parts = Utf8Stream(Dripping(data, drip), encoding), []
    while part := stream.read1(size):
        assert len(part) <= size
        parts.append(part)
    assert stream.read1(size) == b""
    return b"".join(parts)


@st.composite
def tables(draw: st.DrawFn) -> str:
    """A table of two columns in which at least three words are accented."""
    plain = st.text("abcdeinorst", min_size=1, max_size=9)
    words = draw(st.lists(st.sampled_from(ACCENTED), min_size=3)) + draw(st.lists(plain, max_size=60))
    words = draw(st.permutations(words))
    return "id,text\n" + "".join(f"{number},{' '.join(words[:number])}\n" for number in range(1, len(words) + 1))


@given(tables(), st.sampled_from(SAVED), SIZES)
def test_tables_with_a_few_accents_are_told_apart(text: str, saved: str, drip: int) -> None:
    data = text.encode(saved)
    encoding = found(data, drip)
    assert encoding.name == saved
    assert utf8(data, encoding, drip).decode() == text


@pytest.mark.parametrize("saved", SAVED)
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.csv")), ids=lambda path: path.stem)
def test_real_comments_are_told_apart_file_by_file(path: Path, saved: str) -> None:
    # Windows-1252 has no emoji; the file of short English comments has nothing else.
    data = path.read_text(encoding="utf-8").encode(saved, "ignore")
    expected = "utf-8" if saved == "cp1252" and data.isascii() else saved
    assert found(data).name == expected
    assert guess_encoding(data, "in.csv").name == expected


@pytest.mark.parametrize("language", ["fr", "es"])
def test_one_real_comment_is_enough_in_windows_1252(language: str) -> None:
    seen = 0
    with (CORPUS / f"train-{language}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["text"].encode("cp1252", "ignore").decode("cp1252")
            if not text.isascii():
                seen += 1
                assert found(text.encode("cp1252")).name == "cp1252"
                assert found(text.encode()) == Encoding("utf-8")
    assert seen > 1000


def test_ascii_is_utf_8() -> None:
    assert found(b"id,text\n1,fine\n") == Encoding("utf-8")
    assert guess_encoding(b"id,text\n1,fine\n", "in.csv") == Encoding("utf-8")
    assert found(b"") == Encoding("utf-8")


def test_a_character_at_the_cut_of_a_head_is_no_fault() -> None:
    data = "été".encode()
    assert guess_encoding(data[:-1], "in.csv") == Encoding("utf-8")
    assert guess_encoding(data[:1], "in.csv") == Encoding("utf-8")
    assert found(data[:1]).name == "cp1252"


@pytest.mark.parametrize("place", [0, HEAD, (1 << 20) + HEAD, 3 << 20])
def test_the_only_accent_of_a_large_file_counts_wherever_it_is(place: int) -> None:
    filler = b"fine\n" * (5 << 18)
    assert found(filler[:place] + b"\xe9t\xe9" + filler[place:]) == Encoding("cp1252")


def test_a_few_faulty_bytes_leave_utf_8_what_it_is() -> None:
    data = "déjà très\n".encode() + b"d\xe9j\xe0\n"
    assert found(data) == Encoding("utf-8")
    assert utf8(data, found(data)) == data
    # As many of one kind as of the other speak against UTF-8.
    assert found("é\n".encode() + b"\xe9\n").name == "cp1252"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x93d\xe9j\xe0\x94", "cp1252"),
        (b"d\xe9j\xe0", "cp1252"),
        (b"d\xe9j\xe0\x81", "iso8859-1"),
        (b"\x93d\xe9j\xe0\x94\x81", "cp1252"),
    ],
)
def test_latin_1_is_what_has_controls_that_windows_1252_has_not(data: bytes, name: str) -> None:
    assert found(data) == Encoding(name)


def test_macroman_with_several_letters_comes_to_notice_as_faulty() -> None:
    data = "très déjà vu, médecin pressé".encode("mac-roman")
    with pytest.raises(UnicodeDecodeError):
        utf8(data, found(data)).decode()


def test_stray_nuls_are_not_utf_16() -> None:
    assert found(b"a\0").name == "utf-8"
    assert found(b"id,text\n1,a\0b\0c\n").name == "utf-8"
    assert found(bytes(100)).name == "utf-8"
    assert found(b"d\xe9j\xe0 vu\0").name == "cp1252"


@pytest.mark.parametrize("codec", ["utf-32", "utf-32-be"])
def test_utf_32_is_refused_with_a_remedy(codec: str) -> None:
    data = "\ufeff".encode(codec) if codec == "utf-32-be" else "text".encode(codec)
    message = r'^in\.csv is UTF-32 text, which is not read: save it as "CSV UTF-8" and try again\.$'
    with pytest.raises(InputError, match=message):
        found(data)
    with pytest.raises(InputError, match=message):
        guess_encoding(data, "in.csv")


@pytest.mark.parametrize(
    ("asked", "name", "words"),
    [
        ("UTF8", "utf-8", "UTF-8"),
        ("utf-8-sig", "utf-8-sig", "UTF-8 with byte order mark"),
        ("UTF-16", "utf-16", "UTF-16 with byte order mark"),
        ("utf_16_le", "utf-16-le", "UTF-16 (little-endian) without byte order mark"),
        ("windows-1252", "cp1252", "Windows-1252"),
        ("Latin 1", "iso8859-1", "Latin-1"),
        ("mac_roman", "mac-roman", "mac-roman"),
        ("cp850", "cp850", "cp850"),
    ],
)
def test_an_encoding_may_be_named_as_python_knows_it(asked: str, name: str, words: str) -> None:
    assert named_encoding(asked) == Encoding(name)
    assert named_encoding(asked).describe() == words


@pytest.mark.parametrize(
    "name",
    [
        "",
        "utf-9",
        "é",
        "a\0b",
        "../utf_8",
        "rot13",
        "base64",
        "zlib",
        "hex",
        "idna",
        "punycode",
        "raw_unicode_escape",
        "unicode-escape",
        "undefined",
    ],
)
def test_what_is_no_encoding_of_tables_is_refused_with_the_usual_ones(name: str) -> None:
    with pytest.raises(InputError) as caught:
        named_encoding(name)
    assert str(caught.value) == (
        f'"{name}" is no encoding for text that is known here: '
        "usual ones are utf-8, utf-16, windows-1252, latin-1, mac-roman and cp850."
    )


@pytest.mark.parametrize("codec", CODECS)
@given(data=st.data(), drip=SIZES, size=SIZES)
def test_any_text_comes_out_as_utf_8(codec: str, data: st.DataObject, drip: int, size: int) -> None:
    text = data.draw(st.text(st.characters(codec=codec)))
    encoding, raw = named_encoding(codec), text.encode(codec)
    # Without a codec that writes one, this is a byte order mark.
    assume(codec in ("utf-8-sig", "utf-16", "utf-32") or not text.startswith("\ufeff"))
    assert utf8(raw, encoding, drip, size).decode() == text
    assert Utf8Stream(io.BytesIO(raw), encoding).mark + source_offset(text, encoding) == len(raw)


@given(st.lists(st.text()), st.sampled_from(["utf-8", "utf-16", "utf-16-be"]))
def test_offsets_of_pieces_add_up(pieces: list[str], codec: str) -> None:
    encoding = Encoding(codec)
    assert sum(source_offset(piece, encoding) for piece in pieces) == source_offset("".join(pieces), encoding)


@pytest.mark.parametrize(
    ("data", "name", "mark"),
    [
        (codecs.BOM_UTF8 + b"a", "utf-8", 3),
        (codecs.BOM_UTF8 + b"a", "utf-8-sig", 3),
        (b"a", "utf-8-sig", 0),
        (codecs.BOM_UTF16_LE + b"a\0", "utf-16", 2),
        (codecs.BOM_UTF16_BE + b"\0a", "utf-16", 2),
        (codecs.BOM_UTF16_LE + b"a\0", "utf-16-le", 2),
        (b"a\0", "utf-16", 0),
        (codecs.BOM_UTF32_LE + b"a\0\0\0", "utf-32", 4),
        (codecs.BOM_UTF32_BE + b"\0\0\0a", "utf-32-be", 4),
    ],
)
def test_a_byte_order_mark_is_taken_off_and_counted(data: bytes, name: str, mark: int) -> None:
    encoding = named_encoding(name)
    assert utf8(data, encoding, drip=1) == b"a"
    assert Utf8Stream(Dripping(data, 1), encoding).mark == mark


def test_only_the_first_byte_order_mark_is_one() -> None:
    for codec in ("utf-8", "utf-16-le"):
        assert utf8("\ufeff\ufeffa".encode(codec), Encoding(codec)).decode() == "\ufeffa"


@given(st.binary(), SIZES, SIZES)
def test_utf_8_passes_through_with_all_its_faults(data: bytes, drip: int, size: int) -> None:
    assert utf8(data, Encoding("utf-8"), drip, size) == data.removeprefix(codecs.BOM_UTF8)


@given(st.sampled_from(CODECS[2:]), st.lists(st.binary(max_size=9)), SIZES, SIZES)
def test_bytes_that_mean_nothing_are_faults_of_their_own_line(
    codec: str, lines: list[bytes], drip: int, size: int
) -> None:
    encoding = named_encoding(codec)
    unit = len("\n".encode(codec)) - len("".encode(codec))
    lines = [line + bytes(-len(line) % unit) for line in lines]
    raw = "".encode(codec) + "\n".encode(codec)[-unit:].join(lines)
    out = utf8(raw, encoding, drip, size)
    text = out.decode("utf-8", "surrogatepass")
    try:
        assert text == raw.decode(codec)
        assert out.decode() == text
    except UnicodeDecodeError:
        with pytest.raises(UnicodeDecodeError):
            out.decode()
    assert source_offset(text, encoding) == len(raw) - len("".encode(codec))


def test_a_fault_stands_where_the_byte_stood() -> None:
    out = utf8(b"id,text\n1,fine\n2,d\xe9j\x81\n3,fine\n", Encoding("cp1252"), drip=1)
    with pytest.raises(UnicodeDecodeError) as caught:
        out.decode()
    assert out[: caught.value.start].decode() == "id,text\n1,fine\n2,déj"
    assert out.endswith(b"\n3,fine\n")


@pytest.mark.parametrize("tail", [b"\xe9", b"\0\xd8", b"\0\xd8\0"])
def test_utf_16_that_is_cut_short_ends_in_a_fault(tail: bytes) -> None:
    out = utf8("a\n".encode("utf-16-le") + tail, Encoding("utf-16-le"), drip=1)
    assert out.startswith(b"a\n")
    with pytest.raises(UnicodeDecodeError):
        out.decode()
