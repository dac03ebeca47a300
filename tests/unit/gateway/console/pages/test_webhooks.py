from typing import Any

from services.gateway.console.pages.webhooks import webhook_page, webhooks_page
from services.gateway.routes import OPERATIONS
from tests.unit.gateway.test_html import Reader


def example(name: str) -> Any:  # noqa: ANN401 - JSON
    (operation,) = [one for one in OPERATIONS if one.name == name]
    return operation.answers[200].example


def test_webhooks_are_listed_with_their_state() -> None:
    answer = example("listWebhooks")
    off = {**answer["data"][0], "enabled": False, "disabled_reason": "failing", "url": "<b>"}
    read = Reader(webhooks_page({**answer, "data": [*answer["data"], off]}, "http://h"))
    assert "disabled: failing" in read.text
    assert "<b>" in read.text
    assert "/webhooks?cursor=cur_xyz789" in [a.get("href") for _, a in read.elements]


def test_a_delivery_that_has_ended_can_be_sent_again() -> None:
    webhook, pending = example("getWebhook"), example("listWebhookDeliveries")
    ended = {**pending, "data": [example("getWebhookDelivery")]}
    place = f"/webhooks/{webhook['id']}/deliveries/{ended['data'][0]['id']}/resend"
    assert place in webhook_page(webhook, ended, "http://h")
    assert place not in webhook_page(webhook, pending, "http://h")
    assert "Done" in webhook_page(webhook, ended, "http://h", "Done")


def test_none_is_said_to_be_none() -> None:
    none = {"data": [], "pagination": {"next_cursor": None, "has_more": False}}
    assert "There is no webhook" in webhooks_page(none, "http://h")
    assert "Nothing was delivered" in webhook_page(example("getWebhook"), none, "http://h")
