"""What a slow and a dead endpoint cost a good one: the time from an event to its post.

Events come at a steady pace, through Postgres, NATS and a notifier. The good endpoint has them by
itself first, then beside one that takes fourteen seconds for each and one where nobody listens.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web

from bench.measurement import Measurement, percentile
from bench.mode import Mode
from bench.system import System, running_system
from bench.targets.serving import serving_targets
from deploy.local.ports import free_port
from outscope.ids import OCCURRENCE_PREFIX, new_id
from services.scheduler.domain.subscription import Event
from services.scheduler.loops.outbox import store_events
from services.scheduler.store.database import Database, open_database

_COMMAND: Final = "make bench B=isolation"
_HOST: Final = "127.0.0.1"
_EVENTS_PER_S: Final = 20
_AT_ONCE: Final = 6
_SLOW_S: Final = 14.0
_PATIENCE_S: Final = 120.0
_WARM: Final = 30
_GOOD: Final = "/good"


@dataclass(slots=True, kw_only=True)
class Receiver:
    """Both endpoints that answer, and when the good one was posted to after each event."""

    port: int = 0
    waits_s: list[float] = field(default_factory=list)

    async def good(self, request: web.Request) -> web.Response:
        """Note how long the event took."""
        arrived_at = time.time()
        told = json.loads(await request.read())
        self.waits_s.append(arrived_at - told["data"]["at"])
        return web.Response(status=204)

    async def slow(self, request: web.Request) -> web.Response:
        """Take as long as an endpoint just may."""
        await request.read()
        await asyncio.sleep(_SLOW_S)
        return web.Response(status=204)


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return p50 and p99 beside the others, with those of the good endpoint alone as peers."""
    async with (
        serving_targets(1, folder) as targets,
        running_system(folder / "isolation", probers=1, targets=targets) as system,
        _receiving() as receiver,
        open_database(system.postgres) as database,
    ):
        await _subscribe(system, receiver.port, _GOOD)
        account_id = await _account_of(database)
        await _told(database, account_id, receiver, _WARM)
        alone = await _told(database, account_id, receiver, mode.isolated_events)
        await _subscribe(system, receiver.port, "/slow")
        await _subscribe(system, free_port(), "/dead")
        beside = await _told(database, account_id, receiver, mode.isolated_events)
    return [
        Measurement(
            name=f"isolation.p{share * 100:g}_ms",
            value=percentile(beside, share) * 1000,
            unit="ms",
            command=_COMMAND,
            peer=percentile(alone, share) * 1000,
            note=f"{len(beside)} events, {_EVENTS_PER_S} a second; peer: the endpoint by itself",
        )
        for share in (0.5, 0.99)
    ]


@asynccontextmanager
async def _receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver(port=free_port())
    application = web.Application()
    application.router.add_post(_GOOD, receiver.good)
    application.router.add_post("/slow", receiver.slow)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, _HOST, receiver.port).start()
        yield receiver
    finally:
        await runner.cleanup()


async def _subscribe(system: System, port: int, path: str) -> None:
    await system.post(
        "/v1/webhooks",
        {"url": f"http://{_HOST}:{port}{path}", "events": ["check.completed"]},
    )


async def _account_of(database: Database) -> str:
    async with database.session() as connection:
        cursor = await connection.execute("SELECT account_id FROM webhooks")
        row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("the webhook that was created is not there")
    return str(row[0])


async def _told(
    database: Database, account_id: str, receiver: Receiver, events: int
) -> list[float]:
    """Have events happen at their pace; return how long each took to the good endpoint."""
    receiver.waits_s.clear()
    started_s = time.monotonic()
    for first in range(0, events, _AT_ONCE):
        await asyncio.sleep(max(0.0, started_s + first / _EVENTS_PER_S - time.monotonic()))
        await _happen(database, account_id, min(_AT_ONCE, events - first))
    async with asyncio.timeout(_PATIENCE_S):
        while len(receiver.waits_s) < events:  # noqa: ASYNC110 - the notifier's posts fill it
            await asyncio.sleep(0.05)
    return list(receiver.waits_s)


async def _happen(database: Database, account_id: str, count: int) -> None:
    now = time.time()
    unix_ms = int(now * 1000)
    happened = [
        Event(
            account_id=account_id,
            type="check.completed",
            subject_id=new_id(OCCURRENCE_PREFIX, unix_ms),
            detail=json.dumps({"at": now}),
        )
        for _ in range(count)
    ]
    async with database.transaction() as connection:
        await store_events(connection, happened, unix_ms=unix_ms)
