"""A server that answers by the id it is asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc.aio
import pytest

from outscope.errors import InvalidRequest, NotFound
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.v1 import check_service_pb2 as pb
from outscope.v1 import check_service_pb2_grpc as pb_grpc


class Answers(pb_grpc.CheckServiceServicer):
    async def GetCheck(self, request: pb.GetCheckRequest, _: Any) -> pb.GetCheckResponse:  # noqa: N802, ANN401 - named and typed by gRPC
        match request.id:
            case "refused":
                raise InvalidRequest("No such form", field="id", value=request.id)
            case "broken":
                raise ValueError("secret detail")
            case "slow":
                await asyncio.sleep(30)
        answer = pb.GetCheckResponse()
        answer.check.id = request.id
        return answer

    async def WatchCheck(  # noqa: N802 - named by gRPC
        self,
        request: pb.WatchCheckRequest,
        _: Any,  # noqa: ANN401 - typed by gRPC
    ) -> AsyncIterator[pb.WatchCheckResponse]:
        yield pb.WatchCheckResponse()
        raise NotFound("Gone")


def add_answers(server: grpc.aio.Server) -> Iterable[str]:
    pb_grpc.add_CheckServiceServicer_to_server(Answers(), server)  # type: ignore[abstract] # it answers what these tests ask
    return ["outscope.v1.CheckService"]


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    async with serve(("127.0.0.1", 0), add_answers) as server:
        opened = open_channel(f"127.0.0.1:{server.port}")
        async with opened:
            yield opened
