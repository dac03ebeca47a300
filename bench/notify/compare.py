"""Deliveries per second and core to 1,000 endpoints, beside a plain loop that posts the same.

Ours are events of checks, from Postgres by way of NATS: asked for, signed, posted, reported and
recorded. A round of ours is followed by one of the plain loop.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
import psutil

from bench.children import CORES, cpu_s_of, finished, first_line, module_command, serving
from bench.measurement import Measurement, compared
from bench.mode import Mode
from bench.notify.endpoints import endpoint_url
from bench.system import System, running_system
from bench.targets.serving import Targets, serving_targets
from deploy.local.ports import free_port

_COMMAND: Final = "make bench B=notify"
_ROLES: Final = ("notifier", "scheduler", "nats")
_AN_ACCOUNT: Final = 100  # webhooks it may have
_AT_ONCE: Final = 100
_KEPT: Final = 100
# Without a single post; what goes on, however slowly, comes to its end.
_PATIENCE_S: Final = 60.0
# A check that fails on a busy machine is an event like any other.
_EVENTS: Final = ("check.*",)
_LOOK_EVERY_S: Final = 0.1
_CREATED: Final = 201


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Deliveries a second: of processor time of the notifier, and as time goes by."""

    per_core: list[float] = field(default_factory=list)
    per_s: list[float] = field(default_factory=list)


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return both rates of ours beside those of the plain loop."""
    port, kept = free_port(), folder / "posts.jsonl"
    receiver = module_command("bench.notify.receiver", port, kept, _KEPT)
    ours, plain = Rounds(), Rounds()
    used: dict[str, float] = dict.fromkeys(_ROLES, 0.0)
    deliveries = mode.endpoints * mode.events
    async with (
        serving(receiver, cores=frozenset(CORES)) as endpoints,
        serving_targets(mode.hosts, folder) as targets,
        running_system(folder / "notify", probers=1, targets=targets) as system,
    ):
        await first_line(endpoints)
        accounts = await _subscribed(system, mode.endpoints, port)
        await _delivered(system, targets, accounts, port, 1)  # what is lazy is made
        for _ in range(mode.delivery_rounds):
            before = _cpu_s(system)
            elapsed_s = await _delivered(system, targets, accounts, port, mode.events)
            spent = {role: cpu_s - before[role] for role, cpu_s in _cpu_s(system).items()}
            used = {role: used[role] + spent[role] for role in _ROLES}
            ours.per_core.append(deliveries / spent["notifier"])
            ours.per_s.append(deliveries / elapsed_s)
            took = await _plain(kept, port, mode.endpoints, deliveries)
            plain.per_core.append(deliveries / took["cpu_s"])
            plain.per_s.append(deliveries / took["elapsed_s"])
    return list(_rows(ours, plain, used, deliveries * mode.delivery_rounds))


async def _subscribed(system: System, endpoints: int, port: int) -> dict[str, int]:
    """Register the endpoints; return a key of each account that takes, and how many it has."""
    keys: dict[str, int] = {}
    for first in range(0, endpoints, _AN_ACCOUNT):
        account = await system.new_account(f"notify {first}")
        key = str(account["secret"])
        numbers = range(first, min(first + _AN_ACCOUNT, endpoints))
        for number in numbers:
            webhook = {"url": endpoint_url(number, port), "events": list(_EVENTS)}
            await _create(system, "/v1/webhooks", webhook, key)
        keys[key] = len(numbers)
    return keys


async def _create(system: System, path: str, body: object, key: str) -> None:
    headers = {"x-api-key": key}
    async with system.session.post(path, json=body, headers=headers) as response:
        if response.status != _CREATED:
            raise RuntimeError(f"POST {path} answered {response.status}")


async def _delivered(
    system: System, targets: Targets, keys: Mapping[str, int], port: int, events: int
) -> float:
    """Have checks completed; return the seconds until every event was posted to every endpoint."""
    loop = asyncio.get_running_loop()
    wanted = await _posts(port)
    checks = [
        {"fqdn": name, "ports": list(targets.ports), "discovery": "off"}
        for name in list(targets.names)[:events]
    ]
    started_s = loop.time()
    for key in keys:
        await _create(system, "/v1/checks/batch", {"checks": checks}, key)
    await _posted(port, wanted + events * sum(keys.values()))
    return loop.time() - started_s


async def _posted(port: int, wanted: int) -> None:
    """Wait for so many posts; raise RuntimeError when none comes any more."""
    loop = asyncio.get_running_loop()
    seen, seen_s = await _posts(port), loop.time()
    while seen < wanted:
        await asyncio.sleep(_LOOK_EVERY_S)
        posts = await _posts(port)
        if posts > seen:
            seen, seen_s = posts, loop.time()
        elif loop.time() - seen_s > _PATIENCE_S:
            raise RuntimeError(
                f"{seen} of {wanted} posts have come, and none for {_PATIENCE_S:.0f} s"
            )


async def _posts(port: int) -> int:
    """Return how many posts the endpoints have had."""
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    async with aiohttp.request("GET", endpoint_url(0, port), timeout=timeout) as response:
        return int(await response.text())


async def _plain(file: Path, port: int, endpoints: int, count: int) -> dict[str, float]:
    """Return the processor time and the time that the plain loop takes for as many."""
    command = module_command("bench.notify.plain", file, port, endpoints, count, _AT_ONCE)
    ended = await finished(command, cores=frozenset(CORES))
    took: dict[str, float] = json.loads(ended.stdout)
    return took


def _cpu_s(system: System) -> dict[str, float]:
    return {
        role: sum(cpu_s_of(psutil.Process(pid)) for pid in system.pids(role)) for role in _ROLES
    }


def _rows(
    ours: Rounds, plain: Rounds, used: Mapping[str, float], deliveries: int
) -> Iterator[Measurement]:
    yield compared(
        "notify.per_core",
        ours.per_core,
        plain.per_core,
        unit="deliveries/s/core",
        command=_COMMAND,
        note="processor time of the notifier: asked for, signed, posted, reported; "
        "beside a plain aiohttp loop",
    )
    yield compared(
        "notify.whole",
        ours.per_s,
        plain.per_s,
        unit="deliveries/s",
        command=_COMMAND,
        note="as time goes by, from the checks' creation to the last post; "
        "prober, scheduler, Postgres, NATS and endpoints share the machine",
    )
    for role in _ROLES:
        yield Measurement(
            name=f"notify.{role}_ms",
            value=used[role] / deliveries * 1000,
            unit="ms/delivery",
            command=_COMMAND,
            runs=len(ours.per_s),
            note="processor time",
        )
