"""Visits the ports of a check at once, and asks as many of them over HTTP as it may.

Law: 443 comes first, then 80, then the others as they were asked for. Where no request is left for
a port it is connected to, in TLS too, and told as not asked; a port that takes none leaves it to
the next.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.prober.observe.greeting import listened_to
from services.prober.observe.paths import best_visit
from services.prober.observe.port import PortVisit
from services.prober.observe.repeat import visit_steadily
from services.prober.observe.target import Target

_FIRST: Final = (443, 80)


async def visit_ports(target: Target, ports: Sequence[int]) -> list[PortVisit]:
    """Return the visits in the order of the ports; what ends one of them ends them all."""
    visiting = _Visiting(target, ports)
    try:
        await visiting.all()
    except BaseException:
        await visiting.stop()
        raise
    finally:
        target.requests.expect(0)
        target.unasked_ports.clear()
    return [visiting.done[port] for port in ports]


class _Visiting:
    """The visits of one check: those that are done, that go on, and that wait for a request."""

    def __init__(self, target: Target, ports: Sequence[int]) -> None:
        self._target = target
        self._ports = ports
        self._waiting = sorted(ports, key=_place)
        self._going: set[asyncio.Task[None]] = set()
        # Those that nobody has looked at yet, and who waits for one.
        self._ended: list[asyncio.Task[None]] = []
        self._news: asyncio.Future[None] | None = None
        self.done: dict[int, PortVisit] = {}

    async def all(self) -> None:
        """Visit each port; raises what ends a visit."""
        requests = self._target.requests
        requests.expect(1)  # for the first path, on the best of them
        while self._waiting or self._going:
            while self._waiting and requests.has_spare():
                port = self._waiting.pop(0)
                requests.begin(port)
                self._begin(port)
            if not self._going:
                self._target.unasked_ports.update(self._waiting)
                for port in self._waiting:
                    self._begin(port)
                self._waiting.clear()
            await self._some_ended()
            while self._ended:
                self._ended.pop(0).result()

    async def stop(self) -> None:
        """End the visits that go on."""
        for visit in self._going:
            visit.cancel()
        await asyncio.gather(*self._going, *self._ended, return_exceptions=True)

    def _begin(self, port: int) -> None:
        visit = asyncio.get_running_loop().create_task(self._visit(port))
        self._going.add(visit)
        visit.add_done_callback(self._note_end)

    async def _some_ended(self) -> None:
        """Wait for the next visit to end: what asyncio.wait does, at a fifth of its price."""
        if not self._ended:
            self._news = asyncio.get_running_loop().create_future()
            await self._news

    def _note_end(self, visit: asyncio.Task[None]) -> None:
        self._going.discard(visit)
        self._ended.append(visit)
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _visit(self, port: int) -> None:
        """Visit a port; of all that are done only the best keeps its connection and whole body."""
        target, done = self._target, self.done
        visit = done[port] = await listened_to(target, await visit_steadily(target, port))
        target.requests.end(port)
        if target.is_heard:
            target.note(replace(visit.facts, probe=None))
        if len(done) == 1:
            return
        best = best_visit([done[each] for each in self._ports if each in done])
        for each, visit in done.items():
            if visit is not best and visit.connection is not None:
                done[each] = visit.dismissed(target.allowance)


def _place(port: int) -> int:
    return _FIRST.index(port) if port in _FIRST else len(_FIRST)
