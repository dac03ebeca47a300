"""A body in a content coding: as zlib reads it, within its limit, the same however it is cut."""

import gzip
import zlib

from services.prober.observe.content import BodyReader
from tests.fuzz.target import Target, cut

_CODINGS = ("gzip", "deflate", "", "br")
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_LIMIT = 500


def check(noise: bytes) -> None:
    """Decode a body whole and in pieces, and compare; the first byte says by which coding."""
    coding = _CODINGS[noise[0] % len(_CODINGS)] if noise else ""
    message, pieces = cut(noise[1:])
    whole, parted = _read(coding, [message]), _read(coding, pieces)
    assert (whole.body, whole.truncated) == (parted.body, parted.truncated)
    assert len(whole.body) <= _LIMIT
    assert whole.raw_bytes == len(message)
    expected = _decoded(coding, message)
    if expected is not None:
        assert whole.body == expected[:_LIMIT]
        assert whole.truncated is (len(expected) > _LIMIT)


def _read(coding: str, pieces: list[bytes]) -> BodyReader:
    reader = BodyReader(coding, limit=_LIMIT)
    for piece in pieces:
        reader.feed(piece)
    return reader


def _decoded(coding: str, message: bytes) -> bytes | None:
    """Return what zlib makes of it, or None when it makes nothing of it."""
    if coding not in _WINDOWS:
        return message
    try:
        return zlib.decompressobj(_WINDOWS[coding]).decompress(message, _LIMIT + 1)
    except zlib.error:
        return None


def _bare(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


_TEXT = b"hello, world " * 9
_GZIP = gzip.compress(_TEXT, mtime=0)

SEEDS = (
    b"\0" + b"\1" + _GZIP,
    b"\0" + b"\1" + _GZIP + b"left over",
    b"\0" + b"\5" + _GZIP[:-9] + b"\xff" * 9,
    b"\0" + b"\5" + gzip.compress(bytes(60_000), mtime=0),
    b"\0" + b"\0" + _TEXT,
    b"\1" + b"\1" + zlib.compress(_TEXT),
    b"\1" + b"\5" + _bare(_TEXT),
    b"\1" + b"\1" + _TEXT,
    b"\2" + b"\1" + _TEXT,
)

TARGET = Target(check=check, seeds=SEEDS)
