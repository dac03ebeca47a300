import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from outscope.errors import InvalidRequest, NotFound
from outscope.v1 import webhook_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CREATED_AT

pytestmark = pytest.mark.asyncio(loop_scope="session")

URL = "https://your-app.com/webhook"
EVENTS = ["check.completed", "check.failed"]
DOCUMENTED = {"url": URL, "events": EVENTS}
ID = "whk_01kprq4e00c5s6h9m2t8v4x3za"
TOLD = "2026-04-21T10:00:00Z"
# What a webhook that was asked for as documented has beside that.
USUAL = {
    "description": "",
    "fqdn": None,
    "vantage_points": [],
    "payload": "full",
    "signatures": ["v1"],
    "header_names": [],
    "enabled": True,
    "disabled_reason": None,
    "disabled_at": None,
    "failing_since": None,
    "slowed_until": None,
    "old_secret_signs_until": None,
    "unreadable": [],
    "updated_at": TOLD,
}


def a_webhook() -> webhook_service_pb2.Webhook:
    return webhook_service_pb2.Webhook(
        id=ID,
        url=URL,
        events=EVENTS,
        created_at=CREATED_AT,
        updated_at=CREATED_AT,
        enabled=True,
    )


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
    told = {
        "id": "whk_1",
        **DOCUMENTED,
        "created_at": "2026-04-21T10:00:00Z",
        "secret": "whsec_abc",
    }
    assert answer.body == {**USUAL, **told}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"] == "/v1/webhooks/whk_1"
    assert gateway.scheduler.last.request == webhook_service_pb2.CreateWebhookRequest(
        url="https://your-app.com/webhook",
        events=["check.completed", "check.failed"],
        payload=webhook_service_pb2.WEBHOOK_PAYLOAD_FULL,
        signatures=["v1"],
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
        ({**DOCUMENTED, "events": ["webhook.test"]}, "events[0]"),
        ({**DOCUMENTED, "description": "x" * 501}, "description"),
        ({**DOCUMENTED, "description": None}, "description"),
        ({**DOCUMENTED, "fqdn": ""}, "fqdn"),
        ({**DOCUMENTED, "vantage_points": "eu-west-1"}, "vantage_points"),
        ({**DOCUMENTED, "vantage_points": [1]}, "vantage_points[0]"),
        ({**DOCUMENTED, "payload": "big"}, "payload"),
        ({**DOCUMENTED, "signatures": ["v1", "v2"]}, "signatures[1]"),
        ({**DOCUMENTED, "headers": ["X-A"]}, "headers"),
        ({**DOCUMENTED, "headers": {"X-A": 5}}, "headers.X-A"),
        ({**DOCUMENTED, "enabled": True}, "enabled"),
    ],
)
async def test_a_wrong_shape_is_named(gateway: Gateway, body: object, field: str) -> None:
    answer = await gateway.post("/v1/webhooks", body)
    assert answer.status == 400
    assert answer.body["error"]["details"]["field"] == field
    assert gateway.scheduler.asked == []


async def test_an_unknown_event_lists_those_that_exist(gateway: Gateway) -> None:
    answer = await gateway.post("/v1/webhooks", {"url": "https://a.test", "events": ["done"]})
    assert (
        "check.completed, check.failed, check.cancelled, webhook.disabled, check.*, webhook.* or *"
        in answer.body["error"]["message"]
    )


async def test_a_url_the_policy_forbids_is_refused_by_the_scheduler(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        InvalidRequest("Not there", field="url", value="https://127.0.0.1/")
    )
    answer = await gateway.post(
        "/v1/webhooks", {"url": "https://127.0.0.1/", "events": ["check.failed"]}
    )
    assert answer.status == 400
    assert answer.body["error"]["details"] == {"field": "url", "value": "https://127.0.0.1/"}


async def test_a_page_of_webhooks_is_asked_for_and_shown(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.ListWebhooksResponse(webhooks=[a_webhook()], next_cursor="cur_x")
    )
    answer = await gateway.get("/v1/webhooks?limit=7&cursor=cur_w")
    assert answer.status == 200
    assert answer.body == {
        "data": [{**USUAL, **DOCUMENTED, "id": ID, "created_at": TOLD}],
        "pagination": {"next_cursor": "cur_x", "has_more": True},
    }
    assert gateway.scheduler.last.request == webhook_service_pb2.ListWebhooksRequest(
        page_size=7, cursor="cur_w"
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=101", "limit"), ("cursor=", "cursor"), ("status=x", "status")],
)
async def test_a_query_that_is_wrong_names_its_parameter(
    gateway: Gateway, query: str, field: str
) -> None:
    answer = await gateway.get(f"/v1/webhooks?{query}")
    assert (answer.status, answer.body["error"]["details"]["field"]) == (400, field)
    assert gateway.scheduler.asked == []


async def test_one_webhook_is_shown(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(webhook_service_pb2.GetWebhookResponse(webhook=a_webhook()))
    answer = await gateway.get(f"/v1/webhooks/{ID}")
    assert (answer.status, answer.body["id"]) == (200, ID)
    assert "secret" not in answer.body
    assert gateway.scheduler.last.request == webhook_service_pb2.GetWebhookRequest(id=ID)


async def test_a_change_names_what_it_has(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        webhook_service_pb2.UpdateWebhookResponse(webhook=a_webhook(), warnings=["over http"])
    )
    body: dict[str, object] = {"enabled": False, "fqdn": None, "headers": {}}
    answer = await gateway.call("PATCH", f"/v1/webhooks/{ID}", json=body)
    assert (answer.status, answer.body["warnings"]) == (200, ["over http"])
    assert gateway.scheduler.last.request == webhook_service_pb2.UpdateWebhookRequest(
        id=ID, update_mask=FieldMask(paths=["enabled", "fqdn", "headers"])
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": None}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://a.test/" + "a" * 2048}, "url"),
        ({"events": []}, "events"),
        ({"events": ["check.done"]}, "events[0]"),
        ({"description": "x" * 501}, "description"),
        ({"fqdn": ""}, "fqdn"),
        ({"vantage_points": None}, "vantage_points"),
        ({"payload": "big"}, "payload"),
        ({"signatures": ["v2"]}, "signatures[0]"),
        ({"headers": {"X-A": None}}, "headers.X-A"),
        ({"enabled": "false"}, "enabled"),
        ({"enabled": None}, "enabled"),
        ({"secret": "x"}, "secret"),
        ([], ""),
    ],
)
async def test_a_change_of_a_wrong_shape_is_named(
    gateway: Gateway, body: object, field: str
) -> None:
    answer = await gateway.call("PATCH", f"/v1/webhooks/{ID}", json=body)
    assert answer.status == 400
    assert answer.body["error"]["details"].get("field", "") == field
    assert gateway.scheduler.asked == []


async def test_a_deleted_webhook_is_answered_without_a_body(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(webhook_service_pb2.DeleteWebhookResponse())
    answer = await gateway.call("DELETE", f"/v1/webhooks/{ID}")
    assert (answer.status, answer.content) == (204, b"")
    assert gateway.scheduler.last.request == webhook_service_pb2.DeleteWebhookRequest(id=ID)


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {}), ("DELETE", None)])
async def test_what_is_no_webhook_of_the_account_is_404(
    gateway: Gateway, method: str, body: object
) -> None:
    answer = await gateway.call(method, "/v1/webhooks/nothing", json=body)
    assert (answer.status, answer.body["error"]["details"]["field"]) == (404, "id")
    assert gateway.scheduler.asked == []
    gateway.scheduler.will_answer(NotFound("No", field="id", value=ID))
    answer = await gateway.call(method, f"/v1/webhooks/{ID}", json=body)
    assert (answer.status, answer.body["error"]["code"]) == (404, "not_found")
