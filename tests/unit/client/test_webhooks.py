"""What each operation on webhooks asks for."""

import json

import pytest
from outscope_client import webhooks
from outscope_client.exchange import Call

from services.gateway.schemas.request import validated
from services.gateway.schemas.webhook import WebhookRequest
from tests.unit.client.stepping import reply, run, settings


def test_a_webhook_is_created_once_however_often_it_is_asked_for() -> None:
    plan = webhooks.create("https://your-app.example/hook", ("check.completed",))
    seen = run(plan, iter([reply(503), reply(201, {"secret": "whsec_x"})]), settings())
    asked = json.loads(seen.requests[0].body or b"")
    assert validated(WebhookRequest, asked).events == ["check.completed"]
    assert seen.requests[0] == seen.requests[1]
    assert seen.result.secret == "whsec_x"


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (webhooks.list_page(), "GET", ""),
        (webhooks.get("whk_1"), "GET", "/whk_1"),
        (webhooks.update("whk_1", enabled=False), "PATCH", "/whk_1"),
        (webhooks.delete("whk_1"), "DELETE", "/whk_1"),
        (webhooks.test("whk_1"), "POST", "/whk_1/test"),
        (webhooks.rotate_secret("whk_1"), "POST", "/whk_1/rotate-secret"),
        (webhooks.secret("whk_1"), "GET", "/whk_1/secret"),
        (webhooks.public_key("whk_1"), "GET", "/whk_1/public-key"),
        (webhooks.deliveries("whk_1"), "GET", "/whk_1/deliveries"),
        (webhooks.delivery("whk_1", "dlv/1"), "GET", "/whk_1/deliveries/dlv%2F1"),
        (webhooks.resend("whk_1", "dlv_1"), "POST", "/whk_1/deliveries/dlv_1/resend"),
        (webhooks.recover("whk_1", since="x"), "POST", "/whk_1/recover"),
        (webhooks.replay_missing("whk_1", since="x"), "POST", "/whk_1/replay-missing"),
    ],
)
def test_each_operation_asks_for_its_route(call: Call[object], method: str, path: str) -> None:
    assert (call.method, call.path) == (method, "/v1/webhooks" + path)


def test_what_sends_something_is_not_repeated_when_it_may_have_been_sent() -> None:
    sending = (
        webhooks.test("w"),
        webhooks.resend("w", "d"),
        webhooks.recover("w", since="x"),
        webhooks.replay_missing("w", since="x"),
    )
    assert not any(call.is_repeatable for call in sending)
    assert webhooks.rotate_secret("w").creates


def test_a_change_sends_what_was_given_null_included() -> None:
    assert webhooks.update("w", fqdn=None, enabled=True).body == {"fqdn": None, "enabled": True}
    assert webhooks.rotate_secret("w", overlap_hours=0).body == {"overlap_hours": 0}
    assert webhooks.recover("w", since="2026-04-21T10:00:00Z").query["since"].startswith("2026")
    asked = webhooks.iterate_deliveries("w", status="failed").page("cur_1").query
    assert asked == {"limit": "100", "cursor": "cur_1", "status": "failed"}


def test_a_deleted_webhook_is_nothing() -> None:
    assert run(webhooks.delete("w"), iter([reply(204)]), settings()).result is None
