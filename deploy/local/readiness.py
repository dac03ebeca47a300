"""Asks the parts of the system whether they are ready."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from deploy.local.ports import LOOPBACK

_PATIENCE_S: Final = 2.0


def readyz(port: int) -> Callable[[], Awaitable[bool]]:
    """Return a question to a service: whether its GET /readyz answers 200."""

    async def ask() -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await _status(port) == HTTPStatus.OK
        except (OSError, TimeoutError, ValueError, IndexError):
            return False

    return ask


def in_thread(question: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    """Return the same question, asked without holding up the event loop."""

    async def ask() -> bool:
        return await asyncio.to_thread(question)

    return ask


async def _status(port: int) -> int:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        request = f"GET /readyz HTTP/1.1\r\nHost: {LOOPBACK}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
