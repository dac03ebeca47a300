"""Stores the deliveries of events, in the transaction in which the events happen.

Law: an event has one delivery for each webhook that wants it. One that is disabled has it held.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from outscope.ids import DELIVERY_PREFIX, EVENT_PREFIX, new_id
from services.scheduler.domain.delivery import DeliveryState, NewDelivery
from services.scheduler.domain.subscription import Event, wants
from services.scheduler.domain.webhook import Subscriber
from services.scheduler.store.database import Connection
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.webhooks import Numbering, find_subscribers, number_deliveries

# A delivery may be handed out as soon as it is committed.
_AT_ONCE_S: Final = 0.0


async def store_events(
    connection: Connection, events: Sequence[Event], *, unix_ms: int
) -> list[NewDelivery]:
    """Store the deliveries of events; return them.

    The transaction may hold checks, and no delivery that is not its own.
    """
    if not events:
        return []
    subscribers = await find_subscribers(connection, {each.account_id for each in events})
    pairs = [
        (event, subscriber)
        for event in events
        for subscriber in subscribers
        if wants(subscriber, event)
    ]
    if not pairs:
        return []
    counted = Counter(subscriber.webhook_id for _, subscriber in pairs)
    numbers = await number_deliveries(connection, counted)
    deliveries = _numbered(pairs, numbers, unix_ms)
    if deliveries:
        await insert_deliveries(connection, deliveries, grace_s=_AT_ONCE_S)
    return deliveries


def _numbered(
    pairs: Sequence[tuple[Event, Subscriber]], numbers: dict[str, Numbering], unix_ms: int
) -> list[NewDelivery]:
    """Return a delivery for each pair, numbered in the order of events."""
    given: Counter[str] = Counter()
    deliveries = []
    for event, subscriber in pairs:
        numbering = numbers.get(subscriber.webhook_id)
        if numbering is None:
            continue  # deleted meanwhile
        deliveries.append(
            NewDelivery(
                id=new_id(DELIVERY_PREFIX, unix_ms),
                webhook_id=subscriber.webhook_id,
                check_id=event.subject_id,
                event_type=event.type,
                message_id=new_id(EVENT_PREFIX, unix_ms),
                sequence=numbering.first + given[subscriber.webhook_id],
                detail=event.detail,
                state=DeliveryState.WAITING if numbering.is_enabled else DeliveryState.HELD,
            )
        )
        given[subscriber.webhook_id] += 1
    return deliveries
