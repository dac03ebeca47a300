"""Keeps what badges show for a minute, so that strangers cost the scheduler next to nothing.

Law: whoever asks, and for however many names, the scheduler is asked at most so many times a
second, and holds at most so many of these calls at once; a name is asked for once a minute. Names
that were shown when they were last looked for have a lane of their own: who asks for names that do
not exist holds up no badge that is looked at.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from outscope.clock import Clock
from outscope.errors import NotFound, Overloaded
from outscope.v1 import badge_service_pb2

KEPT_S: Final = 60.0
# Names, shown or not, a few hundred bytes each: more than are looked for while one is kept, so that
# strangers push none out before its time.
MAX_KEPT: Final = 4000
# Of each lane.
MAX_LOOKS: Final = 8
LOOKS_A_SECOND: Final = 50

_RETRY_AFTER_S: Final = 1

Look = Callable[[], Awaitable[badge_service_pb2.GetBadgeResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    # None: nobody shows the name.
    badge: badge_service_pb2.Badge | None
    until_s: float


class Badges:
    """The badges of one gateway."""

    def __init__(
        self, clock: Clock, *, kept_s: float = KEPT_S, looks_a_second: float = LOOKS_A_SECOND
    ) -> None:
        self.clock = clock
        self._kept_s = kept_s
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._looking: dict[str, asyncio.Task[_Kept]] = {}
        self._shown, self._others = _Lane(looks_a_second), _Lane(looks_a_second)

    async def badge(self, fqdn: str, look: Look) -> badge_service_pb2.Badge:
        """Return what is shown of a normalised name, by look where it is not known.

        Raises NotFound when nobody shows it, Overloaded, and what look raises beside NotFound,
        which is not kept.
        """
        kept = self._kept.get(fqdn)
        if kept is None or kept.until_s <= asyncio.get_running_loop().time():
            was_shown = kept is not None and kept.badge is not None
            lane = self._shown if was_shown else self._others
            # Others may wait for it too: it goes on when this caller hangs up.
            kept = await asyncio.shield(self._look_once(fqdn, look, lane))
        if kept.badge is None:
            raise NotFound("There is no such badge")
        return kept.badge

    def _look_once(self, fqdn: str, look: Look, lane: "_Lane") -> asyncio.Task[_Kept]:
        """Return the look at a name that is under way, or begin one."""
        looking = self._looking.get(fqdn)
        if looking is None:
            if not lane.allows_one():
                raise Overloaded(
                    "Too many badges are asked for; try again in a moment",
                    retry_after_s=_RETRY_AFTER_S,
                )
            looking = asyncio.create_task(self._look(fqdn, look))
            self._looking[fqdn] = looking
            lane.looking += 1
            looking.add_done_callback(lambda task: self._note(fqdn, task, lane))
        return looking

    async def _look(self, fqdn: str, look: Look) -> _Kept:
        try:
            badge = (await look()).badge
        except NotFound:
            badge = None
        kept = _Kept(badge=badge, until_s=asyncio.get_running_loop().time() + self._kept_s)
        self._kept[fqdn] = kept
        self._kept.move_to_end(fqdn)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return kept

    def _note(self, fqdn: str, task: asyncio.Task[_Kept], lane: "_Lane") -> None:
        del self._looking[fqdn]
        lane.looking -= 1
        if not task.cancelled():
            task.exception()  # those who wait are told; nobody may be waiting any more


class _Lane:
    """Allows so many looks a second, as many more after a second without any, and few at once."""

    def __init__(self, a_second: float) -> None:
        self.looking = 0
        self._a_second = a_second
        self._left = a_second
        self._at_s = 0.0

    def allows_one(self) -> bool:
        """Tell whether one more may begin now; if so it counts for this second."""
        now_s = asyncio.get_running_loop().time()
        self._left = min(self._a_second, self._left + (now_s - self._at_s) * self._a_second)
        self._at_s = now_s
        if self.looking >= MAX_LOOKS or self._left < 1:
            return False
        self._left -= 1
        return True
