"""Every hostile server a prober is held against, each with the outcome it must come to.

All of them answer any connection: what a prober learns of each, and what they cost it together, is
asked of the same list.
"""

from dataclasses import dataclass

from h2.errors import ErrorCodes

from services.prober.facts import OutcomeCode
from tests.targets import hostile, hostile_tls, http2
from tests.targets.certificates import Issued, server_context
from tests.targets.hostile import Handler, drips, ok_head, repeats, says
from tests.targets.hostile_tls import breaks_off

C = OutcomeCode
_CHUNKED = ok_head + b"Transfer-Encoding: chunked\r\n\r\n"
_FILLED = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(200))
_PAGE = ok_head + b"Content-Length: 5\r\n\r\nhello"
_UNANSWERED = (C.HTTP_TIMEOUT, None)
_ODD = b"\xff\xfe\x80\xc0\xaf\xed\xa0\x80"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One server: what it does, and what is to be told of it."""

    name: str
    handler: Handler
    http: OutcomeCode
    # None when no status line is read.
    status: int | None = 200
    # None where it depends on which was tried first.
    tls: OutcomeCode | None = None
    # Served over TLS of the standard library's, this certificate's.
    certificate: Issued | None = None
    # What it agrees to in ALPN.
    alpn: tuple[str, ...] = ()


def _plain(name: str, handler: Handler, http: OutcomeCode, status: int | None = 200) -> Hostile:
    return Hostile(name=name, handler=handler, http=http, status=status)


def plain_servers() -> tuple[Hostile, ...]:
    """Return the servers that misbehave in HTTP."""
    return (
        *_endless(),
        *_slow_or_broken_off(),
        *_wrongly_framed(),
        *_oddly_chunked(),
        *_oddly_written(),
    )


def _endless() -> tuple[Hostile, ...]:
    return (
        _plain("gzip bomb", says(hostile.gzip_bomb(), then="hang"), C.OK),
        _plain("deflate bomb", says(hostile.deflate_bomb(), then="hang"), C.OK),
        _plain("gzip and then no end", hostile.packed_then(b"x" * 4096), C.OK),
        _plain("endless body", hostile.endless_body, C.OK),
        _plain("endless chunks", hostile.endless_chunks, C.OK),
        _plain("endless tiny chunks", hostile.endless_tiny_chunks, C.OK),
        _plain("endless chunks of nothing", hostile.endless_empty_chunks, C.OK),
        _plain("endless chunk extension", repeats(_CHUNKED + b"1;", b"e" * 4096), C.OK),
        _plain("endless trailers", hostile.endless_trailers, C.OK),
        _plain("endless trailer", repeats(_CHUNKED + b"0\r\nT: ", b"y" * 4096), C.OK),
        _plain("endless headers", hostile.endless_headers, C.HTTP_TOO_LARGE),
        _plain("endless header line", hostile.endless_header_line, C.HTTP_TOO_LARGE),
        _plain("endless header name", repeats(ok_head, b"y" * 4096), C.HTTP_TOO_LARGE),
        _plain("endless status line", hostile.endless_status_line, C.HTTP_TOO_LARGE),
        _plain("endless 1xx", hostile.endless_informational, C.HTTP_TOO_LARGE, 103),
        _plain("endless empty lines", repeats(b"", b"\r\n" * 2000), C.HTTP_TOO_LARGE, None),
        _plain("two hundred headers", says(_FILLED + b"\r\n"), C.HTTP_TOO_LARGE),
    )


def _slow_or_broken_off() -> tuple[Hostile, ...]:
    short = ok_head + b"Content-Length: 10\r\n\r\nshort"
    return (
        _plain("says nothing", hostile.silent, C.HTTP_TIMEOUT, None),
        _plain("drips its status line", drips(b"HTTP/1.1 200 O"), C.HTTP_TIMEOUT),
        _plain("drips a header", drips(ok_head + b"X: "), C.HTTP_TIMEOUT),
        _plain("drips its body", drips(ok_head + b"\r\nbegin "), C.HTTP_TIMEOUT),
        _plain("drips a chunk", drips(_CHUNKED + b"ffff\r\n"), C.HTTP_TIMEOUT),
        _plain("closes at once", hostile.closes_at_once, C.HTTP_CLOSED, None),
        _plain("closes when asked", hostile.closes_after_reading, C.HTTP_CLOSED, None),
        _plain("resets when asked", hostile.resets_after_reading, C.HTTP_RESET, None),
        _plain("resets in its status line", says(b"HTTP/1.1 2", then="reset"), C.HTTP_RESET, None),
        _plain("resets in its head", says(ok_head, then="reset"), C.HTTP_RESET),
        _plain("resets after its head", says(_CHUNKED, then="reset"), C.HTTP_RESET),
        _plain("resets in its body", says(short, then="reset"), C.HTTP_RESET),
        _plain("resets in a chunk", says(_CHUNKED + b"5\r\nhel", then="reset"), C.HTTP_RESET),
        _plain("resets after its answer", says(_PAGE, then="reset"), C.OK),
        _plain("closes in its body", says(short), C.HTTP_CLOSED),
        _plain("hangs in its body", says(short, then="hang"), C.HTTP_TIMEOUT),
        _plain("closes in a chunk", says(_CHUNKED + b"5\r\nhel"), C.HTTP_CLOSED),
        _plain(
            "hangs before its last chunk",
            says(_CHUNKED + b"1\r\nx\r\n", then="hang"),
            C.HTTP_TIMEOUT,
        ),
    )


def _wrongly_framed() -> tuple[Hostile, ...]:
    def broken(name: str, rest: bytes) -> Hostile:
        return _plain(name, says(ok_head + rest, then="hang"), C.HTTP_MALFORMED)

    chunked = b"Transfer-Encoding: chunked\r\n"
    return (
        broken("length and chunks", b"Content-Length: 5\r\n" + chunked + b"\r\n0\r\n\r\n"),
        broken("chunks and length", chunked + b"Content-Length: 5\r\n\r\n0\r\n\r\n"),
        broken("two lengths", b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        broken("two lengths that agree", b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab"),
        broken("a length with a sign", b"Content-Length: +5\r\n\r\nhello"),
        broken("a length in hexadecimal", b"Content-Length: 0x5\r\n\r\nhello"),
        broken("a chunk of negative length", chunked + b"\r\n-1\r\n"),
        broken("a list of lengths", b"Content-Length: 1, 2\r\n\r\nab"),
        broken("a negative length", b"Content-Length: -1\r\n\r\n"),
        broken("a length over all bounds", b"Content-Length: " + b"9" * 40 + b"\r\n\r\n"),
        broken("a chunk longer than told", chunked + b"\r\n2\r\nhello\r\n"),
        broken("a chunk of no length", chunked + b"\r\nzz\r\n"),
        broken("a chunk over all bounds", chunked + b"\r\n" + b"f" * 20 + b"\r\n"),
        broken("a header without a colon", b"Bad header\r\n\r\n"),
        _plain("more than its length", says(_PAGE + _PAGE, then="hang"), C.OK),
        _plain("not HTTP", says(b"\x00\x01\x02\x03", then="hang"), C.HTTP_NOT_HTTP, None),
        _plain("no status", says(b"HTTP/1.1 banana\r\n\r\n"), C.HTTP_MALFORMED, None),
    )


def _oddly_chunked() -> tuple[Hostile, ...]:
    def coded(name: str, line: bytes, http: OutcomeCode, body: bytes = b"1\r\nx\r\n") -> Hostile:
        head = ok_head + b"Transfer-Encoding" + line + b"\r\n\r\n"
        return _plain(name, says(head + body + b"0\r\n\r\n", then="hang"), http)

    # Where chunked is not the last coding, the body ends with the connection: RFC 9112, 6.3.
    return (
        coded("chunks within chunks", b": chunked, chunked", C.OK),
        coded("chunks before another coding", b": chunked, gzip", C.HTTP_TIMEOUT),
        coded("chunks by another name", b": xchunked", C.HTTP_TIMEOUT),
        coded("chunks behind a space", b" : chunked", C.OK),
        coded("a chunk that ends in a line feed", b": chunked", C.OK, b"1\nx\r\n"),
    )


def _oddly_written() -> tuple[Hostile, ...]:
    folded = b"X: one\r\n two\r\nContent-Length: 5\r\n\r\nhello"
    bare = _PAGE.replace(b"\r\n", b"\n")
    odd = b"HTTP/1.1 200 " + _ODD + b"\r\nX: " + _ODD + b"\r\nContent-Type: text/html; charset="
    return (
        _plain("a zero byte in a header", says(ok_head + b"X: a\0b\r\n\r\nhello"), C.OK),
        _plain("folded headers", says(ok_head + folded), C.OK),
        _plain("bare line feeds", says(bare), C.OK),
        _plain("invalid UTF-8", says(odd + b"utf-8\r\n\r\n<title>" + _ODD + b"</title>"), C.OK),
        _plain("odd charset", says(odd + _ODD + b"\r\n\r\n<title>" + _ODD + b"</title>"), C.OK),
    )


def tls_servers(certificate: Issued) -> tuple[Hostile, ...]:
    """Return the servers that misbehave in or over TLS."""
    return (*_in_tls(certificate), *_broken_off_in_tls(certificate), *_over_tls(certificate))


def http2_servers(certificate: Issued) -> tuple[Hostile, ...]:
    """Return the servers that misbehave in HTTP/2."""

    def over(name: str, handler: Handler, http: OutcomeCode, status: int | None = 200) -> Hostile:
        return Hostile(
            name=f"{name} in HTTP/2",
            handler=handler,
            http=http,
            status=status,
            tls=C.OK,
            certificate=certificate,
            alpn=("h2",),
        )

    return tuple(
        over(*server) for server in (*_endless_in_http2(), *_broken_in_http2(), *_slow_in_http2())
    )


_Named = tuple[str, Handler, OutcomeCode] | tuple[str, Handler, OutcomeCode, int | None]


def _endless_in_http2() -> tuple[_Named, ...]:
    begun = http2.SETTINGS_FRAME + http2.head()
    packed = http2.SETTINGS_FRAME + http2.head(("content-encoding", "gzip"))
    bomb = hostile.gzip_bomb().partition(b"\r\n\r\n")[2]
    pieces = b"".join(http2.piece(bomb[at : at + 16384]) for at in range(0, 65535, 16384))
    unended = http2.frame(http2.HEADERS, b"\x88", stream=1)
    ping = http2.frame(http2.PING, bytes(8))
    folded = http2.frame(http2.HEADERS, http2.HPACK_BOMB, flags=http2.END_HEADERS, stream=1)
    return (
        ("endless body", repeats(begun, http2.piece(bytes(16384))), C.OK),
        ("endless body of nothing", repeats(begun, http2.piece(b"") * 1000), C.OK),
        ("endless body of single bytes", repeats(begun, http2.piece(b"x") * 1000), C.OK),
        ("gzip bomb", says(packed + pieces[:65000], then="hang"), C.OK),
        ("endless pings in its body", repeats(begun, ping * 1000), C.OK),
        ("endless pings", repeats(http2.SETTINGS_FRAME, ping * 1000), C.HTTP_TOO_LARGE, None),
        ("endless settings", repeats(b"", http2.SETTINGS_FRAME * 1000), C.HTTP_TOO_LARGE, None),
        ("unknown settings", repeats(b"", http2.unknown_settings(2700)), C.HTTP_TOO_LARGE, None),
        (
            "endless continuations",
            repeats(
                http2.SETTINGS_FRAME + unended,
                http2.frame(http2.CONTINUATION, b"", stream=1) * 1000,
            ),
            *(C.HTTP_TOO_LARGE, None),
        ),
        (
            "endless 1xx",
            repeats(http2.SETTINGS_FRAME, http2.head(status="103")),
            *(C.HTTP_TOO_LARGE, 103),
        ),
        ("HPACK bomb", says(http2.SETTINGS_FRAME + folded, then="hang"), C.HTTP_TOO_LARGE, None),
        (
            "two hundred headers",
            says(
                http2.SETTINGS_FRAME + http2.head(*((f"x-{n}", "y") for n in range(200))),
                then="hang",
            ),
            C.HTTP_TOO_LARGE,
        ),
    )


def _broken_in_http2() -> tuple[_Named, ...]:
    begun = http2.SETTINGS_FRAME + http2.head(("content-length", "5"))
    push = http2.frame(http2.PUSH_PROMISE, b"\0\0\0\2\x88", flags=http2.END_HEADERS, stream=1)
    return (
        ("HTTP/1.1", says(_PAGE, then="hang"), C.OK),
        ("noise", says(b"\xff" * 64, then="hang"), C.HTTP_NOT_HTTP, None),
        ("noise after its head", says(begun + b"\xff" * 64, then="hang"), C.HTTP_MALFORMED),
        ("longer than told", says(begun + http2.piece(b"hello!"), then="hang"), C.HTTP_MALFORMED),
        (
            "shorter than told",
            says(begun + http2.piece(b"hell", end=True), then="hang"),
            C.HTTP_MALFORMED,
        ),
        ("a push", says(http2.SETTINGS_FRAME + push, then="hang"), C.HTTP_MALFORMED, None),
        (
            "resets its stream",
            says(begun + http2.rst_stream(ErrorCodes.INTERNAL_ERROR), then="hang"),
            C.HTTP_RESET,
        ),
        (
            "goes without an answer",
            says(http2.SETTINGS_FRAME + http2.goaway(0), then="hang"),
            *(C.HTTP_CLOSED, None),
        ),
        ("closes in its body", says(begun + http2.piece(b"hel")), C.HTTP_CLOSED),
        ("resets in its body", says(begun + http2.piece(b"hel"), then="reset"), C.HTTP_RESET),
    )


def _slow_in_http2() -> tuple[_Named, ...]:
    begun = http2.SETTINGS_FRAME + http2.head()
    return (
        ("says nothing", hostile.silent, C.HTTP_TIMEOUT, None),
        ("says no more than its settings", says(http2.SETTINGS_FRAME, then="hang"), *_UNANSWERED),
        ("hangs in its body", says(begun + http2.piece(b"hel"), then="hang"), C.HTTP_TIMEOUT),
        ("drips a frame", drips(begun + http2.piece(bytes(16384))[:9]), C.HTTP_TIMEOUT),
    )


def _raw(name: str, handler: Handler, code: OutcomeCode) -> Hostile:
    return Hostile(name=name, handler=handler, http=code, status=None, tls=code)


def _in_tls(certificate: Issued) -> tuple[Hostile, ...]:
    context = server_context(certificate)
    ticketing = server_context(certificate)
    bytewise = hostile_tls.speaks_in_bytes(context, _PAGE)
    floods = {
        "endless change_cipher_spec": hostile_tls.change_cipher_spec * 500,
        "endless warnings": hostile_tls.warning_alert * 500,
        "endless handshake message": hostile_tls.endless_handshake_message,
        "endless ServerHello": hostile_tls.long_server_hello,
    }
    return (
        Hostile(name="TLS in single bytes", handler=bytewise, http=C.OK, tls=C.OK),
        _raw("drips its flight", hostile_tls.drips_its_flight(context), C.TLS_TIMEOUT),
        _raw("endless tickets", hostile_tls.hands_out_tickets(ticketing), C.TLS_MALFORMED),
        *(_raw(name, repeats(b"", piece), C.TLS_MALFORMED) for name, piece in floods.items()),
    )


def _broken_off_in_tls(certificate: Issued) -> tuple[Hostile, ...]:
    context = server_context(certificate)
    codes = {"close": C.TLS_CLOSED, "reset": C.TLS_RESET, "hang": C.TLS_TIMEOUT}
    return tuple(
        _raw(f"{then}s at {at} of its flight", breaks_off(context, at=at, then=then), code)
        for at in (0.1, 0.5, 0.95)
        for then, code in codes.items()
    )


def _over_tls(certificate: Issued) -> tuple[Hostile, ...]:
    def over(name: str, handler: Handler, http: OutcomeCode, status: int | None) -> Hostile:
        return Hostile(
            name=name, handler=handler, http=http, status=status, tls=C.OK, certificate=certificate
        )

    short = ok_head + b"Content-Length: 10\r\n\r\nshort"
    return (
        over("resets when asked over TLS", hostile.resets_after_reading, C.HTTP_RESET, None),
        over("resets in its body over TLS", says(short, then="reset"), C.HTTP_RESET, 200),
        over("says nothing over TLS", hostile.silent, C.HTTP_TIMEOUT, None),
        over("endless body over TLS", hostile.endless_body, C.OK, 200),
        over("endless headers over TLS", hostile.endless_headers, C.HTTP_TOO_LARGE, 200),
    )
