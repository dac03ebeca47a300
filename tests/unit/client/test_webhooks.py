"""What each operation on webhooks asks for."""

import json

from outscope_client import webhooks

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
