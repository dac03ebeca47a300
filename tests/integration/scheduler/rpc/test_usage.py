"""What is told of usage, beside what a running scheduler lets in."""

from collections.abc import Awaitable

import grpc
import pytest

from outscope.bus.connect import Bus
from outscope.rpc.metadata import IDEMPOTENCY_KEY
from outscope.rpc.status import refusal_from
from outscope.v1 import (
    check_pb2,
    check_service_pb2,
    usage_service_pb2,
    usage_service_pb2_grpc,
    webhook_service_pb2,
)
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, calling, make_key, running_scheduler
from tests.integration.scheduler.rpc.hooking import create, update

SPEC = check_pb2.CheckSpec(fqdn="a.example")


async def usage(caller: Caller) -> usage_service_pb2.GetUsageResponse:
    stub = usage_service_pb2_grpc.UsageServiceStub(caller.channel)
    return await stub.GetUsage(usage_service_pb2.GetUsageRequest(), metadata=caller.metadata)


async def code_of(call: Awaitable[object], status: str = "RESOURCE_EXHAUSTED") -> str:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    assert error.value.code() is grpc.StatusCode[status]
    refusal = refusal_from(error.value)
    assert refusal is not None
    return refusal.code


async def test_usage_is_what_was_created_and_all_keys_of_an_account_share_it(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    first, _, account_id = await make_key(database)
    second, _, _ = await make_key(database, account_id=account_id)
    own, _, _ = await make_key(database, account_id=account_id, rate_limit=3)
    async with (
        running_scheduler(
            database_url,
            nats_url,
            OUTSCOPE_RATE_LIMIT="10",
            OUTSCOPE_INFLIGHT_LIMIT="8",
            OUTSCOPE_MONTHLY_QUOTA="20",
        ) as address,
        calling(address, first) as caller,
        calling(address, second) as other,
        calling(address, own) as apart,
    ):
        before = await usage(caller)
        assert (before.rate.used, before.in_flight.used, before.monthly.used) == (0, 0, 0)
        request = check_service_pb2.CreateCheckRequest(spec=SPEC)
        keyed = (*caller.metadata, (IDEMPOTENCY_KEY, "k"))
        for _ in range(3):  # the second and third are replays
            await caller.checks.CreateCheck(request, metadata=keyed)
        await other.batch([SPEC] * 4)
        await apart.batch([SPEC] * 2)
        told = await usage(other)
        assert (told.rate.limit, told.rate.used, told.rate.remaining) == (10, 5, 5)
        assert (told.in_flight.limit, told.in_flight.used, told.in_flight.remaining) == (8, 7, 1)
        assert (told.monthly.limit, told.monthly.used, told.monthly.remaining) == (20, 7, 13)
        assert told.rate.HasField("reset_at")
        assert told.in_flight.HasField("reset_at")
        mine = await usage(apart)
        assert (mine.rate.scope, mine.rate.limit, mine.rate.used) == ("key", 3, 2)
        assert mine.monthly == told.monthly
        for count, code in ((2, "inflight_limit"), (8, "inflight_limit"), (20, "quota_exceeded")):
            assert await code_of(caller.batch([SPEC] * count)) == code
        assert await code_of(caller.batch([SPEC] * 9), "INVALID_ARGUMENT") == "invalid_request"
        assert await usage(other) == told


async def test_without_limits_only_what_is_pending_is_told(caller: Caller) -> None:
    await caller.create()
    told = await usage(caller)
    assert told.in_flight.used == 1
    assert not told.in_flight.HasField("limit")
    assert not told.rate.HasField("used")
    assert not told.monthly.HasField("used")


async def test_usage_needs_a_key(caller: Caller) -> None:
    stub = usage_service_pb2_grpc.UsageServiceStub(caller.channel)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.GetUsage(usage_service_pb2.GetUsageRequest())
    assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_webhooks_that_are_disabled_are_told_with_why_those_of_the_account_only(
    caller: Caller, stranger: Caller
) -> None:
    kept, disabled, deleted = [(await create(caller)).webhook.id for _ in range(3)]
    await update(stranger, (await create(stranger)).webhook.id, enabled=False)
    await update(caller, disabled, enabled=False)
    await update(caller, deleted, enabled=False)
    request = webhook_service_pb2.DeleteWebhookRequest(id=deleted)
    await caller.webhooks.DeleteWebhook(request, metadata=caller.metadata)
    told = (await usage(caller)).webhooks
    assert (told.limit, told.enabled) == (100, 1)
    assert [(each.id, each.disabled_reason) for each in told.disabled] == [
        (disabled, "disabled_by_user")
    ]
    assert told.disabled[0].HasField("disabled_at")
    assert kept
