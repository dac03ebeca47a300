"""Pulls messages from a durable consumer, one standing request at a time.

The request asks for exactly as many messages as the caller has room for, so that nothing waits
here unacknowledged: what arrives can be worked on at once. nats-py's own fetch holds back a first
message until its batch is full or its time is over, which costs an idle system its latency.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from outscope.bus.publish import MESSAGE_ID, STATUS, BusUnavailable
from outscope.bus.subjects import Durable
from outscope.telemetry.logs import logger
from outscope.telemetry.traceparent import TRACEPARENT, readable

log = logger(__name__)

_REQUEST_EXPIRED: Final = "408"
_NO_MESSAGES: Final = "404"
# The server ends a request at its time; when even that word is lost, we stop waiting a bit later.
_EXPIRY_SLACK_S: Final = 1.0
# How long a request that is withdrawn is waited for: a server that is well says so at once.
_WITHDRAWN_WITHIN_S: Final = 1.0
_NANOSECONDS: Final = 1_000_000_000


class Message:
    """One message, to be acknowledged when its work is done."""

    __slots__ = ("_raw", "payload")

    def __init__(self, raw: Msg) -> None:
        self._raw = raw
        self.payload = raw.data

    @property
    def subject(self) -> str:
        """Where it was sent."""
        return self._raw.subject

    @property
    def message_id(self) -> str:
        """The id it was published under; empty without one."""
        return (self._raw.headers or {}).get(MESSAGE_ID, "")

    @property
    def traceparent(self) -> str | None:
        """The trace it was published for; None without one that can be read."""
        return readable((self._raw.headers or {}).get(TRACEPARENT))

    @property
    def deliveries(self) -> int:
        """How often it has been handed out, this time included."""
        return int(self._raw.metadata.num_delivered or 1)

    async def ack(self) -> None:
        """Tell that the work is done; the message is deleted."""
        await self._answer(self._raw.ack())

    async def nak(self, delay_s: float = 0.0) -> None:
        """Give the message back, to be handed out again after a delay."""
        await self._answer(self._raw.nak(delay=delay_s or None))

    async def in_progress(self) -> None:
        """Ask for as much time again as the consumer allows."""
        await self._answer(self._raw.in_progress())

    async def terminate(self) -> None:
        """Tell that nobody can do this work; the message is deleted."""
        await self._answer(self._raw.term())

    @staticmethod
    async def _answer(call: Awaitable[None]) -> None:
        try:
            await call
        except NatsError as error:
            raise BusUnavailable(repr(error)) from error


class Consumer:
    """Pulls from one durable; usable as an async context that closes its subscription."""

    def __init__(
        self, client: Client, durable: Durable, recreate: Callable[[], Awaitable[None]]
    ) -> None:
        self.durable = durable
        self._client = client
        self._recreate = recreate
        self._arrived: deque[Message] = deque()
        self._wake = asyncio.Event()
        self._standing = 0
        self._standing_until = 0.0
        self._fault: str | None = None
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._withdrawals: set[asyncio.Task[None]] = set()
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{durable.stream}.{durable.name}"

    async def open(self) -> None:
        """Subscribe to the inbox that requests name."""
        self._inbox = inbox = self._client.new_inbox()
        self._subscription = await self._client.subscribe(inbox, cb=partial(self._receive, inbox))

    async def close(self) -> None:
        """Unsubscribe; messages that arrived and were not pulled are given back."""
        try:
            subscription, self._subscription = self._subscription, None
            if subscription is not None:
                await subscription.unsubscribe()
            while self._arrived:
                await self._arrived.popleft().nak()
        except (NatsError, BusUnavailable) as error:
            log.warning("consumer closed without the bus", durable=self.durable.name, cause=error)

    async def withdraw(self) -> None:
        """Take the standing request back: what the server has not handed out goes elsewhere.

        The server drops a request whose inbox nobody hears. What it had sent before still arrives,
        and has arrived on return, unless the server does not answer.
        """
        subscription, self._subscription = self._subscription, None
        if subscription is None:
            return
        self.forget_request()
        withdrawal = asyncio.create_task(self._drain(subscription), name="withdrawal")
        self._withdrawals.add(withdrawal)
        withdrawal.add_done_callback(self._withdrawals.discard)
        await asyncio.wait({withdrawal}, timeout=_WITHDRAWN_WITHIN_S)

    async def _drain(self, subscription: Subscription) -> None:
        try:
            await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py leaves it out
        except NatsError as error:
            log.warning("request withdrawn without the bus", durable=self.durable.name, cause=error)

    def forget_request(self) -> None:
        """Drop the standing request: the server that held it is gone."""
        self._standing = 0
        self._wake.set()

    def take_arrived(self) -> list[Message]:
        """Return what arrived and was not pulled."""
        taken = list(self._arrived)
        self._arrived.clear()
        return taken

    async def pull(self, batch: int, timeout_s: float) -> list[Message]:
        """Return 1 to batch messages as soon as there are any, or none after the time.

        The room told by batch must also cover what an earlier, larger request may still bring.
        """
        if not self._arrived:
            await self._stand(batch, timeout_s)
            await self._wait(timeout_s)
        count = min(batch, len(self._arrived))
        return [self._arrived.popleft() for _ in range(count)]

    async def _stand(self, batch: int, timeout_s: float) -> None:
        if self._fault is not None:
            await self._recover()
        now = asyncio.get_running_loop().time()
        if self._standing > 0 and now < self._standing_until:
            return
        request = {"batch": batch, "expires": int(timeout_s * _NANOSECONDS)}
        try:
            if self._subscription is None:
                await self.open()
            self._standing = batch
            self._standing_until = now + timeout_s + _EXPIRY_SLACK_S
            await self._client.publish(self._next, json.dumps(request).encode(), reply=self._inbox)
        except NatsError as error:
            self._standing = 0
            raise BusUnavailable(repr(error)) from error

    async def _wait(self, timeout_s: float) -> None:
        self._wake.clear()
        if self._arrived:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()

    async def _recover(self) -> None:
        log.warning("consumer is gone, making it again", fault=self._fault, name=self.durable.name)
        await self._recreate()
        self._fault = None

    async def _receive(self, inbox: str, raw: Msg) -> None:
        status = (raw.headers or {}).get(STATUS) if not raw.data else None
        if status is None:
            self._standing -= inbox == self._inbox
            self._arrived.append(Message(raw))
        elif inbox == self._inbox:
            self._standing = 0
            if status not in {_REQUEST_EXPIRED, _NO_MESSAGES}:
                self._fault = f"{status} {(raw.headers or {}).get('Description', '')}".strip()
        self._wake.set()
