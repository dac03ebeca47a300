import encodings
import gzip
import hashlib
import html
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.observe.content import BodyReader, charset_of, title_of
from services.prober.observe.memory import Allowance, Memory, Stock

TEXT = b"hello, world " * 50


def bare_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def read(encoding: str, *pieces: bytes, limit: int = 65536) -> BodyReader:
    reader = BodyReader(encoding, limit=limit)
    for piece in pieces:
        reader.feed(piece)
    return reader


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        (" GZip ", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
        ("gzip", TEXT),
        ("br", TEXT),
    ],
)
@pytest.mark.parametrize("piece_bytes", [1, 7, 100_000])
def test_a_body_is_read_however_it_is_coded_and_cut(
    encoding: str, sent: bytes, piece_bytes: int
) -> None:
    pieces = [sent[at : at + piece_bytes] for at in range(0, len(sent), piece_bytes)]
    reader = read(encoding, *pieces)
    assert reader.body == TEXT
    assert reader.raw_bytes == len(sent)
    assert not reader.truncated


def test_a_body_of_exactly_the_limit_is_whole() -> None:
    reader = read("", b"a" * 10, limit=10)
    assert reader.body == b"a" * 10
    assert not reader.truncated


def test_one_byte_more_is_cut_and_said() -> None:
    reader = read("", b"a" * 10, b"b", limit=10)
    assert reader.body == b"a" * 10
    assert reader.truncated
    assert reader.raw_bytes == 11


def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    reader = read("gzip", gzip.compress(bytes(50_000_000)))
    assert reader.body == bytes(65536)
    assert reader.truncated


def test_a_coding_that_breaks_halfway_keeps_what_came_before() -> None:
    noise = b"".join(hashlib.sha256(bytes([byte])).digest() for byte in range(100))
    reader = read("gzip", gzip.compress(noise * 2)[:3250], b"\xff" * 300)
    assert reader.truncated
    assert reader.body[:3000] == noise[:3000]


@given(st.sampled_from(["", "gzip", "deflate", "br"]), st.lists(st.binary(max_size=2000)))
def test_no_bytes_raise_or_exceed_the_limit(encoding: str, pieces: list[bytes]) -> None:
    reader = read(encoding, *pieces, limit=500)
    assert len(reader.body) <= 500
    assert reader.raw_bytes == sum(map(len, pieces))


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        (None, ""),
        ("text/html", ""),
        ("text/html; charset=UTF-8", "utf-8"),
        ('text/html;charset="iso-8859-1"', "iso-8859-1"),
        ("text/html; Charset = windows-1252 ; x=y", "windows-1252"),
        ("text/html; charset=" + "x" * 5000, "x" * 40),
    ],
)
def test_the_charset_is_the_parameter(content_type: str | None, charset: str) -> None:
    assert charset_of(content_type) == charset


@pytest.mark.parametrize(
    ("body", "content_type", "charset", "title"),
    [
        (b"<title>Plain</title>", "text/html", "", "Plain"),
        (b"<TITLE lang=en> Two\n  words </TITLE>", "text/html; charset=x", "", "Two words"),
        (b"<title>a &amp; b</title>", "text/html", "", "a & b"),
        (b"<title>\xe9t\xe9</title>", "text/html", "latin-1", "été"),
        ("<title>été</title>".encode(), "text/html", "", "été"),
        ("<title>été</title>".encode(), "text/html", "no-such-charset", "été"),
        (b"<title>odd</title>", "text/html", "hex", "odd"),
        (b"<title>untyped</title>", None, "", "untyped"),
        (b"<title>x</title>", "application/xhtml+xml", "", "x"),
        (b"<title>x</title>", "application/json", "", ""),
        (b"<title>never closed", "text/html", "", ""),
        (b"<title", "text/html", "", ""),
        (b"no title", "text/html", "", ""),
        (b"<title>" + b"y" * 5000 + b"</title>", "text/html", "", "y" * 256),
        (b"<title>" + b"y" * 255 + b" cut</title>", "text/html", "", "y" * 255),
        (b" " * 20_000 + b"<title>too far</title>", "text/html", "", ""),
    ],
)
def test_the_title_is_found_as_a_reader_would_see_it(
    body: bytes, content_type: str | None, charset: str, title: str
) -> None:
    assert title_of(body, content_type, charset) == title


def test_a_charset_nobody_knows_leaves_nothing_behind() -> None:
    """Python keeps every name that a codec was ever asked for by, known or not."""
    known: dict[str, object] = encodings._cache  # noqa: SLF001 - what must not grow
    title_of(b"<title>x</title>", "text/html", "koi8-u")
    before = set(known)
    for number in range(50):
        assert title_of(b"<title>x</title>", "text/html", f"no-such-{number}") == "x"
    assert set(known) == before


@pytest.mark.parametrize(
    ("charset", "body"), [("koi8-u", b"\xa4"), ("Windows-1251", b"\xba"), ("mac_ukraine", b"")]
)
def test_charsets_python_knows_under_any_of_their_names_are_read(charset: str, body: bytes) -> None:
    title = title_of(b"<title>" + body + b"</title>", "text/html", charset)
    assert title == ("є" if body else "")


@given(
    st.text(st.characters(codec="utf-8"), max_size=100).map(lambda text: (text, "utf-8"))
    | st.text(st.characters(codec="koi8-r"), max_size=100).map(lambda text: (text, "koi8-r"))
)
def test_a_title_is_what_was_written_on_one_line(written: tuple[str, str]) -> None:
    text, charset = written
    body = b"<title>" + html.escape(text).encode(charset) + b"</title>"
    assert title_of(body, "text/html", charset) == " ".join(text.split())


@given(st.text(max_size=80), st.from_regex(r"[A-Za-z0-9_.:-]{1,40}", fullmatch=True))
def test_a_charset_is_found_behind_any_other_parameter(before: str, charset: str) -> None:
    before = re.sub("charset", "", before, flags=re.IGNORECASE)
    assert charset_of(f"text/html; {before}; charset={charset}") == charset.lower()


@given(st.binary(max_size=300), st.sampled_from(["", "utf-16", "utf-7", "unicode_escape", "idna"]))
def test_a_title_can_always_be_written_as_utf_8(noise: bytes, charset: str) -> None:
    title_of(b"<title>" + noise + b"</title>", "text/html", charset).encode()


def test_no_body_is_cut_for_want_of_memory_but_its_check_waits() -> None:
    memory = Memory(bodies=Stock(own_bytes=4, shared_bytes=6), ahead=0)
    allowance = Allowance(memory)
    Allowance(memory).take(10)
    reader = BodyReader(allowance=allowance)
    waits = []
    for piece in (b"0123", b"456789"):
        reader.feed(piece)
        waits.append(allowance.is_waiting)
    assert waits == [False, True]
    assert not reader.truncated
    assert reader.taken_body() == b"0123456789"


def test_a_body_that_was_taken_is_kept_no_more() -> None:
    reader = BodyReader()
    reader.feed(b"body")
    assert (reader.taken_body(), reader.body) == (b"body", b"")
