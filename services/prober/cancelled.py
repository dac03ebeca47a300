"""Stops work on checks that were cancelled, and knows for a while which were.

The word may overtake the job it is about, so it is remembered; it may be lost, and then the work is
done in vain.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.subjects import CANCEL_ALL
from outscope.v1 import messages_pb2

# Some minutes' worth of them, in about a megabyte.
_REMEMBERED: Final = 10_000


class CheckCancelled(Exception):  # noqa: N818 - what happened to the check
    """The check was cancelled: nothing more is to be done for it."""


class Cancellations:
    """Knows what is worked on here, and what was cancelled lately."""

    def __init__(self, *, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._lately: OrderedDict[str, None] = OrderedDict()
        self._working: dict[str, set[asyncio.Timeout]] = {}

    async def listen(self, bus: Bus) -> None:
        """Hear the word on the bus for ever."""
        async with bus.subscription(CANCEL_ALL, self._hear):
            await asyncio.Event().wait()

    async def _hear(self, payload: bytes) -> None:
        self.stop(messages_pb2.CheckCancelled.FromString(payload).check_id)

    def stop(self, check_id: str) -> None:
        """Stop work on a check, and let none begin."""
        self._lately[check_id] = None
        self._lately.move_to_end(check_id)
        if len(self._lately) > self._remembered:
            self._lately.popitem(last=False)
        for scope in self._working.get(check_id, ()):
            if not scope.expired():
                scope.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def working_on(self, check_id: str) -> AsyncIterator[None]:
        """Work on a check inside the context; raises CheckCancelled when it is to be stopped."""
        if check_id in self._lately:
            raise CheckCancelled
        scope = asyncio.timeout(None)
        try:
            async with scope:
                self._working.setdefault(check_id, set()).add(scope)
                try:
                    yield
                finally:
                    self._leave(check_id, scope)
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise CheckCancelled from error

    def _leave(self, check_id: str, scope: asyncio.Timeout) -> None:
        left = self._working[check_id]
        left.discard(scope)
        if not left:
            del self._working[check_id]
