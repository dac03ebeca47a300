"""Says every few seconds that this prober is alive, so that its vantage point counts as served."""

import asyncio
from typing import Final

from outscope import VERSION
from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2

log = logger(__name__)

PRESENCE_EVERY_S: Final = 3.0


async def tell_presence(
    bus: Bus,
    *,
    vantage_point: str,
    prober_id: str,
    concurrency: int,
    every_s: float = PRESENCE_EVERY_S,
) -> None:
    """Tell it until cancelled; while the bus is away nobody hears, and that is right."""
    message = messages_pb2.ProberPresence(
        vantage_point=vantage_point, prober_id=prober_id, version=VERSION, concurrency=concurrency
    ).SerializeToString()
    while True:
        try:
            await bus.send(subjects.presence(vantage_point), message)
        except BusUnavailable as error:
            log.debug("cannot tell presence", reason=str(error))
        await asyncio.sleep(every_s)
