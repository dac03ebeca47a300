"""Reads a server's answer to an offer of one version of TLS, up to its ServerHello: no I/O.

Law: the offer is accepted only when a whole ServerHello, or a request for another key
(HelloRetryRequest), picks that version, a suite that was offered for it, and breaks no rule. What
follows is not read.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from services.prober.facts import OutcomeCode
from services.prober.observe.client_hello import (
    HANDSHAKE,
    RANDOM_BYTES,
    SUPPORTED_VERSIONS,
    TLS_1_2,
    TLS_1_3,
    Offer,
)

# Read without a ServerHello coming to its end; the longest real one, with a key of ML-KEM in it, is
# under 2 KiB.
ANSWER_BYTES: Final = 16 * 1024

_RECORD_TYPES: Final = range(20, 24)
_MAJOR_VERSION: Final = 3
_HEAD_BYTES: Final = 5
_RECORD_BYTES: Final = 16 * 1024 + 2048
_ALERT: Final = 21
_ALERT_BYTES: Final = 2
_SERVER_HELLO: Final = 2
_MESSAGE_HEAD_BYTES: Final = 4
_SESSION_ID_BYTES: Final = 32
# From SSL 3.0 on, which nobody offers and some may pick.
_OLD_VERSIONS: Final = range(0x0300, TLS_1_2 + 1)

_WARNING: Final = 1
_CLOSE_NOTIFY: Final = 0
_CODE_OF_ALERT: Final = MappingProxyType(
    {
        _CLOSE_NOTIFY: OutcomeCode.TLS_CLOSED,
        70: OutcomeCode.TLS_PROTOCOL_UNSUPPORTED,  # protocol_version
        86: OutcomeCode.TLS_PROTOCOL_UNSUPPORTED,  # inappropriate_fallback: a newer one it is
        112: OutcomeCode.TLS_SNI_REFUSED,  # unrecognized_name
    }
)


class Malformed(Exception):  # noqa: N818 - the state of the message
    """It is no ServerHello."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHello:
    """What a server picked; of a HelloRetryRequest too, which has the same form."""

    version: int
    session_id: bytes
    suite: int
    compression: int


def server_hello(body: bytes) -> ServerHello:
    """Read the body of a ServerHello (RFC 8446, section 4.1.3); raises Malformed."""
    reader = _Reader(body)
    version = reader.number(2)
    reader.take(RANDOM_BYTES)
    session_id = reader.take(reader.number(1))
    suite, compression = reader.number(2), reader.number(1)
    picked = None
    if reader.is_left:  # servers without extensions may leave their length out
        extensions = _Reader(reader.take(reader.number(2)))
        while extensions.is_left:
            number, extension = extensions.number(2), extensions.take(extensions.number(2))
            if number == SUPPORTED_VERSIONS:
                picked = _Reader(extension).whole(2)
    # 1.3 and whatever follows it are told by the extension alone.
    is_version = version == TLS_1_2 if picked is not None else version in _OLD_VERSIONS
    if reader.is_left or len(session_id) > _SESSION_ID_BYTES or not is_version:
        raise Malformed
    return ServerHello(
        version=version if picked is None else picked,
        session_id=session_id,
        suite=suite,
        compression=compression,
    )


class _Reader:
    """Takes bytes from the front."""

    def __init__(self, rest: bytes) -> None:
        self._rest = rest

    @property
    def is_left(self) -> bool:
        return bool(self._rest)

    def take(self, size: int) -> bytes:
        if size > len(self._rest):
            raise Malformed
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def whole(self, size: int) -> int:
        number = self.number(size)
        if self._rest:
            raise Malformed
        return number


class Answer:
    """The answer to one offer, as it comes in; nothing is fed once there is a code."""

    __slots__ = ("_left", "_messages", "_offer", "_read_bytes", "_type", "_unread", "_warned")

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._unread = bytearray()
        self._read_bytes = 0
        # Of the record that is being read.
        self._type = 0
        self._left = 0
        # The bytes of handshake messages and of alerts, out of their records.
        self._messages = {HANDSHAKE: bytearray(), _ALERT: bytearray()}
        self._warned: OutcomeCode | None = None

    def feed(self, received: bytes) -> OutcomeCode | None:
        """Take bytes of the server, and return what it answered once that is clear.

        ok says that it accepts; tls_protocol_unsupported that it picked another version, or says
        that it does not speak this one.
        """
        self._unread += received
        unread_bytes = 0
        while self._unread and len(self._unread) != unread_bytes:  # until a head is incomplete
            unread_bytes = len(self._unread)
            code = self._take_head() if self._left == 0 else self._take_body()
            if code is not None:
                return code
        return OutcomeCode.TLS_MALFORMED if self._read_bytes > ANSWER_BYTES else None

    def ended(self, code: OutcomeCode) -> OutcomeCode:
        """Return how the answer ended when the connection did: by its last warning, or this."""
        return self._warned or code

    def _take_head(self) -> OutcomeCode | None:
        """Begin a record; what does not even begin like one is told by its first bytes."""
        head = bytes(self._unread[:_HEAD_BYTES])
        if head[0] not in _RECORD_TYPES or head[1:2] not in {b"", bytes([_MAJOR_VERSION])}:
            is_first = self._read_bytes == 0
            return OutcomeCode.TLS_NOT_TLS if is_first else OutcomeCode.TLS_MALFORMED
        if len(head) < _HEAD_BYTES:
            return None
        self._drop(_HEAD_BYTES)
        self._type, self._left = head[0], int.from_bytes(head[3:])
        is_odd = self._type not in self._messages or not 0 < self._left <= _RECORD_BYTES
        return OutcomeCode.TLS_MALFORMED if is_odd else None

    def _take_body(self) -> OutcomeCode | None:
        size = min(self._left, len(self._unread))
        self._messages[self._type] += self._unread[:size]
        self._drop(size)
        self._left -= size
        return self._alerted() if self._type == _ALERT else self._picked()

    def _drop(self, size: int) -> None:
        del self._unread[:size]
        self._read_bytes += size

    def _alerted(self) -> OutcomeCode | None:
        """Return what an alert says; after a warning a server may still go on."""
        alerts = self._messages[_ALERT]
        while len(alerts) >= _ALERT_BYTES:
            level, description = alerts[:_ALERT_BYTES]
            del alerts[:_ALERT_BYTES]
            code = _CODE_OF_ALERT.get(description, OutcomeCode.TLS_ALERT)
            if level != _WARNING:
                return code
            if description == _CLOSE_NOTIFY:
                return self.ended(code)
            self._warned = code
        return None

    def _picked(self) -> OutcomeCode | None:
        """Return whether the ServerHello accepts the offer, once it is complete."""
        message = self._messages[HANDSHAKE]
        if message[0] != _SERVER_HELLO:
            return OutcomeCode.TLS_MALFORMED
        if len(message) < _MESSAGE_HEAD_BYTES:
            return None
        end = _MESSAGE_HEAD_BYTES + int.from_bytes(message[1:_MESSAGE_HEAD_BYTES])
        if end > ANSWER_BYTES:
            return OutcomeCode.TLS_MALFORMED
        if len(message) < end:
            return None
        try:
            picked = server_hello(bytes(message[_MESSAGE_HEAD_BYTES:end]))
        except Malformed:
            return OutcomeCode.TLS_MALFORMED
        return self._code_of(picked)

    def _code_of(self, picked: ServerHello) -> OutcomeCode:
        offer = self._offer
        if picked.version != offer.version:
            return OutcomeCode.TLS_PROTOCOL_UNSUPPORTED
        is_offered = picked.suite in offer.suites and picked.compression == 0
        repeats = offer.version < TLS_1_3 or picked.session_id == offer.session_id
        return OutcomeCode.OK if is_offered and repeats else OutcomeCode.TLS_MALFORMED
