"""Signatures, verified by the reference library."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.notifier.signature import MalformedSecretError, signed_headers

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BODY = '{"type":"check.completed","data":{"title":"Español"}}'.encode()


def headers_now(body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    return signed_headers(secret, webhook_id="msg_1", attempted_at=datetime.now(UTC), body=body)


def test_the_reference_library_accepts_the_signature() -> None:
    verified = Webhook(SECRET).verify(BODY, headers_now())
    assert verified == {"type": "check.completed", "data": {"title": "Español"}}


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_the_reference_library_refuses_a_changed_header(header: str) -> None:
    headers = headers_now()
    changed = {**headers, header: headers[header][:-2] + "00"}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, changed)


def test_the_reference_library_refuses_a_changed_body() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY.replace(b"completed", b"failed"), headers_now())


def test_the_signature_is_the_one_of_the_specification() -> None:
    # Computed with openssl: printf 'msg_1.1700000000.{}' | openssl dgst -sha256 -mac HMAC …
    headers = signed_headers(
        SECRET,
        webhook_id="msg_1",
        attempted_at=datetime.fromtimestamp(1_700_000_000.9, UTC),
        body=b"{}",
    )
    assert headers == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1,fhksJF5ElKjlPoT/jtefCO5XjQPvhf7Dhf/8R1ad9yU=",
    }


@pytest.mark.parametrize("secret", ["", "c2VjcmV0", "whsec_", "whsec_%%%", "whsec_c2VjcmV"])
def test_a_malformed_secret_is_refused(secret: str) -> None:
    with pytest.raises(MalformedSecretError):
        headers_now(secret=secret)


def test_a_malformed_secret_is_not_shown() -> None:
    with pytest.raises(MalformedSecretError) as raised:
        headers_now(secret="whsec_hunter2")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
