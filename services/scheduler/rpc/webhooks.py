"""WebhookService: where the events of an account are sent."""

import secrets
from dataclasses import dataclass

import grpc.aio

from outscope.clock import Clock
from outscope.errors import Conflict, NotFound
from outscope.idempotency import IDEMPOTENCY_HEADER
from outscope.ids import WEBHOOK_PREFIX, new_id
from outscope.limits import MAX_WEBHOOKS
from outscope.netguard.policy import Policy
from outscope.rpc.interceptors import Context
from outscope.v1 import webhook_service_pb2, webhook_service_pb2_grpc
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.webhook import (
    SECRET_BYTES,
    Webhook,
    checked_events,
    checked_url,
    secret_text,
    warnings_of,
)
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.once import claim, keep, keyed_request
from services.scheduler.sealing import Seal
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.webhooks import find_secret, insert_webhook
from services.scheduler.translate.webhook import webhook_message


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookParts:
    """What serving webhooks takes."""

    database: Database
    callers: Callers
    policy: Policy
    clock: Clock
    seal: Seal


class WebhookServicer(webhook_service_pb2_grpc.WebhookServiceServicer):
    """Serves webhooks."""

    def __init__(self, parts: WebhookParts) -> None:
        self._parts = parts

    async def CreateWebhook(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.CreateWebhookRequest, context: Context
    ) -> webhook_service_pb2.CreateWebhookResponse:
        """Store a webhook; its secret is shown in this answer only, and when that is replayed."""
        caller = await self._parts.callers.account_calling(context)
        url = checked_url(request.url, self._parts.policy)
        events = checked_events(request.events)
        normalised = webhook_service_pb2.CreateWebhookRequest(url=url, events=events)
        asked = keyed_request(context, caller, "CreateWebhook", normalised)
        async with self._parts.database.transaction() as connection:
            before = await claim(connection, asked)
            if before is not None:
                return await _replayed(connection, caller, before, self._parts.seal)
            created, secret = await self._create(connection, caller, normalised)
            await keep(connection, asked, created)
        created.secret = secret
        return created

    async def _create(
        self,
        connection: Connection,
        caller: Caller,
        asked: webhook_service_pb2.CreateWebhookRequest,
    ) -> tuple[webhook_service_pb2.CreateWebhookResponse, str]:
        """Store a webhook; return the answer without the secret, and the secret."""
        webhook_id = new_id(WEBHOOK_PREFIX, int(self._parts.clock().timestamp() * 1000))
        secret = secret_text(secrets.token_bytes(SECRET_BYTES))
        events = tuple(asked.events)
        created_at = await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=caller.account_id,
            url=asked.url,
            events=events,
            secret=self._parts.seal.sealed(secret),
        )
        if created_at is None:
            raise _too_many()
        webhook = Webhook(id=webhook_id, url=asked.url, events=events, created_at=created_at)
        return (
            webhook_service_pb2.CreateWebhookResponse(
                webhook=webhook_message(webhook), warnings=warnings_of(asked.url)
            ),
            secret,
        )


async def _replayed(
    connection: Connection, caller: Caller, before: bytes, seal: Seal
) -> webhook_service_pb2.CreateWebhookResponse:
    """Return an answer given before with its secret, of which there is no second copy."""
    answer = webhook_service_pb2.CreateWebhookResponse.FromString(before)
    secret = await find_secret(connection, answer.webhook.id, account_id=caller.account_id)
    if secret is None:
        raise NotFound(
            f"The webhook that was created under this {IDEMPOTENCY_HEADER} is gone; take a new key "
            "to create another",
            field="id",
            value=answer.webhook.id,
        )
    answer.secret = seal.opened(secret)
    answer.replayed = True
    return answer


def _too_many() -> Conflict:
    return Conflict(
        f"The account has {MAX_WEBHOOKS} webhooks, which is all it may have; let one URL serve "
        "several receivers, or answer an event of one you no longer need with 410 Gone",
        limit=MAX_WEBHOOKS,
    )


def add_webhook_service(server: grpc.aio.Server, parts: WebhookParts) -> str:
    """Serve WebhookService; return its full name."""
    webhook_service_pb2_grpc.add_WebhookServiceServicer_to_server(WebhookServicer(parts), server)
    return webhook_service_pb2.DESCRIPTOR.services_by_name["WebhookService"].full_name
