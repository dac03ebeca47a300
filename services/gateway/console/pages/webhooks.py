"""The pages of webhooks: all of them, one with what was delivered to it, and one just created."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from services.gateway.console.pages.layout import Curl, button_form, field, link, shell, table, tag
from services.gateway.html import Child, Html, element, void

Json = Mapping[str, Any]

STATUSES: Final = ("pending", "delivered", "failed", "held")
_TONES: Final = {"delivered": "good", "failed": "bad", "pending": "unsure"}


def webhooks_page(answer: Json, base_url: str, said: str = "") -> str:
    """Return the page of an answer of GET /v1/webhooks; said is what was just done."""
    rows = [
        (
            link(f"/webhooks/{one['id']}", one["url"]),
            one["description"],
            ", ".join(one["events"]),
            _state(one),
        )
        for one in answer["data"]
    ]
    found = table(("Address", "Description", "Events", "State"), rows, "Webhooks")
    none = element("p", "There is no webhook yet: nothing is told when a check ends.")
    parts = [
        _said(said),
        element("p", element("a", "New webhook", href="/webhooks/new", class_="button")),
        found if rows else none,
        *_further("/webhooks", {}, answer),
    ]
    curl = [Curl(base_url=base_url, path="/v1/webhooks")]
    return shell("Webhooks", parts, here="/webhooks", curl=curl)


def created_page(webhook: Json, base_url: str) -> str:
    """Return the page of a webhook that was just created, with the secret that no list shows."""
    place = f"/webhooks/{webhook['id']}"
    parts = [
        element("p", "The webhook was created.", role="status", class_="notice good"),
        *_warnings(webhook.get("warnings", ())),
        element("h2", "Its secret"),
        element("p", "Every delivery is signed with it. Keep it where the receiver finds it:"),
        element(
            "pre", element("code", webhook["secret"]), tabindex="0", aria_label="Signing secret"
        ),
        element(
            "div",
            link(place, "Go on to the webhook"),
            button_form(f"{place}/test", "Send a test event", quiet=True),
            class_="actions",
        ),
    ]
    curl = [Curl(base_url=base_url, path=f"/v1/webhooks/{webhook['id']}/secret")]
    return shell(webhook["url"], parts, here="/webhooks", curl=curl)


def webhook_page(
    webhook: Json, deliveries: Json, base_url: str, *, status: str = "", said: Sequence[str] = ()
) -> str:
    """Return the page of one webhook with a page of its deliveries; said is what was just done."""
    place = f"/webhooks/{webhook['id']}"
    rows = [_delivery(place, one) for one in deliveries["data"]]
    heads = ("Event", "Check", "At", "State", "Attempts", "Last answer", "")
    none = element("p", "There is no such delivery." if status else "Nothing was delivered to it.")
    parts = [
        *(_said(one) for one in said),
        _settings(webhook),
        _actions(place),
        element("h2", "Deliveries"),
        _statuses(place, status),
        table(heads, rows, "Deliveries") if rows else none,
        *_further(place, {"status": status}, deliveries),
        _again(place, webhook),
    ]
    path = f"/v1/webhooks/{webhook['id']}"
    told = f"{path}/deliveries" + (f"?{urlencode({'status': status})}" if status else "")
    curl = [
        Curl(base_url=base_url, path=path),
        Curl(base_url=base_url, path=told),
        Curl(base_url=base_url, path=f"{path}/deliveries/dlv_…/resend", method="POST"),
    ]
    return shell(webhook["url"], parts, here="/webhooks", curl=curl)


def _settings(webhook: Json) -> Html:
    rows: list[tuple[Child, ...]] = [
        ("State", _state(webhook)),
        ("Description", webhook["description"]),
        ("Events", ", ".join(webhook["events"])),
        ("Host name", webhook["fqdn"] or "of all"),
        ("Vantage points", ", ".join(webhook["vantage_points"]) or "from all"),
        ("Payload", webhook["payload"]),
        ("Failing since", webhook["failing_since"]),
        ("Waits until", webhook["slowed_until"]),
        ("Cannot be read any more", ", ".join(webhook["unreadable"])),
        ("Id", element("code", webhook["id"])),
    ]
    optional = {"Failing since", "Waits until", "Cannot be read any more"}
    shown = [row for row in rows if row[1] or row[0] not in optional]
    return table(("Setting", "Value"), shown, "Settings")


def _actions(place: str) -> Html:
    delete = element(
        "details",
        element("summary", "Delete"),
        element("p", "Nothing more is sent to it, not even what is on its way."),
        button_form(f"{place}/delete", "Delete for good", quiet=True),
    )
    return element(
        "div",
        element("a", "Change", href=f"{place}/edit", class_="button"),
        button_form(f"{place}/test", "Send a test event", quiet=True),
        delete,
        class_="actions spaced",
    )


def _statuses(place: str, chosen: str) -> Html:
    shown = [("", "All"), *((one, one.capitalize()) for one in STATUSES)]
    links = [
        element(
            "a",
            text,
            href=f"{place}?{urlencode({'status': status})}" if status else place,
            **({"aria_current": "true"} if status == chosen else {}),
        )
        for status, text in shown
    ]
    return element("nav", *links, aria_label="Deliveries by state", class_="choices")


def _again(place: str, webhook: Json) -> Html:
    since = void(
        "input",
        name="since",
        value=webhook["created_at"],
        required="required",
        spellcheck="false",
    )
    buttons = [
        element("button", text, type="submit", class_="quiet", formaction=f"{place}/{action}")
        for action, text in (
            ("recover", "Send again what has failed"),
            ("replay-missing", "Send what was held"),
        )
    ]
    return element(
        "details",
        element("summary", "Send several again"),
        element(
            "form",
            field("Of this moment or later", since, "Such as 2026-04-21T10:00:00Z"),
            element("div", *buttons, class_="actions"),
            method="post",
            action=f"{place}/recover",
        ),
    )


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


def _said(said: str) -> Html | None:
    return element("p", said, role="status", class_="notice good") if said else None


def _warnings(warnings: Sequence[str]) -> list[Html]:
    return [element("p", one, role="status", class_="notice unsure") for one in warnings]


def _further(place: str, query: Mapping[str, str], answer: Json) -> list[Html]:
    pagination = answer["pagination"]
    if not pagination["has_more"]:
        return []
    asked = {**{name: value for name, value in query.items() if value}}
    further = urlencode({**asked, "cursor": pagination["next_cursor"]})
    return [element("p", link(f"{place}?{further}", "Further ones"))]
