"""Signatures, verified by the reference library."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from outscope.webhook_keys import MalformedSecretError, public_key_text, signing_key_text
from services.notifier.signature import signed_headers

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OLD_SECRET = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()
SIGNING_KEY = signing_key_text(bytes(range(64, 96)))
BODY = '{"type":"check.completed","data":{"title":"Español"}}'.encode()


def headers_now(*secrets: str, signing_key: str = "") -> dict[str, str]:
    return signed_headers(
        secrets or (SECRET,),
        webhook_id="msg_1",
        attempted_at=datetime.now(UTC),
        body=BODY,
        signing_key=signing_key,
    )


def verify_asymmetric(headers: dict[str, str], body: bytes) -> None:
    """Verify v1a as a receiver does that has the public key only."""
    public = base64.b64decode(public_key_text(SIGNING_KEY).removeprefix("whpk_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    (signature,) = (
        each.removeprefix("v1a,")
        for each in headers["webhook-signature"].split(" ")
        if each.startswith("v1a,")
    )
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature), signed)


def test_the_reference_library_accepts_the_signature() -> None:
    verified = Webhook(SECRET).verify(BODY, headers_now())
    assert verified == {"type": "check.completed", "data": {"title": "Español"}}


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_the_reference_library_refuses_a_changed_header(header: str) -> None:
    headers = headers_now()
    last = "1" if headers[header][-1] == "0" else "0"
    changed = {**headers, header: headers[header][:-1] + last}
    assert changed != headers
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, changed)


def test_the_reference_library_refuses_a_changed_body() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY.replace(b"completed", b"failed"), headers_now())


def test_the_signature_is_the_one_of_the_specification() -> None:
    # Computed with openssl: printf 'msg_1.1700000000.{}' | openssl dgst -sha256 -mac HMAC …
    headers = signed_headers(
        [SECRET],
        webhook_id="msg_1",
        attempted_at=datetime.fromtimestamp(1_700_000_000.9, UTC),
        body=b"{}",
    )
    assert headers == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1,fhksJF5ElKjlPoT/jtefCO5XjQPvhf7Dhf/8R1ad9yU=",
    }


@pytest.mark.parametrize("known", [SECRET, OLD_SECRET])
def test_while_two_secrets_sign_the_reference_library_accepts_either(known: str) -> None:
    headers = headers_now(SECRET, OLD_SECRET)
    assert Webhook(known).verify(BODY, headers)["type"] == "check.completed"
    assert headers["webhook-signature"].count("v1,") == 2


def test_a_secret_that_signs_no_more_is_refused() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD_SECRET).verify(BODY, headers_now(SECRET))


def test_the_asymmetric_signature_is_the_one_of_the_reference_server() -> None:
    # The vector of test_asymmetric_key_signing in svix-webhooks.
    private = "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="
    key = signing_key_text(base64.b64decode(private))
    assert key.endswith("fVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==")
    headers = signed_headers(
        [SECRET],
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        attempted_at=datetime.fromtimestamp(1_614_265_330, UTC),
        body=b'{"test": 2432232314}',
        signing_key=key,
    )
    assert headers["webhook-signature"].split(" ")[1:] == [
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
    ]


def test_the_public_key_verifies_the_asymmetric_signature_of_this_body_only() -> None:
    headers = headers_now(signing_key=SIGNING_KEY)
    verify_asymmetric(headers, BODY)
    with pytest.raises(InvalidSignature):
        verify_asymmetric(headers, BODY + b" ")


def test_beside_an_asymmetric_signature_the_reference_library_accepts_the_symmetric_one() -> None:
    Webhook(OLD_SECRET).verify(BODY, headers_now(SECRET, OLD_SECRET, signing_key=SIGNING_KEY))


def test_nothing_is_sent_unsigned() -> None:
    with pytest.raises(MalformedSecretError):
        signed_headers([], webhook_id="msg_1", attempted_at=datetime.now(UTC), body=BODY)


@pytest.mark.parametrize("secret", ["", "c2VjcmV0", "whsec_", "whsec_%%%", "whsec_c2VjcmV"])
def test_a_malformed_secret_is_refused(secret: str) -> None:
    with pytest.raises(MalformedSecretError):
        headers_now(secret)


@pytest.mark.parametrize("place", [0, 1])
def test_one_malformed_secret_among_several_is_refused(place: int) -> None:
    secrets = [SECRET, OLD_SECRET]
    secrets[place] = "whsec_%%%"
    with pytest.raises(MalformedSecretError):
        headers_now(*secrets)


def test_a_malformed_secret_is_not_shown() -> None:
    with pytest.raises(MalformedSecretError) as raised:
        headers_now("whsec_hunter2")
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
