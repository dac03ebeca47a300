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
from services.gateway.scheduler import Caller, Scheduler
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
