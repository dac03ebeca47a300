"""Streams a check to who waits for it: as it is, what happens in between if asked, and its end.

Law: nothing that has an event id up to the one a caller has seen is sent again, and the end is sent
once. A stream that waits holds one of its account's places, and nothing is left of it when its
caller hangs up.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from outscope.errors import RateLimited, Unavailable
from outscope.rpc.interceptors import Context
from outscope.v1 import check_pb2
from outscope.v1.check_service_pb2 import WatchCheckRequest, WatchCheckResponse
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.events import ended_id, queued_id, stage_id
from services.scheduler.loops.progress import Feed, ProgressWatch
from services.scheduler.loops.watch import EndWatch
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.detail import check_detail
from services.scheduler.store.database import Database
from services.scheduler.translate.detail import detail_message

# With the time a key counts as valid unseen, a revocation is in force well within 30 seconds.
_AUTHENTICATE_EVERY_S: Final = 10.0
_COME_BACK_S: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Serves streams; most is how many an account may have waiting here at once, 0 for any."""

    database: Database
    callers: Callers
    ends: EndWatch
    progress: ProgressWatch
    most: int
    _waiting: Counter[str] = field(default_factory=Counter)

    async def responses(
        self, request: WatchCheckRequest, context: Context
    ) -> AsyncGenerator[WatchCheckResponse, None]:
        """Yield what there is to send; raises NotFound, RateLimited and Unauthorized."""
        caller = await self.callers.account_calling(context)
        # Watched before it is read: an end in between is not missed.
        with self.ends.watching(request.id) as ended:
            current = await self._current(caller, request.id)
            if not _is_pending(current):
                if current.event_id > request.after:
                    yield current
                return
            with self._place(caller):
                yield current if current.event_id > request.after else WatchCheckResponse()
                seen_id = max(current.event_id, request.after)
                # Of several vantage points nobody could tell whose stages these are.
                if current.check.spec.vantage_points:
                    request.progress = False
                rest = self._until_ended(request, context, ended, seen_id)
                async with aclosing(rest):
                    async for response in rest:
                        yield response

    async def _until_ended(
        self, request: WatchCheckRequest, context: Context, ended: asyncio.Event, seen_id: int
    ) -> AsyncGenerator[WatchCheckResponse, None]:
        async with AsyncExitStack() as stack:
            feed = None
            if request.progress:
                feed = await stack.enter_async_context(self.progress.listening(request.id))
            while True:
                await self._wait_while_allowed(ended, feed, context)
                for response in _stages_after(feed, seen_id):
                    seen_id = response.event_id
                    yield response
                if not ended.is_set() and (feed is None or queued_id(feed.attempt) <= seen_id):
                    continue
                ended.clear()
                # Asked again: the key may have been revoked since the stream was opened.
                caller = await self.callers.account_calling(context)
                current = await self._current(caller, request.id)
                if current.event_id > seen_id:
                    seen_id = current.event_id
                    yield current
                if not _is_pending(current):
                    return

    async def _current(self, caller: Caller, check_id: str) -> WatchCheckResponse:
        """Return a check as it is, under the id of the event that made it so."""
        detail = await check_detail(self.database, check_id, account_id=caller.account_id)
        response = WatchCheckResponse(check=detail_message(detail))
        id_of = queued_id if _is_pending(response) else ended_id
        response.event_id = id_of(detail.attempt)
        return response

    async def _wait_while_allowed(
        self, ended: asyncio.Event, feed: Feed | None, context: Context
    ) -> None:
        """Wait for news, or raise Unauthorized soon after the caller's key has ended."""
        news = (ended,) if feed is None else (ended, feed.is_new)
        while not any(each.is_set() for each in news):
            with suppress(TimeoutError):
                async with asyncio.timeout(_AUTHENTICATE_EVERY_S):
                    await _any_of(news)
            # While nobody can tell, nothing is sent either.
            with suppress(Unavailable):
                await self.callers.account_calling(context)
        if feed is not None:
            feed.is_new.clear()

    @contextmanager
    def _place(self, caller: Caller) -> Iterator[None]:
        if self.most and self._waiting[caller.account_id] >= self.most:
            raise RateLimited(
                f"The account waits for {self.most} checks at once, which is all it may; let some "
                "of them end, or subscribe a webhook",
                waiting=self.most,
                retry_after_s=_COME_BACK_S,
            )
        self._waiting[caller.account_id] += 1
        try:
            yield
        finally:
            self._waiting[caller.account_id] -= 1
            if not self._waiting[caller.account_id]:
                del self._waiting[caller.account_id]


def _stages_after(feed: Feed | None, seen_id: int) -> Iterator[WatchCheckResponse]:
    """Yield the stages that were told and not sent."""
    if feed is None:
        return
    told = feed.told
    for place, stage in enumerate(told.stages, start=1):
        event_id = stage_id(told.attempt, told.delivery, place)
        if event_id > seen_id:
            yield WatchCheckResponse(event_id=event_id, stage=stage)


async def _any_of(events: tuple[asyncio.Event, ...]) -> None:
    if len(events) == 1:
        await events[0].wait()
        return
    waits = [asyncio.create_task(event.wait(), name="news") for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def _is_pending(response: WatchCheckResponse) -> bool:
    return bool(response.check.status == check_pb2.CHECK_STATUS_PENDING)
