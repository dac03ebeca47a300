"""DeliveryService: what the notifier must know to make an attempt."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

import grpc.aio

from outscope.errors import Conflict, InvalidRequest, NotFound, Unavailable
from outscope.ids import DELIVERY_PREFIX, is_id
from outscope.rpc.interceptors import Context
from outscope.v1 import check_pb2, delivery_service_pb2, delivery_service_pb2_grpc
from services.scheduler.domain.delivery import OPEN_DELIVERY_STATES, DueDelivery
from services.scheduler.domain.subscription import WEBHOOK_TEST
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.detail import check_detail
from services.scheduler.sealing import Seal
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import find_deliveries
from services.scheduler.translate.detail import detail_message
from services.scheduler.translate.webhook import delivery_message

MOST_AT_ONCE: Final = 100
# Of checks in one answer: well below what a channel takes. The rest is asked for one by one.
_MOST_BYTES: Final = 4 * 1024 * 1024

Told = delivery_service_pb2.DeliveryTold


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
        delivery = (await self._found((request.delivery_id,))).get(request.delivery_id)
        if delivery is None:
            raise NotFound(
                "There is no such delivery", field="delivery_id", value=request.delivery_id
            )
        if not _is_due(delivery, request.attempt):
            raise Conflict("This attempt is no longer due", field="attempt", value=request.attempt)
        detail = None
        if delivery.detail is None:
            detail = await check_detail(
                self._database, delivery.check_id, account_id=delivery.account_id
            )
        return delivery_message(_opened(delivery, self._seal), detail)

    async def GetDeliveries(  # noqa: N802 - the contract's name
        self, request: delivery_service_pb2.GetDeliveriesRequest, context: Context
    ) -> delivery_service_pb2.GetDeliveriesResponse:
        """Return those attempts that are still due; each check they tell of is read once."""
        await self._callers.require_service(context)
        asked = request.deliveries
        if len(asked) > MOST_AT_ONCE:
            raise InvalidRequest(
                f"At most {MOST_AT_ONCE} deliveries at once", field="deliveries", value=len(asked)
            )
        found = await self._found({each.delivery_id for each in asked})
        checks = _Checks(self._database)
        told = [await self._told(each, found, checks) for each in asked]
        return delivery_service_pb2.GetDeliveriesResponse(told=told, checks=checks.messages)

    async def _told(
        self,
        asked: delivery_service_pb2.GetDeliveryRequest,
        found: Mapping[str, DueDelivery],
        checks: "_Checks",
    ) -> Told:
        delivery = found.get(asked.delivery_id)
        if delivery is None or not _is_due(delivery, asked.attempt):
            return Told(not_due=True)
        index = None
        if delivery.detail is None:
            if checks.are_many:
                return Told()
            try:
                index = await checks.index_of(delivery.check_id, delivery.account_id)
            except NotFound:
                return Told(not_due=True)
        try:
            opened = _opened(delivery, self._seal)
        except Unavailable:  # one secret that cannot be read keeps nobody else's from being told
            return Told()
        return Told(delivery=delivery_message(opened, None), check_index=index)

    async def _found(self, delivery_ids: Collection[str]) -> Mapping[str, DueDelivery]:
        wanted = [each for each in delivery_ids if is_id(DELIVERY_PREFIX, each)]
        if not wanted:
            return {}
        async with self._database.session() as connection:
            return await find_deliveries(connection, wanted)


class _Checks:
    """The checks of one answer, each read and made a message once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._indices: dict[tuple[str, str], int] = {}
        self._bytes = 0
        self.messages: list[check_pb2.Check] = []

    @property
    def are_many(self) -> bool:
        """Whether the answer has no room for more."""
        return self._bytes >= _MOST_BYTES

    async def index_of(self, check_id: str, account_id: str) -> int:
        """Return where in the answer a check is; raises NotFound."""
        index = self._indices.get((check_id, account_id))
        if index is None:
            detail = await check_detail(self._database, check_id, account_id=account_id)
            message = detail_message(detail)
            index = self._indices[check_id, account_id] = len(self.messages)
            self.messages.append(message)
            self._bytes += message.ByteSize()
        return index


def _is_due(delivery: DueDelivery, attempt: int) -> bool:
    return (
        delivery.state in OPEN_DELIVERY_STATES
        and delivery.attempt == attempt
        and (delivery.is_enabled or delivery.event_type == WEBHOOK_TEST)
    )


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
