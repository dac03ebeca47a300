"""Sends again, or for a test, what the owner of a webhook asks for.

Law: a replay is an attempt like any other, in the turns of its endpoint. A test event is posted at
once, enabled or not, tried once, and says nothing of how the endpoint does.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outscope.clock import Clock
from outscope.errors import Conflict, NotFound, Unavailable
from outscope.ids import DELIVERY_PREFIX, EVENT_PREFIX, OCCURRENCE_PREFIX, earliest_id, new_id
from services.scheduler.domain.delivery import (
    ONLY_ATTEMPT_FROM,
    Attempt,
    DeliveryJob,
    DeliveryState,
    NewDelivery,
)
from services.scheduler.domain.lease import PUBLISH_GRACE_S
from services.scheduler.domain.subscription import WEBHOOK_TEST, sample_detail
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.deliveries import find_attempt, insert_deliveries
from services.scheduler.store.replays import replay_delivery, replay_slice
from services.scheduler.store.webhooks import lock_webhook, number_deliveries

_SLICE: Final = 500
_LOOK_EVERY_S: Final = 0.1
# A notifier gives an endpoint fifteen seconds.
TEST_PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TestReport:
    """How a test event went."""

    __test__ = False

    # The webhook-id header it had.
    message_id: str
    delivery_id: str
    attempt: Attempt


class Replays:
    """Makes deliveries due; look is called then, and offer given what is to be posted at once."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        look: Callable[[], None],
        offer: Callable[[Sequence[DeliveryJob]], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._look = look
        self._offer = offer

    async def resend(self, delivery_id: str, *, webhook_id: str, account_id: str) -> None:
        """Make one delivery due again, whether it failed, is held, or was delivered.

        Raises NotFound, and Conflict when the webhook is disabled or the delivery under way.
        """
        async with self._database.transaction() as connection:
            await _require_enabled(connection, webhook_id, account_id)
            try:
                is_due = await replay_delivery(connection, delivery_id, webhook_id=webhook_id)
            except LookupError as error:
                raise NotFound(
                    "There is no such delivery of this webhook",
                    field="delivery_id",
                    value=delivery_id,
                ) from error
        if not is_due:
            raise Conflict("The delivery is under way; it can be sent again once it has ended")
        self._look()

    async def recover(self, *, webhook_id: str, account_id: str, since: datetime) -> int:
        """Make due again what failed of events since then; return how many.

        Raises NotFound, and Conflict when the webhook is disabled.
        """
        return await self._replay(DeliveryState.FAILED, webhook_id, account_id, since)

    async def replay_missing(self, *, webhook_id: str, account_id: str, since: datetime) -> int:
        """Make due what was held of events since then while the webhook was disabled.

        Returns how many; raises as recover.
        """
        return await self._replay(DeliveryState.HELD, webhook_id, account_id, since)

    async def test(self, *, webhook_id: str, account_id: str) -> TestReport:
        """Post a test event and return how that went; raises NotFound and Unavailable."""
        delivery = await self._store_test(webhook_id, account_id)
        self._offer([DeliveryJob(delivery_id=delivery.id, attempt=1)])
        try:
            async with asyncio.timeout(TEST_PATIENCE_S):
                attempt = await self._recorded(delivery.id)
        except TimeoutError as error:
            raise Unavailable(
                f"No notifier has told of the test event within {TEST_PATIENCE_S:g} seconds; look "
                "for it among the deliveries of the webhook in a while",
            ) from error
        return TestReport(message_id=delivery.message_id, delivery_id=delivery.id, attempt=attempt)

    async def _replay(
        self, state: DeliveryState, webhook_id: str, account_id: str, since: datetime
    ) -> int:
        """Go through them slice by slice, each a transaction of its own."""
        after = earliest_id(DELIVERY_PREFIX, int(since.timestamp() * 1000))
        replayed = 0
        while True:
            async with self._database.transaction() as connection:
                await _require_enabled(connection, webhook_id, account_id)
                ids = await replay_slice(connection, webhook_id, state, after=after, limit=_SLICE)
            replayed += len(ids)
            self._look()
            if len(ids) < _SLICE:
                return replayed
            after = ids[-1]

    async def _store_test(self, webhook_id: str, account_id: str) -> NewDelivery:
        unix_ms = int(self._clock().timestamp() * 1000)
        async with self._database.transaction() as connection:
            await _require(connection, webhook_id, account_id)
            numbers = await number_deliveries(connection, {webhook_id: 1})
            delivery = NewDelivery(
                id=new_id(DELIVERY_PREFIX, unix_ms),
                webhook_id=webhook_id,
                check_id=new_id(OCCURRENCE_PREFIX, unix_ms),
                event_type=WEBHOOK_TEST,
                message_id=new_id(EVENT_PREFIX, unix_ms),
                sequence=numbers[webhook_id].first,
                detail=sample_detail(webhook_id),
                state=DeliveryState.PUBLISHED,
                schedule_from=ONLY_ATTEMPT_FROM,
            )
            await insert_deliveries(connection, [delivery], grace_s=PUBLISH_GRACE_S)
        return delivery

    async def _recorded(self, delivery_id: str) -> Attempt:
        while True:
            async with self._database.session() as connection:
                attempt = await find_attempt(connection, delivery_id)
            if attempt is not None:
                return attempt
            await asyncio.sleep(_LOOK_EVERY_S)


async def _require(connection: Connection, webhook_id: str, account_id: str) -> bool:
    """Lock a webhook of this account, or raise NotFound; tell whether it is enabled."""
    locked = await lock_webhook(connection, webhook_id, account_id=account_id)
    if locked is None:
        raise NotFound("There is no such webhook", field="id", value=webhook_id)
    return locked.is_enabled


async def _require_enabled(connection: Connection, webhook_id: str, account_id: str) -> None:
    if not await _require(connection, webhook_id, account_id):
        raise Conflict(
            "The webhook is disabled; enable it first, by PATCH /v1/webhooks/{id} with "
            '{"enabled": true}',
            field="id",
            value=webhook_id,
        )
