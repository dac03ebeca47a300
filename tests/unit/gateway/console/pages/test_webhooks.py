from typing import Any

from services.gateway.console.pages.webhooks import created_page, webhook_page, webhooks_page
from services.gateway.routes import OPERATIONS
from tests.unit.gateway.test_html import Reader


def example(name: str) -> Any:  # noqa: ANN401 - JSON
    (operation,) = [one for one in OPERATIONS if one.name == name]
    return operation.answers[201 if name == "createWebhook" else 200].example


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
    assert "Done" in webhook_page(webhook, ended, "http://h", said=("Done",))


def test_none_is_said_to_be_none() -> None:
    none = {"data": [], "pagination": {"next_cursor": None, "has_more": False}}
    assert "There is no webhook" in webhooks_page(none, "http://h")
    assert "Nothing was delivered" in webhook_page(example("getWebhook"), none, "http://h")


def test_the_secret_is_shown_once_with_what_may_keep_events_away() -> None:
    created = {**example("createWebhook"), "warnings": ["<i> is a name of the inside"]}
    text = Reader(created_page(created, "http://h")).text
    assert created["secret"] in text
    assert "<i> is a name of the inside" in text
    assert created["secret"] not in webhook_page(created, example("listWebhookDeliveries"), "h")


def test_deliveries_are_chosen_by_state_on_every_page() -> None:
    webhook, some = example("getWebhook"), example("listWebhookDeliveries")
    read = Reader(webhook_page(webhook, some, "http://h", status="held"))
    links = [a.get("href") for _, a in read.elements]
    assert f"/webhooks/{webhook['id']}?status=held&cursor=cur_xyz789" in links
    assert [a["href"] for _, a in read.elements if a.get("aria-current") == "true"] == [
        f"/webhooks/{webhook['id']}?status=held"
    ]
    assert "deliveries?status=held" in read.text


def test_what_keeps_a_webhook_from_being_told_is_shown() -> None:
    some = example("listWebhookDeliveries")
    well = Reader(webhook_page(example("getWebhook"), some, "http://h")).text
    assert "Failing since" not in well
    ill = {
        **example("getWebhook"),
        "failing_since": "2026-04-22T09:58:00Z",
        "unreadable": ["secret"],
    }
    text = Reader(webhook_page(ill, some, "http://h")).text
    assert "Failing since2026-04-22" in text
    assert "Cannot be read any moresecret" in text
