import gc
import gzip
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.facts import OutcomeCode
from services.prober.observe.response import ResponseReader

OK = b"HTTP/1.1 200 OK\r\n"
WORDS = st.from_regex(r"([!-~]([ -~]{0,20}[!-~])?)?", fullmatch=True)


def read(*pieces: bytes, eof: bool = False) -> ResponseReader:
    reader = ResponseReader()
    for piece in pieces:
        if not reader.ended:
            reader.feed(piece)
    if eof and not reader.ended:
        reader.feed_eof()
    return reader


def test_a_response_is_read() -> None:
    reader = read(OK + b"Content-Type: text/plain\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhello")
    assert reader.code is OutcomeCode.OK
    assert reader.status == 200
    assert reader.reason == "OK"
    assert reader.http_version == "1.1"
    assert reader.headers == [
        ("content-type", "text/plain"),
        ("x-empty", ""),
        ("content-length", "5"),
    ]
    assert reader.body == b"hello"
    assert reader.keep_alive
    assert not reader.truncated


@pytest.mark.parametrize(
    "message",
    [
        OK + b"Content-Length: 5\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nT: r\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + b"Content-Length: 5\r\n\r\nhello",
    ],
)
def test_a_response_is_read_however_it_is_cut(message: bytes) -> None:
    reader = read(*(bytes([byte]) for byte in message))
    assert reader.code is OutcomeCode.OK
    assert reader.status == 200
    assert reader.body == b"hello"
    assert "link" not in dict(reader.headers)
    assert "t" not in dict(reader.headers)


@pytest.mark.parametrize(
    "message",
    [
        b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        OK + b"X: b\x01\xffd\r\nContent-Length: 5\r\n\r\nhello",
        OK + b"Content-Length: 5\r\n\r\nhello and more",
    ],
)
def test_what_browsers_forgive_is_forgiven(message: bytes) -> None:
    reader = read(message)
    assert reader.code is OutcomeCode.OK
    assert reader.body == b"hello"


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    reader = read(OK + b"\r\nhello", eof=True)
    assert reader.code is OutcomeCode.OK
    assert reader.body == b"hello"
    assert not reader.keep_alive


@pytest.mark.parametrize(
    "message",
    [
        b"",
        OK,
        OK + b"Content-Length: 9\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ],
)
def test_an_answer_cut_off_by_the_connection_is_closed(message: bytes) -> None:
    assert read(message, eof=True).code is OutcomeCode.HTTP_CLOSED


def test_what_was_read_of_an_answer_cut_off_is_kept() -> None:
    reader = read(OK + b"Content-Length: 9\r\n\r\nhello", eof=True)
    assert reader.status == 200
    assert reader.body == b"hello"
    assert reader.truncated


@pytest.mark.parametrize("code", [OutcomeCode.HTTP_TIMEOUT, OutcomeCode.HTTP_RESET])
def test_what_was_read_before_a_cut_is_kept(code: OutcomeCode) -> None:
    reader = read(OK + b"\r\nhello")
    reader.cut(code)
    assert reader.code is code
    assert reader.body == b"hello"
    assert reader.truncated


def test_the_first_end_counts() -> None:
    reader = read(OK + b"Content-Length: 0\r\n\r\n")
    reader.cut(OutcomeCode.HTTP_TIMEOUT)
    reader.feed_eof()
    assert reader.code is OutcomeCode.OK


@pytest.mark.parametrize(
    "message",
    [
        b"SSH-2.0-OpenSSH_9.7\r\n",
        b"220 mail.test ESMTP\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"<html>400 Bad Request</html>",
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
        b"HTML",
    ],
)
@pytest.mark.parametrize("cut", [False, True])
def test_what_does_not_begin_as_http_is_not_http(message: bytes, *, cut: bool) -> None:
    pieces = [bytes([byte]) for byte in message] if cut else [message]
    reader = read(*pieces, eof=True)
    assert reader.code is OutcomeCode.HTTP_NOT_HTTP
    assert not reader.spoke_http


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"HTTP/1.1 banana\r\n\r\n", None),
        (OK + b"no colon\r\n\r\n", 200),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 200),
        (OK + b"Content-Length: -1\r\n\r\n", 200),
        (OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 200),
    ],
)
def test_broken_framing_is_malformed_and_the_status_stays(
    message: bytes, status: int | None
) -> None:
    reader = read(message)
    assert reader.code is OutcomeCode.HTTP_MALFORMED
    assert reader.status == status


@pytest.mark.parametrize(
    "pieces",
    [
        [OK, *(b"X-%d: y\r\n" % number for number in range(200))],
        [OK + b"".join(b"X-%d: y\r\n" % number for number in range(200)) + b"\r\n"],
        [OK + b"X: " + b"y" * 40_000],
        [OK + b"X: " + b"y" * 40_000 + b"\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 200 " + b"y" * 40_000],
        [b"HTTP/1.1 100 Continue\r\n\r\n" * 20],
    ],
)
def test_endless_headers_are_too_large(pieces: list[bytes]) -> None:
    reader = read(*pieces)
    assert reader.code is OutcomeCode.HTTP_TOO_LARGE
    assert reader.spoke_http
    assert len(reader.headers) <= 100


def test_a_hundred_headers_are_not_too_many() -> None:
    lines = b"".join(b"X-%d: y\r\n" % number for number in range(99))
    reader = read(OK + lines + b"Content-Length: 0\r\n\r\n")
    assert reader.code is OutcomeCode.OK
    assert len(reader.headers) == 100


def test_a_body_over_its_limit_ends_the_response_with_success() -> None:
    reader = read(OK + b"\r\n", b"x" * 40_000, b"x" * 40_000)
    assert reader.code is OutcomeCode.OK
    assert reader.truncated
    assert len(reader.body) == 65536
    assert not reader.keep_alive


def test_a_body_that_decodes_to_nothing_for_ever_ends() -> None:
    empty_chunk = b"1;" + b"e" * 5000 + b"\r\n\x00\r\n"
    reader = read(
        OK + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n",
        b"a\r\n" + gzip.compress(b"")[:10] + b"\r\n",
        *[empty_chunk] * 1000,
    )
    assert reader.ended
    assert reader.fed_bytes < 2_000_000


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def test_a_body_in_a_few_thousand_chunks_is_whole() -> None:
    reader = read(CHUNKED + b"1\r\nx\r\n" * 8000 + b"0\r\n\r\n")
    assert reader.code is OutcomeCode.OK
    assert reader.body == b"x" * 8000
    assert not reader.truncated


@pytest.mark.parametrize("coding", [b"", b"Content-Encoding: gzip\r\n"])
def test_of_endless_tiny_chunks_so_many_are_read(coding: bytes) -> None:
    head = CHUNKED.replace(b"\r\n\r\n", b"\r\n" + coding + b"\r\n")
    reader = ResponseReader()
    reader.feed(head)
    chunks = 0
    while not reader.ended:
        reader.feed(b"1\r\nx\r\n")
        chunks += 1
    assert reader.code is OutcomeCode.OK
    assert reader.truncated
    assert chunks == 8193
    assert reader.body == b"x" * 8192


def test_endless_trailers_end_a_response_whose_body_is_whole() -> None:
    reader = ResponseReader()
    reader.feed(CHUNKED + b"5\r\nhello\r\n0\r\n")
    trailers = 0
    while not reader.ended:
        reader.feed(b"T: r\r\n")
        trailers += 1
    assert reader.code is OutcomeCode.OK
    assert trailers <= 102
    assert reader.body == b"hello"
    assert not reader.truncated
    assert not reader.keep_alive


def test_what_comes_after_enough_of_a_body_counts_no_more_in_one_piece_than_in_many() -> None:
    message = CHUNKED + b"12000\r\n" + b"x" * 0x12000 + b"\r\nbroken"
    whole, parted = read(message), read(*(message[at : at + 900] for at in range(0, 80_000, 900)))
    assert whole.code is parted.code is OutcomeCode.OK
    assert whole.body == parted.body == b"x" * 65536


@pytest.mark.parametrize(
    "message",
    [
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked, identity\r\nContent-Length: 2\r\n\r\nhi",
        OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        OK + b"Content-Length: 5, 6\r\n\r\nhello",
        OK + b"Content-Length: +5\r\n\r\nhello",
        OK + b"Content-Length: 0x5\r\n\r\nhello",
        OK + b"Content-Length: 99999999999999999999999\r\n\r\nhello",
        OK + b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\nhello",
        CHUNKED + b"-1\r\n",
        CHUNKED + b"ffffffffffffffffff\r\n",
        CHUNKED + b"0x5\r\nhello\r\n",
        CHUNKED + b"5\r\nhelloTOO LONG\r\n",
    ],
)
def test_smuggled_framing_is_malformed_and_carries_no_other_request(message: bytes) -> None:
    reader = read(message, eof=True)
    assert reader.code is OutcomeCode.HTTP_MALFORMED
    assert reader.status == 200
    assert not reader.keep_alive


@pytest.mark.parametrize(
    ("message", "header"),
    [
        (OK + b"X: one\r\n two\r\nContent-Length: 5\r\n\r\nhello", "one two"),
        (OK + b"X: one\nContent-Length: 5\n\nhello", "one"),
        (OK + b"X: one\r\nContent-Length : 5\r\n\r\nhello and more", "one"),
        (OK + b"X: \xff\xfe\x80\r\nContent-Length: 5\r\n\r\nhello", "\xff\xfe\x80"),
    ],
)
def test_folded_and_bare_lines_and_odd_bytes_hide_no_header(message: bytes, header: str) -> None:
    reader = read(message)
    assert reader.code is OutcomeCode.OK
    assert reader.header("x") == header
    assert reader.header("content-length") == "5"
    assert reader.body == b"hello"


def test_switching_protocols_ends_the_response() -> None:
    reader = read(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
    assert reader.code is OutcomeCode.OK
    assert reader.status == 101


@pytest.mark.parametrize(
    "message", [OK + b"Content-Length: 5\r\n\r\nhello", OK + b"\r\nhello", b"SSH", b""]
)
def test_an_ended_response_is_freed_without_the_garbage_collector(message: bytes) -> None:
    gc.collect()
    gc.disable()
    try:
        read(message, eof=True)
        unreachable = gc.collect()
    finally:
        gc.enable()
    assert unreachable == 0


@given(
    st.integers(200, 599).filter(lambda status: status not in {204, 304}),
    st.lists(st.tuples(st.from_regex(r"x-[a-z]{1,8}", fullmatch=True), WORDS), max_size=5),
    st.binary(max_size=300),
    st.sampled_from(["length", "chunked", "until the end"]),
    st.lists(st.integers(0, 2000), max_size=8),
)
def test_what_a_server_writes_is_read_the_same_however_it_is_cut(
    status: int, headers: list[tuple[str, str]], body: bytes, framing: str, cuts: list[int]
) -> None:
    lines = [f"HTTP/1.1 {status} Told", *(f"{name}: {value}" for name, value in headers)]
    framed = body
    if framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    elif framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        chunks = [body[at : at + 7] for at in range(0, len(body), 7)]
        framed = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks) + b"0\r\n\r\n"
    message = "\r\n".join(lines).encode() + b"\r\n\r\n" + framed
    places = sorted({0, len(message), *(cut % len(message) for cut in cuts)})
    reader = read(*(message[a:b] for a, b in itertools.pairwise(places)), eof=True)
    assert reader.code is OutcomeCode.OK
    assert reader.status == status
    assert reader.headers[: len(headers)] == headers
    assert reader.body == body
    assert reader.body_bytes == len(body)


@given(st.lists(st.binary(max_size=200)), st.booleans())
def test_no_bytes_raise(pieces: list[bytes], begins_as_http: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    reader = read(OK if begins_as_http else b"", *pieces, eof=True)
    assert reader.ended
    assert len(reader.body) <= 65536
