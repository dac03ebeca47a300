"""Says every few seconds that this prober is alive and fit, so that its vantage point is served."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from outscope import VERSION
from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from services.prober.fitness import Fitness

log = logger(__name__)

_NOT_OF_A_KEY: Final = re.compile(r"[^A-Za-z0-9_-]", re.ASCII)

PRESENCE_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What a prober says of itself that does not change."""

    vantage_point: str
    prober_id: str
    has_ipv6: bool
    concurrency: int
    tags: tuple[str, ...] = ()
    owner: str = ""


async def tell_presence(
    bus: Bus, presence: Presence, fitness: Fitness, *, every_s: float = PRESENCE_EVERY_S
) -> None:
    """Tell it until cancelled; while the bus is away nobody hears, and that is right."""
    key = f"{presence.vantage_point}.{prober_key(presence.prober_id)}"
    while True:
        message = messages_pb2.ProberPresence(
            vantage_point=presence.vantage_point,
            prober_id=presence.prober_id,
            version=VERSION,
            has_ipv6=presence.has_ipv6,
            concurrency=presence.concurrency,
            tags=presence.tags,
            owner=presence.owner,
            unfit=[
                messages_pb2.Unfitness(part=part, reason=reason)
                for part, reason in fitness.faults.items()
            ],
        ).SerializeToString()
        try:
            await bus.send(subjects.presence(presence.vantage_point), message)
            await bus.keep_present(key, message)
        except BusUnavailable as error:
            log.debug("cannot tell presence", reason=str(error))
        await asyncio.sleep(every_s)


def prober_key(prober_id: str) -> str:
    """Return a prober's id as a word of a key: a host name may have dots."""
    return _NOT_OF_A_KEY.sub("_", prober_id)
