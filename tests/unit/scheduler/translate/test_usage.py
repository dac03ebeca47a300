from datetime import UTC, datetime

from services.scheduler.domain.limits import Limit, Usage, Use
from services.scheduler.domain.webhook import Webhook
from services.scheduler.translate.usage import usage_message, webhook_use_message

MOMENT = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_limit_is_told_with_what_is_left_and_none_without_a_number() -> None:
    own, none = Limit(counted_for="key_1", most=5), Limit(counted_for="acc_1", most=0)
    message = usage_message(
        Usage(
            rate=Use(limit=own, used=2, reset_at=MOMENT),
            in_flight=Use(limit=none, used=0, reset_at=None),
            monthly=Use(limit=none, used=None, reset_at=MOMENT),
        )
    )
    assert (message.rate.limit, message.rate.used, message.rate.remaining) == (5, 2, 3)
    assert message.rate.reset_at.ToDatetime(tzinfo=UTC) == MOMENT
    assert (message.rate.scope, message.in_flight.scope) == ("key", "account")
    assert message.in_flight.HasField("used")
    for field in ("limit", "remaining", "reset_at"):
        assert not message.in_flight.HasField(field)
    assert not message.monthly.HasField("used")


def test_webhooks_are_told_with_those_that_are_disabled() -> None:
    webhook = Webhook(
        id="whk_1",
        url="https://a.example/",
        events=("*",),
        created_at=MOMENT,
        disabled_at=MOMENT,
        disabled_reason="failing",
    )
    message = webhook_use_message(3, [webhook])
    assert (message.limit, message.enabled) == (100, 3)
    (told,) = message.disabled
    assert (told.id, told.disabled_reason) == ("whk_1", "failing")
    assert told.disabled_at.ToDatetime(tzinfo=UTC) == MOMENT
