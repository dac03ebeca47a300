"""A customer's webhook endpoint that verifies what it gets with the reference library."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from standardwebhooks import Webhook

from tests.e2e.running import Json, System


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request that arrived."""

    webhook_id: str
    check_id: str
    event: Json
    status: int
    # The trace it came with; empty without one.
    traceparent: str = ""


@dataclass
class Receiver:
    """Answers 200, after as many 500s as it is told to give first."""

    url: str
    failures_left: int = 0
    secret: str = ""
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def events(self) -> list[Json]:
        """What was accepted."""
        return [each.event for each in self.deliveries if each.status == 200]

    async def subscribe(self, system: System, *events: str) -> None:
        """Register with a system and keep the secret it shows once."""
        body = {"url": self.url, "events": list(events) or ["check.completed", "check.failed"]}
        status, answer = await system.call("POST", "/v1/webhooks", body)
        assert status == 201, answer
        self.secret = answer["secret"]

    async def answer(self, request: web.Request) -> web.Response:
        """Verify and record one request."""
        event = Webhook(self.secret).verify(await request.read(), dict(request.headers))
        status = 200
        if self.failures_left:
            self.failures_left -= 1
            status = 500
        self.deliveries.append(
            Delivery(
                webhook_id=request.headers["webhook-id"],
                check_id=event["data"]["id"],
                event=event,
                status=status,
                traceparent=request.headers.get("traceparent", ""),
            )
        )
        return web.Response(status=status)


@asynccontextmanager
async def a_receiver() -> AsyncIterator[Receiver]:
    """Serve a receiver on loopback while the context is open."""
    app = web.Application()
    runner = web.AppRunner(app, access_log=None)
    receiver = Receiver(url="")
    app.router.add_post("/hook", receiver.answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()
