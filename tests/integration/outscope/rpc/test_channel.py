import asyncio

import grpc
import grpc.aio
import pytest

from outscope.errors import DeadlineExceeded, Unavailable
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.rpc.status import refusal_from
from outscope.v1 import check_service_pb2 as pb
from outscope.v1 import check_service_pb2_grpc as pb_grpc
from tests.integration.outscope.rpc.conftest import add_answers


async def test_a_server_that_is_away_is_unavailable() -> None:
    async with open_channel("127.0.0.1:1") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await pb_grpc.CheckServiceStub(channel).GetCheck(pb.GetCheckRequest(id="x"), timeout=5)
    assert isinstance(refusal_from(caught.value), Unavailable)


async def test_a_late_answer_is_a_deadline_exceeded(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await pb_grpc.CheckServiceStub(channel).GetCheck(pb.GetCheckRequest(id="slow"), timeout=0.2)
    assert isinstance(refusal_from(caught.value), DeadlineExceeded)


async def test_calls_go_on_when_the_server_is_back() -> None:
    async with serve(("127.0.0.1", 0), add_answers) as server:
        channel = open_channel(f"127.0.0.1:{server.port}")
        stub = pb_grpc.CheckServiceStub(channel)
        await stub.GetCheck(pb.GetCheckRequest(id="x"))
    async with channel, asyncio.timeout(10), serve(("127.0.0.1", server.port), add_answers):
        answer = await stub.GetCheck(pb.GetCheckRequest(id="y"), wait_for_ready=True)
        assert answer.check.id == "y"
