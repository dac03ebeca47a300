"""GET /v1/check/{id}/events, read as a client of server-sent events reads it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from outscope.errors import NotFound, RateLimited, Unauthorized, Unavailable
from outscope.v1 import facts_pb2, progress_pb2
from outscope.v1.check_service_pb2 import GetCheckResponse, WatchCheckRequest, WatchCheckResponse
from tests.integration.gateway.conftest import API_KEY, Gateway, a_gateway
from tests.integration.gateway.recorded import CHECK_ID, CREATED_AT, RecordedScheduler, pending
from tests.integration.gateway.test_hang_up import close, connected, until
from tests.integration.gateway.test_waiting import COMPLETED, PENDING

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = f"/v1/check/{CHECK_ID}/events"
STARTED = WatchCheckResponse(
    event_id=11_001,
    stage=progress_pb2.Stage(
        started=progress_pb2.Started(
            vantage_point="eu-west-1", prober_id="prober-1", started_at=CREATED_AT, attempt=1
        )
    ),
)
RESOLVED = WatchCheckResponse(
    event_id=11_002,
    stage=progress_pb2.Stage(dns=facts_pb2.DnsFacts(a_records=["192.0.2.1"])),
)


@dataclass(frozen=True)
class Event:
    id: str
    name: str
    content: Any


def events_in(text: str) -> list[Event]:
    """Return the events of a stream, as the specification has them parsed."""
    events = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":")
        )
        if "data" in fields:
            content = json.loads(fields["data"])
            events.append(Event(fields.get("id", ""), fields["event"], content))
    return events


@asynccontextmanager
async def streaming(gateway: Gateway, **headers: str) -> AsyncIterator[aiohttp.ClientResponse]:
    headers = {"x-api-key": API_KEY, **headers}
    async with gateway.session.get(gateway.url + PATH, headers=headers) as answer:
        yield answer


async def test_events_come_until_the_check_has_ended(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(PENDING, STARTED, RESOLVED, 0.05, COMPLETED)
    async with streaming(gateway) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].partition(";")[0] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store, no-transform"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert "Content-Length" not in answer.headers
        text = (await answer.read()).decode()
    assert text.startswith("retry: 2000\n\n")
    events = events_in(text)
    assert [(event.id, event.name) for event in events] == [
        ("10000", "queued"),
        ("11001", "started"),
        ("11002", "dns"),
        ("19999", "completed"),
    ]
    assert events[0].content["status"] == "pending"
    assert events[1].content == {
        "vantage_point": "eu-west-1",
        "prober_id": "prober-1",
        "started_at": "2026-04-21T10:00:00Z",
        "attempt": 1,
    }
    assert events[2].content["a_records"] == ["192.0.2.1"]
    assert events[3].content["status"] == "completed"
    assert gateway.scheduler.last.request == WatchCheckRequest(id=CHECK_ID, progress=True)
    assert gateway.waits.count == 0


async def test_each_event_is_sent_when_it_comes(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(PENDING, 0.3, STARTED, 60.0)
    async with streaming(gateway) as answer, asyncio.timeout(5):
        text = ""
        while "started" not in text:
            text += (await answer.content.readany()).decode()
    assert [event.name for event in events_in(text)] == ["queued", "started"]


async def test_a_client_that_comes_back_goes_on_where_it_was(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(WatchCheckResponse(), RESOLVED, COMPLETED)
    async with streaming(gateway, **{"Last-Event-ID": "11001"}) as answer:
        events = events_in((await answer.read()).decode())
    assert [event.id for event in events] == ["11002", "19999"]
    assert gateway.scheduler.last.request.after == 11_001


async def test_a_client_that_has_seen_the_end_is_told_not_to_come_back(gateway: Gateway) -> None:
    gateway.scheduler.will_tell()
    answer = await gateway.call("GET", PATH, headers={"Last-Event-ID": "19999"})
    assert (answer.status, answer.content) == (204, b"")


async def test_a_stream_outlives_the_scheduler_that_told_of_it(gateway: Gateway) -> None:
    gateway.scheduler.will_tell(PENDING, STARTED, Unavailable("going away"))
    gateway.scheduler.will_tell(WatchCheckResponse(), RESOLVED, COMPLETED)
    async with streaming(gateway) as answer:
        events = events_in((await answer.read()).decode())
    assert [event.id for event in events] == ["10000", "11001", "11002", "19999"]
    assert [asked.request.after for asked in gateway.scheduler.asked] == [0, 11_001]


@pytest.mark.parametrize("sent", ["abc", "-1", "1.0", "1" * 16, "\xb2"])
async def test_what_is_no_id_of_an_event_is_refused(gateway: Gateway, sent: str) -> None:
    answer = await gateway.call("GET", PATH, headers={"Last-Event-ID": sent})
    assert (answer.status, answer.body["error"]["details"]["field"]) == (400, "Last-Event-ID")


async def test_something_is_sent_while_nothing_happens(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.event_stream._HEARTBEAT_S", 0.1)
    gateway.scheduler.will_tell(PENDING, 0.35, COMPLETED)
    async with streaming(gateway) as answer:
        text = (await answer.read()).decode()
    assert text.count(": waiting\n\n") in {2, 3, 4}
    assert [event.name for event in events_in(text)] == ["queued", "completed"]


async def test_a_client_that_hangs_up_leaves_nothing_behind(gateway: Gateway) -> None:
    before = len(asyncio.all_tasks())
    head = f"GET {PATH} HTTP/1.1\r\nHost: a\r\nx-api-key: {API_KEY}\r\n\r\n".encode()
    for _ in range(5):
        gateway.scheduler.will_tell(PENDING, STARTED, 60.0)
    writers = [await connected(gateway, head) for _ in range(5)]
    await until(lambda: gateway.scheduler.going == 5 and gateway.waits.count == 5)
    for writer in writers:
        await close(writer)
    await until(lambda: gateway.scheduler.going == 0, patience_s=1)
    await until(lambda: gateway.waits.count == 0, patience_s=1)
    await until(lambda: len(asyncio.all_tasks()) <= before, patience_s=2)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotFound("There is no such check"), 404),
        (Unauthorized("The API key is revoked"), 401),
        (RateLimited("The account waits for 2 checks", waiting=2, retry_after_s=1), 429),
        (Unavailable("The database does not answer"), 503),
    ],
)
async def test_a_refusal_has_a_status_of_its_own(
    gateway: Gateway, refusal: Exception, status: int
) -> None:
    gateway.scheduler.will_tell(refusal)
    answer = await gateway.call("GET", PATH)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    assert gateway.waits.count == 0


async def test_a_refusal_midway_ends_the_stream(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.scheduler.will_tell(PENDING, Unauthorized("The API key is revoked"))
    async with streaming(gateway) as answer:
        events = events_in((await answer.read()).decode())
    assert [event.name for event in events] == ["queued"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_gateway_holds_so_many_streams() -> None:
    async with a_gateway(RecordedScheduler(), deadline_s=5, most_waits=1) as small:
        small.scheduler.will_tell(PENDING, 60.0)
        async with streaming(small) as first:
            await first.content.readany()
            full = await small.call("GET", PATH)
        assert (full.status, full.body["error"]["code"]) == (503, "unavailable")
        assert full.headers["Retry-After"] == "1"
        await until(lambda: small.waits.count == 0)


async def test_streams_end_when_the_gateway_closes_and_none_is_begun() -> None:
    async with a_gateway(RecordedScheduler(), deadline_s=5) as closing:
        closing.scheduler.will_tell(PENDING, 60.0)
        async with streaming(closing) as answer:
            await answer.content.readany()
            closing.waits.end()
            async with asyncio.timeout(2):
                await answer.read()
        assert (await closing.call("GET", PATH)).status == 503


async def test_head_tells_what_there_would_be(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(GetCheckResponse(check=pending()))
    answer = await gateway.call("HEAD", PATH)
    assert answer.status == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "text/event-stream"
