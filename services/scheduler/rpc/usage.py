"""UsageService: what an account has used of what it may."""

from dataclasses import dataclass
from typing import Final

import grpc.aio

from outscope.rpc.interceptors import Context
from outscope.v1 import usage_service_pb2, usage_service_pb2_grpc
from services.scheduler.domain.limits import DefaultLimits, limits_of, usage_of
from services.scheduler.rpc.callers import Callers
from services.scheduler.store.database import Database
from services.scheduler.store.rates import count_pending, find_windows
from services.scheduler.store.webhook_management import count_enabled, list_disabled
from services.scheduler.translate.usage import usage_message, webhook_use_message

_DISABLED_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageParts:
    """What telling usage takes."""

    database: Database
    callers: Callers
    limits: DefaultLimits
    # How long a check may be pending.
    deadline_s: float


class UsageServicer(usage_service_pb2_grpc.UsageServiceServicer):
    """Serves usage."""

    def __init__(self, parts: UsageParts) -> None:
        self._parts = parts

    async def GetUsage(  # noqa: N802 - the contract's name
        self, request: usage_service_pb2.GetUsageRequest, context: Context
    ) -> usage_service_pb2.GetUsageResponse:
        """Return the limits of the caller's key, and what has been used of them."""
        del request
        caller = await self._parts.callers.account_calling(context)
        limits = limits_of(caller, self._parts.limits)
        counted_for = {each.counted_for for each in (limits.rate, limits.monthly)}
        async with self._parts.database.session() as connection:
            windows, now = await find_windows(connection, sorted(counted_for))
            pending = await count_pending(
                connection, [limits.in_flight.counted_for], deadline_s=self._parts.deadline_s
            )
            enabled = await count_enabled(connection, caller.account_id)
            disabled = await list_disabled(connection, caller.account_id, limit=_DISABLED_SHOWN)
        answer = usage_message(usage_of(limits, windows, pending, now))
        answer.webhooks.CopyFrom(webhook_use_message(enabled, disabled))
        return answer


def add_usage_service(server: grpc.aio.Server, parts: UsageParts) -> str:
    """Serve UsageService; return its full name."""
    usage_service_pb2_grpc.add_UsageServiceServicer_to_server(UsageServicer(parts), server)
    return usage_service_pb2.DESCRIPTOR.services_by_name["UsageService"].full_name
