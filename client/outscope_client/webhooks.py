"""What can be asked of webhooks, each operation described once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outscope_client.exchange import Call, present, segment
from outscope_client.models import (
    ChangedWebhook,
    CreatedWebhook,
    Delivery,
    DeliveryList,
    PublicKey,
    Replayed,
    RotatedSecret,
    Secret,
    Webhook,
    WebhookList,
)
from outscope_client.pages import Pages
from outscope_client.resource import AsyncResource, Listing, Operation, Resource


def create(
    url: str,
    events: Sequence[str],
    *,
    idempotency_key: str | None = None,
    **options: Any,  # noqa: ANN401 - what the server's version knows
) -> Call[CreatedWebhook]:
    """Have events sent to a URL; the answer has the signing secret."""
    body = present(url=url, events=list(events), **options)
    return Call(
        "POST",
        "/v1/webhooks",
        CreatedWebhook,
        body=body,
        creates=True,
        idempotency_key=idempotency_key,
    )


def list_page(*, limit: int | None = None, cursor: str | None = None) -> Call[WebhookList]:
    """Return one page of the account's webhooks, newest first."""
    return Call("GET", "/v1/webhooks", WebhookList, query=_query(limit=limit, cursor=cursor))


def every(*, page_size: int = 100) -> Pages[Webhook]:
    """Return every webhook of the account, page after page as they are used up."""
    return Pages(lambda cursor: list_page(limit=page_size, cursor=cursor))


def get(webhook_id: str) -> Call[Webhook]:
    """Return a webhook, and whether events are sent."""
    return Call("GET", _path(webhook_id), Webhook)


def update(webhook_id: str, **changes: Any) -> Call[ChangedWebhook]:  # noqa: ANN401 - fields of PATCH
    """Change a webhook; what is not given stays, and fqdn=None is of all names."""
    return Call("PATCH", _path(webhook_id), ChangedWebhook, body=changes)


def delete(webhook_id: str) -> Call[None]:
    """Delete a webhook; a repeated call whose first answer got lost is a NotFoundError."""
    return Call("DELETE", _path(webhook_id), _nothing)


def test(webhook_id: str) -> Call[Delivery]:
    """Send a test event, and return what came of the one attempt."""
    return Call("POST", _path(webhook_id, "test"), Delivery, is_repeatable=False)


def rotate_secret(
    webhook_id: str, *, overlap_hours: int | None = None, idempotency_key: str | None = None
) -> Call[RotatedSecret]:
    """Have another secret sign; the one until now still signs, too, for overlap_hours."""
    return Call(
        "POST",
        _path(webhook_id, "rotate-secret"),
        RotatedSecret,
        body=present(overlap_hours=overlap_hours),
        creates=True,
        idempotency_key=idempotency_key,
    )


def secret(webhook_id: str) -> Call[Secret]:
    """Return the signing secret; that it was read is kept."""
    return Call("GET", _path(webhook_id, "secret"), Secret)


def public_key(webhook_id: str) -> Call[PublicKey]:
    """Return the key that verifies v1a signatures."""
    return Call("GET", _path(webhook_id, "public-key"), PublicKey)


def deliveries(
    webhook_id: str,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    status: str | None = None,
) -> Call[DeliveryList]:
    """Return one page of what was sent, or is to be."""
    query = _query(limit=limit, cursor=cursor, status=status)
    return Call("GET", _path(webhook_id, "deliveries"), DeliveryList, query=query)


def iterate_deliveries(
    webhook_id: str, *, page_size: int = 100, status: str | None = None
) -> Pages[Delivery]:
    """Return every delivery, page after page as they are used up."""
    return Pages(
        lambda cursor: deliveries(webhook_id, limit=page_size, cursor=cursor, status=status)
    )


def delivery(webhook_id: str, delivery_id: str) -> Call[Delivery]:
    """Return one delivery with its attempts."""
    return Call("GET", _path(webhook_id, "deliveries", delivery_id), Delivery)


def resend(webhook_id: str, delivery_id: str) -> Call[Delivery]:
    """Send a delivery once more, under the same webhook-id."""
    path = _path(webhook_id, "deliveries", delivery_id, "resend")
    return Call("POST", path, Delivery, is_repeatable=False)


def recover(webhook_id: str, *, since: str) -> Call[Replayed]:
    """Send what failed since a moment once more."""
    path = _path(webhook_id, "recover")
    return Call("POST", path, Replayed, query={"since": since}, is_repeatable=False)


def replay_missing(webhook_id: str, *, since: str) -> Call[Replayed]:
    """Send what was never sent since a moment."""
    path = _path(webhook_id, "replay-missing")
    return Call("POST", path, Replayed, query={"since": since}, is_repeatable=False)


def _path(*parts: str) -> str:
    return "/".join(["/v1/webhooks", *map(segment, parts)])


def _query(**members: object) -> dict[str, str]:
    return {name: str(member) for name, member in present(**members).items()}


def _nothing(answer: object) -> None:
    del answer


class _Webhooks:
    create = Operation(create)
    list = Operation(list_page)
    iterate = Listing(every)
    get = Operation(get)
    update = Operation(update)
    delete = Operation(delete)
    test = Operation(test)
    rotate_secret = Operation(rotate_secret)
    secret = Operation(secret)
    public_key = Operation(public_key)
    deliveries = Operation(deliveries)
    iterate_deliveries = Listing(iterate_deliveries)
    delivery = Operation(delivery)
    resend = Operation(resend)
    recover = Operation(recover)
    replay_missing = Operation(replay_missing)


class Webhooks(_Webhooks, Resource):
    """Where events are sent."""


class AsyncWebhooks(_Webhooks, AsyncResource):
    """Where events are sent."""
