"""Takes what probers and the notifier report off the bus and records it, batch by batch.

A message is acknowledged after the commit that records it, so nothing told is lost; recording is
fenced, so nothing told twice counts twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeAlias, TypeVar

from outscope.bus.connect import Bus
from outscope.bus.consume import Consumer, Message
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import Durable
from outscope.bus.traced import processing_together
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from services.scheduler.domain.dead_letter import UnusableMessage
from services.scheduler.store.database import StatementTimeout
from services.scheduler.translate.report import UndecodableError

log = logger(__name__)

_BATCH: Final = 200
_PULL_TIMEOUT_S: Final = 5.0
_PAUSE_S: Final = 1.0
_MAX_PAUSE_S: Final = 60.0
# The part of a message's time here after which more of it is asked for.
_HOLD_AFTER: Final = 0.3
# How often a message that cannot be recorded is tried before it is set aside.
_MAX_TRIES: Final = 5

T = TypeVar("T")
# Messages that are recorded together, each with what it tells.
Part: TypeAlias = Sequence[tuple[Message, T]]


class Ingest(Generic[T]):
    """Records all messages of one durable."""

    def __init__(
        self,
        bus: Bus,
        durable: Durable,
        decode: Callable[[bytes], T],
        record: Callable[[Sequence[T]], Awaitable[None]],
        set_aside: Callable[[UnusableMessage], Awaitable[None]],
    ) -> None:
        self._bus = bus
        self._durable = durable
        self._decode = decode
        self._record = record
        self._set_aside = set_aside

    async def run(self) -> None:
        """Record for ever."""
        async with self._bus.consumer(self._durable) as consumer:
            while True:
                await self._ingest_next(consumer)

    async def _ingest_next(self, consumer: Consumer) -> None:
        try:
            messages = await consumer.pull(_BATCH, _PULL_TIMEOUT_S)
            await self.ingest(messages)
        except (BusUnavailable, Unavailable) as error:
            log.warning("cannot record now", consumer=self._durable.name, cause=error)
            await asyncio.sleep(_PAUSE_S)

    async def ingest(self, messages: Sequence[Message]) -> None:
        """Record messages and acknowledge them, fewer at once while that takes too long.

        All are given back when Postgres is away.
        """
        readable = [
            (message, told) for message in messages for told in await self._told_by(message)
        ]
        waiting: list[Part[T]] = [readable] if readable else []
        held_at_s = asyncio.get_running_loop().time()
        try:
            while waiting:
                waiting[-1:] = await self._ingest_part(waiting[-1])
                held_at_s = await self._hold(waiting, held_at_s)
        except Unavailable:
            for part in waiting:
                for message, _ in part:
                    await message.nak(_PAUSE_S)
            raise

    async def _hold(self, waiting: Sequence[Part[T]], held_at_s: float) -> float:
        """Keep what waits here from being handed out anew; return when that was last done."""
        now_s = asyncio.get_running_loop().time()
        if now_s - held_at_s < self._durable.ack_wait_s * _HOLD_AFTER:
            return held_at_s
        for part in waiting:
            for message, _ in part:
                await message.in_progress()
        return now_s

    async def _ingest_part(self, part: Part[T]) -> list[Part[T]]:
        """Record messages together; return the parts to try instead, the first last."""
        try:
            with processing_together([message for message, _ in part]):
                await self._record([told for _, told in part])
        except StatementTimeout as error:
            return await self._halved(part, error)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one bad message must not hold up the others
            return await self._apart(part, error)
        for message, _ in part:
            await message.ack()
        return []

    async def _halved(self, part: Part[T], error: StatementTimeout) -> list[Part[T]]:
        """Return the halves of what took too long at once; one that does alone is put off."""
        log.warning(
            "took too long", consumer=self._durable.name, messages=len(part), cause=repr(error)
        )
        if len(part) > 1:
            middle = len(part) // 2
            return [part[middle:], part[:middle]]
        # Never dropped, as Postgres may only be slow; each time later, as it holds up the others.
        ((message, _),) = part
        await message.nak(min(_PAUSE_S * message.deliveries**2, _MAX_PAUSE_S))
        return []

    async def _told_by(self, message: Message) -> list[T]:
        try:
            return [self._decode(message.payload)]
        except UndecodableError as error:
            await self._give_up(message, f"It could not be read: {error}")
            return []

    async def _give_up(self, message: Message, reason: str) -> None:
        """Set a message aside, and have it handed out no more."""
        await self._set_aside(
            UnusableMessage(subject=message.subject, payload=message.payload, reason=reason)
        )
        await message.terminate()

    async def _apart(self, part: Part[T], error: Exception) -> list[Part[T]]:
        """Return messages one by one; one that is alone is tried again later, or set aside."""
        if len(part) > 1:
            return [[each] for each in reversed(part)]
        ((message, _),) = part
        is_given_up = message.deliveries >= _MAX_TRIES
        log.error("message cannot be recorded", exception=error, consumer=self._durable.name)
        if is_given_up:
            await self._give_up(message, f"It could not be recorded: {error!r}")
        else:
            await message.nak(_PAUSE_S)
        return []
