"""Stops work on checks that were cancelled, and knows for a while which were.

The word may overtake the job it is about, so it is remembered. It may be lost: of work that takes
long it is asked again and again whether it is still wanted; what is done sooner is done in vain.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import CANCEL_ALL, CANCELLED
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2

log = logger(__name__)

# Some minutes' worth of them, in about a megabyte.
_REMEMBERED: Final = 10_000
# Most checks take less, and are never asked about.
ASK_EVERY_S: Final = 3.0
_ANSWER_WITHIN_S: Final = 2.0
# Well below the largest message: an id has 30 bytes.
_IDS_IN_A_MESSAGE: Final = 5000


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

    async def ask(self, bus: Bus, *, every_s: float = ASK_EVERY_S) -> None:
        """Ask for ever which of the checks that take so long were cancelled."""
        before: frozenset[str] = frozenset()
        while True:
            await asyncio.sleep(every_s)
            now = frozenset(self._working)
            ids = iter(sorted(now & before))
            before = now
            while part := list(islice(ids, _IDS_IN_A_MESSAGE)):
                await self._ask(bus, part)

    async def _ask(self, bus: Bus, check_ids: list[str]) -> None:
        question = messages_pb2.CancelledRequest(check_ids=check_ids).SerializeToString()
        try:
            answer = await bus.ask(CANCELLED, question, timeout_s=_ANSWER_WITHIN_S)
        except BusUnavailable as error:
            log.debug("nobody says what was cancelled", reason=str(error))
            return
        for check_id in messages_pb2.CancelledReply.FromString(answer).check_ids:
            log.info("heard of a cancellation by asking", check_id=check_id)
            self.stop(check_id)

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
