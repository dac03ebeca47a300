"""Ends work on a request when its caller has hung up: nobody is there to be answered.

The protocol knows of it the moment the connection is lost; what is awaited then is cancelled, and
with it the calls of the scheduler and what those ask of Postgres. Only of a caller that has sent
further requests ahead of their answers nothing is read, not even that it is gone, until the first
has been answered.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Scope

HANG_UP: Final = "hang_up"


class HangUp:
    """One connection, and what is awaited for the requests on it."""

    def __init__(self) -> None:
        self._has_happened = False
        self._waiting: set[asyncio.Timeout] = set()

    def happen(self) -> None:
        """Cancel all that is awaited."""
        self._has_happened = True
        for waiting in self._waiting:
            _end(waiting)

    @asynccontextmanager
    async def ending(self) -> AsyncIterator[None]:
        """Work inside the context until the caller hangs up; raises ClientDisconnect then."""
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._waiting.add(scope)
                try:
                    if self._has_happened:
                        _end(scope)
                    yield
                finally:
                    self._waiting.discard(scope)
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise ClientDisconnect from error


@asynccontextmanager
async def until_hung_up(scope: Scope) -> AsyncIterator[None]:
    """Serve a request inside the context; raises ClientDisconnect when nobody waits any more."""
    hang_up = scope.get("state", {}).get(HANG_UP)
    if hang_up is None:  # served by another protocol than ours
        yield
        return
    async with hang_up.ending():
        yield


def _end(waiting: asyncio.Timeout) -> None:
    if not waiting.expired():
        waiting.reschedule(asyncio.get_running_loop().time())
