"""Asks the server to store messages, and hands its word on each to whoever waits for it.

One inbox, one numbering and one timer serve all that wait: nats-py's own request draws a random
name, sets a timer and makes closures for every message.
"""

import asyncio
from itertools import count

from nats.aio.client import Client
from nats.aio.msg import Msg


class Replies:
    """What is waited for on one connection, each for the same time."""

    def __init__(self, client: Client, *, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s
        # With the dot before a number; empty until something is asked.
        self._inbox = ""
        self._numbers = count(1)
        # By where the reply goes, with the moment it is given up; the earliest stands first.
        self._awaited: dict[str, tuple[asyncio.Future[Msg | None], float]] = {}
        # It comes when the time of the first is over, or would have been.
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, subject: str, payload: bytes, headers: dict[str, str] | None) -> Msg:
        """Send a message and return the reply; raises TimeoutError, or nats-py's Error."""
        if not self._inbox:
            await self._open()
        loop = asyncio.get_running_loop()
        reply_to = f"{self._inbox}{next(self._numbers)}"
        awaited: asyncio.Future[Msg | None] = loop.create_future()
        until_s = loop.time() + self._timeout_s
        self._awaited[reply_to] = awaited, until_s
        if self._timer is None:
            self._timer = loop.call_at(until_s, self._give_up)
        try:
            await self._client.publish(subject, payload, reply=reply_to, headers=headers)
            reply = await awaited
        finally:
            del self._awaited[reply_to]
        if reply is None:
            raise TimeoutError(f"no reply in {self._timeout_s} s")
        return reply

    async def _open(self) -> None:
        self._inbox = f"{self._client.new_inbox()}."
        try:
            # It is written before whatever others, who find the inbox named, send meanwhile.
            await self._client.subscribe(f"{self._inbox}*", cb=self._receive)
        except BaseException:
            self._inbox = ""
            raise

    async def _receive(self, raw: Msg) -> None:
        awaited, _ = self._awaited.get(raw.subject, (None, 0.0))
        if awaited is not None and not awaited.done():
            awaited.set_result(raw)

    def _give_up(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        for awaited, until_s in self._awaited.values():
            if until_s > now_s:
                self._timer = loop.call_at(until_s, self._give_up)
                break
            if not awaited.done():
                awaited.set_result(None)
