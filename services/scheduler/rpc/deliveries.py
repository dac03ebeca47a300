"""DeliveryService: what the notifier must know to make an attempt."""

from dataclasses import replace

import grpc.aio

from outscope.errors import Conflict, NotFound
from outscope.ids import DELIVERY_PREFIX, is_id
from outscope.rpc.interceptors import Context
from outscope.v1 import delivery_service_pb2, delivery_service_pb2_grpc
from services.scheduler.domain.delivery import OPEN_DELIVERY_STATES, DueDelivery
from services.scheduler.domain.subscription import WEBHOOK_TEST
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.detail import check_detail
from services.scheduler.sealing import Seal
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import find_delivery
from services.scheduler.translate.webhook import delivery_message


class DeliveryServicer(delivery_service_pb2_grpc.DeliveryServiceServicer):
    """Serves deliveries."""

    def __init__(self, database: Database, callers: Callers, seal: Seal) -> None:
        self._database = database
        self._callers = callers
        self._seal = seal

    async def GetDelivery(  # noqa: N802 - the contract's name
        self, request: delivery_service_pb2.GetDeliveryRequest, context: Context
    ) -> delivery_service_pb2.GetDeliveryResponse:
        """Return an attempt that is still due, with the secret to sign it."""
        await self._callers.require_service(context)
        delivery = await self._find(request.delivery_id)
        if (
            delivery.state not in OPEN_DELIVERY_STATES
            or delivery.attempt != request.attempt
            or not (delivery.is_enabled or delivery.event_type == WEBHOOK_TEST)
        ):
            raise Conflict("This attempt is no longer due", field="attempt", value=request.attempt)
        detail = None
        if delivery.detail is None:
            detail = await check_detail(
                self._database, delivery.check_id, account_id=delivery.account_id
            )
        return delivery_message(_opened(delivery, self._seal), detail)

    async def _find(self, delivery_id: str) -> DueDelivery:
        delivery = None
        if is_id(DELIVERY_PREFIX, delivery_id):
            async with self._database.session() as connection:
                delivery = await find_delivery(connection, delivery_id)
        if delivery is None:
            raise NotFound("There is no such delivery", field="delivery_id", value=delivery_id)
        return delivery


def _opened(delivery: DueDelivery, seal: Seal) -> DueDelivery:
    """Return a delivery with what is stored under seal as the notifier needs it."""
    return replace(
        delivery,
        secret=seal.opened(delivery.secret),
        old_secrets=tuple(map(seal.opened, delivery.old_secrets)),
        signing_key=None if delivery.signing_key is None else seal.opened(delivery.signing_key),
        headers=None if delivery.headers is None else seal.opened(delivery.headers),
    )


def add_delivery_service(
    server: grpc.aio.Server, database: Database, callers: Callers, seal: Seal
) -> str:
    """Serve DeliveryService; return its full name."""
    delivery_service_pb2_grpc.add_DeliveryServiceServicer_to_server(
        DeliveryServicer(database, callers, seal), server
    )
    return delivery_service_pb2.DESCRIPTOR.services_by_name["DeliveryService"].full_name
