"""Records attempts at deliveries, with what follows: for the delivery, and for its endpoint.

Law: one transaction, fenced by the number of the attempt, so what is late or told twice changes
nothing. It locks webhooks before deliveries; which of them attempts may change is read ahead.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from outscope.clock import Clock, utc_now
from outscope.ids import OCCURRENCE_PREFIX, new_id
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter, Histogram
from services.scheduler.domain.delivery import (
    Attempt,
    DeliveryEvent,
    LockedDelivery,
    Sequel,
    sequel_of,
    sequel_while,
)
from services.scheduler.domain.endpoint import Health, changes_health, health_after
from services.scheduler.domain.subscription import WEBHOOK_TEST, disabled_event
from services.scheduler.domain.webhook import DisabledReason
from services.scheduler.loops.outbox import store_events
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.deliveries import (
    apply_sequels,
    insert_attempts,
    lock_recordable,
    settle_deliveries_of,
)
from services.scheduler.store.endpoints import (
    Endpoint,
    find_endpoints,
    lock_endpoints,
    store_health,
)
from services.scheduler.store.webhooks import disable_webhooks

log = logger(__name__)

# What is open for a webhook beyond this is settled by the sweep.
_SETTLED_AT_ONCE: Final = 500

_ATTEMPTS = Counter(
    "outscope_delivery_attempts_recorded_total", "Webhook attempts recorded.", ("sequel",)
)
_DISABLED = Counter("outscope_webhooks_disabled_total", "Webhooks disabled by us.", ("reason",))
# Told as zero from the start, or nobody would see the first one as a rise.
for _reason in (DisabledReason.ENDPOINT_GONE, DisabledReason.FAILING):
    _DISABLED.labels(_reason)
_LAG_SECONDS = Histogram(
    "outscope_delivery_lag_seconds",
    "Time from an event to the record that its endpoint took it, by the first attempt or a later "
    "one.",
    ("attempt",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86_400),
)
_SLOWED = Counter("outscope_endpoints_slowed_total", "Endpoints that asked to be spared.")


class DeliveryRecords:
    """Records attempts at deliveries; freed is called when endpoints may be sent more."""

    def __init__(
        self,
        database: Database,
        chance: random.Random,
        clock: Clock = utc_now,
        freed: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._chance = chance
        self._clock = clock
        self._freed = freed

    async def record(self, told: Sequence[Attempt]) -> None:
        """Record attempts and what follows; what is late or told twice changes nothing."""
        async with self._database.transaction() as connection:
            endpoints = await self._lock(connection, told)
            opened = await lock_recordable(connection, {each.delivery_id for each in told})
            current = _current(told, opened)
            if not current:
                return
            sequels = [(each, self._sequel(each, opened[each.delivery_id])) for each in current]
            await insert_attempts(connection, current)
            await apply_sequels(connection, sequels)
            await self._tend(connection, sequels, opened, endpoints)
        for attempt, sequel in sequels:
            _ATTEMPTS.labels(sequel.event).inc()
            if sequel.event is DeliveryEvent.ATTEMPT_SUCCEEDED:
                took = self._clock() - opened[attempt.delivery_id].event_at
                which = "first" if attempt.attempt == 1 else "later"
                _LAG_SECONDS.labels(which).observe(max(0.0, took.total_seconds()))
        self._freed()

    def _sequel(self, attempt: Attempt, delivery: LockedDelivery) -> Sequel:
        sequel = sequel_of(
            attempt, jitter=self._chance.random(), schedule_from=delivery.schedule_from
        )
        return sequel_while(delivery.state, sequel)

    async def _lock(
        self, connection: Connection, told: Sequence[Attempt]
    ) -> Mapping[str, Endpoint]:
        """Lock the webhooks that attempts may change; those of an account where one may go."""
        webhooks, found = await find_endpoints(connection, {each.delivery_id for each in told})
        changed: set[str] = set()
        accounts: set[str] = set()
        for each in told:
            webhook_id = webhooks.get(each.delivery_id)
            if webhook_id is None:
                continue
            endpoint = found[webhook_id]
            if not changes_health(endpoint.health, each):
                continue
            changed.add(webhook_id)
            is_gone = sequel_of(each, jitter=0).disables_webhook
            if is_gone or endpoint.health.is_hopeless(endpoint.seen_at):
                accounts.add(endpoint.account_id)
        return await lock_endpoints(connection, changed, accounts) if changed else {}

    async def _tend(
        self,
        connection: Connection,
        sequels: Sequence[tuple[Attempt, Sequel]],
        opened: Mapping[str, LockedDelivery],
        endpoints: Mapping[str, Endpoint],
    ) -> None:
        """Note how the endpoints do whose webhooks are locked, and disable those that are gone."""
        told: dict[str, list[tuple[Attempt, Sequel]]] = defaultdict(list)
        for attempt, sequel in sequels:
            delivery = opened[attempt.delivery_id]
            if delivery.webhook_id in endpoints and delivery.event_type != WEBHOOK_TEST:
                told[delivery.webhook_id].append((attempt, sequel))
        changed: dict[str, Health] = {}
        gone: dict[str, DisabledReason] = {}
        for webhook_id, each in told.items():
            before, now = endpoints[webhook_id].health, endpoints[webhook_id].seen_at
            after = health_after(before, [attempt for attempt, _ in each], now)
            if after != before:
                changed[webhook_id] = after
                _SLOWED.inc(after.slowed_until not in {None, before.slowed_until})
            if any(sequel.disables_webhook for _, sequel in each):
                gone[webhook_id] = DisabledReason.ENDPOINT_GONE
            elif after != before and before.is_hopeless(now) and after.is_hopeless(now):
                gone[webhook_id] = DisabledReason.FAILING
        if changed:
            await store_health(connection, changed)
        for reason in set(gone.values()):
            await self._disable(connection, {key for key in gone if gone[key] is reason}, reason)

    async def _disable(
        self, connection: Connection, webhook_ids: Collection[str], reason: DisabledReason
    ) -> None:
        """Disable webhooks, give up what is open for them, and tell the others of the account."""
        disabled = await disable_webhooks(connection, webhook_ids, reason)
        await settle_deliveries_of(
            connection, webhook_ids, DeliveryEvent.GIVEN_UP, reason, limit=_SETTLED_AT_ONCE
        )
        unix_ms = int(self._clock().timestamp() * 1000)
        await store_events(
            connection,
            [
                disabled_event(
                    event_id=new_id(OCCURRENCE_PREFIX, unix_ms),
                    account_id=account_id,
                    webhook_id=webhook_id,
                    url=url,
                    reason=reason,
                )
                for webhook_id, account_id, url in disabled
            ],
            unix_ms=unix_ms,
        )
        if disabled:
            log.warning(
                "webhooks disabled", webhooks=[each for each, *_ in disabled], reason=reason
            )
            _DISABLED.labels(reason).inc(len(disabled))


def _current(told: Sequence[Attempt], opened: Mapping[str, LockedDelivery]) -> list[Attempt]:
    """Return the attempts that are current, of each delivery the last told."""
    current = {
        each.delivery_id: each
        for each in told
        if each.delivery_id in opened and opened[each.delivery_id].attempt == each.attempt
    }
    return list(current.values())
