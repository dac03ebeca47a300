"""The whole system under callers that never pause: 1, 8, 64 and 256 of them at once.

Each figure stands beside uvicorn and Starlette alone, called by as many of the same callers on the
same cores in the same run: the ratio says more of us than the rate, which the machine decides.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.bare.yardsticks import Yardstick, bare_post, bare_unary
from bench.caller import Caller, Reply, callers_of, request_bytes
from bench.calling import Call, Seen, call_for_a_while, rows_of
from bench.measurement import Measurement
from bench.mode import Mode
from bench.spent import Spent, spent_by
from bench.system import System, running_system
from bench.targets.serving import Targets, serving_targets

_COMMAND: Final = "make bench B=load"
_CALLERS: Final = (1, 8, 64, 256)
_BATCH: Final = 100
_OK: Final = 200
_WAIT_S: Final = 60
_READ_EVERY_S: Final = 0.02
# The rate of creating that is asked for, at which reading is measured.
_PACED_PER_S: Final = 5000
# More is created than is carried out: no bound of what may wait is to be met.
_ANY_NUMBER_WAITS: Final = {"OUTSCOPE_MAX_WAITING": "0"}

Checks = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A system, the connections to it, and what is asked of it."""

    system: System
    callers: Sequence[Caller]
    spec: Checks

    async def call(self, number: int, method: str, path: str, asked: object = None) -> Reply:
        """Make one call on the connection of its caller."""
        body = b"" if asked is None else json.dumps(asked).encode()
        headers = (("x-api-key", self.system.api_key),)
        request = request_bytes(method, path, headers, body)
        return await self.callers[number % len(self.callers)].call(request)

    async def create(self, number: int) -> Reply:
        """Create one check."""
        return await self.call(number, "POST", "/v1/check", self.spec(number))

    async def create_many(self, number: int) -> Reply:
        """Create a batch."""
        checks = [self.spec(number * _BATCH + item) for item in range(_BATCH)]
        return await self.call(number, "POST", "/v1/checks/batch", {"checks": checks})

    async def carry_out(self, number: int) -> Reply:
        """Create one check, and wait for it to be completed in as few requests as there can be."""
        created = await self.create(number)
        if "id" not in (answer := json.loads(created.body)):
            return created
        while True:
            path = f"/v1/check/{answer['id']}?wait={_WAIT_S}"
            shown = await self.call(number, "GET", path)
            status = json.loads(shown.body).get("status") if shown.status == _OK else None
            if status != "pending":
                return shown if status in {None, "completed"} else Reply(0, shown.body)


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return rate, latency and errors of creating alone, and of checks from end to end."""
    bare = {callers: await bare_post(callers, mode.load_s / 2) for callers in _CALLERS}
    rows = [*_bare_rows("bare_post", bare)]
    unary = {callers: await bare_unary(callers, mode.load_s / 2) for callers in _CALLERS}
    rows += _bare_rows("bare_unary", unary)
    async with running_system(
        folder / "load-create", probers=0, settings=_ANY_NUMBER_WAITS
    ) as system:
        rows += await _creating(system, mode, bare)
    async with (
        serving_targets(mode.hosts, folder) as targets,
        running_system(
            folder / "load-e2e", probers=1, targets=targets, settings=_ANY_NUMBER_WAITS
        ) as system,
    ):
        rows += await _from_end_to_end(system, targets, mode, bare)
    return rows


async def _creating(system: System, mode: Mode, bare: Mapping[int, Yardstick]) -> list[Measurement]:
    def spec(number: int) -> object:
        return {"fqdn": f"host{number:04}.bench.test"}

    rows: list[Measurement] = []
    for callers in _CALLERS:
        load = await _load(system, callers, spec)
        seen, spent = await _measured(load, load.create, callers, mode.load_s)
        name = f"load.single.c{callers}"
        rows += _rows(name, seen, spent, bare[callers], note="no prober runs")
    for callers in _CALLERS:
        load = await _load(system, callers, spec)
        seen, spent = await _measured(load, load.create_many, callers, mode.load_s)
        note = f"{_BATCH} checks a call; no prober runs"
        name = f"load.batch.c{callers}"
        rows += _rows(name, seen, spent, bare[callers], checks_a_call=_BATCH, note=note)
    return rows


async def _from_end_to_end(
    system: System, targets: Targets, mode: Mode, bare: Mapping[int, Yardstick]
) -> list[Measurement]:
    names = list(targets.names)

    def spec(number: int) -> object:
        fqdn = names[number % len(names)]
        return {"fqdn": fqdn, "ports": list(targets.ports), "discovery": "off"}

    rows: list[Measurement] = []
    for callers in _CALLERS:
        load = await _load(system, callers, spec)
        seen, spent = await _measured(load, load.carry_out, callers, mode.load_s)
        note = "POST, then one GET that waits for the end; two ports, TLS, one path"
        rows += _rows(f"load.e2e.c{callers}", seen, spent, bare[callers], note=note)
    for name, per_s in (("load.get_paced", _PACED_PER_S), ("load.get", None)):
        reads, created = await _reads_under_load(system, spec, mode, per_s)
        rate = len(created.latencies_s) * _BATCH / created.elapsed_s
        note = f"GET of one check while 8 callers create {rate:,.0f} checks a second in batches"
        rows += rows_of(name, reads, command=_COMMAND, note=note)
    return rows


async def _load(system: System, callers: int, spec: Checks) -> Load:
    return Load(system=system, callers=await callers_of(system.url, callers), spec=spec)


async def _measured(load: Load, call: Call, callers: int, for_s: float) -> tuple[Seen, Spent]:
    before = spent_by(load.system)
    seen = await call_for_a_while(call, callers, for_s)
    spent = spent_by(load.system).since(before)
    for caller in load.callers:
        caller.close()
    return seen, spent


async def _reads_under_load(
    system: System, spec: Checks, mode: Mode, per_s: int | None
) -> tuple[Seen, Seen]:
    """Read one check at a steady pace while batches are created; return what both saw.

    So many checks a second are created, or as many as can be.
    """
    reader = await _load(system, 1, spec)
    one = json.loads((await reader.create(0)).body)["id"]
    load = await _load(system, 8, spec)
    create = load.create_many if per_s is None else _paced(load.create_many, per_s / _BATCH)
    creating = asyncio.create_task(call_for_a_while(create, 8, mode.load_s))
    seen = await _until_done(creating, lambda: reader.call(0, "GET", f"/v1/check/{one}"))
    created = await creating
    seen.elapsed_s = created.elapsed_s
    return seen, created


def _paced(call: Call, per_s: float) -> Call:
    """Return a call that waits for its turn, of which so many come in a second."""
    begin_s = asyncio.get_running_loop().time()

    async def in_turn(number: int) -> Reply:
        await asyncio.sleep(begin_s + number / per_s - asyncio.get_running_loop().time())
        return await call(number)

    return in_turn


async def _until_done(creating: asyncio.Task[Seen], read: Callable[[], Awaitable[Reply]]) -> Seen:
    seen = Seen()
    while not creating.done():
        await seen.time(read())
        await asyncio.sleep(_READ_EVERY_S)
    return seen


def _rows(
    name: str,
    seen: Seen,
    spent: Spent,
    bare: Yardstick,
    *,
    checks_a_call: int = 1,
    note: str,
) -> Iterator[Measurement]:
    yield from rows_of(
        name, seen, command=_COMMAND, checks_a_call=checks_a_call, peer=bare.seen, note=note
    )
    checks = max(1, len(seen.latencies_s) * checks_a_call)
    yield Measurement(
        name=f"{name}_cpu_ms",
        value=spent.ours_s / checks * 1000,
        unit="ms/check",
        command=_COMMAND,
        runs=checks,
        peer=bare.cpu_ms_a_call,
        note=f"processor time: {spent.shares()}",
    )


def _bare_rows(name: str, bare: Mapping[int, Yardstick]) -> Iterator[Measurement]:
    for callers, yardstick in bare.items():
        yield Measurement(
            name=f"load.{name}.c{callers}_per_s",
            value=yardstick.seen.per_s,
            unit="calls/s",
            command=_COMMAND,
            runs=len(yardstick.seen.latencies_s),
            note=f"{yardstick.cpu_ms_a_call:.3f} ms of processor time a call at its server",
        )
