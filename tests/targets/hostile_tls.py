"""Servers that misbehave in TLS: in how they cut it, where they break off, what they go on with."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from tests.targets.hostile import Handler, reset

_HANDSHAKE = 0x16
_HEADER_BYTES = 5
# A change_cipher_spec, which TLS 1.3 sends for the sake of boxes in the middle and ignores.
change_cipher_spec = b"\x14\x03\x03\x00\x01\x01"
warning_alert = b"\x15\x03\x03\x00\x02\x01\x5a"
# Announces a Certificate of 16 MB; and a ServerHello that never comes to its end.
endless_handshake_message = b"\x16\x03\x03\x40\x00\x0b\xff\xff\xff" + bytes(16380)
long_server_hello = b"\x16\x03\x03\x40\x00\x02\x00\xff\xff\x03\x03" + bytes(16378)


class Reading(Protocol):
    """What bytes come from: a stream, or what was read of one before."""

    async def read(self, size: int, /) -> bytes: ...


class Wire:
    """A server's side of TLS between two buffers, over a connection it does not know."""

    def __init__(
        self,
        context: ssl.SSLContext,
        reader: Reading,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def flight(self) -> bytes:
        """Read the ClientHello and return what answers it."""
        self._incoming.write(await self._reader.read(65536))
        with suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self._outgoing.read()

    async def request(self) -> bytes:
        """Take the client's part of the handshake, and return the first of its plain bytes."""
        while True:
            self._incoming.write(await self._reader.read(65536))
            with suppress(ssl.SSLWantReadError):
                self.tls.do_handshake()
                return self.tls.read(65536)

    async def more(self) -> bytes:
        """Return the client's next plain bytes; nothing at the end of its stream."""
        while received := await self._reader.read(65536):
            self._incoming.write(received)
            with suppress(ssl.SSLWantReadError):
                return self.tls.read(65536)
        return b""

    def encrypted(self, plain: bytes) -> bytes:
        """Return the record or records of some bytes, and whatever else waits to be sent."""
        self.tls.write(plain)
        return self._outgoing.read()

    async def send_bytewise(self, message: bytes) -> None:
        """Send every byte on its own."""
        for at in range(len(message)):
            self._writer.write(message[at : at + 1])
            await self._writer.drain()
            await asyncio.sleep(0)


def records_of(message: bytes) -> Iterator[bytes]:
    """Yield the TLS records of a message."""
    while message:
        size = _HEADER_BYTES + int.from_bytes(message[3:5])
        yield message[:size]
        message = message[size:]


def shattered(flight: bytes) -> bytes:
    """Return a flight whose first record, the one in the clear, is cut into records of a byte."""
    first, *rest = records_of(flight)
    if first[0] != _HANDSHAKE:
        raise ValueError("the flight does not begin with a handshake record")
    head = first[:3] + b"\x00\x01"
    return b"".join(head + bytes([byte]) for byte in first[_HEADER_BYTES:]) + b"".join(rest)


def speaks_in_bytes(context: ssl.SSLContext, answer: bytes) -> Handler:
    """Return a server that cuts records, and what carries them, into single bytes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(context, reader, writer)
        await wire.send_bytewise(shattered(await wire.flight()))
        await wire.request()
        for byte in answer:
            await wire.send_bytewise(wire.encrypted(bytes([byte])))

    return handler


def breaks_off(context: ssl.SSLContext, *, at: float, then: str) -> Handler:
    """Return a server that sends so much of its flight, and then closes, resets or hangs."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flight = await Wire(context, reader, writer).flight()
        writer.write(flight[: int(len(flight) * at)])
        await writer.drain()
        if then == "reset":
            await asyncio.sleep(0.05)
            reset(writer)
        elif then == "hang":
            await asyncio.sleep(3600)

    return handler


def hands_out_tickets(context: ssl.SSLContext, *, tickets: int = 2_000) -> Handler:
    """Return a server that ends its handshake with session tickets over and over, by the megabyte.

    Twice what a client reads; more take the server longer to make than a client waits. The
    context is its own from then on.
    """
    context.num_tickets = tickets

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(context, reader, writer)
        writer.write(await wire.flight())
        await wire.request()
        writer.write(wire.encrypted(b""))
        await writer.drain()
        await asyncio.sleep(3600)

    return handler


def drips_its_flight(context: ssl.SSLContext, *, every_s: float = 0.05) -> Handler:
    """Return a server whose part of the handshake comes a byte at a time, slowly."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in await Wire(context, reader, writer).flight():
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(every_s)

    return handler
