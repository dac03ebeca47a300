"""The pages of webhooks: all of them, and one with what was delivered to it."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from services.gateway.console.pages.layout import Curl, button_form, link, shell, table, tag
from services.gateway.html import Child, Html, element

Json = Mapping[str, Any]

_TONES: Final = {"delivered": "good", "failed": "bad", "pending": "unsure"}


def webhooks_page(answer: Json, base_url: str) -> str:
    """Return the page of an answer of GET /v1/webhooks."""
    rows = [
        (link(f"/webhooks/{one['id']}", one["url"]), ", ".join(one["events"]), _state(one))
        for one in answer["data"]
    ]
    found = table(("Address", "Events", "State"), rows, "Webhooks")
    none = element("p", "There is no webhook. One is made through the API, as below.")
    parts = [found if rows else none, *_further("/webhooks", answer)]
    made = {"url": "https://your-app.com/webhook", "events": ["check.completed", "check.failed"]}
    curl = [
        Curl(base_url=base_url, path="/v1/webhooks"),
        Curl(base_url=base_url, path="/v1/webhooks", method="POST", body=made),
    ]
    return shell("Webhooks", parts, here="/webhooks", curl=curl)


def webhook_page(webhook: Json, deliveries: Json, base_url: str, said: str = "") -> str:
    """Return the page of one webhook with a page of its deliveries; said is what was just done."""
    place = f"/webhooks/{webhook['id']}"
    told = element("p", said, role="status", class_="notice good") if said else None
    state = element(
        "p",
        _state(webhook),
        f" {webhook['id']}; events: {', '.join(webhook['events'])}; payload: {webhook['payload']}",
    )
    rows = [_delivery(place, one) for one in deliveries["data"]]
    heads = ("Event", "Check", "At", "State", "Attempts", "Last answer", "")
    found = (
        table(heads, rows, "Deliveries") if rows else element("p", "Nothing was delivered to it.")
    )
    test = button_form(f"{place}/test", "Send a test event", quiet=True)
    parts = [told, state, test, element("h2", "Deliveries"), found, *_further(place, deliveries)]
    resend = f"/v1/webhooks/{webhook['id']}/deliveries/dlv_…/resend"
    curl = [
        Curl(base_url=base_url, path=f"/v1/webhooks/{webhook['id']}/deliveries"),
        Curl(base_url=base_url, path=resend, method="POST"),
    ]
    return shell(webhook["url"], parts, here="/webhooks", curl=curl)


def _state(webhook: Json) -> Html:
    if webhook["enabled"]:
        return tag("enabled", "good")
    return tag(f"disabled: {webhook['disabled_reason']}", "bad")


def _delivery(place: str, one: Json) -> tuple[Child, ...]:
    attempts = one["attempts"]
    check = one["check_id"]
    resend = button_form(f"{place}/deliveries/{one['id']}/resend", "Resend", quiet=True)
    return (
        one["event_type"],
        link(f"/checks/{check}", "check") if check else None,
        one["event_at"],
        tag(one["status"], _TONES.get(one["status"], "plain")),
        len(attempts),
        _answer(attempts[0]) if attempts else None,
        None if one["status"] == "pending" else resend,
    )


def _answer(attempt: Json) -> str:
    parts = [attempt["status_code"], attempt["error"], attempt["answer"]]
    return " ".join(str(part) for part in parts if part is not None)


def _further(place: str, answer: Json) -> list[Html]:
    pagination = answer["pagination"]
    if not pagination["has_more"]:
        return []
    further = urlencode({"cursor": pagination["next_cursor"]})
    return [element("p", link(f"{place}?{further}", "Further ones"))]
