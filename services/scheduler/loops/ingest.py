"""Takes what probers and the notifier report off the bus and records it, batch by batch.

A message is acknowledged after the commit that records it, so nothing told is lost; recording is
fenced, so nothing told twice counts twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from outscope.bus.connect import Bus
from outscope.bus.consume import Consumer, Message
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import Durable
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from services.scheduler.translate.report import UndecodableError

log = logger(__name__)

_BATCH: Final = 200
_PULL_TIMEOUT_S: Final = 5.0
_PAUSE_S: Final = 1.0
# How often a message that cannot be recorded is tried before it is set aside in the log.
_MAX_TRIES: Final = 5

T = TypeVar("T")


class Ingest(Generic[T]):
    """Records all messages of one durable."""

    def __init__(
        self,
        bus: Bus,
        durable: Durable,
        decode: Callable[[bytes], T],
        record: Callable[[Sequence[T]], Awaitable[None]],
    ) -> None:
        self._bus = bus
        self._durable = durable
        self._decode = decode
        self._record = record

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
        """Record messages and acknowledge them; give them back when Postgres is away."""
        readable = [
            (message, told) for message in messages for told in await self._told_by(message)
        ]
        if not readable:
            return
        try:
            await self._record([told for _, told in readable])
        except Unavailable:
            for message, _ in readable:
                await message.nak(_PAUSE_S)
            raise
        except Exception as error:  # noqa: BLE001 - one bad message must not hold up the others
            await self._ingest_apart(readable, error)
        else:
            for message, _ in readable:
                await message.ack()

    async def _told_by(self, message: Message) -> list[T]:
        try:
            return [self._decode(message.payload)]
        except UndecodableError as error:
            log.error("message dropped", consumer=self._durable.name, exception=error)  # noqa: TRY400 - with fields
            await message.terminate()
            return []

    async def _ingest_apart(self, readable: Sequence[tuple[Message, T]], error: Exception) -> None:
        if len(readable) > 1:
            for message, _ in readable:
                await self.ingest([message])
            return
        ((message, _),) = readable
        is_given_up = message.deliveries >= _MAX_TRIES
        log.error(
            "message set aside" if is_given_up else "message cannot be recorded",
            exception=error,
            consumer=self._durable.name,
        )
        await (message.terminate() if is_given_up else message.nak(_PAUSE_S))
