"""Calls about webhooks: those that wait have the time for it, and creates carry their key."""

from collections.abc import AsyncIterator

import pytest

from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.v1 import webhook_service_pb2
from services.gateway.calls import Caller, Calls
from services.gateway.webhook_calls import WebhookCalls
from tests.integration.gateway.recorded import RecordedScheduler

CALLER = Caller(api_key="svc_x", request_id="req_x")
KEYED = Caller(api_key="svc_x", request_id="req_x", idempotency_key="k")


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


async def test_what_takes_longer_has_a_longer_deadline(
    webhooks: WebhookCalls, recorded: RecordedScheduler
) -> None:
    recorded.will_answer(
        webhook_service_pb2.TestWebhookResponse(),
        webhook_service_pb2.RecoverWebhookResponse(),
        webhook_service_pb2.ReplayMissingEventsResponse(),
    )
    await webhooks.test(webhook_service_pb2.TestWebhookRequest(), CALLER)
    await webhooks.recover(webhook_service_pb2.RecoverWebhookRequest(), CALLER)
    await webhooks.replay_missing(webhook_service_pb2.ReplayMissingEventsRequest(), CALLER)
    assert all(25 < asked.seconds_left < 31 for asked in recorded.asked)


async def test_a_create_carries_its_key(
    webhooks: WebhookCalls, recorded: RecordedScheduler
) -> None:
    recorded.will_answer(
        webhook_service_pb2.CreateWebhookResponse(),
        webhook_service_pb2.RotateWebhookSecretResponse(),
    )
    await webhooks.create(webhook_service_pb2.CreateWebhookRequest(), KEYED)
    await webhooks.rotate_secret(webhook_service_pb2.RotateWebhookSecretRequest(), KEYED)
    assert [asked.metadata["idempotency-key"] for asked in recorded.asked] == ["k", "k"]


async def test_only_a_create_under_a_key_goes_by_the_channel_that_may_repeat_it(
    recorded: RecordedScheduler,
) -> None:
    async with (
        serve(("127.0.0.1", 0), recorded.add_to) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
        open_channel("127.0.0.1:1") as nobody,
    ):
        answers = (
            webhook_service_pb2.CreateWebhookResponse(),
            webhook_service_pb2.RotateWebhookSecretResponse(),
        )
        for webhooks, caller in (
            (WebhookCalls(Calls(5.0), channel, nobody), CALLER),
            (WebhookCalls(Calls(5.0), nobody, channel), KEYED),
        ):
            recorded.will_answer(*answers)
            await webhooks.create(webhook_service_pb2.CreateWebhookRequest(), caller)
            await webhooks.rotate_secret(webhook_service_pb2.RotateWebhookSecretRequest(), caller)
    assert len(recorded.asked) == 4
