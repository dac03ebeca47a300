import gzip
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.observe.capacity import Allowance, Bodies
from services.prober.observe.content import BodyReader, charset_of, title_of

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
    assert reader.body
    assert noise.startswith(reader.body[: len(noise)])


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
        (b" " * 20_000 + b"<title>too far</title>", "text/html", "", ""),
    ],
)
def test_the_title_is_found_as_a_reader_would_see_it(
    body: bytes, content_type: str | None, charset: str, title: str
) -> None:
    assert title_of(body, content_type, charset) == title


@given(st.binary(max_size=300), st.sampled_from(["", "utf-16", "utf-7", "unicode_escape", "idna"]))
def test_a_title_can_always_be_written_as_utf_8(noise: bytes, charset: str) -> None:
    title_of(b"<title>" + noise + b"</title>", "text/html", charset).encode()


def test_a_body_beyond_what_may_be_held_is_cut() -> None:
    bodies = Bodies(limit_bytes=10, share_bytes=4)
    reader = BodyReader(allowance=Allowance(bodies))
    reader.feed(b"0123456789abc")
    assert reader.truncated
    assert reader.taken_body() == b"0123456789"
    late = BodyReader(allowance=Allowance(bodies))
    late.feed(b"0123456789")
    assert late.truncated
    assert late.body == b"0123"


def test_a_body_that_was_taken_is_kept_no_more() -> None:
    reader = BodyReader()
    reader.feed(b"body")
    assert (reader.taken_body(), reader.body) == (b"body", b"")
