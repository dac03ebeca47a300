"""Repeats a step for ever, at once while there is more to do, patiently while a part is away."""

import asyncio
from collections.abc import Awaitable, Callable

from outscope.bus.publish import BusUnavailable
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger

log = logger(__name__)


async def repeat(
    name: str, step: Callable[[], Awaitable[bool]], *, every_s: float, pause_s: float = 0.0
) -> None:
    """Run step again and again; it tells whether there is more to do, at once or after pause_s."""
    while True:
        is_more = False
        try:
            is_more = await step()
        except (Unavailable, BusUnavailable) as error:
            log.warning("cannot go on now", loop=name, cause=error)
        if not is_more or pause_s:
            await asyncio.sleep(pause_s if is_more else every_s)
