"""WebhookService: where the events of an account are sent, and how each sending went."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import grpc.aio

from outscope.clock import utc_now
from outscope.errors import NotFound
from outscope.idempotency import IDEMPOTENCY_HEADER
from outscope.netguard.policy import Policy
from outscope.rpc.interceptors import Context
from outscope.v1 import webhook_service_pb2, webhook_service_pb2_grpc
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.webhook import warnings_of
from services.scheduler.domain.webhook_settings import checked_overlap
from services.scheduler.loops.replays import Replays
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.delivery_pages import DeliveryPages, delivery_id_in
from services.scheduler.rpc.once import claim, keep, keyed_request
from services.scheduler.rpc.pages import page_size
from services.scheduler.sealing import Seal
from services.scheduler.store.database import Connection, Database
from services.scheduler.translate.delivery_history import delivery_record_message
from services.scheduler.translate.moment import moment_in, timestamp_of
from services.scheduler.translate.webhook import access_message, webhook_message
from services.scheduler.translate.webhook_settings import (
    Surroundings,
    change_asked,
    normalised_request,
    settings_asked,
)
from services.scheduler.webhook_desk import WebhookDesk, webhook_id_in
from services.scheduler.webhook_secret_desk import SecretDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookParts:
    """What serving webhooks takes."""

    database: Database
    callers: Callers
    policy: Policy
    # The names that an account may use now.
    vantage_points: Callable[[str], Collection[str]]
    desk: WebhookDesk
    secrets: SecretDesk
    deliveries: DeliveryPages
    replays: Replays


def webhook_parts(
    database: Database,
    callers: Callers,
    *,
    policy: Policy,
    vantage_points: Callable[[str], Collection[str]],
    seal: Seal,
    cursor_key: bytes,
    replays: Replays,
) -> WebhookParts:
    """Return what serving webhooks takes, joined."""
    return WebhookParts(
        database=database,
        callers=callers,
        policy=policy,
        vantage_points=vantage_points,
        desk=WebhookDesk(database=database, seal=seal, cursor_key=cursor_key, clock=utc_now),
        secrets=SecretDesk(database=database, seal=seal),
        deliveries=DeliveryPages(database=database, cursor_key=cursor_key),
        replays=replays,
    )


class WebhookServicer(webhook_service_pb2_grpc.WebhookServiceServicer):
    """Serves webhooks."""

    def __init__(self, parts: WebhookParts) -> None:
        self._parts = parts
        self._callers = parts.callers

    async def CreateWebhook(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.CreateWebhookRequest, context: Context
    ) -> webhook_service_pb2.CreateWebhookResponse:
        """Store a webhook; its secret is in this answer, and in a replay of it."""
        caller = await self._callers.account_calling(context)
        settings = settings_asked(request, self._surroundings(caller))
        asked = keyed_request(
            context, caller, "CreateWebhook", lambda: normalised_request(settings)
        )
        async with self._parts.database.transaction() as connection:
            before = await claim(connection, asked)
            if before is not None:
                return await self._replayed_creation(connection, caller, before)
            webhook, secret = await self._parts.desk.create(connection, caller, settings)
            created = webhook_service_pb2.CreateWebhookResponse(
                webhook=webhook_message(webhook), warnings=warnings_of(webhook.url)
            )
            await keep(connection, asked, created)
        created.secret = secret
        return created

    async def ListWebhooks(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.ListWebhooksRequest, context: Context
    ) -> webhook_service_pb2.ListWebhooksResponse:
        """Return one page, newest first."""
        caller = await self._callers.account_calling(context)
        limit = page_size(request, "webhooks")
        page, cursor = await self._parts.desk.page(caller, limit, request.cursor)
        return webhook_service_pb2.ListWebhooksResponse(
            webhooks=map(webhook_message, page), next_cursor=cursor
        )

    async def GetWebhook(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.GetWebhookRequest, context: Context
    ) -> webhook_service_pb2.GetWebhookResponse:
        """Return a webhook without what is secret of it."""
        caller = await self._callers.account_calling(context)
        webhook = await self._parts.desk.webhook(caller, webhook_id_in(request.id))
        return webhook_service_pb2.GetWebhookResponse(webhook=webhook_message(webhook))

    async def UpdateWebhook(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.UpdateWebhookRequest, context: Context
    ) -> webhook_service_pb2.UpdateWebhookResponse:
        """Change what the mask names."""
        caller = await self._callers.account_calling(context)
        change = change_asked(request, self._surroundings(caller))
        webhook = await self._parts.desk.update(caller, webhook_id_in(request.id), change)
        return webhook_service_pb2.UpdateWebhookResponse(
            webhook=webhook_message(webhook), warnings=warnings_of(webhook.url)
        )

    async def DeleteWebhook(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.DeleteWebhookRequest, context: Context
    ) -> webhook_service_pb2.DeleteWebhookResponse:
        """Send it nothing more."""
        caller = await self._callers.account_calling(context)
        await self._parts.desk.delete(caller, webhook_id_in(request.id))
        return webhook_service_pb2.DeleteWebhookResponse()

    async def RotateWebhookSecret(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.RotateWebhookSecretRequest, context: Context
    ) -> webhook_service_pb2.RotateWebhookSecretResponse:
        """Sign with a new secret, and for a while with the one before."""
        caller = await self._callers.account_calling(context)
        webhook_id = webhook_id_in(request.id)
        hours = checked_overlap(
            request.overlap_hours if request.HasField("overlap_hours") else None
        )
        normalised = webhook_service_pb2.RotateWebhookSecretRequest(
            id=webhook_id, overlap_hours=hours
        )
        asked = keyed_request(context, caller, "RotateWebhookSecret", lambda: normalised)
        async with self._parts.database.transaction() as connection:
            before = await claim(connection, asked)
            if before is not None:
                return await self._replayed_rotation(connection, caller, webhook_id, before)
            secret, until = await self._parts.secrets.rotate(
                connection, caller, webhook_id, overlap_hours=hours
            )
            rotated = webhook_service_pb2.RotateWebhookSecretResponse(
                old_secret_signs_until=timestamp_of(until)
            )
            await keep(connection, asked, rotated)
        rotated.secret = secret
        return rotated

    async def GetWebhookSecret(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.GetWebhookSecretRequest, context: Context
    ) -> webhook_service_pb2.GetWebhookSecretResponse:
        """Return a secret, and note that it was asked for."""
        caller = await self._callers.account_calling(context)
        secret, accesses = await self._parts.secrets.secret(caller, webhook_id_in(request.id))
        return webhook_service_pb2.GetWebhookSecretResponse(
            secret=secret, accesses=map(access_message, accesses)
        )

    async def GetWebhookPublicKey(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.GetWebhookPublicKeyRequest, context: Context
    ) -> webhook_service_pb2.GetWebhookPublicKeyResponse:
        """Return what v1a signatures are verified with."""
        caller = await self._callers.account_calling(context)
        public_key = await self._parts.secrets.public_key(caller, webhook_id_in(request.id))
        return webhook_service_pb2.GetWebhookPublicKeyResponse(public_key=public_key)

    async def ListWebhookDeliveries(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.ListWebhookDeliveriesRequest, context: Context
    ) -> webhook_service_pb2.ListWebhookDeliveriesResponse:
        """Return one page of a webhook's deliveries, newest first."""
        caller = await self._callers.account_calling(context)
        page, cursor = await self._parts.deliveries.page(caller, request)
        return webhook_service_pb2.ListWebhookDeliveriesResponse(
            deliveries=map(delivery_record_message, page), next_cursor=cursor
        )

    async def GetWebhookDelivery(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.GetWebhookDeliveryRequest, context: Context
    ) -> webhook_service_pb2.GetWebhookDeliveryResponse:
        """Return a delivery with its attempts."""
        caller = await self._callers.account_calling(context)
        delivery = await self._parts.deliveries.delivery(caller, request.webhook_id, request.id)
        return webhook_service_pb2.GetWebhookDeliveryResponse(
            delivery=delivery_record_message(delivery)
        )

    async def TestWebhook(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.TestWebhookRequest, context: Context
    ) -> webhook_service_pb2.TestWebhookResponse:
        """Send a sample event, and return how it went."""
        caller = await self._callers.account_calling(context)
        report = await self._parts.replays.test(
            webhook_id=webhook_id_in(request.id), account_id=caller.account_id
        )
        delivery = await self._parts.deliveries.delivery(caller, request.id, report.delivery_id)
        return webhook_service_pb2.TestWebhookResponse(delivery=delivery_record_message(delivery))

    async def ResendWebhookDelivery(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.ResendWebhookDeliveryRequest, context: Context
    ) -> webhook_service_pb2.ResendWebhookDeliveryResponse:
        """Send a delivery once more."""
        caller = await self._callers.account_calling(context)
        await self._parts.replays.resend(
            delivery_id_in(request.id),
            webhook_id=webhook_id_in(request.webhook_id),
            account_id=caller.account_id,
        )
        delivery = await self._parts.deliveries.delivery(caller, request.webhook_id, request.id)
        return webhook_service_pb2.ResendWebhookDeliveryResponse(
            delivery=delivery_record_message(delivery)
        )

    async def RecoverWebhook(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.RecoverWebhookRequest, context: Context
    ) -> webhook_service_pb2.RecoverWebhookResponse:
        """Send again what has failed since a moment."""
        caller = await self._callers.account_calling(context)
        replayed = await self._parts.replays.recover(
            webhook_id=webhook_id_in(request.webhook_id),
            account_id=caller.account_id,
            since=moment_in(request, "since", now=utc_now()),
        )
        return webhook_service_pb2.RecoverWebhookResponse(deliveries=replayed)

    async def ReplayMissingEvents(  # noqa: N802 - the contract's name
        self, request: webhook_service_pb2.ReplayMissingEventsRequest, context: Context
    ) -> webhook_service_pb2.ReplayMissingEventsResponse:
        """Send what was kept since a moment while the webhook was disabled."""
        caller = await self._callers.account_calling(context)
        replayed = await self._parts.replays.replay_missing(
            webhook_id=webhook_id_in(request.webhook_id),
            account_id=caller.account_id,
            since=moment_in(request, "since", now=utc_now()),
        )
        return webhook_service_pb2.ReplayMissingEventsResponse(deliveries=replayed)

    def _surroundings(self, caller: Caller) -> Surroundings:
        known = self._parts.vantage_points(caller.account_id)
        return Surroundings(policy=self._parts.policy, vantage_points=known)

    async def _replayed_creation(
        self, connection: Connection, caller: Caller, before: bytes
    ) -> webhook_service_pb2.CreateWebhookResponse:
        """Return an answer given before with its secret, of which there is no second copy."""
        answer = webhook_service_pb2.CreateWebhookResponse.FromString(before)
        answer.secret = await self._current_secret(connection, caller, answer.webhook.id)
        answer.replayed = True
        return answer

    async def _replayed_rotation(
        self, connection: Connection, caller: Caller, webhook_id: str, before: bytes
    ) -> webhook_service_pb2.RotateWebhookSecretResponse:
        """Likewise: the secret that signs now."""
        answer = webhook_service_pb2.RotateWebhookSecretResponse.FromString(before)
        answer.secret = await self._current_secret(connection, caller, webhook_id)
        answer.replayed = True
        return answer

    async def _current_secret(self, connection: Connection, caller: Caller, webhook_id: str) -> str:
        try:
            return await self._parts.secrets.read(connection, caller, webhook_id)
        except NotFound as error:
            raise NotFound(
                f"The webhook that this {IDEMPOTENCY_HEADER} was used for is gone; take a new key "
                "for another",
                field="id",
                value=webhook_id,
            ) from error


def add_webhook_service(server: grpc.aio.Server, parts: WebhookParts) -> str:
    """Serve WebhookService; return its full name."""
    webhook_service_pb2_grpc.add_WebhookServiceServicer_to_server(WebhookServicer(parts), server)
    return webhook_service_pb2.DESCRIPTOR.services_by_name["WebhookService"].full_name
