"""Asks the scheduler what is to be sent: many deliveries in one call, while it is busy.

Law: what cannot be told together, be it by a scheduler that is older or for a reason of one
delivery's own, is asked for alone, so that no delivery suffers for another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import grpc
import grpc.aio

from outscope.bus.work import GiveBack
from outscope.rpc.metadata import SERVICE_TOKEN
from outscope.telemetry.logs import logger
from outscope.v1 import delivery_service_pb2, delivery_service_pb2_grpc
from services.notifier.payload import ToldCheck, ToldChecks
from services.notifier.together import Together

log = logger(__name__)

_RPC_TIMEOUT_S: Final = 10.0
_SCHEDULER_AWAY_DELAY_S: Final = 5.0
# The scheduler takes at most 100; fewer leave an answer small.
_MOST: Final = 50
# One that hangs holds up no other.
_SIDE_BY_SIDE: Final = 2
# The attempt was made, given up or replaced meanwhile: there is nothing left to do.
_NOT_DUE: Final = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.FAILED_PRECONDITION)
# It would say the same of each.
_AWAY: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)

Asked = delivery_service_pb2.GetDeliveryRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What to send."""

    delivery: delivery_service_pb2.GetDeliveryResponse
    # None: the delivery brings its own, or tells of none.
    check: ToldCheck | None = None

    def log_fields(self) -> dict[str, object]:
        """Return what log lines about it can be found by: whose it is, and what it tells of."""
        told = {"account_id": self.delivery.account_id, "request_id": self.delivery.request_id}
        fields: dict[str, object] = {name: value for name, value in told.items() if value}
        check = self.check
        if check is None and self.delivery.HasField("check"):
            check = ToldCheck(self.delivery.check)
        return fields if check is None else {**fields, **check.log_fields}


# Due; None when this attempt is not due any more.
_Told = Due | None


class DueDeliveries:
    """Knows what is due, by asking."""

    def __init__(self, channel: grpc.aio.Channel, service_token: str) -> None:
        self._scheduler = delivery_service_pb2_grpc.DeliveryServiceStub(channel)
        self._credentials = ((SERVICE_TOKEN, service_token),)
        self._checks = ToldChecks()
        self._together: Together[Asked, _Told] = Together(
            self._ask_together, most=_MOST, side_by_side=_SIDE_BY_SIDE
        )

    async def find(self, delivery_id: str, attempt: int) -> Due | None:
        """Return what to send, or None when this attempt is not due any more; raises GiveBack."""
        asked = Asked(delivery_id=delivery_id, attempt=attempt)
        try:
            due = await self._together.ask(asked)
        except _AskAlone:
            due = await self._ask(asked)
        if due is None:
            log.info("delivery is not due")
        return due

    async def _ask(self, asked: Asked) -> Due | None:
        try:
            # A scheduler that restarts is waited for; it costs no delivery of the message.
            delivery = await self._scheduler.GetDelivery(
                asked, metadata=self._credentials, timeout=_RPC_TIMEOUT_S, wait_for_ready=True
            )
        except grpc.aio.AioRpcError as error:
            if error.code() in _NOT_DUE:
                return None
            raise _given_back("GetDelivery", error) from error
        return Due(delivery=delivery)

    async def _ask_together(self, asked: Sequence[Asked]) -> Sequence[_Told | Exception]:
        request = delivery_service_pb2.GetDeliveriesRequest(deliveries=asked)
        try:
            answer = await self._scheduler.GetDeliveries(
                request, metadata=self._credentials, timeout=_RPC_TIMEOUT_S, wait_for_ready=True
            )
        except grpc.aio.AioRpcError as error:
            if error.code() in _AWAY:
                return [_given_back("GetDeliveries", error) for _ in asked]
            return [_AskAlone() for _ in asked]
        checks = [self._checks.of(check) for check in answer.checks]
        return [_told(each, checks) for each in answer.told]


class _AskAlone(Exception):  # noqa: N818 - what it asks for
    """Nothing was told of this one together with others."""


def _told(
    told: delivery_service_pb2.DeliveryTold, checks: Sequence[ToldCheck]
) -> _Told | Exception:
    if told.WhichOneof("told") is None:
        return _AskAlone()
    if told.not_due:
        return None
    check = checks[told.check_index] if told.HasField("check_index") else None
    return Due(delivery=told.delivery, check=check)


def _given_back(method: str, error: grpc.aio.AioRpcError) -> GiveBack:
    reason = f"{method} ended with {error.code().name}: {error.details()}"
    return GiveBack(reason, delay_s=_SCHEDULER_AWAY_DELAY_S)
