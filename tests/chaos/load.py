"""A steady load of batches and single checks, and what the system accepted of it.

Law: a request is sent under the same idempotency key until it has a final answer, so that each
check that was meant exists exactly once, whatever dies in between.
"""

import asyncio
import random
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

Json = dict[str, Any]

_BATCH: Final = 20
_BATCH_EVERY_S: Final = 1.0
_SINGLE_EVERY_S: Final = 0.25
_GIVE_UP_S: Final = 180.0
_ONE_TRY_S: Final = 20.0
_PAUSE_S: Final = 0.3
_SERVER_ERROR: Final = 500
_CREATED: Final = 201


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A healthy target: its ports, and the vantage points that look at it."""

    ports: tuple[int, ...]
    vantages: tuple[str, ...]


@dataclass
class Load:
    """Creates checks until it is told to stop; remembers every one that was accepted."""

    rest: str
    api_key: str
    site: Site
    draw: random.Random
    accepted: dict[str, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    retries: Counter[str] = field(default_factory=Counter)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _sent: int = 0

    def stop(self) -> None:
        """Begin nothing new; what is under way is finished."""
        self._stopping.set()

    async def run(self) -> None:
        """Return when stopped and every request has its answer."""
        headers = {"x-api-key": self.api_key}
        timeout = aiohttp.ClientTimeout(total=_ONE_TRY_S)
        async with (
            aiohttp.ClientSession(self.rest, headers=headers, timeout=timeout) as session,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._keep_sending(session, group, _BATCH, _BATCH_EVERY_S))
            group.create_task(self._keep_sending(session, group, 1, _SINGLE_EVERY_S))

    async def _keep_sending(
        self, session: aiohttp.ClientSession, group: asyncio.TaskGroup, size: int, every_s: float
    ) -> None:
        while not self._stopping.is_set():
            checks = [self._check() for _ in range(size)]
            if size == 1:
                group.create_task(self._create(session, "/v1/check", checks[0]))
            else:
                group.create_task(self._create(session, "/v1/checks/batch", {"checks": checks}))
            await asyncio.sleep(every_s)

    def _check(self) -> Json:
        self._sent += 1
        return {
            "fqdn": f"{self._sent}-{secrets.token_hex(3)}.town.test",
            "ports": list(self.site.ports),
            "vantage_point": self.draw.choice(self.site.vantages),
            "discovery": "standard" if self._sent % 10 == 0 else "off",
        }

    async def _create(self, session: aiohttp.ClientSession, path: str, body: Json) -> None:
        key = {"Idempotency-Key": secrets.token_hex(16)}
        give_up = time.monotonic() + _GIVE_UP_S
        while True:
            try:
                async with session.post(path, json=body, headers=key) as answer:
                    status, said = answer.status, await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                status, said = _SERVER_ERROR, type(error).__name__
            if status < _SERVER_ERROR:
                self._note(status, said)
                return
            self.retries[str(said if isinstance(said, str) else status)] += 1
            if time.monotonic() > give_up:
                self.refused.append(f"{path}: no answer within {_GIVE_UP_S:g} s: {said}")
                return
            await asyncio.sleep(_PAUSE_S)

    def _note(self, status: int, said: Json) -> None:
        if status != _CREATED:
            self.refused.append(f"{status}: {said}")
            return
        for each in said.get("created", [said]):
            self.accepted[each["id"]] = time.monotonic()
        failed = said.get("stats", {}).get("failed", 0)
        if failed:
            self.refused.append(f"{failed} checks of a batch were not created: {said}")
