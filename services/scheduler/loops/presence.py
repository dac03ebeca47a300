"""Knows the vantage points, those configured and those with a live prober, their places and tags.

A prober says every few seconds that it is and how many checks it carries out at once. A vantage
point of which nobody has heard for a minute is gone, and the places of a prober long before; the
tags of one that is configured stay, so that whoever chooses by tag is not left without it.

Law: a vantage point that operators gave to an account is known to that account alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.subjects import PRESENCE_ALL
from outscope.telemetry.logs import logger
from services.scheduler.domain.vantage import LiveProber, tags_of
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.vantage_points import NotedVantage, list_noted, note_presence
from services.scheduler.translate.presence import prober_in
from services.scheduler.translate.report import UndecodableError

log = logger(__name__)

_NOTE_EVERY_S: Final = 3.0
_PRESENT_S: Final = 60.0
# A prober says it every three seconds.
_HAS_PLACES_S: Final = 15.0
# The places of a prober that does not tell, and of a vantage point where none was heard of yet.
UNTOLD_PLACES: Final = 200


class VantagePoints:
    """The vantage points that exist; the first configured one is the default."""

    def __init__(self, database: Database, bus: Bus, configured: Sequence[str]) -> None:
        self._database = database
        self._bus = bus
        self._configured = tuple(configured)
        self._heard: set[str] = set()
        # Each prober by its vantage point and id, and until when it counts.
        self._probers: dict[tuple[str, str], tuple[LiveProber, float]] = {}
        self._noted: dict[str, NotedVantage] = {}
        # The account of each that operators gave to one.
        self._owners: dict[str, str] = {}
        # Ordered, and quick to look up: each with its tags.
        self.names: Mapping[str, Sequence[str]] = dict.fromkeys(self._configured, ())

    def places(self, name: str) -> int:
        """Return how many checks the probers of a vantage point carry out at once."""
        alive = [prober.places or UNTOLD_PLACES for prober in self._alive(name)]
        return sum(alive) if alive else UNTOLD_PLACES

    def owner_of(self, name: str) -> str | None:
        """Return the account that a vantage point was given to; None when it is everybody's."""
        return self._owners.get(name)

    def known_to(self, account_id: str) -> Mapping[str, Sequence[str]]:
        """Return what an account may use, each with its tags, the default one first."""
        if not self._owners:
            return self.names
        return {
            name: tags
            for name, tags in self.names.items()
            if self._owners.get(name, account_id) == account_id
        }

    async def learn(self) -> None:
        """Learn what the schedulers have noted, and what operators gave to whom."""
        async with self._database.session() as connection:
            noted = await list_noted(connection, present_s=_PRESENT_S)
        self._noted = {each.name: each for each in noted}
        self._owners = {each.name: each.owner for each in noted if each.owner is not None}
        self._probers = {
            (name, prober_id): (prober, until_s)
            for (name, prober_id), (prober, until_s) in self._probers.items()
            if prober.may_speak(self.owner_of(name))
        }
        self._name()

    async def listen(self) -> None:
        """Hear probers for ever."""
        async with self._bus.hearing(PRESENCE_ALL, self.hear):
            await asyncio.Event().wait()

    async def note(self) -> None:
        """Note what was heard, and learn what other schedulers noted, for ever."""
        await repeat("presence", self._note, every_s=_NOTE_EVERY_S)

    async def hear(self, subject: str, payload: bytes) -> None:
        """Take one word of a prober."""
        try:
            prober = prober_in(payload, subject)
        except UndecodableError as error:
            log.warning("presence of no vantage point ignored", cause=error)
            return
        name = prober.vantage_point
        if not prober.may_speak(self.owner_of(name)):
            log.warning(
                "prober ignored: its vantage point was not given to its owner",
                vantage_point=name,
                prober=prober.prober_id,
                owner=prober.owner,
            )
            return
        self._heard.add(name)
        known = self._probers.get((name, prober.prober_id))
        until_s = asyncio.get_running_loop().time() + _HAS_PLACES_S
        self._probers[name, prober.prober_id] = (prober, until_s)
        if name not in self.names or known is None or known[0].tags != prober.tags:
            self._name()

    async def _note(self) -> bool:
        heard, self._heard = self._heard, set()
        if heard:
            tags = {name: tags_of(self._alive(name)) for name in heard}
            async with self._database.session() as connection:
                await note_presence(connection, tags)
        self._forget_silent()
        await self.learn()
        return False

    def _name(self) -> None:
        """Bring the names in step with what is known."""
        present = (each.name for each in self._noted.values() if each.is_present or each.owner)
        names = dict.fromkeys((*self._configured, *present, *sorted(self._heard)))
        self.names = {name: self._tags(name) for name in names}

    def _tags(self, name: str) -> Sequence[str]:
        """Return what its live probers say, or without any what was noted last."""
        alive = self._alive(name)
        if alive or name not in self._noted:
            return tags_of(alive)
        return self._noted[name].tags

    def _alive(self, name: str) -> list[LiveProber]:
        now_s = asyncio.get_running_loop().time()
        return [
            prober
            for (vantage_point, _), (prober, until_s) in self._probers.items()
            if vantage_point == name and now_s < until_s
        ]

    def _forget_silent(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._probers = {prober: told for prober, told in self._probers.items() if now_s < told[1]}
