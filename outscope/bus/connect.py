"""Connects to NATS and stays connected: makes streams and consumers, tells when the bus is away."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from outscope.bus import handed_out, presence, publish, question
from outscope.bus.client import bus_client
from outscope.bus.consume import Consumer
from outscope.bus.handed_out import HandedOut
from outscope.bus.publish import MESSAGE_ID, BusUnavailable, Outgoing, Publisher
from outscope.bus.question import Answerer
from outscope.bus.subjects import INBOX, STREAMS, Durable, Stream
from outscope.certificates import Certificates
from outscope.telemetry.logs import logger

log = logger(__name__)

_FOREVER: Final = -1
_RECONNECT_WAIT_S: Final = 0.25
# A connection whose third PING falls due before any was answered is given up and made anew: the
# server's machine may be gone without a word, or nats-py's reader have ended on an answer too late.
_PING_EVERY_S: Final = 10
_API_TIMEOUT_S: Final = 5.0
_DUPLICATE_WINDOW_S: Final = 120.0
_MAX_ACK_PENDING: Final = 20_000
_STREAM_WAIT_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How far a stream remembers, as seen on one connection."""

    # Counts those of this process: another one may lead to a server that was started anew.
    connection: int
    # When the stream was made.
    created: str
    last_sequence: int

    def may_have_lost(self, earlier: "Memory") -> bool:
        """Tell whether something stored when earlier was read may not be there any more."""
        return (self.connection, self.created) != (
            earlier.connection,
            earlier.created,
        ) or self.last_sequence < earlier.last_sequence


class _NoStream(BusUnavailable):
    """The stream of a consumer is not there."""


class Bus:
    """One connection to NATS."""

    def __init__(self, client: Client, *, replicas: int = 1) -> None:
        self._client = client
        self._replicas = replicas
        self._jetstream = JetStreamContext(client, timeout=_API_TIMEOUT_S)
        self._publisher = Publisher(client, self.ensure_streams)
        self._consumers: list[Consumer] = []
        self._connection = 1

    @property
    def is_connected(self) -> bool:
        """Whether the connection is up at this moment."""
        return bool(self._client.is_connected)

    @property
    def max_payload_bytes(self) -> int:
        """The largest message the server takes."""
        return int(self._client.max_payload)

    async def ensure_streams(self) -> None:
        """Make every stream that is missing and bring those that differ to their configuration."""
        for stream in STREAMS:
            await self._ensure_stream(stream)

    async def publish(self, subject: str, payload: bytes, message_id: str | None = None) -> int:
        """Store a message; return its sequence in the stream, or raise BusUnavailable."""
        return await self._publisher.publish(
            Outgoing(subject=subject, payload=payload, message_id=message_id)
        )

    async def publish_many(self, messages: Sequence[Outgoing]) -> list[int | BusUnavailable]:
        """Store messages side by side; one sequence or fault each, in order."""
        return await self._publisher.publish_many(messages)

    async def send(self, subject: str, payload: bytes) -> None:
        """Send a message that is not stored."""
        await publish.send(self._client, subject, payload)

    async def ask(self, subject: str, payload: bytes, *, timeout_s: float) -> bytes:
        """Return the answer to an unstored question, or raise BusUnavailable without one."""
        return await question.ask(self._client, subject, payload, timeout_s=timeout_s)

    def answering(
        self, subject: str, group: str, answer: Answerer
    ) -> AbstractAsyncContextManager[None]:
        """Answer such questions while the context is open; one of the group gets each."""
        return question.answering(self._client, subject, group, answer)

    @asynccontextmanager
    async def subscription(
        self, subject: str, receive: Callable[[bytes], Awaitable[None]]
    ) -> AsyncIterator[None]:
        """Receive what is sent unstored on a subject while the context is open."""

        async def unwrap(_: str, payload: bytes) -> None:
            await receive(payload)

        async with self.hearing(subject, unwrap):
            yield

    @asynccontextmanager
    async def hearing(
        self, subject: str, receive: Callable[[str, bytes], Awaitable[None]]
    ) -> AsyncIterator[None]:
        """Receive the same, each with the subject that its sender was permitted to send on."""

        async def unwrap(message: Msg) -> None:
            await receive(message.subject, message.data)

        subscribed = await self._client.subscribe(subject, cb=unwrap)
        try:
            # The first PING overtakes the subscription, which waits to be written; the second, sent
            # when the first was answered, follows it, and its answer means that the server has it.
            await self._client.flush()
            await self._client.flush()
            yield
        finally:
            if self._client.is_connected:
                await subscribed.unsubscribe()

    @asynccontextmanager
    async def consumer(self, durable: Durable) -> AsyncIterator[Consumer]:
        """Pull from a durable consumer, which is made when it is missing, and its stream as well.

        Streams are made by who finds none: where permissions leave them to the scheduler, it is
        waited for.
        """

        async def recreate() -> None:
            try:
                await self._ensure_consumer(durable)
            except _NoStream:
                await self.ensure_streams()
                await self._ensure_consumer(durable)

        await _until_done(recreate, durable.name)
        consumer = Consumer(self._client, durable, recreate)
        await consumer.open()
        self._consumers.append(consumer)
        try:
            yield consumer
        finally:
            self._consumers.remove(consumer)
            await consumer.close()

    async def message_id(self, stream: str, sequence: int) -> str | None:
        """Return the id of a stored message, or None when it is not there any more."""
        try:
            stored = await self._jetstream.get_msg(stream, seq=sequence)
        except NotFoundError:
            return None
        except (NatsError, TimeoutError) as error:
            raise BusUnavailable(repr(error)) from error
        return str((stored.headers or {}).get(MESSAGE_ID, ""))

    async def holds(self, stream: str, sequence: int, message_id: str) -> bool:
        """Tell whether a stored message is still there, waiting or in work."""
        return await self.message_id(stream, sequence) == message_id

    async def delete(self, stream: str, sequence: int, message_id: str) -> None:
        """Delete a stored message if it is still there; raises BusUnavailable."""
        if not await self.holds(stream, sequence, message_id):
            return
        try:
            await self._jetstream.delete_msg(stream, sequence)
        except APIError as error:  # acknowledged in the meantime
            log.info("message not deleted", stream=stream, cause=error)
        except (NatsError, TimeoutError) as error:
            raise BusUnavailable(repr(error)) from error

    async def backlog(self, durable: Durable) -> int:
        """Return how many messages wait for a durable or are in work."""
        try:
            found = await self._jetstream.consumer_info(durable.stream, durable.name)
        except NotFoundError:
            return 0
        except (NatsError, TimeoutError) as error:
            raise BusUnavailable(repr(error)) from error
        return (found.num_pending or 0) + (found.num_ack_pending or 0)

    async def handed_out(self, durable: Durable) -> HandedOut:
        """Return what a durable has handed out and nobody has; raises BusUnavailable."""
        return await handed_out.handed_out(self._client, self._jetstream, durable)

    def hearing_progress(self, durable: Durable) -> AbstractAsyncContextManager[set[int]]:
        """Hear which messages of a durable are worked on while the context is open."""
        return handed_out.hearing_progress(self._client, durable)

    async def keep_present(self, key: str, payload: bytes) -> None:
        """Have it known for PRESENT_S that somebody is there; raises BusUnavailable."""
        await presence.put(self._jetstream, key, payload, replicas=self._replicas)

    async def present(self) -> dict[str, bytes]:
        """Return the last word of everybody who is there, by its key; raises BusUnavailable."""
        return await presence.every(self._jetstream, replicas=self._replicas)

    async def longest_wait_s(self, stream: str) -> float:
        """Return for how long the oldest message of a stream has been there; 0 without any."""
        told = await self._stream_info(stream)
        if not told.get("state", {}).get("messages"):
            return 0.0
        first_at = datetime.fromisoformat(told["state"]["first_ts"])
        return (datetime.fromisoformat(told["ts"]) - first_at).total_seconds()

    async def memory(self, stream: str) -> Memory | None:
        """Return how far a stream remembers; None when there is no such stream."""
        told = await self._stream_info(stream)
        if "state" not in told:
            return None
        return Memory(
            connection=self._connection,
            created=str(told["created"]),
            last_sequence=int(told["state"]["last_seq"]),
        )

    async def _stream_info(self, stream: str) -> dict[str, Any]:
        """Ask for what the client's own type leaves out: times, by the server's clock."""
        try:
            answer = await self._client.request(
                f"$JS.API.STREAM.INFO.{stream}", timeout=_API_TIMEOUT_S
            )
        except (NatsError, TimeoutError) as error:
            raise BusUnavailable(repr(error)) from error
        told: dict[str, Any] = json.loads(answer.data)
        return told

    async def reconnected(self) -> None:
        """Ask again for what was asked of the connection that broke."""
        log.info("bus is back")
        self._connection += 1
        for consumer in self._consumers:
            consumer.forget_request()

    async def _ensure_stream(self, stream: Stream) -> None:
        wanted = StreamConfig(
            name=stream.name,
            subjects=list(stream.subjects),
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            max_age=stream.max_age_s,
            duplicate_window=_DUPLICATE_WINDOW_S,
            num_replicas=self._replicas,
        )
        try:
            await self._jetstream.add_stream(wanted)
        except APIError:
            await self._update_stream(wanted)
        except (NatsError, TimeoutError) as error:
            raise BusUnavailable(repr(error)) from error

    async def _update_stream(self, wanted: StreamConfig) -> None:
        try:
            await self._jetstream.update_stream(wanted)
        except (NatsError, TimeoutError) as error:
            raise BusUnavailable(f"stream {wanted.name}: {error!r}") from error

    async def _ensure_consumer(self, durable: Durable) -> None:
        wanted = ConsumerConfig(
            # With a name the filter is part of the request's subject, and permissions can bind it.
            name=durable.name,
            durable_name=durable.name,
            filter_subject=durable.subject,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=durable.ack_wait_s,
            max_deliver=durable.max_deliver,
            max_ack_pending=_MAX_ACK_PENDING,
        )
        try:
            await self._jetstream.add_consumer(durable.stream, wanted)
        except NotFoundError as error:
            raise _NoStream(f"stream {durable.stream}: {error!r}") from error
        except (NatsError, TimeoutError) as error:
            raise BusUnavailable(f"consumer {durable.name}: {error!r}") from error


@asynccontextmanager
async def connect_bus(
    url: str,
    name: str,
    *,
    replicas: int = 1,
    inbox: str = INBOX,
    certificates: Certificates | None = None,
) -> AsyncIterator[Bus]:
    """Connect, for as long as it takes, and yield a bus that reconnects by itself for ever."""
    client = bus_client(certificates)
    bus = Bus(client, replicas=replicas)
    is_closing = False

    async def tell_error(error: Exception) -> None:
        log.warning("bus error", cause=repr(error))

    async def tell_disconnected() -> None:
        if not is_closing:
            log.warning("bus is away")

    await client.connect(
        url,
        name=name,
        inbox_prefix=inbox,
        max_reconnect_attempts=_FOREVER,
        ping_interval=_PING_EVERY_S,
        reconnect_time_wait=_RECONNECT_WAIT_S,  # type: ignore[arg-type]  # seconds, fractions work
        error_cb=tell_error,
        disconnected_cb=tell_disconnected,
        reconnected_cb=bus.reconnected,
    )
    try:
        yield bus
    finally:
        is_closing = True
        await client.close()


async def _until_done(step: Callable[[], Awaitable[None]], name: str) -> None:
    """Repeat a step until the bus is up to it: services start in any order."""
    while True:
        try:
            await step()
        except BusUnavailable as error:
            log.warning("waiting for the bus", consumer=name, cause=error)
            await asyncio.sleep(_STREAM_WAIT_S)
        else:
            return
