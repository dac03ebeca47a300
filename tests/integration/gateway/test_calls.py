"""One call to the scheduler: by when, for whom, and what an older scheduler does not know."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
import pytest

from outscope.errors import Conflict, Unavailable
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.telemetry.traceparent import carried
from outscope.v1 import api_key_service_pb2_grpc, webhook_service_pb2
from services.gateway.calls import Caller, Calls, is_answer_of_scheduler
from services.gateway.webhook_calls import WebhookCalls
from tests.integration.gateway.recorded import RecordedKeys, RecordedScheduler

CALLER = Caller(api_key="svc_x", request_id="req_x")
QUESTION = webhook_service_pb2.GetWebhookRequest(id="whk_1")
ANSWER = webhook_service_pb2.GetWebhookResponse()


@pytest.fixture
def recorded() -> RecordedScheduler:
    return RecordedScheduler()


@pytest.fixture
async def webhooks(recorded: RecordedScheduler) -> AsyncIterator[WebhookCalls]:
    async with (
        serve(("127.0.0.1", 0), recorded.add_to) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
    ):
        yield WebhookCalls(Calls(5.0), channel, channel)


async def test_a_call_carries_whose_it_is_and_has_its_deadline(
    webhooks: WebhookCalls, recorded: RecordedScheduler
) -> None:
    recorded.will_answer(ANSWER)
    assert await webhooks.webhook(QUESTION, CALLER) == ANSWER
    told = recorded.last.metadata
    assert (told["x-api-key"], told["x-request-id"]) == ("svc_x", "req_x")
    assert not [name for name in told if "idempotency" in name]
    assert "traceparent" not in told
    assert 3 < recorded.last.seconds_left < 6


async def test_a_call_carries_the_trace_it_is_made_in(
    webhooks: WebhookCalls, recorded: RecordedScheduler
) -> None:
    recorded.will_answer(ANSWER)
    sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with carried(sent):
        await webhooks.webhook(QUESTION, CALLER)
    assert recorded.last.metadata["traceparent"] == sent


async def test_a_refusal_is_raised_as_itself(
    webhooks: WebhookCalls, recorded: RecordedScheduler
) -> None:
    recorded.will_answer(Conflict("No", field="id", value="whk_1"))
    with pytest.raises(Conflict) as refusal:
        await webhooks.webhook(QUESTION, CALLER)
    assert (refusal.value.field, refusal.value.value) == ("id", "whk_1")
    assert is_answer_of_scheduler(refusal.value)


async def test_what_an_older_scheduler_does_not_know_is_unavailable_and_no_answer_of_it() -> None:
    def add(server: grpc.aio.Server) -> list[str]:
        api_key_service_pb2_grpc.add_ApiKeyServiceServicer_to_server(RecordedKeys(), server)
        return []

    async with (
        serve(("127.0.0.1", 0), add) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
    ):
        webhooks: Any = WebhookCalls(Calls(5.0), channel, channel)
        with pytest.raises(Unavailable, match="brought up to date") as refusal:
            await webhooks.webhook(QUESTION, CALLER)
        assert not is_answer_of_scheduler(refusal.value)
        # Every scheduler knows how to create one.
        with pytest.raises(grpc.aio.AioRpcError):
            await webhooks.create(webhook_service_pb2.CreateWebhookRequest(), CALLER)
