"""A steady load of batches and single checks, some of them cancelled, and what came of it.

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

from tests.chaos.hooks import WATCHED

Json = dict[str, Any]

_BATCH: Final = 20
_BATCH_EVERY_S: Final = 1.0
_SINGLE_EVERY_S: Final = 0.25
_GIVE_UP_S: Final = 180.0
_ONE_TRY_S: Final = 20.0
_PAUSE_S: Final = 0.3
_SERVER_ERROR: Final = 500
_OK: Final = 200
_CREATED: Final = 201
_CONFLICT: Final = 409
# Of single checks every fourth is cancelled, before, while or after it is carried out.
_CANCELLED_OF: Final = 4
_CANCELLED_WITHIN_S: Final = 1.0
# Of checks every fifth is told to endpoints that are ill at times.
_WATCHED_OF: Final = 5


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
    # What the answer to a cancellation said that the check is now.
    cancelled: dict[str, str] = field(default_factory=dict)
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
                group.create_task(self._create_single(session, checks[0]))
            else:
                group.create_task(self._create(session, "/v1/checks/batch", {"checks": checks}))
            await asyncio.sleep(every_s)

    def _check(self) -> Json:
        self._sent += 1
        under = WATCHED if self._sent % _WATCHED_OF == 0 else ".town.test"
        return {
            "fqdn": f"{self._sent}-{secrets.token_hex(3)}{under}",
            "ports": list(self.site.ports),
            "vantage_point": self.draw.choice(self.site.vantages),
            "discovery": "standard" if self._sent % 10 == 0 else "off",
        }

    async def _create_single(self, session: aiohttp.ClientSession, body: Json) -> None:
        is_unwanted = self.draw.randrange(_CANCELLED_OF) == 0
        after_s = self.draw.uniform(0, _CANCELLED_WITHIN_S)
        said = await self._create(session, "/v1/check", body)
        if said is not None and is_unwanted:
            await asyncio.sleep(after_s)
            await self._cancel(session, said["id"])

    async def _create(self, session: aiohttp.ClientSession, path: str, body: Json) -> Json | None:
        """Create something, and return it unless it was refused."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        answer = await self._answered(session, "POST", path, body=body, headers=key)
        if answer is None:
            return None
        status, said = answer
        self._note(status, said)
        return said if status == _CREATED else None

    async def _cancel(self, session: aiohttp.ClientSession, check_id: str) -> None:
        """Cancel a check; one that has ended says how, be it by an earlier request of ours."""
        answer = await self._answered(session, "DELETE", f"/v1/check/{check_id}")
        if answer is None:
            return
        status, said = answer
        if status == _OK:
            self.cancelled[check_id] = said["status"]
        elif status == _CONFLICT:
            self.cancelled[check_id] = said["error"]["details"]["status"]
        else:
            self.refused.append(f"cancelling {check_id}: {status}: {said}")

    async def _answered(
        self,
        session: aiohttp.ClientSession,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Json] | None:
        """Send a request until it has a final answer, or for as long as it may take."""
        give_up = time.monotonic() + _GIVE_UP_S
        while True:
            try:
                async with session.request(method, path, json=body, headers=headers) as answer:
                    status, said = answer.status, await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                status, said = _SERVER_ERROR, type(error).__name__
            if status < _SERVER_ERROR:
                return status, said
            self.retries[str(said if isinstance(said, str) else status)] += 1
            if time.monotonic() > give_up:
                self.refused.append(f"{path}: no answer within {_GIVE_UP_S:g} s: {said}")
                return None
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
