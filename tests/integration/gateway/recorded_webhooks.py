"""The webhooks of a scheduler that gives recorded answers."""

from abc import abstractmethod
from typing import Any, TypeVar

from google.protobuf.message import Message

from outscope.v1 import webhook_service_pb2, webhook_service_pb2_grpc

A = TypeVar("A", bound=Message)


class RecordedWebhooks(webhook_service_pb2_grpc.WebhookServiceServicer):
    """Answers every method by what whoever extends it answers."""

    @abstractmethod
    async def _answer(self, kind: type[A], request: Message, context: Any) -> A:  # noqa: ANN401 - typed by gRPC
        """Return the next answer, which is of this kind."""

    async def CreateWebhook(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.CreateWebhookRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.CreateWebhookResponse:
        return await self._answer(webhook_service_pb2.CreateWebhookResponse, request, context)

    async def ListWebhooks(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.ListWebhooksRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.ListWebhooksResponse:
        return await self._answer(webhook_service_pb2.ListWebhooksResponse, request, context)

    async def GetWebhook(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.GetWebhookRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.GetWebhookResponse:
        return await self._answer(webhook_service_pb2.GetWebhookResponse, request, context)

    async def UpdateWebhook(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.UpdateWebhookRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.UpdateWebhookResponse:
        return await self._answer(webhook_service_pb2.UpdateWebhookResponse, request, context)

    async def DeleteWebhook(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.DeleteWebhookRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.DeleteWebhookResponse:
        return await self._answer(webhook_service_pb2.DeleteWebhookResponse, request, context)

    async def TestWebhook(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.TestWebhookRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.TestWebhookResponse:
        return await self._answer(webhook_service_pb2.TestWebhookResponse, request, context)

    async def RotateWebhookSecret(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.RotateWebhookSecretRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.RotateWebhookSecretResponse:
        return await self._answer(webhook_service_pb2.RotateWebhookSecretResponse, request, context)

    async def GetWebhookSecret(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.GetWebhookSecretRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.GetWebhookSecretResponse:
        return await self._answer(webhook_service_pb2.GetWebhookSecretResponse, request, context)

    async def GetWebhookPublicKey(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.GetWebhookPublicKeyRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.GetWebhookPublicKeyResponse:
        return await self._answer(webhook_service_pb2.GetWebhookPublicKeyResponse, request, context)

    async def ListWebhookDeliveries(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.ListWebhookDeliveriesRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.ListWebhookDeliveriesResponse:
        return await self._answer(
            webhook_service_pb2.ListWebhookDeliveriesResponse, request, context
        )

    async def GetWebhookDelivery(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.GetWebhookDeliveryRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.GetWebhookDeliveryResponse:
        return await self._answer(webhook_service_pb2.GetWebhookDeliveryResponse, request, context)

    async def ResendWebhookDelivery(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.ResendWebhookDeliveryRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.ResendWebhookDeliveryResponse:
        return await self._answer(
            webhook_service_pb2.ResendWebhookDeliveryResponse, request, context
        )

    async def RecoverWebhook(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.RecoverWebhookRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.RecoverWebhookResponse:
        return await self._answer(webhook_service_pb2.RecoverWebhookResponse, request, context)

    async def ReplayMissingEvents(  # noqa: N802 - named by gRPC
        self,
        request: webhook_service_pb2.ReplayMissingEventsRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> webhook_service_pb2.ReplayMissingEventsResponse:
        return await self._answer(webhook_service_pb2.ReplayMissingEventsResponse, request, context)
