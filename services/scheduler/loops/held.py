"""Asks the bus which jobs it still holds, or has them deleted, several at a time."""

import asyncio
from collections.abc import Sequence
from typing import Final

from outscope.bus.connect import Bus

_AT_ONCE: Final = 32


async def held_on_bus(
    bus: Bus, stream: str, placed: Sequence[tuple[int | None, str]]
) -> list[bool]:
    """Tell of each sequence and message id whether the stream holds it; raises BusUnavailable."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def is_held(sequence: int | None, message_id: str) -> bool:
        if sequence is None:
            return False
        async with room:
            return await bus.holds(stream, sequence, message_id)

    return list(await asyncio.gather(*(is_held(*each) for each in placed)))


async def delete_from_bus(bus: Bus, stream: str, placed: Sequence[tuple[int | None, str]]) -> None:
    """Delete messages by sequence and id where they are still there; raises BusUnavailable."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def delete(sequence: int, message_id: str) -> None:
        async with room:
            await bus.delete(stream, sequence, message_id)

    await asyncio.gather(
        *(delete(sequence, each) for sequence, each in placed if sequence is not None)
    )
