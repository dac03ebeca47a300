"""A system with two of everything, its servers behind proxies, and the world it looks at."""

import asyncio
import contextlib
import json
import os
import random
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from deploy.local.nats import Nats
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from tests.backends import ServerProcess
from tests.chaos.clocks import Clocks
from tests.chaos.hooks import Hook, serving_hooks
from tests.chaos.load import Site
from tests.chaos.proxy import Proxy, a_proxy
from tests.e2e import town
from tests.e2e.running import System, running_system

VANTAGES: Final = ("eu-west-1", "us-east-1")
# The target is to be healthy whatever the machine is busy with: one that really is silent for
# seconds is rightly told to be so.
_NICENESS_OF_TOWN: Final = -10
_PASSWORD: Final = "chaos"
S = TypeVar("S", Postgres, Nats)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that can be broken, and all that tells what came of it."""

    system: System
    postgres: ServerProcess[Postgres]
    nats: ServerProcess[Nats]
    proxies: dict[str, Proxy]
    hooks: list[Hook]
    site: Site
    clocks: Clocks
    # Of each server: held while something is done to it.
    turns: dict[str, asyncio.Lock]


@asynccontextmanager
async def a_world(folder: Path, seed: int) -> AsyncIterator[World]:
    """Start everything below folder, and stop it when the context ends."""
    async with AsyncExitStack() as stack:
        postgres = await _started(
            stack, Postgres(folder=folder / "postgres", port=free_port(), password=_PASSWORD)
        )
        nats = await _started(
            stack, Nats(folder=folder / "nats", port=free_port(), password=_PASSWORD)
        )
        draw = random.Random(seed)
        proxies = {
            "postgres": await stack.enter_async_context(a_proxy(postgres.server.port, draw)),
            "nats": await stack.enter_async_context(a_proxy(nats.server.port, draw)),
        }
        ports = await stack.enter_async_context(_town(folder / "town"))
        hooks = await stack.enter_async_context(serving_hooks())
        clocks = await asyncio.to_thread(Clocks.built, folder / "clocks")
        system = await _system(
            stack,
            folder / "system",
            _options(ports, folder / "town"),
            {
                "DATABASE_URL": _through(postgres.server.url(), proxies["postgres"]),
                "NATS_URL": _through(nats.server.url(), proxies["nats"]),
                **clocks.settings,
            },
        )
        yield World(
            system=system,
            postgres=postgres,
            nats=nats,
            proxies=proxies,
            hooks=hooks,
            site=Site(ports=(ports["http"], ports["https"]), vantages=VANTAGES),
            clocks=clocks,
            turns={name: asyncio.Lock() for name in proxies},
        )


async def _started(stack: AsyncExitStack, server: S) -> ServerProcess[S]:
    process = ServerProcess(server, server.folder.with_suffix(".log"))
    stack.callback(process.kill)
    await asyncio.to_thread(process.start)
    return process


def _through(url: str, proxy: Proxy) -> str:
    """Return a URL by way of a proxy."""
    parts = urlsplit(url)
    user, _, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}").geturl()


@asynccontextmanager
async def _town(folder: Path) -> AsyncIterator[dict[str, int]]:
    await asyncio.to_thread(folder.mkdir)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(town.__file__), str(folder), stdout=PIPE
    )
    assert process.stdout is not None
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS_OF_TOWN)
    try:
        yield json.loads(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


def _options(ports: dict[str, int], town_folder: Path) -> list[str]:
    replicas = [f"--vantage={name}:2" for name in VANTAGES]
    replicas += ["--schedulers=2", "--gateways=2", "--notifiers=2"]
    world = [f"--resolver=127.0.0.1:{ports['dns']}", "--allow-net=127.0.0.0/8"]
    return [*replicas, *world, f"--ca-file={town_folder / 'ca.pem'}"]


async def _system(
    stack: AsyncExitStack, folder: Path, options: list[str], settings: dict[str, str]
) -> System:
    """Start it in a thread: it answers through proxies that this loop serves."""
    running = running_system(folder, *options, **settings)
    system = await asyncio.to_thread(running.__enter__)
    stack.push_async_callback(asyncio.to_thread, running.__exit__, None, None, None)
    return system
