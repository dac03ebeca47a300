"""Callers that never pause: each calls again as soon as it has its answer.

Law: who is refused for the time being (429, 503) is told apart from who is failed, and waits for as
long as Retry-After says, as a caller of manners does.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bench.caller import Reply
from bench.measurement import Measurement, percentile

_SUCCESSES: Final = range(200, 300)
_REFUSALS: Final = frozenset({429, 503})
_RETRY_S: Final = 1.0

# Given the number of a call; that of a caller's next one is greater by the number of callers.
Call = Callable[[int], Awaitable[Reply]]


@dataclass
class Seen:
    """How long calls took that succeeded, and how many were refused or failed."""

    latencies_s: list[float] = field(default_factory=list)
    refused: int = 0
    errors: int = 0
    elapsed_s: float = 0.0

    async def time(self, call: Awaitable[Reply]) -> Reply | None:
        """Time one call, and count it as what it is; None when there was no reply."""
        started_s = time.perf_counter()
        try:
            reply = await call
        except (ConnectionError, TimeoutError):
            self.errors += 1
            return None
        if reply.status in _SUCCESSES:
            self.latencies_s.append(time.perf_counter() - started_s)
        elif reply.status in _REFUSALS:
            self.refused += 1
        else:
            self.errors += 1
        return reply

    @property
    def per_s(self) -> float:
        """Calls that succeeded, by the second."""
        return len(self.latencies_s) / self.elapsed_s


async def call_for_a_while(call: Call, callers: int, for_s: float) -> Seen:
    """Let so many callers call."""
    seen = Seen()
    started_s = time.perf_counter()

    async def keep_calling(number: int) -> None:
        while (left_s := started_s + for_s - time.perf_counter()) > 0:
            reply = await seen.time(call(number))
            number += callers
            if reply is None or reply.status not in _SUCCESSES:
                told_s = reply.retry_after_s if reply else None
                await asyncio.sleep(min(_RETRY_S if told_s is None else told_s, left_s))

    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            group.create_task(keep_calling(number))
    seen.elapsed_s = time.perf_counter() - started_s
    return seen


def rows_of(
    name: str,
    seen: Seen,
    *,
    command: str,
    checks_a_call: int = 1,
    peer: Seen | None = None,
    note: str = "",
) -> Iterator[Measurement]:
    """Return rate and latencies, beside the same of a yardstick; and what was not answered well."""
    figures: list[tuple[str, float, str, float | None]] = [
        ("per_s", seen.per_s * checks_a_call, "checks/s", peer.per_s if peer else None)
    ]
    for figure, share in (("p50_ms", 0.5), ("p99_ms", 0.99), ("p99_9_ms", 0.999)):
        beside = _latency_ms(peer, share) if peer else None
        figures.append((figure, _latency_ms(seen, share), "ms", beside))
    figures += [("refused", seen.refused, "calls", None), ("errors", seen.errors, "calls", None)]
    for figure, value, unit, beside in figures:
        yield Measurement(
            name=f"{name}_{figure}",
            value=value,
            unit=unit,
            command=command,
            runs=len(seen.latencies_s),
            peer=beside,
            note=note if figure == "per_s" else "",
        )


def _latency_ms(seen: Seen, share: float) -> float:
    return percentile(seen.latencies_s or [0.0], share) * 1000
