import pytest

from outscope.errors import InflightLimited, QuotaExceeded
from outscope.v1 import usage_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CREATED_AT

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_usage_is_told_as_the_scheduler_tells_it(gateway: Gateway) -> None:
    use = usage_service_pb2.LimitUse(limit=600, used=20, remaining=580, scope="account")
    webhooks = usage_service_pb2.WebhookUse(limit=100, enabled=2)
    webhooks.disabled.add(id="whk_1", disabled_reason="failing", disabled_at=CREATED_AT)
    gateway.scheduler.will_answer(
        usage_service_pb2.GetUsageResponse(rate=use, in_flight=use, monthly=use, webhooks=webhooks)
    )
    answer = await gateway.get("/v1/usage")
    assert answer.status == 200
    assert set(answer.body) == {"rate", "in_flight", "monthly", "webhooks"}
    assert answer.body["monthly"] == {
        "limit": 600,
        "used": 20,
        "remaining": 580,
        "reset_at": None,
        "scope": "account",
    }
    assert answer.body["webhooks"] == {
        "limit": 100,
        "enabled": 2,
        "disabled": [
            {
                "id": "whk_1",
                "disabled_reason": "failing",
                "disabled_at": "2026-04-21T10:00:00Z",
            }
        ],
    }


@pytest.mark.parametrize(
    "refusal",
    [
        InflightLimited(
            "5 are pending",
            limit=5,
            remaining=0,
            reset_at="2026-04-21T10:05:00Z",
            retry_after_s=1,
            scope="account",
        ),
        QuotaExceeded(
            "5 a month",
            limit=5,
            remaining=0,
            reset_at="2026-05-01T00:00:00Z",
            retry_after_s=900,
            scope="account",
        ),
    ],
    ids=lambda refusal: str(refusal.code),
)
async def test_a_create_over_a_limit_is_a_429_with_its_own_code(
    gateway: Gateway, refusal: InflightLimited | QuotaExceeded
) -> None:
    gateway.scheduler.will_answer(refusal)
    answer = await gateway.post("/v1/check", {"fqdn": "example.com"})
    assert answer.status == 429
    assert answer.headers["Retry-After"] == str(refusal.details["retry_after_s"])
    assert answer.body["error"]["code"] == refusal.code
    assert answer.body["error"]["details"] == refusal.details
    # They tell of the minute, which is not what is over.
    assert "RateLimit-Limit" not in answer.headers
