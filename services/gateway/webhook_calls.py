"""Calls the scheduler about webhooks and their deliveries: one method per call."""

from typing import Final

import grpc.aio

from outscope.v1 import webhook_service_pb2, webhook_service_pb2_grpc
from services.gateway.calls import Caller, Calls

# A sample event is answered when its receiver has, or when nobody has told how it went.
_TEST_DEADLINE_S: Final = 30.0
# There may be many; cut off, it has done its part, and goes on when asked again.
_REPLAY_DEADLINE_S: Final = 30.0


class WebhookCalls:
    """Calls WebhookService; what creates under an idempotency key goes by the keyed channel."""

    def __init__(self, calls: Calls, channel: grpc.aio.Channel, keyed: grpc.aio.Channel) -> None:
        self._calls = calls
        self._stub = webhook_service_pb2_grpc.WebhookServiceStub(channel)
        self._keyed = webhook_service_pb2_grpc.WebhookServiceStub(keyed)

    async def create(
        self, request: webhook_service_pb2.CreateWebhookRequest, caller: Caller
    ) -> webhook_service_pb2.CreateWebhookResponse:
        """Subscribe a URL to events of the caller's account."""
        stub = self._keyed if caller.idempotency_key else self._stub
        return await self._calls.known(stub.CreateWebhook, request, caller)

    async def rotate_secret(
        self, request: webhook_service_pb2.RotateWebhookSecretRequest, caller: Caller
    ) -> webhook_service_pb2.RotateWebhookSecretResponse:
        """Give a webhook another signing secret."""
        stub = self._keyed if caller.idempotency_key else self._stub
        return await self._calls.newer(stub.RotateWebhookSecret, request, caller)

    async def page(
        self, request: webhook_service_pb2.ListWebhooksRequest, caller: Caller
    ) -> webhook_service_pb2.ListWebhooksResponse:
        """Return one page of the webhooks of the caller's account."""
        return await self._calls.newer(self._stub.ListWebhooks, request, caller)

    async def webhook(
        self, request: webhook_service_pb2.GetWebhookRequest, caller: Caller
    ) -> webhook_service_pb2.GetWebhookResponse:
        """Return a webhook of the caller's account."""
        return await self._calls.newer(self._stub.GetWebhook, request, caller)

    async def update(
        self, request: webhook_service_pb2.UpdateWebhookRequest, caller: Caller
    ) -> webhook_service_pb2.UpdateWebhookResponse:
        """Change a webhook."""
        return await self._calls.newer(self._stub.UpdateWebhook, request, caller)

    async def delete(
        self, request: webhook_service_pb2.DeleteWebhookRequest, caller: Caller
    ) -> webhook_service_pb2.DeleteWebhookResponse:
        """Delete a webhook."""
        return await self._calls.newer(self._stub.DeleteWebhook, request, caller)

    async def test(
        self, request: webhook_service_pb2.TestWebhookRequest, caller: Caller
    ) -> webhook_service_pb2.TestWebhookResponse:
        """Send a sample event, and wait for how it went."""
        return await self._calls.newer(
            self._stub.TestWebhook, request, caller, deadline_s=_TEST_DEADLINE_S
        )

    async def secret(
        self, request: webhook_service_pb2.GetWebhookSecretRequest, caller: Caller
    ) -> webhook_service_pb2.GetWebhookSecretResponse:
        """Return the signing secret of a webhook."""
        return await self._calls.newer(self._stub.GetWebhookSecret, request, caller)

    async def public_key(
        self, request: webhook_service_pb2.GetWebhookPublicKeyRequest, caller: Caller
    ) -> webhook_service_pb2.GetWebhookPublicKeyResponse:
        """Return the key that v1a signatures are verified with."""
        return await self._calls.newer(self._stub.GetWebhookPublicKey, request, caller)

    async def delivery_page(
        self, request: webhook_service_pb2.ListWebhookDeliveriesRequest, caller: Caller
    ) -> webhook_service_pb2.ListWebhookDeliveriesResponse:
        """Return one page of the deliveries of a webhook."""
        return await self._calls.newer(self._stub.ListWebhookDeliveries, request, caller)

    async def delivery(
        self, request: webhook_service_pb2.GetWebhookDeliveryRequest, caller: Caller
    ) -> webhook_service_pb2.GetWebhookDeliveryResponse:
        """Return a delivery of a webhook."""
        return await self._calls.newer(self._stub.GetWebhookDelivery, request, caller)

    async def resend(
        self, request: webhook_service_pb2.ResendWebhookDeliveryRequest, caller: Caller
    ) -> webhook_service_pb2.ResendWebhookDeliveryResponse:
        """Send a delivery once more."""
        return await self._calls.newer(self._stub.ResendWebhookDelivery, request, caller)

    async def recover(
        self, request: webhook_service_pb2.RecoverWebhookRequest, caller: Caller
    ) -> webhook_service_pb2.RecoverWebhookResponse:
        """Send again what has failed."""
        return await self._calls.newer(
            self._stub.RecoverWebhook, request, caller, deadline_s=_REPLAY_DEADLINE_S
        )

    async def replay_missing(
        self, request: webhook_service_pb2.ReplayMissingEventsRequest, caller: Caller
    ) -> webhook_service_pb2.ReplayMissingEventsResponse:
        """Send what was kept while a webhook was disabled."""
        return await self._calls.newer(
            self._stub.ReplayMissingEvents, request, caller, deadline_s=_REPLAY_DEADLINE_S
        )
