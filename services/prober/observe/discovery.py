"""Looks beyond the paths of a check: asks for a random path, then for what the answers suggest.

Law: it comes after all that was asked for, takes its own time, and asks leave for each request. It
sends nothing but GET, to the endpoint that the paths were requested on, and nothing where nothing
has answered. What ends it early is no failure: there is less to judge by, and that is all.
"""

import asyncio
import secrets
import string
from dataclasses import replace
from typing import Final

from outscope.netguard.dial import Denied, Exhausted
from services.prober.facts import Discovery, OutcomeCode, PathFacts
from services.prober.observe.candidates import Known, is_same, next_path, wants_control
from services.prober.observe.exchange import Endpoint
from services.prober.observe.limits import PROBE_BYTES
from services.prober.observe.paths import Requester
from services.prober.observe.port import PortVisit
from services.prober.observe.target import Target

_CONTROL_CHARS: Final = 20
_ALPHABET: Final = string.ascii_lowercase + string.digits
_SUCCESS: Final = range(200, 300)

Discovered = tuple[PathFacts | None, tuple[PathFacts, ...]]
_NOTHING: Final[Discovered] = (None, ())


def random_path() -> str:
    """Return a path that no server has, and that looks like nothing in particular."""
    return "/" + "".join(secrets.choice(_ALPHABET) for _ in range(_CONTROL_CHARS))


async def discover(
    target: Target, visit: PortVisit | None, paths: tuple[PathFacts, ...], discovery: Discovery
) -> Discovered:
    """Return what a random path answered, and the answers to what was asked after it, in order."""
    if discovery is Discovery.OFF or visit is None or visit.endpoint is None:
        return _NOTHING
    if not wants_control(paths):
        return _NOTHING
    asking = _Asking(target, visit, visit.endpoint)
    try:
        return await _asked(asking, visit.endpoint, paths, discovery)
    finally:
        asking.requester.close()


async def _asked(
    asking: "_Asking", endpoint: Endpoint, paths: tuple[PathFacts, ...], discovery: Discovery
) -> Discovered:
    answer = await asking.request(random_path())
    if answer is None:
        return _NOTHING
    control = asking.lightened(answer)
    known = Known.of(endpoint, paths, control)
    while (path := next_path(known, discovery)) is not None:
        answer = await asking.request(path)
        if answer is None:
            break
        known = known.with_answer(asking.lightened(answer, control))
    return control, known.discovered


class _Asking:
    """Requests one path after the other, while there is time and leave."""

    def __init__(self, target: Target, visit: PortVisit, endpoint: Endpoint) -> None:
        self._target = target
        self._address = visit.facts.address
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + target.discovery_timeout_s
        self.requester = Requester(
            target, endpoint, (self._address,), visit.connection, is_open=True
        )

    async def request(self, path: str) -> PathFacts | None:
        """Return what a path answered; None when it was not asked."""
        if not self._target.requests.left or self._is_over:
            return None
        if not await self._target.has_leave(self._address) or self._is_over:
            return None
        try:
            answer = await self.requester.request(path)
        except (Denied, Exhausted):  # what the check was for is known already
            return None
        is_refused = answer.outcome.code is OutcomeCode.HTTP_NOT_ASKED
        return None if is_refused and not self._target.requests.left else answer

    def lightened(self, answer: PathFacts, control: PathFacts | None = None) -> PathFacts:
        """Return an answer without what nobody will read of its body."""
        if control is not None and is_same(answer, control):
            kept = 0
        else:
            kept = len(answer.body) if answer.status in _SUCCESS else PROBE_BYTES
        if len(answer.body) <= kept:
            return answer
        self._target.allowance.give_back(len(answer.body) - kept)
        return replace(answer, body=answer.body[:kept])

    @property
    def _is_over(self) -> bool:
        return self._target.is_over or self._loop.time() >= self._until
