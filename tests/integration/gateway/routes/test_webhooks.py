import pytest

from outscope.errors import InvalidRequest
from outscope.v1 import webhook_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CREATED_AT

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = "https://your-app.com/webhook"
EVENTS = ["check.completed", "check.failed"]
DOCUMENTED = {"url": URL, "events": EVENTS}


async def test_the_documented_request_gets_the_secret_once(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.CreateWebhookResponse(
            webhook=webhook_service_pb2.Webhook(
                id="whk_1", url=URL, events=EVENTS, created_at=CREATED_AT
            ),
            secret="whsec_abc",
        )
    )
    answer = await gateway.post("/v1/webhooks", DOCUMENTED)
    assert answer.status == 201
    assert answer.body == {
        "id": "whk_1",
        **DOCUMENTED,
        "created_at": "2026-04-21T10:00:00Z",
        "secret": "whsec_abc",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert gateway.scheduler.last.request == webhook_service_pb2.CreateWebhookRequest(
        url="https://your-app.com/webhook", events=["check.completed", "check.failed"]
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"events": ["check.failed"]}, "url"),
        ({"url": "https://a.test"}, "events"),
        ({"url": "", "events": ["check.failed"]}, "url"),
        ({"url": 5, "events": ["check.failed"]}, "url"),
        ({"url": "https://a.test/" + "a" * 2048, "events": ["check.failed"]}, "url"),
        ({"url": "https://a.test", "events": []}, "events"),
        ({"url": "https://a.test", "events": "check.failed"}, "events"),
        ({"url": "https://a.test", "events": ["check.failed", "check.done"]}, "events[1]"),
        ({"url": "https://a.test", "events": ["check.failed"], "secret": "x"}, "secret"),
    ],
)
async def test_a_wrong_shape_is_named(gateway: Gateway, body: object, field: str) -> None:
    answer = await gateway.post("/v1/webhooks", body)
    assert answer.status == 400
    assert answer.body["error"]["details"]["field"] == field
    assert gateway.scheduler.asked == []


async def test_an_unknown_event_lists_those_that_exist(gateway: Gateway) -> None:
    answer = await gateway.post("/v1/webhooks", {"url": "https://a.test", "events": ["done"]})
    assert "check.completed, check.failed or check.cancelled" in answer.body["error"]["message"]


async def test_a_url_the_policy_forbids_is_refused_by_the_scheduler(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        InvalidRequest("Not there", field="url", value="https://127.0.0.1/")
    )
    answer = await gateway.post(
        "/v1/webhooks", {"url": "https://127.0.0.1/", "events": ["check.failed"]}
    )
    assert answer.status == 400
    assert answer.body["error"]["details"] == {"field": "url", "value": "https://127.0.0.1/"}
