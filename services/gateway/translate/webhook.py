"""Webhook requests as the scheduler's messages, and what it says of webhooks as answers."""

from collections.abc import Mapping
from typing import Final, Literal

from google.protobuf.field_mask_pb2 import FieldMask

from outscope.representation.moments import rfc3339
from outscope.v1 import webhook_service_pb2
from services.gateway.schemas.webhook import (
    ChangedWebhook,
    CreatedWebhook,
    Payload,
    RotatedSecret,
    RotationRequest,
    Secret,
    SecretAccess,
    Signature,
    Webhook,
    WebhookChange,
    WebhookList,
    WebhookListQuery,
    WebhookRequest,
)
from services.gateway.translate.moment import moment_or_null

_PAYLOADS: Final[Mapping[str, webhook_service_pb2.WebhookPayload.ValueType]] = {
    "full": webhook_service_pb2.WEBHOOK_PAYLOAD_FULL,
    "thin": webhook_service_pb2.WEBHOOK_PAYLOAD_THIN,
}


def webhook_message(webhook: WebhookRequest) -> webhook_service_pb2.CreateWebhookRequest:
    """Return where to send which events, and how."""
    return webhook_service_pb2.CreateWebhookRequest(
        url=webhook.url,
        events=webhook.events,
        description=webhook.description,
        fqdn=webhook.fqdn or "",
        vantage_points=webhook.vantage_points,
        payload=_PAYLOADS[webhook.payload],
        signatures=webhook.signatures,
        headers=webhook.headers,
    )


def change_message(
    webhook_id: str, change: WebhookChange
) -> webhook_service_pb2.UpdateWebhookRequest:
    """Return what to change: the fields that the request has, an empty name for null."""
    message = webhook_service_pb2.UpdateWebhookRequest(
        id=webhook_id,
        update_mask=FieldMask(paths=sorted(change.model_fields_set)),
        url=change.url or "",
        events=change.events,
        description=change.description or "",
        fqdn=change.fqdn or "",
        vantage_points=change.vantage_points,
        signatures=change.signatures,
        headers=change.headers,
        enabled=bool(change.enabled),
    )
    if change.payload is not None:
        message.payload = _PAYLOADS[change.payload]
    return message


def webhook_list_message(query: WebhookListQuery) -> webhook_service_pb2.ListWebhooksRequest:
    """Return the query as the scheduler's message."""
    return webhook_service_pb2.ListWebhooksRequest(page_size=query.limit, cursor=query.cursor)


def rotation_message(
    webhook_id: str, rotation: RotationRequest
) -> webhook_service_pb2.RotateWebhookSecretRequest:
    """Return which secret to rotate, and how long the one until now still signs."""
    return webhook_service_pb2.RotateWebhookSecretRequest(
        id=webhook_id, overlap_hours=rotation.overlap_hours
    )


def webhook_representation(webhook: webhook_service_pb2.Webhook) -> Webhook:
    """Return a webhook, which has no secret in it."""
    is_older = not webhook.HasField("updated_at")
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "description": webhook.description,
        "fqdn": webhook.fqdn or None,
        "vantage_points": list(webhook.vantage_points),
        "payload": _payload_in(webhook),
        "signatures": _signatures_in(webhook),
        "header_names": list(webhook.header_names),
        # One that a scheduler of an older version tells of tells nothing of that.
        "enabled": webhook.enabled or is_older,
        "disabled_reason": webhook.disabled_reason or None,
        "disabled_at": moment_or_null(webhook, "disabled_at"),
        "failing_since": moment_or_null(webhook, "failing_since"),
        "slowed_until": moment_or_null(webhook, "slowed_until"),
        "old_secret_signs_until": moment_or_null(webhook, "old_secret_signs_until"),
        "unreadable": list(webhook.unreadable),
        "created_at": rfc3339(webhook.created_at),
        "updated_at": rfc3339(webhook.created_at if is_older else webhook.updated_at),
    }


def created_webhook(answer: webhook_service_pb2.CreateWebhookResponse) -> CreatedWebhook:
    """Return the webhook with its secret."""
    created: CreatedWebhook = {
        **webhook_representation(answer.webhook),
        "secret": answer.secret,
        "warnings": list(answer.warnings),
    }
    if not answer.warnings:
        del created["warnings"]
    return created


def changed_webhook(answer: webhook_service_pb2.UpdateWebhookResponse) -> ChangedWebhook:
    """Return the webhook as it is now."""
    changed: ChangedWebhook = {
        **webhook_representation(answer.webhook),
        "warnings": list(answer.warnings),
    }
    if not answer.warnings:
        del changed["warnings"]
    return changed


def webhook_list(page: webhook_service_pb2.ListWebhooksResponse) -> WebhookList:
    """Return a page of webhooks."""
    return {
        "data": [webhook_representation(webhook) for webhook in page.webhooks],
        "pagination": {
            "next_cursor": page.next_cursor or None,
            "has_more": bool(page.next_cursor),
        },
    }


def rotated_secret(answer: webhook_service_pb2.RotateWebhookSecretResponse) -> RotatedSecret:
    """Return the secret that signs from now on."""
    return {
        "secret": answer.secret,
        "old_secret_signs_until": moment_or_null(answer, "old_secret_signs_until"),
    }


def secret_representation(answer: webhook_service_pb2.GetWebhookSecretResponse) -> Secret:
    """Return the secret, and who has asked for it."""
    return {"secret": answer.secret, "accesses": [_access(each) for each in answer.accesses]}


def _access(access: webhook_service_pb2.SecretAccess) -> SecretAccess:
    return {
        "action": "rotated" if access.action == "rotated" else "read",
        "at": rfc3339(access.at),
        "key_id": access.key_id,
    }


def _payload_in(webhook: webhook_service_pb2.Webhook) -> Payload:
    return "thin" if webhook.payload == webhook_service_pb2.WEBHOOK_PAYLOAD_THIN else "full"


def _signatures_in(webhook: webhook_service_pb2.Webhook) -> list[Signature]:
    first: Literal["v1"] = "v1"
    return [first, "v1a"] if "v1a" in webhook.signatures else [first]
