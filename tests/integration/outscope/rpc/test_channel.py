import asyncio
from collections.abc import Iterable
from typing import Any

import dns.message
import grpc
import grpc.aio
import pytest

from outscope.errors import DeadlineExceeded, Unavailable
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.rpc.status import refusal_from
from outscope.v1 import check_service_pb2 as pb
from outscope.v1 import check_service_pb2_grpc as pb_grpc
from tests.integration.outscope.netguard.nameserver import Nameserver, Reply, zone
from tests.integration.outscope.rpc.conftest import add_answers

GET_CHECK = ("outscope.v1.CheckService", "GetCheck")


class Failing(pb_grpc.CheckServiceServicer):
    """Is not there for so many calls; knows when each came."""

    def __init__(self, failures: int, refusal: Exception | None = None) -> None:
        self._failures = failures
        self._refusal = refusal
        self.called_at_s: list[float] = []

    async def GetCheck(self, request: pb.GetCheckRequest, context: Any) -> pb.GetCheckResponse:  # noqa: N802, ANN401 - named and typed by gRPC
        self.called_at_s.append(asyncio.get_running_loop().time())
        if len(self.called_at_s) <= self._failures:
            if self._refusal is not None:
                raise self._refusal
            await context.abort(grpc.StatusCode.UNAVAILABLE, "going away")
        return pb.GetCheckResponse()

    def add_to(self, server: grpc.aio.Server) -> Iterable[str]:
        pb_grpc.add_CheckServiceServicer_to_server(self, server)
        return ["outscope.v1.CheckService"]


def failing_for(failures: int, refusal: Exception | None = None) -> Failing:
    return Failing(failures, refusal)  # type: ignore[abstract]  # it answers what these tests ask


async def called(failing: Failing, *repeatable: tuple[str, str], times: int = 1) -> int:
    """Call a server so many times; return how many calls succeeded."""
    async with (
        serve(("127.0.0.1", 0), failing.add_to) as server,
        open_channel(f"127.0.0.1:{server.port}", repeatable=repeatable) as channel,
    ):
        stub = pb_grpc.CheckServiceStub(channel)
        succeeded = 0
        for _ in range(times):
            try:
                await stub.GetCheck(pb.GetCheckRequest(id="x"), timeout=5)
            except grpc.aio.AioRpcError as error:
                assert isinstance(refusal_from(error), Unavailable)  # noqa: PT017 - counted
            else:
                succeeded += 1
        return succeeded


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


async def test_a_call_that_may_be_repeated_is_when_the_server_was_not_there() -> None:
    failing = failing_for(2)
    assert await called(failing, GET_CHECK) == 1
    first, second, third = failing.called_at_s
    assert second - first > 0.05
    assert third - second > 0.15


async def test_a_call_is_not_repeated_unless_it_is_named() -> None:
    unnamed, other = failing_for(1), failing_for(1)
    assert await called(unnamed) == 0
    assert await called(other, ("outscope.v1.CheckService", "ListChecks")) == 0
    assert len(unnamed.called_at_s) == len(other.called_at_s) == 1


async def test_what_a_server_refuses_itself_is_not_asked_again() -> None:
    failing = failing_for(1, Unavailable("The database does not answer"))
    assert await called(failing, GET_CHECK) == 0
    assert len(failing.called_at_s) == 1


async def test_the_budget_ends_repetition_when_nothing_succeeds() -> None:
    failing = failing_for(1000)
    assert await called(failing, GET_CHECK, times=20) == 0
    # Each call is made three times until ten have failed, and once from then on.
    assert 20 < len(failing.called_at_s) <= 30


@pytest.mark.parametrize("repeatable", [(), (GET_CHECK,)])
async def test_replicas_share_the_calls(repeatable: tuple[tuple[str, str], ...]) -> None:
    first, second = failing_for(0), failing_for(0)
    async with (
        serve(("127.0.0.1", 0), first.add_to) as one,
        serve(("127.0.0.1", 0), second.add_to) as other,
        open_channel(
            f"ipv4:127.0.0.1:{one.port},127.0.0.1:{other.port}", repeatable=repeatable
        ) as channel,
    ):
        stub = pb_grpc.CheckServiceStub(channel)
        async with asyncio.timeout(5):
            while not (first.called_at_s and second.called_at_s):
                await stub.GetCheck(pb.GetCheckRequest(id="x"), timeout=5)


async def test_replicas_that_come_later_behind_a_name_get_their_share() -> None:
    first, second = failing_for(0), failing_for(0)
    addresses = ["127.0.0.1"]

    def answer(query: dns.message.Message) -> Iterable[Reply]:
        return zone({"scheduler.example": {"A": addresses}})(query)

    async with (
        Nameserver(answer) as names,
        serve(("127.0.0.1", 0), first.add_to, connection_age_s=0.5) as one,
        serve(("127.0.0.2", one.port), second.add_to, connection_age_s=0.5),
        open_channel(f"dns://{names.name}/scheduler.example:{one.port}") as channel,
        asyncio.timeout(30),
    ):
        stub = pb_grpc.CheckServiceStub(channel)
        for _ in range(5):
            await stub.GetCheck(pb.GetCheckRequest(id="x"))
        assert (len(first.called_at_s), len(second.called_at_s)) == (5, 0)
        addresses.append("127.0.0.2")
        while not second.called_at_s:
            await stub.GetCheck(pb.GetCheckRequest(id="x"))
            await asyncio.sleep(0.02)
        before = len(first.called_at_s)
        while len(first.called_at_s) == before:
            await stub.GetCheck(pb.GetCheckRequest(id="x"))
