"""An HTTP/2 server's side of a connection: bounded, ended once, the same however it is cut.

What is fed comes after the request; the second byte of the noise says whether settings and a head
come before it, so that bodies are reached too.
"""

import gzip

from services.prober.facts import OutcomeCode
from services.prober.observe.http2 import Http2Session
from services.prober.observe.http2_answer import Http2Answer
from services.prober.observe.limits import BODY_BYTES, HEADER_BYTES, HEADERS
from tests.fuzz.target import Target, cut
from tests.targets.http2 import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    HPACK_BOMB,
    PADDED,
    PING,
    PUSH_PROMISE,
    SETTINGS_FRAME,
    WINDOW_UPDATE,
    frame,
    goaway,
    head,
    piece,
    rst_stream,
)

FIELDS = (
    *((":method", "GET"), (":scheme", "https")),
    *((":authority", "site.test"), (":path", "/")),
)
BEGINNINGS = (
    b"",
    SETTINGS_FRAME,
    SETTINGS_FRAME + head(),
    SETTINGS_FRAME + head(("content-encoding", "gzip"), ("content-length", "5")),
)


def check(noise: bytes) -> None:
    """Read what comes whole and in pieces, compare, and go on with another request."""
    message, pieces = cut(noise)
    begin = BEGINNINGS[message[0] % len(BEGINNINGS)] if message else b""
    whole, parted = _read([begin, message[1:]]), _read([begin, *_without_first(pieces)])
    assert _shown(whole) == _shown(parted), (_shown(whole), _shown(parted))


def _without_first(pieces: list[bytes]) -> list[bytes]:
    return [pieces[0][1:], *pieces[1:]] if pieces else []


def _read(pieces: list[bytes]) -> Http2Answer:
    session = Http2Session()
    answer = session.ask(FIELDS, None)
    for each in pieces:
        session.outgoing()
        answer.feed(each)
    may_be_asked_again = answer.keep_alive
    answer.feed_eof()
    _check_bounds(answer)
    if may_be_asked_again:
        second = session.ask(FIELDS, None)
        for each in pieces:
            second.feed(each)
        second.feed_eof()
        _check_bounds(second)
    assert len(session.outgoing()) < 1 << 20
    return answer


def _check_bounds(answer: Http2Answer) -> None:
    assert answer.ended
    assert len(answer.body) <= BODY_BYTES
    assert len(answer.headers) <= HEADERS
    assert sum(len(name) + len(value) for name, value in answer.headers) <= HEADER_BYTES
    if answer.code is OutcomeCode.OK:
        assert answer.status is not None
    for name, value in answer.headers:
        assert name == name.lower()
        assert not name.startswith(":")
        assert not set("\r\n\0") & set(name + value)


def _shown(answer: Http2Answer) -> tuple[object, ...]:
    return (
        *(answer.code, answer.status, answer.headers, answer.body, answer.truncated),
        *(answer.fed_bytes, answer.http_version, answer.needs_http1),
    )


_PACKED = gzip.compress(b"<title>Packed</title>", mtime=0)

SEEDS = (
    b"\x00HTTP/1.1 200 OK\r\n\r\n",
    b"\x00" + SETTINGS_FRAME + head(("server", "x")) + piece(b"hello", end=True),
    b"\x01" + head(("content-length", "5")) + piece(b"hello", end=True) + goaway(1),
    b"\x01" + head(status="103") + head(status="200", end=True) + head(end=True, stream=3),
    b"\x01"
    + frame(1, b"\x88", stream=1)
    + frame(CONTINUATION, b"\x00\x01a\x01b", flags=4, stream=1),
    b"\x01" + frame(1, HPACK_BOMB[:200], flags=END_HEADERS, stream=1) + piece(b"x", end=True),
    b"\x01" + frame(PUSH_PROMISE, b"\0\0\0\2\x88", flags=END_HEADERS, stream=1),
    b"\x02" + piece(b"x") + head(("t", "r"), status="", end=True),
    b"\x02" + frame(PING, bytes(8)) + frame(WINDOW_UPDATE, b"\0\0\0\1") + rst_stream(13),
    b"\x02" + frame(DATA, b"\x02xab", flags=PADDED, stream=1) + goaway(0),
    b"\x03" + piece(_PACKED, end=True),
    b"\x03" + piece(b"hello", end=True),
)

TARGET = Target(
    check=check, seeds=tuple(bytes([manner]) + seed for seed in SEEDS for manner in (0, 1, 5))
)
