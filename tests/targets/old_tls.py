"""Servers that take one version of TLS or another: real ones of OpenSSL, and hand-made ones."""

import asyncio
import ssl
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress

from tests.targets.certificates import Issued, server_context
from tests.targets.hostile import silent
from tests.targets.serve import Handler

_RECORD_HEAD_BYTES = 5
_LEGACY = slice(9, 11)
_SESSION_ID = 43
_SUPPORTED_VERSIONS = 43

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    # That nobody should take the old ones is what they are here for.
    BY_NAME: Mapping[str, ssl.TLSVersion] = {
        "TLSv1": ssl.TLSVersion.TLSv1,
        "TLSv1.1": ssl.TLSVersion.TLSv1_1,
        "TLSv1.2": ssl.TLSVersion.TLSv1_2,
        "TLSv1.3": ssl.TLSVersion.TLSv1_3,
    }


def context_between(oldest: str, newest: str, *chain: Issued) -> ssl.SSLContext:
    """Return a server context that takes these versions and those between, such as TLSv1.1."""
    context = server_context(*chain)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = BY_NAME[oldest]
        context.maximum_version = BY_NAME[newest]
    return context


def answer_of(context: ssl.SSLContext, hello: bytes) -> bytes:
    """Return what a server of OpenSSL answers to a ClientHello, an alert too."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(to_server, to_client, server_side=True)
    to_server.write(hello)
    with suppress(ssl.SSLError):
        server.do_handshake()
    return to_client.read()


def offered_versions(hello: bytes) -> frozenset[int]:
    """Return the versions that a ClientHello record offers."""
    extension = extensions_of(hello).get(_SUPPORTED_VERSIONS)
    if extension is None:
        return frozenset({int.from_bytes(hello[_LEGACY])})
    return frozenset(int.from_bytes(extension[at : at + 2]) for at in range(1, len(extension), 2))


def offered_suites(hello: bytes) -> tuple[int, ...]:
    """Return the cipher suites that a ClientHello record offers."""
    at = _after_session_id(hello)
    size = int.from_bytes(hello[at : at + 2])
    listed = hello[at + 2 : at + 2 + size]
    return tuple(int.from_bytes(listed[n : n + 2]) for n in range(0, size, 2))


def extensions_of(hello: bytes) -> dict[int, bytes]:
    """Return the extensions of a ClientHello record by their numbers, in their order."""
    at = _after_session_id(hello)
    at += 2 + int.from_bytes(hello[at : at + 2])
    at += 1 + hello[at] + 2
    extensions = {}
    while at < len(hello):
        number, size = (int.from_bytes(hello[n : n + 2]) for n in (at, at + 2))
        extensions[number] = hello[at + 4 : at + 4 + size]
        at += 4 + size
    return extensions


def _after_session_id(hello: bytes) -> int:
    return _SESSION_ID + 1 + hello[_SESSION_ID]


async def read_hello(reader: asyncio.StreamReader) -> bytes:
    """Read the one record that a ClientHello is."""
    head = await reader.readexactly(_RECORD_HEAD_BYTES)
    return head + await reader.readexactly(int.from_bytes(head[3:]))


def by_offer(answers: Mapping[int, Handler], otherwise: bytes) -> Handler:
    """Return a server that treats who offers one version alone by a handler, others by an answer.

    The handler reads the ClientHello and then the end of the connection.
    """

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await read_hello(reader)
        versions = offered_versions(hello)
        chosen = answers.get(min(versions)) if len(versions) == 1 else None
        if chosen is not None:
            again = asyncio.StreamReader()
            again.feed_data(hello)
            again.feed_eof()
            await chosen(again, writer)
            return
        writer.write(otherwise)
        await writer.drain()

    return handler


def serving(
    context: ssl.SSLContext, answer: bytes, *, ignores: Callable[[bytes], bool] = lambda _: False
) -> Handler:
    """Return a server of one answer that sends its alerts too, and is told of every connection.

    It never says a word to a ClientHello that it ignores.
    """

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received = await read_hello(reader)
        if ignores(received):
            await silent(reader, writer)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        while received:
            incoming.write(received)
            with suppress(ssl.SSLError):
                tls.do_handshake()
                if tls.read(65536):
                    tls.write(answer)
            writer.write(outgoing.read())
            await writer.drain()
            received = await reader.read(65536)

    return handler


def insists_on(suite: int, server_hello: bytes, refusal: bytes) -> Handler:
    """Return a server that answers who offers a suite, and refuses everybody else."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await read_hello(reader)
        writer.write(server_hello if suite in offered_suites(hello) else refusal)
        await writer.drain()

    return handler
