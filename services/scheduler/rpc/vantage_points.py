"""VantageService: from where targets can be checked, and how it stands there."""

from dataclasses import dataclass

import grpc.aio

from outscope.rpc.interceptors import Context
from outscope.v1 import vantage_service_pb2, vantage_service_pb2_grpc
from services.scheduler.loops.presence import VantagePoints
from services.scheduler.loops.probers import LiveProbers
from services.scheduler.loops.waits import Waits
from services.scheduler.rpc.callers import Callers
from services.scheduler.store.database import Database
from services.scheduler.store.probes import count_open
from services.scheduler.translate.vantage import vantage_message


@dataclass(frozen=True, slots=True, kw_only=True)
class VantageParts:
    """What telling of vantage points takes."""

    database: Database
    callers: Callers
    vantage_points: VantagePoints
    probers: LiveProbers
    waits: Waits


class VantageServicer(vantage_service_pb2_grpc.VantageServiceServicer):
    """Tells of vantage points."""

    def __init__(self, parts: VantageParts) -> None:
        self._parts = parts

    async def ListVantagePoints(  # noqa: N802 - the contract's name
        self, request: vantage_service_pb2.ListVantagePointsRequest, context: Context
    ) -> vantage_service_pb2.ListVantagePointsResponse:
        """Return every vantage point that the caller may use, the default one first."""
        del request
        parts = self._parts
        caller = await parts.callers.account_calling(context)
        async with parts.database.session() as connection:
            queues = await count_open(connection)
        return vantage_service_pb2.ListVantagePointsResponse(
            vantage_points=[
                vantage_message(
                    name,
                    parts.probers.by_vantage.get(name, ()),
                    tags=tags,
                    is_private=parts.vantage_points.owner_of(name) is not None,
                    queue=queues.get(name, 0),
                    typical_wait_s=parts.waits.typical_s(name),
                )
                for name, tags in parts.vantage_points.known_to(caller.account_id).items()
            ]
        )


def add_vantage_service(server: grpc.aio.Server, parts: VantageParts) -> str:
    """Serve VantageService; return its full name."""
    vantage_service_pb2_grpc.add_VantageServiceServicer_to_server(VantageServicer(parts), server)
    return vantage_service_pb2.DESCRIPTOR.services_by_name["VantageService"].full_name
