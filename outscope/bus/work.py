"""Runs one task for each message of a durable: at most N at once, and more of those that take long.

They are drained on close.

Law: a message ends in exactly one of two ways. Its task settles it (ack, nak or terminate), or the
worker returns it because the task failed or the time to finish was over. While a task runs the
server is told so, and therefore does not hand the message to anybody else.

A message is returned to the server, which hands it out again, unless the worker is told of another
way. One returned after its last delivery is deleted: the server would keep it and never hand it out
again, and whoever published it would believe that it still waits.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final, Self

from outscope.bus.connect import Bus
from outscope.bus.consume import Consumer, Message
from outscope.bus.places import Places
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import Durable
from outscope.lifecycle import end_task
from outscope.telemetry.logs import logger

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """Why a message is returned, and how long nobody should take it."""

    reason: str
    delay_s: float = 0.0
    # The task failed on a defect: it may do so again wherever it is tried.
    is_defect: bool = False


MessageTask = Callable[[Message], Awaitable[None]]
# Returns a message that is not finished; raises BusUnavailable.
Return = Callable[[Message, Unfinished], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms a worker takes and returns messages, where they are not the usual ones."""

    return_message: Return | None = None
    # How many tasks that take longer than a second may run beside those that concurrency counts.
    lasting: int = 0
    # Waited for before each request for messages.
    may_pull: Callable[[], Awaitable[None]] | None = None
    # Given the step to be awaited when none may be pulled any more: it withdraws the request that
    # stands, and returns what came of it and was not begun.
    before_pause: Callable[[Callable[[], Awaitable[None]]], None] | None = None


_USUAL: Final = Terms()

# How long one request for messages stands on an idle server: a frozen process is handed messages
# for as long.
_PULL_TIMEOUT_S: Final = 2.0
# A message that was begun less long ago is not told to be in progress: most are done by then.
_QUICK_S: Final = 1.0
# After a failed pull or task, so that a fault that stays does not become a busy loop.
_PAUSE_S: Final = 1.0


class GiveBack(Exception):  # noqa: N818 - what it asks for
    """Raised by a task whose message cannot be worked on now: hand it out again after a delay."""

    def __init__(self, reason: str, *, delay_s: float) -> None:
        super().__init__(reason)
        self.delay_s = delay_s


class Worker:
    """Works while its context is open; closing it stops pulling, then drains.

    in_progress_every_s must be well below the durable's ack_wait_s.
    """

    def __init__(
        self,
        bus: Bus,
        durable: Durable,
        task: MessageTask,
        *,
        concurrency: int,
        in_progress_every_s: float = 2.0,
        drain_s: float = 10.0,
        terms: Terms = _USUAL,
    ) -> None:
        self._bus = bus
        self._durable = durable
        self._task = task
        self._places = Places(concurrency, lasting=terms.lasting)
        self._in_progress_every_s = in_progress_every_s
        self._drain_s = drain_s
        self._may_pull = terms.may_pull
        self._before_pause = terms.before_pause
        self._return = terms.return_message or self._return_to_server
        # Each message with the moment it was begun, by the loop's clock.
        self._running: dict[asyncio.Task[None], tuple[Message, float]] = {}
        self._place_freed = asyncio.Event()
        self._pulling = AsyncExitStack()
        self._progress: asyncio.Task[None] | None = None

    @property
    def in_flight(self) -> int:
        """How many tasks run now."""
        return len(self._running)

    async def __aenter__(self) -> Self:
        consumer = await self._pulling.enter_async_context(self._bus.consumer(self._durable))
        self._pulling.push_async_callback(
            self._return_arrived, consumer, "not begun before the end"
        )
        if self._before_pause is not None:
            self._before_pause(partial(self._withdraw, consumer))
        puller = asyncio.create_task(self._pull_for_ever(consumer), name="worker-pull")
        self._pulling.push_async_callback(end_task, puller)
        self._progress = asyncio.create_task(self._tell_progress(), name="worker-progress")
        return self

    async def __aexit__(self, *_: object) -> None:
        # First the puller; then what arrived and was not started is returned.
        await self._pulling.aclose()
        await self._drain()
        if self._progress is not None:
            await end_task(self._progress)

    async def _pull_for_ever(self, consumer: Consumer) -> None:
        while True:
            free = await self._free_places()
            if self._may_pull is not None:  # last: what may be can change while a place is awaited
                await self._may_pull()
            try:
                messages = await consumer.pull(free, _PULL_TIMEOUT_S)
            except BusUnavailable as error:
                log.warning("cannot pull, trying again", reason=str(error))
                await asyncio.sleep(_PAUSE_S)
            except Exception as error:  # noqa: BLE001 - whatever it was, the worker must go on
                log.error("pull failed, trying again", exception=error)  # noqa: TRY400 - with fields
                await asyncio.sleep(_PAUSE_S)
            else:
                for message in messages:
                    self._start(message)

    async def _free_places(self) -> int:
        loop = asyncio.get_running_loop()
        while (free := self._places.free(loop.time())) <= 0:
            self._place_freed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._places.until_free_s(loop.time())):
                    await self._place_freed.wait()
        return free

    def _start(self, message: Message) -> None:
        running = asyncio.create_task(self._run(message), name="worker-task")
        begun_s = asyncio.get_running_loop().time()
        self._running[running] = message, begun_s
        self._places.take(running, begun_s)
        running.add_done_callback(self._end)

    def _end(self, ended: asyncio.Task[None]) -> None:
        del self._running[ended]
        self._places.leave(ended)
        self._place_freed.set()

    async def _run(self, message: Message) -> None:
        try:
            await self._task(message)
        except GiveBack as request:
            log.warning("message given back", reason=str(request))
            await self._give_back(message, Unfinished(reason=str(request), delay_s=request.delay_s))
        except BusUnavailable as error:
            log.warning("bus unavailable, message given back", reason=str(error))
            await self._give_back(message, Unfinished(reason=str(error), delay_s=_PAUSE_S))
        except Exception as error:  # noqa: BLE001 - a defect in one task must not end the others
            log.error("task failed, message given back", exception=error)  # noqa: TRY400 - as above
            await self._give_back(
                message, Unfinished(reason=repr(error), delay_s=_PAUSE_S, is_defect=True)
            )

    async def _tell_progress(self) -> None:
        while True:
            await asyncio.sleep(self._in_progress_every_s)
            now_s = asyncio.get_running_loop().time()
            try:
                for message, begun_s in tuple(self._running.values()):
                    if now_s - begun_s >= min(_QUICK_S, self._in_progress_every_s):
                        await message.in_progress()
            except BusUnavailable as error:
                log.warning("cannot tell progress", reason=str(error))

    async def _drain(self) -> None:
        if self._running:
            await asyncio.wait(tuple(self._running), timeout=self._drain_s)
        left = dict(self._running)
        for running in left:
            running.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        unfinished = Unfinished(reason="the time to finish was over")
        await asyncio.gather(
            *(self._give_back(message, unfinished) for message, _ in left.values())
        )
        if left:
            log.warning("time to finish is over, messages given back", messages=len(left))

    async def _withdraw(self, consumer: Consumer) -> None:
        """Ask for nothing more: what still arrived would wait here until its time is over."""
        await consumer.withdraw()
        await self._return_arrived(consumer, "not begun before a pause")

    async def _return_arrived(self, consumer: Consumer, reason: str) -> None:
        unfinished = Unfinished(reason=reason)
        arrived = consumer.take_arrived()
        await asyncio.gather(*(self._give_back(message, unfinished) for message in arrived))

    async def _give_back(self, message: Message, unfinished: Unfinished) -> None:
        try:
            await self._return(message, unfinished)
        except BusUnavailable as error:
            # The server finds by itself that nobody has it, when its ack time is over.
            log.warning("cannot give a message back", reason=str(error))

    async def _return_to_server(self, message: Message, unfinished: Unfinished) -> None:
        if message.deliveries == self._durable.max_deliver:
            await message.terminate()
        else:
            await message.nak(unfinished.delay_s)
