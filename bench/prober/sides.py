"""Everything that can be measured here: ours, the peers that are installed, the limit."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.prober.blackbox import blackbox, blackbox_program
from bench.prober.curl import curl_is_here, curl_rate
from bench.prober.engine import engine_rate
from bench.prober.nmap import nmap_program, nmap_rate
from bench.prober.own_lookups import lookups_at
from bench.prober.rate import Rate
from bench.prober.whole import whole_prober
from bench.prober.yardstick import yardstick_program, yardstick_rate
from bench.targets.serving import Targets

CONCURRENCY: Final = 100
# nmap is the slow one, and its share of a round needs no more to be known.
_NMAP_SHARE: Final = 4
_LOOKING_UP: Final = frozenset({"curl", "blackbox"})

Round = Callable[[], Awaitable[Rate]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What one round of each costs, by its name, and the look-ups of a round by the limit's means.

    What is not installed is missing.
    """

    rounds: dict[str, Round]
    lookups: Round | None
    # The peers that make look-ups of their own, as many as ours.
    looking_up: frozenset[str]


@asynccontextmanager
async def sides(targets: Targets, names: Sequence[str], folder: Path) -> AsyncIterator[Sides]:
    """Have every side ready, servers running, while the context is open."""
    async with AsyncExitStack() as stack:
        whole = await stack.enter_async_context(whole_prober(targets, CONCURRENCY, folder))
        prefix = await lookups_at(targets, folder)
        # The first hosts of a new process are not those it is judged by.
        await whole.rate(targets, names[:50])
        rounds: dict[str, Round] = {
            "engine": lambda: engine_rate(targets, names, CONCURRENCY, folder),
            "whole": lambda: whole.rate(targets, names),
        }
        if curl_is_here():
            rounds["curl"] = lambda: curl_rate(targets, names, CONCURRENCY, folder, prefix)
        if exporter_program := blackbox_program():
            exporter = await stack.enter_async_context(
                blackbox(exporter_program, targets, CONCURRENCY, folder, prefix)
            )
            rounds["blackbox"] = lambda: exporter.rate(targets, names)
        if scanner := nmap_program():
            some = names[: max(1, len(names) // _NMAP_SHARE)]
            rounds["nmap"] = lambda: nmap_rate(scanner, targets, some, CONCURRENCY, folder)
        limit = await yardstick_program(folder)
        lookups: Round | None = None
        if limit:
            rounds["yardstick"] = lambda: yardstick_rate(limit, targets, names, CONCURRENCY)
            lookups = lambda: yardstick_rate(  # noqa: E731 - it closes over the program
                limit, targets, names, CONCURRENCY, only_lookups=True
            )
        yield Sides(
            rounds=rounds, lookups=lookups, looking_up=_LOOKING_UP if prefix else frozenset()
        )
