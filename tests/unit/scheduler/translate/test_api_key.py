from datetime import UTC, datetime

from services.scheduler.domain.api_key import ApiKey
from services.scheduler.translate.api_key import api_key_message

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def key(moment: datetime | None, rate_limit: int | None) -> ApiKey:
    return ApiKey(
        id="key_1",
        account_id="acc_1",
        name="ci",
        created_at=MOMENT,
        last_used_at=moment,
        expires_at=moment,
        revoked_at=moment,
        rate_limit=rate_limit,
    )


def test_what_a_key_does_not_have_is_absent() -> None:
    message = api_key_message(key(None, None))
    assert (message.id, message.account_id, message.name) == ("key_1", "acc_1", "ci")
    assert message.created_at.ToDatetime(tzinfo=UTC) == MOMENT
    for field in ("last_used_at", "expires_at", "revoked_at", "rate_limit"):
        assert not message.HasField(field)


def test_no_limit_is_not_the_default_limit() -> None:
    message = api_key_message(key(MOMENT, 0))
    assert message.HasField("rate_limit")
    assert message.rate_limit == 0
    for moment in (message.last_used_at, message.expires_at, message.revoked_at):
        assert moment.ToDatetime(tzinfo=UTC) == MOMENT
