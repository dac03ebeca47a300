"""Cuts what an HTTP/2 server sends into frames (RFC 9113, section 4): no I/O.

Law: no more is held than one frame and what was fed last.
"""

from dataclasses import dataclass
from typing import Final

FRAME_HEADER_BYTES: Final = 9
# The largest that may be sent to who has not allowed more (RFC 9113, section 6.5.2).
_MAX_PAYLOAD_BYTES: Final = 16_384
_SETTING_BYTES: Final = 6
_GOAWAY_BYTES: Final = 8
_STREAM_ID: Final = 0x7FFF_FFFF

DATA: Final = 0
HEADERS: Final = 1
SETTINGS: Final = 4
GOAWAY: Final = 7
CONTINUATION: Final = 9
_PADDED: Final = 0x8
_ACK: Final = 0x1


class FrameTooLarge(Exception):  # noqa: N818 - the state it tells of
    """A frame is longer than any may be."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its header included."""

    raw: bytes

    @property
    def kind(self) -> int:
        """Return its type."""
        return self.raw[3]

    @property
    def stream_id(self) -> int:
        """Return the stream it belongs to; 0 is the connection."""
        return _stream_id(self.raw[5:9])

    @property
    def is_of_server(self) -> bool:
        """Tell whether it is of a stream that only a server can open."""
        return self.stream_id > 0 and self.stream_id % 2 == 0

    @property
    def payload(self) -> bytes:
        """Return what follows its header."""
        return self.raw[FRAME_HEADER_BYTES:]

    @property
    def settings(self) -> int:
        """Return how many parameters a SETTINGS frame has (RFC 9113, section 6.5.1)."""
        return (len(self.raw) - FRAME_HEADER_BYTES) // _SETTING_BYTES

    @property
    def content(self) -> bytes:
        """Return the payload of a DATA frame without its padding (RFC 9113, section 6.1)."""
        payload = self.payload
        if not self.raw[4] & _PADDED:
            return payload
        return payload[1 : len(payload) - payload[0]] if payload else b""


class FrameCutter:
    """The frames of one connection."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> None:
        """Take the next bytes of the connection."""
        self._buffer += received

    def next_frame(self) -> Frame | None:
        """Return the next frame, or None until there is more of it; raises FrameTooLarge."""
        buffer = self._buffer
        if len(buffer) < FRAME_HEADER_BYTES:
            return None
        payload_bytes = int.from_bytes(buffer[:3])
        if payload_bytes > _MAX_PAYLOAD_BYTES:
            raise FrameTooLarge
        size = FRAME_HEADER_BYTES + payload_bytes
        if len(buffer) < size:
            return None
        frame = Frame(bytes(buffer[:size]))
        del buffer[:size]
        return frame


@dataclass(frozen=True, slots=True, kw_only=True)
class GoAway:
    """What a server says that takes no more requests (RFC 9113, section 6.8)."""

    # Of the last stream that it may have acted upon.
    last_stream_id: int
    error_code: int

    @classmethod
    def of(cls, frame: Frame) -> "GoAway | None":
        """Return what a frame of this type says; None when it breaks the rules."""
        payload = frame.payload
        if frame.stream_id or len(payload) < _GOAWAY_BYTES:
            return None
        return cls(last_stream_id=_stream_id(payload[:4]), error_code=int.from_bytes(payload[4:8]))


def begins_http2(words: bytes) -> bool:
    """Tell whether a server's first words are those of HTTP/2 (RFC 9113, section 3.4).

    That is a SETTINGS frame which is no answer to ours, or GOAWAY from one that has no time.
    """
    if len(words) < FRAME_HEADER_BYTES:
        return False
    length, kind, flags = int.from_bytes(words[:3]), words[3], words[4]
    if _stream_id(words[5:9]) or length > _MAX_PAYLOAD_BYTES:
        return False
    is_settings = kind == SETTINGS and not flags & _ACK and length % _SETTING_BYTES == 0
    return is_settings or kind == GOAWAY


def _stream_id(field: bytes) -> int:
    return int.from_bytes(field) & _STREAM_ID
