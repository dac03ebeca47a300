"""What a webhook does not want, or not yet, breaks no invariant."""

import pytest

from services.scheduler.domain.invariant import InvariantName
from services.scheduler.store.database import Database
from tests.integration.scheduler.auditing import AtRest, broken
from tests.integration.scheduler.driving import rows


@pytest.mark.parametrize(
    "change",
    [
        "fqdn = 'other.example'",
        "fqdn = '*.com.example'",
        "vantage_points = '{us-east-1}'",
        "events = '{check.failed}'",
        "updated_at = now()",
        "forgotten_until = now()",
    ],
)
async def test_an_event_that_a_webhook_does_not_want_or_has_forgotten_breaks_nothing(
    at_rest: AtRest, database: Database, database_url: str, nats_url: str, change: str
) -> None:
    await rows(
        database,
        "WITH gone AS (DELETE FROM webhook_deliveries WHERE check_id = %s RETURNING id)"
        " DELETE FROM delivery_attempts USING gone WHERE delivery_id = gone.id",
        at_rest.told.id,
    )
    assert await broken(database_url, nats_url) == [InvariantName.EVENT_REACHES_EVERY_WEBHOOK]
    await rows(
        database,
        "UPDATE webhooks SET events = '{*}', fqdn = '*.com', vantage_points = '{eu-west-1}'",
    )
    assert InvariantName.EVENT_REACHES_EVERY_WEBHOOK in await broken(database_url, nats_url)
    await rows(database, f"UPDATE webhooks SET {change}")
    assert InvariantName.EVENT_REACHES_EVERY_WEBHOOK not in await broken(database_url, nats_url)


@pytest.mark.parametrize(
    "change",
    ["slowed_until = now() + interval '1 min'", "slowed_until = now() - interval '1 ms'"],
)
async def test_what_waits_while_its_endpoint_is_spared_breaks_nothing(
    at_rest: AtRest, database: Database, database_url: str, nats_url: str, change: str
) -> None:
    await rows(
        database,
        "UPDATE webhook_deliveries SET state = 'waiting', due_at = now() - interval '1 hour'"
        " WHERE check_id = %s",
        at_rest.untold.id,
    )
    assert await broken(database_url, nats_url) == [InvariantName.DELIVERY_IS_LOOKED_AT]
    await rows(database, f"UPDATE webhooks SET {change}")
    is_spared = "+" in change
    assert (await broken(database_url, nats_url) == []) is is_spared
