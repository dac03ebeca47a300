"""Knows whether the scheduler can work, and makes what it needs in Postgres and NATS.

Law: a scheduler waits for its servers for as long as it takes, and is not ready meanwhile.
"""

import asyncio
import secrets
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.errors import Unavailable
from outscope.rpc.server import RpcServer
from outscope.telemetry.health import Readiness
from outscope.telemetry.logs import logger
from services.scheduler.domain.cursor import KEY_BYTES
from services.scheduler.loops.presence import VantagePoints
from services.scheduler.store.database import Database
from services.scheduler.store.migrate import migrate
from services.scheduler.store.secret_keys import secret_key

log = logger(__name__)

_RETRY_S: Final = 0.5
_READY_EVERY_S: Final = 1.0
_CURSOR_KEY: Final = "cursor"


class Dependencies:
    """What the scheduler needs to do its work, and whether each answers now."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.bus: Bus | None = None
        # Until it serves, a call would find nobody.
        self.server: RpcServer | None = None

    async def readiness(self) -> Readiness:
        """Tell which of them answers, and whether gRPC is served, as its own health says."""
        return {
            "grpc": self.server is not None and self.server.is_serving,
            "postgres": await self._database.answers(),
            "nats": self.bus is not None and self.bus.is_connected,
        }


async def prepared(
    database_url: str, database: Database, bus: Bus, vantage_points: VantagePoints
) -> bytes:
    """Make tables, streams and rows that are missing, as soon as both servers are up to it.

    Returns the key that cursors are signed with.
    """
    while True:
        try:
            await migrate(database_url)
            await vantage_points.learn()
            await bus.ensure_streams()
            async with database.session() as connection:
                fresh = secrets.token_bytes(KEY_BYTES)
                return await secret_key(connection, _CURSOR_KEY, fresh)
        except (Unavailable, BusUnavailable) as error:
            log.warning("waiting for Postgres and NATS", cause=error)
            await asyncio.sleep(_RETRY_S)


async def tell_ready(server: RpcServer, database: Database) -> None:
    """Tell whoever asks for gRPC health; calls are answered without the bus, not without rows."""
    while True:
        await server.told_ready(is_ready=await database.answers())
        await asyncio.sleep(_READY_EVERY_S)
