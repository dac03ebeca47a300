"""A server's side of a TLS handshake: told by a code when it breaks, whole however it is cut."""

import ssl
from contextlib import suppress
from functools import cache

from OpenSSL import SSL

from services.prober.facts import OutcomeCode
from services.prober.observe.session import TlsFailed, TlsSession
from services.prober.observe.trust import client_context
from tests.fuzz.target import Target, cut
from tests.targets.certificates import self_signed, server_context
from tests.targets.hostile import server_hello_of, tls_alert

_NAME = "site.test"
_OUTGOING_BYTES = 64 * 1024
_CODES = frozenset(code for code in OutcomeCode if code.startswith("tls_"))


def check(noise: bytes) -> None:
    """Feed noise as it is, or what a real server answers with a few of its bytes changed."""
    is_raw, noise = not noise or noise[0] == 0, noise[1:]
    if is_raw:
        _, pieces = cut(noise)
        _fed(_session(), pieces)
        return
    session = _session()
    flight = bytearray(_answer_to(session.client_hello()))
    for at in range(1, len(noise) - 2, 3):
        place = int.from_bytes(noise[at : at + 2]) % len(flight)
        flight[place] ^= noise[at + 2]
    is_whole = not any(noise[3::3])
    _, pieces = cut((noise[:1] or b"\0") + bytes(flight))
    code = _fed(session, pieces, is_begun=True)
    if is_whole:
        assert code is None
        assert session.is_established
        assert session.shown.version.startswith("TLSv1.")
        assert len(session.shown.chain) == 1


def _fed(session: TlsSession, pieces: list[bytes], *, is_begun: bool = False) -> OutcomeCode | None:
    """Feed the pieces as a connection does; return the code of a failure, if there was one."""
    if not is_begun:
        session.client_hello()
    try:
        for piece in pieces:
            session.feed(piece)
            assert len(session.outgoing()) <= _OUTGOING_BYTES
            while session.is_established and session.decrypted():
                pass
    except TlsFailed as failure:
        assert failure.code in _CODES
        session.close()
        assert session.shown.alpn in {"", "http/1.1"}
        return failure.code
    return None


def _session() -> TlsSession:
    return TlsSession(_context(), _NAME)


@cache
def _context() -> SSL.Context:
    return client_context()


@cache
def _server() -> ssl.SSLContext:
    return server_context(self_signed(_NAME))


def _answer_to(hello: bytes) -> bytes:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = _server().wrap_bio(to_server, to_client, server_side=True)
    to_server.write(hello)
    with suppress(ssl.SSLWantReadError):
        server.do_handshake()
    return to_client.read()


TARGET = Target(
    check=check,
    seeds=(
        b"\0\0" + tls_alert(70),
        b"\0\1" + server_hello_of(b"\x03\x01"),
        b"\0\5" + server_hello_of(b"\x03\x03"),
        b"\0\0HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\1\1",
        b"\1\5",
        b"\1\0\0\x30\1",
        b"\1\1\0\x80\x40",
    ),
    max_bytes=512,
)
