"""What is signed as Standard Webhooks say is believed, and nothing else."""

import base64
import datetime as dt
import json
from typing import Any

import pytest
from outscope_client import ConfigurationError, WebhookVerificationError, verify_webhook
from outscope_client.model import Model
from outscope_client.models import DisabledEventBody
from outscope_client.models import TestEventBody as SampleEventBody
from outscope_client.signature import CheckEvent, ThinCheckEvent
from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
BODY = json.dumps({"type": "check.completed", "data": {"id": "chk_1", "fqdn": "caf\u00e9"}})
SENT_AT = 1_776_765_600


def signed(secret: str = SECRET, body: str = BODY, sent_at: int = SENT_AT) -> dict[str, str]:
    """The headers that the reference implementation signs with."""
    moment = dt.datetime.fromtimestamp(sent_at, tz=dt.UTC)
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(sent_at),
        "Webhook-Signature": Webhook(secret).sign("msg_1", moment, body),
    }


def test_what_the_reference_implementation_signs_is_believed() -> None:
    event = verify_webhook(BODY.encode(), signed(), SECRET, now=SENT_AT)
    assert (event.type, event.data.id) == ("check.completed", "chk_1")
    assert verify_webhook(BODY, signed(), SECRET, now=SENT_AT) == event


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"type": "check.failed", "data": {"id": "chk_1"}}, CheckEvent),
        ({"type": "check.failed", "payload": "thin", "data": {"id": "chk_1"}}, ThinCheckEvent),
        ({"type": "webhook.disabled", "data": {"id": "whk_1"}}, DisabledEventBody),
        ({"type": "webhook.test", "data": {"id": "whk_1"}}, SampleEventBody),
    ],
)
def test_an_event_is_of_its_kind(told: dict[str, Any], kind: type[Model]) -> None:
    body = json.dumps(told)
    event = verify_webhook(body, signed(body=body), SECRET, now=SENT_AT)
    assert type(event) is kind
    assert event.data.id == told["data"]["id"]


def test_any_of_several_secrets_and_signatures_will_do() -> None:
    headers = signed(OTHER)
    headers["Webhook-Signature"] = f"v1a,xx v1,bad {headers['Webhook-Signature']} v1,"
    assert verify_webhook(BODY, headers, [SECRET, OTHER], now=SENT_AT)
    with pytest.raises(WebhookVerificationError, match="by this secret"):
        verify_webhook(BODY, headers, [SECRET], now=SENT_AT)


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("Webhook-Id", "msg_2", "by this secret"),
        ("Webhook-Id", "", "webhook-id is missing"),
        ("Webhook-Signature", "", "webhook-signature is missing"),
        ("Webhook-Signature", "v1,", "by this secret"),
        ("Webhook-Timestamp", str(SENT_AT + 1), "by this secret"),
        ("Webhook-Timestamp", "now", "no moment"),
    ],
)
def test_what_was_changed_is_not_believed(header: str, value: str, reason: str) -> None:
    with pytest.raises(WebhookVerificationError, match=reason):
        verify_webhook(BODY, {**signed(), header: value}, SECRET, now=SENT_AT)


def test_a_changed_body_is_not_believed() -> None:
    with pytest.raises(WebhookVerificationError):
        verify_webhook(BODY + " ", signed(), SECRET, now=SENT_AT)


def test_what_was_signed_too_long_ago_or_in_the_future_is_not_believed() -> None:
    assert verify_webhook(BODY, signed(), SECRET, now=SENT_AT + 300)
    with pytest.raises(WebhookVerificationError, match="too long ago"):
        verify_webhook(BODY, signed(), SECRET, now=SENT_AT + 301)
    with pytest.raises(WebhookVerificationError, match="in the future"):
        verify_webhook(BODY, signed(), SECRET, now=SENT_AT - 301)


def test_what_is_signed_and_no_object_is_an_error_of_the_same_kind() -> None:
    with pytest.raises(WebhookVerificationError, match="no JSON object"):
        verify_webhook("[]", signed(body="[]"), SECRET, now=SENT_AT)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_%%%", "whsec_\u00e9", ""])
def test_a_secret_that_is_none_is_a_mistake_of_ours(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="secret"):
        verify_webhook(BODY, signed(), secret, now=SENT_AT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Webhook-Timestamp", "1" * 5000),
        ("Webhook-Id", "msg_\udcff"),
        ("Webhook-Signature", "v1,\udcff\u00e9"),
    ],
)
def test_a_header_that_nobody_signs_is_not_believed(name: str, value: str) -> None:
    with pytest.raises(WebhookVerificationError):
        verify_webhook(BODY, {**signed(), name: value}, SECRET, now=SENT_AT)


def test_a_body_of_half_characters_is_not_believed() -> None:
    with pytest.raises(WebhookVerificationError):
        verify_webhook("\udcff", signed(), SECRET, now=SENT_AT)
