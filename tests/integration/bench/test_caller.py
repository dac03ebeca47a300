"""A caller of the benchmarks against a server that answers in pieces, or hangs up."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from bench.caller import Reply, callers_of, request_bytes

_HEAD = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 6\r\n\r\n"


async def test_a_reply_is_read_to_its_end_however_it_comes() -> None:
    assert await _reply_to([_HEAD + b"abcdef"]) == Reply(503, b"abcdef", 2)
    assert await _reply_to([_HEAD[:20], _HEAD[20:] + b"abc", b"def"]) == Reply(503, b"abcdef", 2)


async def test_a_reply_without_a_body_has_none() -> None:
    assert await _reply_to([b"HTTP/1.1 204 No Content\r\n\r\n"]) == Reply(204, b"")


async def test_a_server_that_hangs_up_is_an_error() -> None:
    with pytest.raises(ConnectionError):
        await _reply_to([_HEAD[:10]])


class _Server(asyncio.Protocol):
    """Sends the pieces for each request; hangs up after them when there is to be no more."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.endswith(b"content-length: 2\r\n\r\n{}"):
            self._received = b""
            self._send(list(self._pieces))

    def _send(self, left: list[bytes]) -> None:
        self._transport.write(left.pop(0))
        if left:
            asyncio.get_running_loop().call_later(0.01, self._send, left)
        elif self._pieces == [_HEAD[:10]]:
            self._transport.close()


async def _reply_to(pieces: Sequence[bytes]) -> Reply:
    """Return the second of two replies on one connection, each sent in pieces."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Server(pieces), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        (caller,) = await callers_of(f"http://127.0.0.1:{port}", 1)
        request = request_bytes("POST", "/", (("x-api-key", "k"),), b"{}")
        try:
            await caller.call(request)
            return await caller.call(request)
        finally:
            caller.close()
            await asyncio.sleep(0)
