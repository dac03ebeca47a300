"""A server that answers by the id it is asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any, Final

import grpc.aio
import pytest

from outscope.errors import InvalidRequest, NotFound
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.telemetry.logs import bind, bound_field
from outscope.v1 import check_pb2
from outscope.v1 import check_service_pb2 as pb
from outscope.v1 import check_service_pb2_grpc as pb_grpc

# More of these than a connection takes unread.
MUCH: Final = pb.WatchCheckResponse(check=check_pb2.Check(id="x" * 100_000))


class Answers(pb_grpc.CheckServiceServicer):
    def __init__(self) -> None:
        # The request id that was bound when a stream without an end was given up.
        self.left_with: asyncio.Queue[object] = asyncio.Queue()

    async def GetCheck(self, request: pb.GetCheckRequest, _: Any) -> pb.GetCheckResponse:  # noqa: N802, ANN401 - named and typed by gRPC
        match request.id:
            case "refused":
                raise InvalidRequest("No such form", field="id", value=request.id)
            case "of_an_account":
                bind(account_id="acc_mine")
            case "refused_of_an_account":
                bind(account_id="acc_mine")
                raise NotFound("Gone")
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
        if request.id == "much":
            try:
                while True:
                    yield MUCH
            finally:
                self.left_with.put_nowait(bound_field("request_id"))
        yield pb.WatchCheckResponse()
        raise NotFound("Gone")


def add_answers(server: grpc.aio.Server, answers: Answers | None = None) -> Iterable[str]:
    pb_grpc.add_CheckServiceServicer_to_server(answers or Answers(), server)  # type: ignore[abstract] # it answers what these tests ask
    return ["outscope.v1.CheckService"]


@pytest.fixture
def answers() -> Answers:
    return Answers()  # type: ignore[abstract] # as above


@pytest.fixture
async def channel(answers: Answers) -> AsyncIterator[grpc.aio.Channel]:
    async with serve(("127.0.0.1", 0), partial(add_answers, answers=answers)) as server:
        opened = open_channel(f"127.0.0.1:{server.port}")
        async with opened:
            yield opened
