"""Signs a delivery by the Standard Webhooks specification 1.0, symmetric scheme v1.

Law: what is signed is id, timestamp and the exact bytes sent, joined by dots.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

from outscope.limits import WEBHOOK_SECRET_PREFIX


class MalformedSecretError(Exception):
    """A signing secret is not whsec_ followed by base64; the message never shows it."""


def signed_headers(
    secret: str, *, webhook_id: str, attempted_at: datetime, body: bytes
) -> dict[str, str]:
    """Return webhook-id, webhook-timestamp and webhook-signature for one attempt."""
    timestamp = str(int(attempted_at.timestamp()))
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    digest = hmac.new(_key_of(secret), signed, hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key_of(secret: str) -> bytes:
    if not secret.startswith(WEBHOOK_SECRET_PREFIX):
        raise MalformedSecretError(f"a signing secret must begin with {WEBHOOK_SECRET_PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True)
    except binascii.Error:
        # Not chained: the cause may quote the secret.
        raise MalformedSecretError("a signing secret is not base64") from None
    if not key:
        raise MalformedSecretError("a signing secret is empty")
    return key
