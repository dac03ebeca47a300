"""Customers' webhook endpoints: what each was told of each check, and under which id.

Two are always well. Each of the others is told of some checks only, and misbehaves in its manner
while it is ill.
"""

import asyncio
import socket
import struct
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

Json = dict[str, Any]

# The names of the checks that endpoints are told of which are ill at times.
WATCHED: Final = ".watched.town.test"
# Long enough to give its place in the notifier back, and short enough to succeed.
_SLOW_S: Final = 3.0
_RETRY_AFTER_S: Final = 3


class Manner(StrEnum):
    """What an endpoint does while it is ill."""

    WELL = "always well"
    FAILS = "answers 500"
    SLOW = "is slow"
    BUSY = "answers 429"
    RESETS = "resets connections"
    GONE = "answers 410"
    DISABLED = "is disabled by its owner"


_STATUS: Final = {Manner.FAILS: 500, Manner.BUSY: 429, Manner.GONE: 410}


@dataclass
class Hook:
    """One subscription.

    only: how the names of the checks end that it is told of. told: check id -> event type -> the
    webhook ids it came under. refused: the same of what it did not take. last: the check as the
    last event showed it. at: when the first one came, in seconds of the monotonic clock. posts:
    requests that arrived, those sent again included. spells: how often it was ill.
    """

    manner: Manner = Manner.WELL
    only: str = ""
    id: str = ""
    url: str = ""
    secret: str = ""
    posts: int = 0
    forged: int = 0
    is_ill: bool = False
    spells: int = 0
    told: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    refused: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    last: dict[str, Json] = field(default_factory=dict)
    at: dict[str, float] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.Response:
        """Verify and record one request."""
        self.posts += 1
        try:
            event = Webhook(self.secret).verify(await request.read(), dict(request.headers))
        except WebhookVerificationError:
            self.forged += 1
            return web.Response(status=400)
        check, webhook_id = event["data"], request.headers["webhook-id"]
        if self.is_ill and self.manner is Manner.SLOW:
            await asyncio.sleep(_SLOW_S)
        elif self.is_ill and self.manner is not Manner.DISABLED:
            refused = self.refused.setdefault(check["id"], defaultdict(set))
            refused[event["type"]].add(webhook_id)
            return self._refuse(request)
        told = self.told.setdefault(check["id"], defaultdict(set))
        told[event["type"]].add(webhook_id)
        self.last[check["id"]] = check
        self.at.setdefault(check["id"], time.monotonic())
        return web.Response()

    def _refuse(self, request: web.Request) -> web.Response:
        if self.manner is Manner.RESETS and request.transport is not None:
            connected = request.transport.get_extra_info("socket")
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            request.transport.abort()
        asked = {"Retry-After": str(_RETRY_AFTER_S)} if self.manner is Manner.BUSY else {}
        return web.Response(status=_STATUS.get(self.manner, 500), headers=asked)


def hooks_of_all_manners() -> list[Hook]:
    """Return two that are told of everything and always well, and one of each other manner."""
    ill = [Hook(manner=each, only=WATCHED) for each in Manner if each is not Manner.WELL]
    return [Hook(), Hook(), *ill]


@asynccontextmanager
async def serving_hooks() -> AsyncIterator[list[Hook]]:
    """Serve endpoints on loopback while the context is open."""
    hooks = hooks_of_all_manners()
    app = web.Application(client_max_size=2**22)
    for number, hook in enumerate(hooks):
        app.router.add_post(f"/{number}", hook.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    for number, hook in enumerate(hooks):
        hook.url = f"http://127.0.0.1:{port}/{number}"
    try:
        yield hooks
    finally:
        await runner.cleanup()
