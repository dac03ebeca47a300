"""Answers probers that ask which of the checks they are at work on were cancelled.

The word that a check was cancelled is said once and may be lost; the row is the truth. While
Postgres is away nothing is known to be cancelled, and work goes on.
"""

import asyncio

from google.protobuf.message import DecodeError

from outscope.bus.connect import Bus
from outscope.bus.subjects import CANCELLED, SCHEDULERS
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from services.scheduler.store.database import Database
from services.scheduler.store.ends import cancelled_among

log = logger(__name__)


class CancelledChecks:
    """Knows which checks were cancelled."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus

    async def serve(self) -> None:
        """Answer for ever."""
        async with self._bus.answering(CANCELLED, SCHEDULERS, self.answer):
            await asyncio.Event().wait()

    async def answer(self, payload: bytes) -> bytes:
        """Return the answer to one question as it travels."""
        found: set[str] = set()
        try:
            asked = messages_pb2.CancelledRequest.FromString(payload)
            async with self._database.session() as connection:
                found = await cancelled_among(connection, list(asked.check_ids))
        except DecodeError as error:
            log.error("unreadable question", exception=error)  # noqa: TRY400 - ours has fields
        except Unavailable as error:
            log.warning("cannot tell what was cancelled now", cause=error)
        return messages_pb2.CancelledReply(check_ids=sorted(found)).SerializeToString()
