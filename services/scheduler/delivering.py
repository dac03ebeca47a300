"""Joins the parts of the scheduler that deliver events; made by __main__, and nothing runs yet."""

import random
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.clock import utc_now
from services.scheduler.domain.endpoint import Pace
from services.scheduler.loops.dead_letters import DeadLetters
from services.scheduler.loops.deliveries import DeliverySweep
from services.scheduler.loops.delivery_records import DeliveryRecords
from services.scheduler.loops.delivery_turns import DeliveryTurns
from services.scheduler.loops.dispatch import DELIVERY_JOBS, Dispatcher
from services.scheduler.loops.ingest import Ingest
from services.scheduler.loops.replays import Replays
from services.scheduler.store.database import Database
from services.scheduler.translate.report import attempt_in

Loop: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Delivering:
    """What hands deliveries out, records how they went, and looks for those that were lost."""

    def __init__(self, database: Database, bus: Bus, pace: Pace) -> None:
        self._bus = bus
        self._letters = DeadLetters(database, utc_now)
        self._dispatcher = Dispatcher(DELIVERY_JOBS, bus, database)
        self.turns = DeliveryTurns(database, bus, self._dispatcher.offer, pace)
        self._records = DeliveryRecords(
            database, random.SystemRandom(), utc_now, freed=self.turns.look
        )
        self.replays = Replays(
            database, utc_now, look=self.turns.look, offer=self._dispatcher.offer
        )
        self._sweep = DeliverySweep(database, bus, self._dispatcher, self._records, utc_now)

    def loops(self) -> dict[str, Loop]:
        """Return what must run all the time, by name."""
        attempts = Ingest(
            self._bus,
            subjects.DELIVERY_ATTEMPTS_CONSUMER,
            attempt_in,
            self._records.record,
            self._letters.set_aside,
        )
        return {
            "delivery turns": self.turns.run,
            "delivery dispatch": self._dispatcher.run,
            "delivery sweep": self._sweep.run,
            "delivery attempts": attempts.run,
        }
