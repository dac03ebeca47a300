"""One run: load, faults, calm, and the reckoning."""

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from tests.chaos.faults import suffer
from tests.chaos.hooks import WATCHED, Hook, Manner
from tests.chaos.illness import fall_ill_in_turns, recovered, states_found
from tests.chaos.ledger import EVENT_OF, Outcome, broken_promises, failures
from tests.chaos.load import Load
from tests.chaos.plan import Fault, plan
from tests.chaos.resources import MEBIBYTE, Held, grown, held_by
from tests.chaos.world import World, a_world
from tests.e2e.running import REPOSITORY, System

_WARM_UP_S: Final = 8.0
_CALM_WITHIN_S: Final = 180.0
_TOLD_WITHIN_S: Final = 180.0
# Pools give back what they do not need, what had ended is started again, and connections to
# endpoints, kept for fifteen seconds, are closed.
_REST_S: Final = 18.0
_AT_ONCE: Final = 4
_POLL_S: Final = 1.0


@dataclass
class Run:
    """A world, a plan, and what is seen."""

    folder: Path
    seed: int
    faults: int
    findings: list[str] = field(default_factory=list)
    accepted: dict[str, float] = field(default_factory=dict)
    cancelled: dict[str, str] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    async def whole(self) -> list[str]:
        """Return every promise that was broken."""
        self.say(f"seed {self.seed}, {self.faults} faults; starting two of everything")
        async with a_world(self.folder, self.seed) as world:
            await _subscribe(world)
            await self._under_load(world, asyncio.sleep(_WARM_UP_S))
            before = await self._calm(world)
            self.say(f"warm after {len(self.accepted)} checks; now the faults")
            await self._under_load(world, self._suffer_all(world))
            after = await self._calm(world)
            self.findings += grown(before, after)
            self.findings += await states_found(world.system, world.hooks)
            outcome = await self._outcome(world)
            await self._recover(world, outcome)
            self.findings += broken_promises(self.accepted, outcome, world.hooks)
            self.findings += await _audit(world)
            self._tell(world, before, after)
        return self.findings

    def say(self, line: str) -> None:
        """Print a line with the seconds since the start."""
        sys.stdout.write(f"{time.monotonic() - self._began:7.1f}  {line}\n")
        sys.stdout.flush()

    async def _under_load(self, world: World, work: Awaitable[None]) -> None:
        """Keep creating checks until the work is done, and until each has its answer."""
        system = world.system
        load = Load(system.rest, system.api_key, world.site, random.Random(self.seed))
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            await work
            load.stop()
        self.accepted |= load.accepted
        self.cancelled |= load.cancelled
        self.findings += load.refused
        if load.retries:
            told = ", ".join(f"{times} x {what}" for what, times in load.retries.most_common())
            self.say(f"asked again after: {told}")

    async def _suffer_all(self, world: World) -> None:
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(fall_ill_in_turns(world.system, world.hooks, over))
            await self._suffer_each(world)
            over.set()

    async def _suffer_each(self, world: World) -> None:
        places = asyncio.Semaphore(_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for number, fault in enumerate(plan(self.seed, self.faults), 1):
                await asyncio.sleep(fault.after_s)
                await places.acquire()
                group.create_task(self._suffer(world, number, fault, places))

    async def _suffer(
        self, world: World, number: int, fault: Fault, places: asyncio.Semaphore
    ) -> None:
        try:
            self.say(f"{number:4}  {fault}: {await suffer(world, fault)}")
        finally:
            places.release()

    async def _calm(self, world: World) -> dict[str, Held]:
        """Wait until all has ended and been told; return what the processes hold then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CALM_WITHIN_S):
                while await _pending(world.system):
                    await asyncio.sleep(_POLL_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TOLD_WITHIN_S):
                well = [hook for hook in world.hooks if hook.manner is Manner.WELL]
                while any(len(hook.told) < len(self.accepted) for hook in well):
                    await asyncio.sleep(_POLL_S)
        await asyncio.sleep(_REST_S)
        return held_by(world.system)

    async def _outcome(self, world: World) -> Outcome:
        checks = [each async for each in world.system.all_checks()]
        return Outcome(
            statuses=[(each["id"], each["status"]) for each in checks],
            names={each["id"]: each["fqdn"] for each in checks},
            cancelled=self.cancelled,
        )

    async def _recover(self, world: World, outcome: Outcome) -> None:
        watched = {each for each, name in outcome.names.items() if name.endswith(WATCHED)}

        def is_told(hook: Hook) -> bool:
            return watched <= hook.told.keys()

        asked = await recovered(world.system, world.hooks, is_told, _TOLD_WITHIN_S)
        told = ", ".join(f"{count} of the one that {manner}" for manner, count in asked.items())
        self.say(f"sent again because somebody asked: {told}")

    def _tell(self, world: World, before: dict[str, Held], after: dict[str, Held]) -> None:
        first = world.hooks[0]
        took = sorted(first.at[each] - at for each, at in self.accepted.items() if each in first.at)
        self.say(f"{len(self.accepted)} checks accepted, {len(took)} told of")
        stopped = list(self.cancelled.values()).count("cancelled")
        self.say(f"{len(self.cancelled)} asked to be cancelled, {stopped} of them were in time")
        if took:
            p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
            self.say(
                f"accepted to told: p50 {p50:.2f} s, p99 {p99:.2f} s, slowest {took[-1]:.1f} s"
            )
        for reason, count in failures(self.accepted, world.hooks).most_common():
            self.say(f"failed: {count} x {reason}")
        for number, hook in enumerate(world.hooks):
            again = hook.posts - sum(len(events) for events in hook.told.values())
            self.say(
                f"webhook {number}, {hook.manner}: {hook.posts} requests, {again} of them refused "
                f"or sent again, ill {hook.spells} times"
            )
        for role, held in after.items():
            memory = f"{before[role].memory // MEBIBYTE} -> {held.memory // MEBIBYTE} MiB"
            descriptors = f"{before[role].descriptors} -> {held.descriptors} descriptors"
            self.say(f"{role}: {memory}, {descriptors}")


async def _subscribe(world: World) -> None:
    for hook in world.hooks:
        body = {"url": hook.url, "events": sorted(EVENT_OF.values())}
        if hook.only:
            body["fqdn"] = f"*{hook.only}"
        status, answer = await world.system.call("POST", "/v1/webhooks", body)
        if status != 201:
            raise RuntimeError(f"cannot subscribe: {status} {answer}")
        hook.id, hook.secret = answer["id"], answer["secret"]


async def _pending(system: System) -> bool:
    """Tell whether a check has not ended; a system that cannot be asked is not calm either."""
    try:
        status, page = await system.call("GET", "/v1/checks?status=pending&limit=1")
    except (aiohttp.ClientError, TimeoutError):
        return True
    return status != 200 or bool(page["data"])


async def _audit(world: World) -> list[str]:
    """Let the scheduler's own audit look at the database and the bus."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.scheduler", "audit"),
        cwd=REPOSITORY,
        env={
            **os.environ,
            "DATABASE_URL": world.postgres.server.url(),
            "NATS_URL": world.nats.server.url(),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    if process.returncode == 0:
        return []
    return [f"audit: {line}" for line in told.decode(errors="replace").splitlines()]
