from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from outscope.clock import utc_now
from outscope.errors import DeadlineExceeded, Unavailable
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.v1 import (
    api_key_service_pb2_grpc,
    check_service_pb2,
    check_service_pb2_grpc,
)
from services.gateway.app import build_app
from services.gateway.calls import Caller
from services.gateway.repeatable import KEYED_CREATES, READS
from services.gateway.scheduler import Scheduler
from services.gateway.server import served
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID, RecordedScheduler, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLER = Caller(api_key="svc_x", request_id="req_x")
QUESTION = check_service_pb2.GetCheckRequest(id=CHECK_ID)
ANSWER = check_service_pb2.GetCheckResponse(check=pending())


async def test_an_answer_after_the_deadline_is_504(gateway: Gateway) -> None:
    recorded = RecordedScheduler()
    recorded.delay_s = 2.0
    recorded.will_answer(ANSWER)
    async with (
        serve(("127.0.0.1", 0), recorded.add_to) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
        served(
            build_app(Scheduler(channel, deadline_s=0.1), utc_now), ("127.0.0.1", 0), drain_s=1
        ) as port,
    ):
        slow = Gateway(port, gateway.session, recorded)
        answer = await slow.get(f"/v1/check/{CHECK_ID}")
        with pytest.raises(DeadlineExceeded):
            await Scheduler(channel, deadline_s=0.1).check(QUESTION, CALLER)
    assert answer.status == 504
    assert answer.body["error"]["code"] == "deadline_exceeded"


async def test_a_scheduler_that_is_away_is_503(gateway: Gateway) -> None:
    async with (
        open_channel("127.0.0.1:1") as channel,
        served(
            build_app(Scheduler(channel, deadline_s=2), utc_now), ("127.0.0.1", 0), drain_s=1
        ) as port,
    ):
        alone = Gateway(port, gateway.session, gateway.scheduler)
        answer = await alone.get(f"/v1/check/{CHECK_ID}")
        with pytest.raises(Unavailable):
            await Scheduler(channel, deadline_s=2).check(QUESTION, CALLER)
    assert answer.status == 503
    assert answer.body["error"]["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "1"


async def test_calls_go_on_when_the_scheduler_is_back() -> None:
    recorded = RecordedScheduler()
    async with serve(("127.0.0.1", 0), recorded.add_to) as rpc:
        port = rpc.port
    async with open_channel(f"127.0.0.1:{port}") as channel:
        scheduler = Scheduler(channel, deadline_s=5)
        with pytest.raises(Unavailable):
            await scheduler.check(QUESTION, CALLER)
        assert await scheduler.is_serving() is False
        recorded.will_answer(ANSWER)
        async with serve(("127.0.0.1", port), recorded.add_to):
            await channel.channel_ready()
            assert await scheduler.check(QUESTION, CALLER) == ANSWER
            assert await scheduler.is_serving() is True


async def test_a_scheduler_that_says_it_cannot_serve_is_not_serving() -> None:
    async with (
        serve(("127.0.0.1", 0), RecordedScheduler().add_to) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
    ):
        await rpc.told_ready(is_ready=False)
        assert await Scheduler(channel, deadline_s=5).is_serving() is False


async def test_what_an_older_scheduler_does_not_know_is_503_for_those_with_a_key(
    gateway: Gateway,
) -> None:
    recorded = RecordedScheduler()

    def add_older(server: grpc.aio.Server) -> list[str]:
        check_service_pb2_grpc.add_CheckServiceServicer_to_server(recorded, server)
        api_key_service_pb2_grpc.add_ApiKeyServiceServicer_to_server(recorded.keys, server)
        return ["outscope.v1.CheckService"]

    async with (
        serve(("127.0.0.1", 0), add_older) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
        served(
            build_app(Scheduler(channel, deadline_s=5), utc_now), ("127.0.0.1", 0), drain_s=1
        ) as port,
    ):
        newer = Gateway(port, gateway.session, recorded)
        answer = await newer.get(f"/v1/check/{CHECK_ID}/explain")
        assert (answer.status, answer.body["error"]["code"]) == (503, "unavailable")
        recorded.keys.knows_keys = False
        assert (await newer.get(f"/v1/check/{CHECK_ID}/explain")).status == 401


class Leaving(RecordedScheduler):
    """A scheduler that is gone when it is first asked to create or to read."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    async def _answer(self, kind: Any, request: Any, context: Any) -> Any:  # noqa: ANN401 - as it is
        self.calls += 1
        if self.calls == 1:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "going away")
        return await super()._answer(kind, request, context)


@asynccontextmanager
async def repeating(recorded: RecordedScheduler) -> AsyncIterator[Scheduler]:
    """The scheduler as the gateway's own main has it."""
    async with (
        serve(("127.0.0.1", 0), recorded.add_to) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}", repeatable=READS) as channel,
        open_channel(f"127.0.0.1:{rpc.port}", repeatable=(*READS, *KEYED_CREATES)) as keyed_channel,
    ):
        yield Scheduler(channel, deadline_s=5, keyed_channel=keyed_channel)


async def test_a_read_is_asked_again_when_a_scheduler_was_not_there() -> None:
    leaving = Leaving()
    leaving.will_answer(ANSWER)
    async with repeating(leaving) as scheduler:
        assert await scheduler.check(QUESTION, CALLER) == ANSWER
    assert leaving.calls == 2


async def test_a_create_is_asked_again_only_under_an_idempotency_key() -> None:
    created = check_service_pb2.CreateCheckResponse(check=pending())
    request = check_service_pb2.CreateCheckRequest()
    keyed, unkeyed = Leaving(), Leaving()
    keyed.will_answer(created)
    async with repeating(keyed) as scheduler:
        caller = Caller(api_key="svc_x", request_id="req_x", idempotency_key="mine")
        assert await scheduler.create_check(request, caller) == created
    assert keyed.calls == 2
    assert keyed.last.metadata["idempotency-key"] == "mine"
    async with repeating(unkeyed) as scheduler:
        with pytest.raises(Unavailable):
            await scheduler.create_check(request, CALLER)
    assert unkeyed.calls == 1
