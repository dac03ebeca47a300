"""Servers that misbehave: each a connection handler, named for what it does to a client."""

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_FOREVER_S = 3600.0
_PIECE = b"x" * 65536


def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection with a RST instead of closing it."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Accept, read, and never say anything."""
    while await reader.read(65536):
        pass
    await asyncio.sleep(_FOREVER_S)


async def closes_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def closes_after_reading(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read(65536)


async def resets_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def resets_after_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65536)
    reset(writer)


async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak first, as SSH servers do, and close on what is no SSH."""
    writer.write(b"SSH-2.0-OpenSSH_9.7\r\n")
    await writer.drain()
    await reader.read(65536)


def says(first: bytes, *, then: str = "close") -> Handler:
    """Return a server that reads once, sends these bytes, and then closes, resets or hangs."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(first)
        await writer.drain()
        if then == "hang":
            await asyncio.sleep(_FOREVER_S)
        elif then == "reset":
            await asyncio.sleep(0.05)  # what was sent must arrive before the RST overtakes it
            reset(writer)

    return handler


def drips(first: bytes, *, every_s: float = 0.05) -> Handler:
    """Return a server that sends these bytes, and then one more byte at a time for ever."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(first)
        while True:
            await asyncio.sleep(every_s)
            writer.write(b"a")
            await writer.drain()

    return handler


def repeats(first: bytes, piece: bytes) -> Handler:
    """Return a server that sends these bytes, and then the same piece for ever, at full speed."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(first)
        while True:
            writer.write(piece)
            await writer.drain()
            # Once the client is gone nothing is waited for, and nobody else would have a turn.
            await asyncio.sleep(0)

    return handler


ok_head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
endless_headers = repeats(ok_head, b"X-More: " + b"y" * 1000 + b"\r\n")
endless_header_line = repeats(ok_head + b"X-Long: ", b"y" * 4096)
endless_status_line = repeats(b"HTTP/1.1 200 ", b"y" * 4096)
endless_body = repeats(ok_head + b"\r\n", _PIECE)
endless_chunks = repeats(
    ok_head + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 90 + b"\r\nz\r\n"
)
# Chunks of which each decodes to nothing.
endless_empty_chunks = repeats(
    ok_head + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"a\r\n" + gzip.compress(b"", mtime=0)[:10] + b"\r\n",
    b"1\r\n\x00\r\n" * 1000,
)
endless_tiny_chunks = repeats(ok_head + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000)
endless_trailers = repeats(
    ok_head + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n", b"T: r\r\n" * 1000
)
endless_informational = repeats(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")


def gzip_bomb(megabytes: int = 100) -> bytes:
    """Return a response of that many megabytes of zeroes, a thousandth of it on the wire."""
    body = gzip.compress(bytes(megabytes * 1024 * 1024), compresslevel=9)
    head = ok_head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    return head + body


def packed_then(piece: bytes) -> Handler:
    """Return a server of a small gzip body that sends the same piece for ever after its end."""
    packed = gzip.compress(b"<title>Packed</title>", mtime=0)
    return repeats(ok_head + b"Content-Encoding: gzip\r\n\r\n" + packed, piece)


def tls_alert(description: int) -> bytes:
    """Return a fatal TLS alert record (RFC 8446, section 6)."""
    return b"\x15\x03\x03\x00\x02\x02" + bytes([description])


def deflate_bomb(megabytes: int = 100) -> bytes:
    """Return such a response in deflate, of no told length."""
    body = zlib.compress(bytes(megabytes * 1024 * 1024), 9)
    return ok_head + b"Content-Encoding: deflate\r\n\r\n" + body


def server_hello_of(version: bytes) -> bytes:
    """Return a ServerHello that picks a protocol version, such as b'\\x03\\x01' for TLS 1.0."""
    body = version + bytes(32) + b"\x00" + b"\x00\x2f" + b"\x00"
    handshake = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16" + version + len(handshake).to_bytes(2, "big") + handshake
