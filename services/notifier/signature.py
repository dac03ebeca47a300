"""Signs a delivery by the Standard Webhooks specification 1.0: v1 with each secret, and v1a.

Law: what is signed is id, timestamp and the exact bytes sent, joined by dots; a receiver that knows
any one of the keys can verify.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from outscope.webhook_keys import MalformedSecretError, private_key, secret_bytes


def signed_headers(
    secrets: Sequence[str],
    *,
    webhook_id: str,
    attempted_at: datetime,
    body: bytes,
    signing_key: str = "",
) -> dict[str, str]:
    """Return webhook-id, webhook-timestamp and webhook-signature for one attempt.

    The signatures stand in the order of the secrets, whsec_…; with a signing key, whsk_…, an
    asymmetric one comes last. Raises MalformedSecretError, also when there is no secret.
    """
    if not secrets:
        raise MalformedSecretError("there is no signing secret")
    timestamp = str(int(attempted_at.timestamp()))
    signed = b".".join((webhook_id.encode(), timestamp.encode(), body))
    signatures = [_symmetric(secret, signed) for secret in secrets]
    if signing_key:
        signatures.append(_asymmetric(signing_key, signed))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _symmetric(secret: str, signed: bytes) -> str:
    digest = hmac.digest(secret_bytes(secret), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _asymmetric(signing_key: str, signed: bytes) -> str:
    return f"v1a,{base64.b64encode(private_key(signing_key).sign(signed)).decode()}"
