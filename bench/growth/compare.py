"""Measures each call on a database with few checks, and again when it has very many."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.children import CORES, serving
from bench.growth.buffers import Meter, connect_meter
from bench.growth.calls import BATCH, Calls, Costs
from bench.growth.rows import fill
from bench.measurement import Measurement
from bench.mode import Mode
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from services.scheduler.store.database import open_database
from services.scheduler.store.migrate import migrate

_COMMAND: Final = "make bench B=growth"
_READY_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.1


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return what each call costs with very many checks, beside few: pages touched, and time."""
    async with _served_postgres(folder) as url:
        await migrate(url)
        await fill(url, 0, mode.few_checks)
        few = await costs_with(url, mode.few_checks, mode.call_rounds)
        await fill(url, mode.few_checks, mode.many_checks - mode.few_checks)
        many = await costs_with(url, mode.many_checks, mode.call_rounds)
    note = f"{mode.many_checks} checks, beside {mode.few_checks}; calls on checks by {BATCH}"
    return [
        Measurement(
            name=f"growth.{name}{suffix}",
            value=value(many[name]),
            unit=unit,
            command=_COMMAND,
            runs=mode.call_rounds,
            peer=value(few[name]),
            note=note,
        )
        for name in few
        for suffix, unit, value in (("", "pages", _pages), ("_ms", "ms", _ms))
    ]


async def costs_with(url: str, checks: int, rounds: int) -> dict[str, Costs]:
    """Return what each call costs on a database that has been filled with so many checks."""
    async with open_database(url) as database:
        meter = await connect_meter(url)
        try:
            return await Calls(Meter(database, meter), checks).measure(rounds)
        finally:
            await meter.close()


def _pages(costs: Costs) -> float:
    return costs.buffers


def _ms(costs: Costs) -> float:
    return costs.ms


@asynccontextmanager
async def _served_postgres(folder: Path) -> AsyncIterator[str]:
    """Serve a Postgres that nobody else uses; yields the URL of its database."""
    server = Postgres(folder=folder / "postgres", port=free_port(), password="bench", durable=False)
    server.prepare()
    async with serving(server.command(), cores=frozenset(CORES), log=folder / "postgres.log"):
        async with asyncio.timeout(_READY_S):
            while not server.is_ready():  # noqa: ASYNC110 - it says so in a file, and nobody else
                await asyncio.sleep(_LOOK_EVERY_S)
        yield server.url("postgres")
