from services.gateway.console.pages.webhook_form import (
    NEW,
    NOTHING,
    changes_of,
    edit_webhook_page,
    form_of,
    new_webhook_page,
    request_of,
)
from services.gateway.schemas.request import validated
from services.gateway.schemas.webhook import WebhookChange, WebhookRequest
from services.gateway.webhook_examples import DISABLED_WEBHOOK, WEBHOOK
from tests.unit.gateway.test_html import Reader


def test_a_form_makes_the_request_of_the_api() -> None:
    form = {**NEW, "url": " https://a.test/x ", "fqdn": "*.a.test", "vantage_points": "a, b"}
    asked = request_of(form)
    assert asked == {
        "url": "https://a.test/x",
        "events": ["check.completed", "check.failed"],
        "description": "",
        "fqdn": "*.a.test",
        "vantage_points": ["a", "b"],
        "payload": "full",
    }
    assert validated(WebhookRequest, asked).fqdn == "*.a.test"


def test_nothing_but_what_the_form_changes_is_sent() -> None:
    assert changes_of(form_of(DISABLED_WEBHOOK), DISABLED_WEBHOOK) == {}
    changed = {**form_of(WEBHOOK), "event:check.cancelled": "on", "enabled": ""}
    changes = changes_of(changed, WEBHOOK)
    assert changes == {
        "events": ["check.completed", "check.failed", "check.cancelled"],
        "enabled": False,
    }
    assert validated(WebhookChange, changes).enabled is False
    assert changes_of({**form_of(DISABLED_WEBHOOK), "fqdn": ""}, DISABLED_WEBHOOK) == {"fqdn": None}


def test_what_a_field_cannot_hold_is_not_changed_by_it() -> None:
    there = {**WEBHOOK, "description": "Board of\r\nthe \u202eshop\x1b"}
    # As browsers do with a field of one line: https://html.spec.whatwg.org/#strip-newlines.
    sent = {**form_of(there), "description": "Board ofthe \ufffdshop\ufffd"}
    assert changes_of(sent, there) == {}
    assert changes_of({**sent, "description": "Board"}, there) == {"description": "Board"}
    assert changes_of({**sent, "description": ""}, there) == {"description": ""}


def test_an_empty_form_is_for_the_api_to_refuse() -> None:
    assert request_of(NOTHING)["events"] == []
    assert "<b>" not in new_webhook_page({**NOTHING, "url": '"><b>'}, "once", "http://h", "<b>")


def test_what_is_there_stands_in_the_form() -> None:
    read = Reader(edit_webhook_page(DISABLED_WEBHOOK, form_of(DISABLED_WEBHOOK), "http://h"))
    inputs = [a for name, a in read.elements if name == "input"]
    checked = [a["name"] for a in inputs if "checked" in a]
    assert checked == ["event:check.*"]
    values = {a["name"]: a["value"] for a in inputs if "value" in a}
    assert values["description"] == DISABLED_WEBHOOK["description"]
    assert [a["value"] for n, a in read.elements if n == "option" and "selected" in a] == ["thin"]
    assert "-X PATCH" in read.text
