"""Publishes on a connected bus; every stored message is acknowledged by the server or told lost."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from nats.aio.client import Client
from nats.errors import ConnectionReconnectingError, NoRespondersError
from nats.errors import Error as NatsError

from outscope.bus.replies import Replies
from outscope.telemetry.logs import logger
from outscope.telemetry.traceparent import TRACEPARENT, carried, current_traceparent
from outscope.telemetry.tracing import Attributes, Kind, is_recording, span

log = logger(__name__)

ACK_TIMEOUT_S: Final = 2.5
# A message with an id may be sent again: the server drops the second of two with the same id.
_TRIES_WITH_ID: Final = 3
# Between two tries to store what must not be lost.
RETRY_PAUSE_S: Final = 1.0
# How many stored messages may wait for their acknowledgement at once.
_IN_FLIGHT: Final = 512
MESSAGE_ID: Final = "Nats-Msg-Id"
_PUBLISH: Final = "publish"
# The header in which the server says what is not a message's own.
STATUS: Final = "Status"
_NO_RESPONDERS: Final = "503"


class BusUnavailable(Exception):  # noqa: N818 - the state it tells of
    """The bus did not take or hand out a message; the same call may succeed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to be stored."""

    subject: str
    payload: bytes
    # The server drops a second message with the same id within its window (2 minutes).
    message_id: str | None = None
    # The trace it is sent for; None: that of whoever sends it.
    traceparent: str | None = None


class Stores(Protocol):
    """What can store a message: a bus."""

    async def publish(self, subject: str, payload: bytes, message_id: str | None = None) -> int:
        """Store a message, or raise BusUnavailable."""
        ...


async def publish_until_taken(bus: Stores, subject: str, payload: bytes, message_id: str) -> None:
    """Store what was learned of the outside world, for as long as the bus takes to be back.

    Giving the job back instead would act on the outside world a second time.
    """
    while True:
        try:
            await bus.publish(subject, payload, message_id)
        except BusUnavailable as error:
            log.warning("cannot report, trying again", subject=subject, reason=str(error))
            await asyncio.sleep(RETRY_PAUSE_S)
        else:
            return


class Publisher:
    """Stores messages and waits for the server's word."""

    def __init__(self, client: Client, recreate: Callable[[], Awaitable[None]]) -> None:
        self._replies = Replies(client, timeout_s=ACK_TIMEOUT_S)
        self._recreate = recreate
        self._in_flight = asyncio.Semaphore(_IN_FLIGHT)

    async def publish(self, message: Outgoing) -> int:
        """Store a message; return its sequence in the stream, or raise BusUnavailable."""
        if message.traceparent is None and not is_recording():
            return await self._publish(message)
        with (
            carried(message.traceparent),
            span(f"{_PUBLISH} {message.subject}", Kind.PRODUCER, _attributes(message)),
        ):
            return await self._publish(message)

    async def _publish(self, message: Outgoing) -> int:
        tries = _TRIES_WITH_ID if message.message_id else 1
        async with self._in_flight:
            for _ in range(tries - 1):
                try:
                    return await self._store_or_recreate(message)
                except BusUnavailable as error:
                    log.warning("publishing again", subject=message.subject, cause=error)
            return await self._store_or_recreate(message)

    async def publish_many(self, messages: Sequence[Outgoing]) -> list[int | BusUnavailable]:
        """Store messages side by side; one result each, in order."""
        return list(await asyncio.gather(*(self._publish_or_fault(each) for each in messages)))

    async def _publish_or_fault(self, message: Outgoing) -> int | BusUnavailable:
        try:
            return await self.publish(message)
        except BusUnavailable as error:
            return error

    async def _store_or_recreate(self, message: Outgoing) -> int:
        try:
            return await self._store(message)
        except NoRespondersError:
            await self._recreate()
        try:
            return await self._store(message)
        except NoRespondersError as error:
            raise BusUnavailable(f"no stream takes {message.subject}") from error

    async def _store(self, message: Outgoing) -> int:
        try:
            reply = await self._replies.ask(message.subject, message.payload, _headers(message))
        except (NatsError, TimeoutError, OSError) as error:
            raise BusUnavailable(f"{message.subject}: {error!r}") from error
        if reply.headers and reply.headers.get(STATUS) == _NO_RESPONDERS:
            raise NoRespondersError
        return PubAck.parsed(reply.data, message.subject).sequence


def _headers(message: Outgoing) -> dict[str, str] | None:
    pairs = ((MESSAGE_ID, message.message_id), (TRACEPARENT, current_traceparent()))
    return {name: value for name, value in pairs if value} or None


def _attributes(message: Outgoing) -> Attributes:
    return {
        "messaging.system": "nats",
        "messaging.operation.name": _PUBLISH,
        "messaging.operation.type": "send",
        "messaging.destination.name": message.subject,
        "messaging.message.id": message.message_id or "",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PubAck:
    """JetStream's answer to a publish."""

    sequence: int

    @classmethod
    def parsed(cls, payload: bytes, subject: str) -> Self:
        """Read the answer; raise BusUnavailable when it tells an error."""
        try:
            answer = json.loads(payload)
            if "error" in answer:
                raise BusUnavailable(f"{subject}: {answer['error'].get('description')}")
            return cls(sequence=int(answer["seq"]))
        except (ValueError, KeyError) as error:
            raise BusUnavailable(f"{subject}: unreadable acknowledgement") from error


async def send(client: Client, subject: str, payload: bytes) -> None:
    """Send a message that is not stored; lost when nobody listens or the bus is away."""
    try:
        await client.publish(subject, payload)
    except ConnectionReconnectingError as error:
        raise BusUnavailable(f"{subject}: reconnecting") from error
    except NatsError as error:
        raise BusUnavailable(f"{subject}: {error!r}") from error
