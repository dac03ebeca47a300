"""The client side of one TLS connection without I/O: bytes in, bytes out.

Law: a failure is told once, as TlsFailed with its outcome code; after it nothing more is fed.
"""

from dataclasses import dataclass
from typing import Final

from OpenSSL import SSL

from outscope.quickly import quickly_made
from services.prober.facts import OutcomeCode
from services.prober.observe.limits import CERTIFICATES, HANDSHAKE_BYTES
from services.prober.observe.openssl import Broken, ClientConnection, Ended
from services.prober.observe.verification import VerifyError

# What is offered in ALPN (RFC 7301) where it is not what the context offers.
HTTP2_TOO: Final = (b"h2", b"http/1.1")
HTTP2_ONLY: Final = (b"h2",)
HTTP1_ONLY: Final = (b"http/1.1",)

# TLS record types (RFC 8446, section 5.1): change_cipher_spec to application_data.
_RECORD_TYPES: Final = range(20, 24)
_RECORD_MAJOR_VERSION: Final = 3
_HANDSHAKE_RECORD: Final = 22
_SERVER_HELLO: Final = 2
_TLS_1_2: Final = b"\x03\x03"
_START_BYTES: Final = 11

# Alert descriptions (RFC 8446, section 6.2, and its predecessors).
_PROTOCOL_VERSION: Final = 70
_UNRECOGNIZED_NAME: Final = 112
_CERTIFICATE_REQUIRED: Final = 116
_NO_APPLICATION_PROTOCOL: Final = 120
# What servers say to a client without a certificate once the handshake is past their own.
_WITHOUT_CERTIFICATE: Final = frozenset({40, 41, 42, 46, 49, _CERTIFICATE_REQUIRED})
_CODE_OF_ALERT: Final = {
    _PROTOCOL_VERSION: OutcomeCode.TLS_PROTOCOL_UNSUPPORTED,
    _UNRECOGNIZED_NAME: OutcomeCode.TLS_SNI_REFUSED,
    _CERTIFICATE_REQUIRED: OutcomeCode.TLS_CLIENT_CERTIFICATE_REQUIRED,
}


class TlsFailed(Exception):  # noqa: N818 - the state it tells of
    """The TLS stage ended without success."""

    def __init__(self, code: OutcomeCode) -> None:
        super().__init__(code)
        self.code = code


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a handshake showed, as far as it went; texts are empty for what was not agreed on."""

    # Such as TLSv1.3.
    version: str
    cipher: str
    # The group, such as x25519.
    key_exchange: str
    alpn: str
    # In DER as the server sent it, leaf first, and no more of it than anybody needs.
    chain: tuple[bytes, ...]
    # The path that was verified, leaf first and the trusted root last, in DER.
    verified_chain: tuple[bytes, ...]
    # The OCSP response sent with the leaf, in DER and as yet unverified; or empty.
    staple: bytes
    # What the verifier complained of.
    verify_errors: tuple[VerifyError, ...]
    # The server asked for a certificate of ours.
    client_certificate_requested: bool


class TlsSession:
    """One handshake and the encrypted stream after it.

    Once it is closed nothing is left of it but what it showed: OpenSSL holds 50 KB for each and
    more.
    """

    __slots__ = (
        "_alert",
        "_connection",
        "_fed_bytes",
        "_is_closed",
        "_selects_unoffered",
        "_shown",
        "_start",
        "is_established",
        "offered",
    )

    def __init__(
        self, context: SSL.Context, server_name: str, *, alpn: tuple[bytes, ...] = ()
    ) -> None:
        self._connection = ClientConnection(context, server_name.encode("ascii"), alpn)
        # In ALPN, instead of what the context offers; empty for that.
        self.offered = alpn
        # The alert with which the server ended it (RFC 8446, section 6.2).
        self._alert: int | None = None
        # The library looks at what is selected, and ends a handshake in which it was not offered.
        self._selects_unoffered = False
        # The first bytes of the server, enough to tell TLS from anything else, and its version.
        self._start = b""
        # Since there was last something to read.
        self._fed_bytes = 0
        self.is_established = False
        # What does not change any more.
        self._shown: Shown | None = None
        self._is_closed = False

    @property
    def peer_spoke_tls(self) -> bool:
        """Tell whether the server sent something that is TLS."""
        return begins_tls(self._start)

    @property
    def peer_refused_alpn(self) -> bool:
        """Tell whether the server speaks none of the protocols we offered, or selects another."""
        return self._alert == _NO_APPLICATION_PROTOCOL or self._selects_unoffered

    @property
    def shown(self) -> Shown:
        """Return what the handshake showed so far."""
        shown = self._shown or self._read()
        if self.is_established:
            self._shown = shown
        return shown

    def close(self) -> None:
        """Let go of everything but what was shown; after this nothing is fed or sent."""
        if not self._is_closed:
            self._is_closed = True
            self._shown = self.shown
            del self._connection

    def client_hello(self) -> bytes:
        """Return the first bytes to send."""
        self._step()
        return self.outgoing()

    def feed(self, received: bytes) -> None:
        """Take bytes from the server, and go on with the handshake; raises TlsFailed."""
        self._fed_bytes += len(received)
        if not self.is_established:
            self._check_start(received)
        self._connection.feed(received)
        if not self.is_established:
            self._step()

    def outgoing(self) -> bytes:
        """Return the bytes that wait to be sent."""
        return self._connection.outgoing()

    def encrypted(self, plain: bytes) -> bytes:
        """Return what to send for plain, and whatever else waited to be sent."""
        self._connection.send(plain)
        return self.outgoing()

    def decrypted(self) -> bytes | None:
        """Return the next bytes of the stream, b"" when there are none yet, None at its end."""
        try:
            plain = self._connection.receive()
        except Ended:
            return None
        except Broken as error:
            raise TlsFailed(self._code_of(error)) from error
        if plain:
            self._fed_bytes = 0
        else:  # session tickets and the like, which may be sent for ever
            self._check_fed()
        return plain

    def _read(self) -> Shown:
        connection = self._connection
        cipher = connection.cipher()
        return Shown(
            version=connection.version() if cipher else "",
            cipher=cipher,
            key_exchange=connection.group(),
            alpn=connection.alpn(),
            chain=connection.chain(CERTIFICATES),
            verified_chain=connection.verified_chain(CERTIFICATES),
            staple=connection.staple(),
            verify_errors=tuple(connection.errors),
            client_certificate_requested=connection.is_asked_for_certificate,
        )

    @property
    def speaks_http2(self) -> bool:
        """Tell whether HTTP/2 is to be spoken: agreed on, or offered alone and not refused."""
        agreed = self.shown.alpn
        return agreed == "h2" or (not agreed and self.offered == HTTP2_ONLY)

    def _check_start(self, received: bytes) -> None:
        if len(self._start) < _START_BYTES:
            self._start = (self._start + received[:_START_BYTES])[:_START_BYTES]
        if not begins_tls(self._start):
            raise TlsFailed(OutcomeCode.TLS_NOT_TLS)
        self._check_fed()

    def _check_fed(self) -> None:
        if self._fed_bytes > HANDSHAKE_BYTES:
            raise TlsFailed(OutcomeCode.TLS_MALFORMED)

    def _step(self) -> None:
        try:
            self.is_established = self._connection.shake_hands()
        except Ended as error:
            raise TlsFailed(OutcomeCode.TLS_CLOSED) from error
        except Broken as error:
            raise TlsFailed(self._code_of(error)) from error

    def _code_of(self, error: Broken) -> OutcomeCode:
        self._alert = alert = error.alert
        self._selects_unoffered = error.is_bad_extension
        if alert is None:
            return self._failure_of_ours
        if alert in _WITHOUT_CERTIFICATE and self._connection.chain(1):
            return OutcomeCode.TLS_CLIENT_CERTIFICATE_REQUIRED
        return _CODE_OF_ALERT.get(alert, OutcomeCode.TLS_ALERT)

    @property
    def _failure_of_ours(self) -> OutcomeCode:
        """Return why we ended the handshake: a version we do not speak, or bytes that are no TLS.

        A ServerHello is record type, version, length (2), then type, length (3), version.
        """
        start = self._start
        is_server_hello = start[:1] == bytes([_HANDSHAKE_RECORD]) and start[5:6] == bytes(
            [_SERVER_HELLO]
        )
        if is_server_hello and start[9:11] < _TLS_1_2:
            return OutcomeCode.TLS_PROTOCOL_UNSUPPORTED
        return OutcomeCode.TLS_MALFORMED


def begins_tls(start: bytes) -> bool:
    """Tell whether a server's first bytes are those of a TLS record; none are not."""
    if not start or start[0] not in _RECORD_TYPES:
        return False
    return len(start) == 1 or start[1] == _RECORD_MAJOR_VERSION
