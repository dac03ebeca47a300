"""Tells whether a webhook is from OutScope: Standard Webhooks, with any of several secrets.

Law: the bytes are verified as they came, before anything reads them; every comparison takes the
same time whatever is right about it.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar, Union

from outscope_client.errors import ConfigurationError, WebhookVerificationError
from outscope_client.model import Model
from outscope_client.models import (
    Check,
    CheckEventBody,
    DisabledEventBody,
    TestEventBody,
    ThinCheck,
)

TOLERANCE_S = 300
_MOMENT_DIGITS = 15
_PREFIX = "whsec_"


class CheckEvent(CheckEventBody):
    """A check has ended, and this is the check."""

    _models: ClassVar[Mapping[str, type[Model]]] = {"data": Check}

    data: Check


class ThinCheckEvent(CheckEventBody):
    """A check has ended; it can be read by its id."""

    _models: ClassVar[Mapping[str, type[Model]]] = {"data": ThinCheck}

    data: ThinCheck


WebhookEvent = Union[CheckEvent, ThinCheckEvent, DisabledEventBody, TestEventBody]


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    *,
    tolerance_s: float = TOLERANCE_S,
    now: float | None = None,
) -> WebhookEvent:
    """Return the event, or raise WebhookVerificationError when it must not be believed.

    secret is that of the webhook, or several of them while they are being rotated. An event that
    was signed longer ago than tolerance_s is refused: somebody may be sending it again.
    """
    told = {name.lower(): value for name, value in headers.items()}
    message_id, sent_at, signatures = (
        _header(told, name) for name in ("id", "timestamp", "signature")
    )
    _check_moment(sent_at, time.time() if now is None else now, tolerance_s)
    content = body.encode("utf-8", "replace") if isinstance(body, str) else bytes(body)
    signed = f"{message_id}.{sent_at}.".encode("utf-8", "replace") + content
    secrets = [secret] if isinstance(secret, str) else list(secret)
    expected = [hmac.new(_key(each), signed, hashlib.sha256).digest() for each in secrets]
    given = [_bytes(each[3:]) for each in signatures.split(" ") if each.startswith("v1,")]
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(matches):
        raise WebhookVerificationError("No signature of the webhook is by this secret")
    try:
        return _event(json.loads(content))
    except (ValueError, TypeError, AttributeError) as error:
        raise WebhookVerificationError("The webhook is signed, and no JSON object") from error


def _event(told: Mapping[str, object]) -> WebhookEvent:
    if told.get("type") == "webhook.disabled":
        return DisabledEventBody(told)
    if told.get("type") == "webhook.test":
        return TestEventBody(told)
    return ThinCheckEvent(told) if told.get("payload") == "thin" else CheckEvent(told)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(f"webhook-{name}", "")
    if not value:
        raise WebhookVerificationError(f"The header webhook-{name} is missing")
    return value


def _check_moment(sent_at: str, now: float, tolerance_s: float) -> None:
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= _MOMENT_DIGITS):
        raise WebhookVerificationError("The header webhook-timestamp is no moment")
    away_s = now - int(sent_at)
    if abs(away_s) > tolerance_s:
        when = "too long ago" if away_s > 0 else "in the future"
        raise WebhookVerificationError(f"The webhook was signed {when}; is the clock right?")


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.strip().removeprefix(_PREFIX), validate=True)
    except ValueError as error:
        raise ConfigurationError("The secret of a webhook is whsec_ and base64") from error
    if not key:
        raise ConfigurationError("The secret of the webhook is empty")
    return key


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
