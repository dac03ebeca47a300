"""GET /v1/check/{id}?wait=: one request until the check has ended."""

import asyncio
import time

import pytest

from outscope.errors import NotFound, RateLimited, Unavailable
from outscope.v1 import check_pb2
from outscope.v1.check_service_pb2 import GetCheckResponse, WatchCheckRequest, WatchCheckResponse
from tests.integration.gateway.conftest import API_KEY, DEADLINE_S, Gateway, a_gateway
from tests.integration.gateway.recorded import CHECK_ID, CREATED_AT, RecordedScheduler, pending
from tests.integration.gateway.test_hang_up import close, connected, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


def completed() -> check_pb2.Check:
    check = pending()
    check.status = check_pb2.CHECK_STATUS_COMPLETED
    check.ended_at.CopyFrom(CREATED_AT)
    return check


PENDING = WatchCheckResponse(check=pending(), event_id=10_000)
COMPLETED = WatchCheckResponse(check=completed(), event_id=19_999)


async def test_the_answer_comes_when_the_check_has_ended(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(PENDING, 0.3, COMPLETED)
    begun_s = time.monotonic()
    answer = await gateway.get(f"/v1/check/{CHECK_ID}?wait=30")
    assert (answer.status, answer.body["status"]) == (200, "completed")
    assert 0.25 < time.monotonic() - begun_s < 5
    assert gateway.scheduler.last.request == WatchCheckRequest(id=CHECK_ID)
    assert gateway.scheduler.last.metadata["x-api-key"] == API_KEY


async def test_a_check_that_has_ended_is_answered_at_once(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(COMPLETED)
    answer = await gateway.get(f"/v1/check/{CHECK_ID}?wait=60")
    assert (answer.status, answer.body["status"]) == (200, "completed")


@pytest.mark.parametrize("now", [pending(), completed()])
async def test_when_the_time_is_over_the_check_is_answered_as_it_is_then(
    gateway: Gateway, now: check_pb2.Check
) -> None:
    gateway.scheduler.will_tell(PENDING, 60.0)
    gateway.scheduler.will_answer(GetCheckResponse(check=now))
    begun_s = time.monotonic()
    answer = await gateway.get(f"/v1/check/{CHECK_ID}?wait=1")
    assert 0.9 < time.monotonic() - begun_s < 3
    assert answer.status == 200
    assert answer.body["status"] == check_pb2.CheckStatus.Name(now.status)[13:].lower()
    await until(lambda: gateway.scheduler.going == 0)
    assert gateway.waits.count == 0


@pytest.mark.parametrize("wait", ["61", "-1", "1.5", "abc", "", "1e1", "99999999999", "\u0665"])
async def test_a_time_to_wait_is_a_whole_number_within_its_range(
    gateway: Gateway, wait: str
) -> None:
    answer = await gateway.get(f"/v1/check/{CHECK_ID}?wait={wait}")
    assert answer.status == 400
    error = answer.body["error"]
    assert (error["code"], error["details"]["field"]) == ("invalid_request", "wait")
    assert error["message"] == "wait must be a whole number from 0 to 60"
    assert not gateway.scheduler.asked


async def test_another_parameter_is_refused_by_name(gateway: Gateway) -> None:
    answer = await gateway.get(f"/v1/check/{CHECK_ID}?wiat=5")
    assert (answer.status, answer.body["error"]["details"]["nearest"]) == (400, "wait")


async def test_no_time_to_wait_is_a_plain_read(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(GetCheckResponse(check=pending()))
    answer = await gateway.get(f"/v1/check/{CHECK_ID}?wait=0")
    assert (answer.status, answer.body["status"]) == (200, "pending")


async def test_who_hangs_up_leaves_nothing_behind(gateway: Gateway) -> None:
    before = len(asyncio.all_tasks())
    request = (
        f"GET /v1/check/{CHECK_ID}?wait=60 HTTP/1.1\r\nHost: a\r\nx-api-key: {API_KEY}\r\n\r\n"
    ).encode()
    for _ in range(5):
        gateway.scheduler.will_tell(PENDING, 60.0)
    writers = [await connected(gateway, request) for _ in range(5)]
    await until(lambda: gateway.scheduler.going == 5 and gateway.waits.count == 5)
    for writer in writers:
        await close(writer)
    await until(lambda: gateway.scheduler.going == 0, patience_s=1)
    await until(lambda: gateway.waits.count == 0, patience_s=1)
    await until(lambda: len(asyncio.all_tasks()) <= before, patience_s=2)


async def test_a_held_answer_is_304_when_the_time_is_over(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(*[GetCheckResponse(check=pending())] * 2)
    tag = (await gateway.get(f"/v1/check/{CHECK_ID}")).headers["ETag"]
    gateway.scheduler.will_tell(PENDING, 60.0)
    path = f"/v1/check/{CHECK_ID}?wait=1"
    held = await gateway.call("GET", path, headers={"If-None-Match": tag})
    assert held.status == 304
    gateway.scheduler.will_tell(PENDING, COMPLETED)
    changed = await gateway.call("GET", path, headers={"If-None-Match": tag})
    assert (changed.status, changed.body["status"]) == (200, "completed")


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotFound("There is no such check"), 404),
        (RateLimited("The account waits for 2 checks", waiting=2, retry_after_s=1), 429),
        (Unavailable("The database does not answer"), 503),
    ],
)
async def test_what_the_scheduler_refuses_is_passed_on(
    gateway: Gateway, refusal: Exception, status: int
) -> None:
    gateway.scheduler.will_tell(refusal)
    answer = await gateway.get(f"/v1/check/{CHECK_ID}?wait=30")
    assert answer.status == status
    if status != 404:
        assert answer.headers["Retry-After"] == "1"


async def test_a_scheduler_that_does_not_say_a_word_is_504_in_time(gateway: Gateway) -> None:
    async with a_gateway(RecordedScheduler(), deadline_s=0.3) as hasty:
        hasty.scheduler.will_tell(60.0, PENDING)
        answer = await hasty.get(f"/v1/check/{CHECK_ID}?wait=30")
    assert (answer.status, answer.body["error"]["code"]) == (504, "deadline_exceeded")
    assert DEADLINE_S > 0.3


async def test_a_gateway_holds_so_many_waiting_requests() -> None:
    async with a_gateway(RecordedScheduler(), deadline_s=5, most_waits=1) as small:
        small.scheduler.will_tell(PENDING, 1.0, COMPLETED)
        first = asyncio.create_task(small.get(f"/v1/check/{CHECK_ID}?wait=30"))
        await until(lambda: small.waits.count == 1)
        full = await small.get(f"/v1/check/{CHECK_ID}?wait=30")
        assert (full.status, full.body["error"]["code"]) == (503, "unavailable")
        assert full.headers["Retry-After"] == "1"
        # Nobody without a key is told how full it is.
        small.scheduler.keys.knows_keys = False
        assert (await small.get(f"/v1/check/{CHECK_ID}?wait=30")).status == 401
        assert (await first).body["status"] == "completed"


async def test_waiting_ends_when_the_gateway_closes(gateway: Gateway) -> None:
    async with a_gateway(RecordedScheduler(), deadline_s=5) as closing:
        closing.scheduler.will_tell(PENDING, 60.0)
        closing.scheduler.will_answer(GetCheckResponse(check=pending()))
        waiting = asyncio.create_task(closing.get(f"/v1/check/{CHECK_ID}?wait=60"))
        await until(lambda: closing.waits.count == 1)
        closing.waits.end()
        async with asyncio.timeout(2):
            answer = await waiting
    assert (answer.status, answer.body["status"]) == (200, "pending")
