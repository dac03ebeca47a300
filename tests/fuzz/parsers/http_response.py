"""An HTTP response: bounded, ended once, and the same however the network cuts it."""

import gzip

from services.prober.facts import OutcomeCode
from services.prober.observe.limits import BODY_BYTES, HEADER_BYTES, HEADERS
from services.prober.observe.response import ResponseReader
from tests.fuzz.target import Target, cut


def check(noise: bytes) -> None:
    """Read a message whole and in pieces, and compare."""
    message, pieces = cut(noise)
    whole, parted = _read([message]), _read(pieces)
    _compare(whole, parted)
    assert whole.ended
    assert len(whole.body) <= BODY_BYTES
    assert len(whole.headers) <= HEADERS
    assert sum(len(name) + len(value) for name, value in whole.headers) <= HEADER_BYTES
    assert len(whole.reason) <= HEADER_BYTES
    for name, value in whole.headers:
        assert name == name.lower()
        assert "\r" not in name + value
        assert "\n" not in name + value


def _read(pieces: list[bytes]) -> ResponseReader:
    reader = ResponseReader()
    for piece in pieces:
        if reader.ended:
            break
        reader.feed(piece)
    if not reader.ended:
        reader.feed_eof()
    return reader


def _compare(whole: ResponseReader, parted: ResponseReader) -> None:
    if OutcomeCode.HTTP_MALFORMED not in {whole.code, parted.code}:
        assert _shown(whole) == _shown(parted), (_shown(whole), _shown(parted))
        return
    # The parser tells of a header only with the next one; where that is broken it may not come.
    assert (whole.code, whole.status) == (parted.code, parted.status)
    assert whole.headers == parted.headers[: len(whole.headers)]
    assert whole.body == parted.body


def _shown(reader: ResponseReader) -> tuple[object, ...]:
    return (
        *(reader.code, reader.status, reader.reason, reader.http_version, reader.keep_alive),
        *(reader.headers, reader.body, reader.truncated),
    )


_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n"
_PACKED = gzip.compress(b"<title>Packed</title>", mtime=0)

SEEDS = (
    _OK + b"Content-Type: text/html\r\nContent-Length: 5\r\n\r\nhello",
    _OK + b"\r\nuntil the end",
    _CHUNKED + b"\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nT: r\r\n\r\n",
    _CHUNKED + b"Content-Encoding: gzip\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(_PACKED), _PACKED),
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + _OK + b"Content-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\0\1",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.0 200\nConnection: keep-alive\nContent-Length: 2\n\nhi",
    _CHUNKED + b"Content-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    _OK + b"X: a\r\n b\r\n\tc\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nz",
    b"SSH-2.0-OpenSSH_9.7\r\n",
)

TARGET = Target(
    check=check, seeds=tuple(bytes([manner]) + seed for seed in SEEDS for manner in (1, 5))
)
