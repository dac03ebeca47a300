"""Measures the prober's engine beside curl, and the whole prober beside blackbox, in turns."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from bench.measurement import Measurement, compared
from bench.mode import Mode
from bench.prober.blackbox import blackbox, blackbox_program
from bench.prober.curl import curl_is_here, curl_rate
from bench.prober.engine import engine_rate
from bench.prober.rate import Rate
from bench.prober.whole import whole_prober
from bench.targets.serving import Targets, serving_targets

_CONCURRENCY: Final = 100
_COMMAND: Final = "make bench B=prober"
_UNIT: Final = "hosts/s/core"

Round = Callable[[], Awaitable[Rate]]


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return both comparisons."""
    async with serving_targets(mode.hosts, folder) as targets:
        known = list(targets.names)
        names = [known[number % len(known)] for number in range(mode.hosts_per_round)]
        return [
            await _engine_beside_curl(mode, targets, names, folder),
            await _whole_beside_blackbox(mode, targets, names, folder),
        ]


async def _engine_beside_curl(
    mode: Mode, targets: Targets, names: Sequence[str], folder: Path
) -> Measurement:
    is_here = curl_is_here()
    ours, theirs = await _in_turns(
        mode.rounds,
        lambda: engine_rate(targets, names, _CONCURRENCY, folder),
        (lambda: curl_rate(targets, names, _CONCURRENCY, folder)) if is_here else None,
    )
    peer = "curl -Z makes no look-ups and no verdict" if is_here else "no curl here"
    return compared(
        "prober.engine.vs_curl",
        ours,
        theirs,
        unit=_UNIT,
        command=_COMMAND,
        note=f"targets by {targets.server}; {peer}",
    )


async def _whole_beside_blackbox(
    mode: Mode, targets: Targets, names: Sequence[str], folder: Path
) -> Measurement:
    program = blackbox_program()
    async with AsyncExitStack() as stack:
        prober = await stack.enter_async_context(whole_prober(targets, _CONCURRENCY, folder))
        their_round: Round | None = None
        if program:
            exporter = await stack.enter_async_context(
                blackbox(program, targets, _CONCURRENCY, folder)
            )
            their_round = lambda: exporter.rate(targets, names)  # noqa: E731 - it closes over both
        # The first hosts of a new process are not those it is judged by.
        await prober.rate(targets, names[:50])
        ours, theirs = await _in_turns(
            mode.rounds, lambda: prober.rate(targets, names), their_round
        )
    peer = "blackbox makes no look-ups and no verdict" if program else "no blackbox exporter here"
    return compared(
        "prober.whole.vs_blackbox",
        ours,
        theirs,
        unit=_UNIT,
        command=_COMMAND,
        note=f"targets by {targets.server}; jobs and reports over NATS; {peer}",
    )


async def _in_turns(
    rounds: int, our_round: Round, their_round: Round | None
) -> tuple[list[float], list[float]]:
    """Run both sides one after the other, so that what else the machine does meets both."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        ours.append((await our_round()).per_core_second)
        if their_round is not None:
            theirs.append((await their_round()).per_core_second)
    return ours, theirs
