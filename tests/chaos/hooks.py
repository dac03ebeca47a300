"""Two customers' webhook endpoints: what each was told of each check, and under which id."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

Json = dict[str, Any]


@dataclass
class Hook:
    """One subscription.

    told: check id -> event type -> the webhook ids it came under. last: the check as the last event
    showed it. at: when the first one came, in seconds of the monotonic clock. posts: requests that
    arrived, those sent again included.
    """

    url: str = ""
    secret: str = ""
    posts: int = 0
    forged: int = 0
    told: dict[str, dict[str, set[str]]] = field(default_factory=dict)
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
        check = event["data"]
        told = self.told.setdefault(check["id"], defaultdict(set))
        told[event["type"]].add(request.headers["webhook-id"])
        self.last[check["id"]] = check
        self.at.setdefault(check["id"], time.monotonic())
        return web.Response()


@asynccontextmanager
async def serving_hooks(count: int) -> AsyncIterator[list[Hook]]:
    """Serve so many endpoints on loopback while the context is open."""
    hooks = [Hook() for _ in range(count)]
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
