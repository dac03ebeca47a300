"""Both clients against a server that misbehaves, over real sockets."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from outscope_client import (
    APIError,
    AsyncClient,
    CallTimeoutError,
    Client,
    ConfigurationError,
    ConnectionFailedError,
    InternalError,
    RateLimitedError,
    UnauthorizedError,
    UnreadableAnswerError,
)

from tests.integration.client.misbehaving import (
    CUT,
    DRIP,
    FLOOD,
    FLOODED_STREAM,
    HANG_UP,
    RESET,
    SLOW_S,
    Act,
    Answer,
    Server,
    misbehaving,
)

CREATED = Answer(201, {"id": "chk_1", "fqdn": "example.com", "status": "pending"})
Use = Callable[[Any], Any]


def refusal(status: int, code: str, *headers: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": "No", "details": {}}}, headers)


def address_of(server: Server | str) -> str:
    return server if isinstance(server, str) else server.url


def blocking(server: Server | str, use: Use, **options: Any) -> Any:  # noqa: ANN401 - of any call
    with Client("svc_key", url=address_of(server), **options) as client:
        used = use(client)
        return list(used) if inspect.isgenerator(used) else used


def awaiting(server: Server | str, use: Use, **options: Any) -> Any:  # noqa: ANN401 - of any call
    async def awaited() -> object:
        async with AsyncClient("svc_key", url=address_of(server), **options) as client:
            used = use(client)
            return [one async for one in used] if inspect.isasyncgen(used) else await used

    return asyncio.run(awaited())


@pytest.fixture(params=[blocking, awaiting])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run the same call with either client."""
    found: Callable[..., Any] = request.param
    return found


@pytest.mark.parametrize("act", [RESET, HANG_UP, CUT, refusal(503, "unavailable")])
def test_a_create_that_got_lost_is_sent_again_under_the_same_key(
    call: Callable[..., Any], act: Act
) -> None:
    with misbehaving(act, CREATED) as server:
        created = call(server, lambda client: client.checks.create("example.com"))
    assert created["id"] == created.id == "chk_1"
    assert [request for request, _ in server.requests] == ["POST /v1/check"] * 2
    keys = {headers["idempotency-key"] for _, headers in server.requests}
    assert len(keys) == 1
    assert len(keys.pop()) == 36


def test_a_limit_is_waited_for_as_long_as_it_says(call: Callable[..., Any]) -> None:
    with misbehaving(refusal(429, "rate_limited", "Retry-After: 1"), CREATED) as server:
        begun_s = time.monotonic()
        call(server, lambda client: client.checks.create("example.com"))
    assert 1.0 <= time.monotonic() - begun_s < 5


def test_a_limit_for_hours_is_told_at_once(call: Callable[..., Any]) -> None:
    limited = refusal(429, "rate_limited", "Retry-After: 7200")
    with misbehaving(limited) as server, pytest.raises(RateLimitedError) as caught:
        call(server, lambda client: client.checks.create("example.com"))
    assert caught.value.retry_after_s == 7200


def test_a_slow_answer_is_given_up_and_asked_for_again(call: Callable[..., Any]) -> None:
    slow = Answer(delay_s=SLOW_S)
    with misbehaving(slow, Answer(body={"data": []})) as server:
        begun_s = time.monotonic()
        points = call(server, lambda client: client.vantage_points.list(), timeout=0.3)
        assert points.data == []
        assert time.monotonic() - begun_s < SLOW_S
    with misbehaving(slow) as server, pytest.raises(CallTimeoutError):
        call(server, lambda client: client.usage.get(), timeout=0.3, max_retries=0)


def test_judging_again_is_not_sent_twice_when_it_may_have_happened(
    call: Callable[..., Any],
) -> None:
    with misbehaving(RESET, Answer()) as server, pytest.raises(ConnectionFailedError):
        call(server, lambda client: client.checks.rejudge("chk_1"))
    assert len(server.requests) == 1


def test_where_nobody_listens_the_address_is_told(call: Callable[..., Any]) -> None:
    with misbehaving() as gone:
        address = gone.url
    with pytest.raises(ConnectionFailedError, match=address):
        call(address, lambda client: client.usage.get(), max_retries=1)


def test_defects_and_wrong_keys_are_told_at_once(call: Callable[..., Any]) -> None:
    with misbehaving(refusal(500, "internal_error"), refusal(401, "unauthorized")) as server:
        with pytest.raises(InternalError):
            call(server, lambda client: client.usage.get())
        with pytest.raises(UnauthorizedError):
            call(server, lambda client: client.usage.get())


def test_the_key_goes_nowhere_else(call: Callable[..., Any]) -> None:
    with misbehaving() as elsewhere:
        moved = Answer(302, "", [f"Location: {elsewhere.url}/v1/usage"])
        with misbehaving(moved) as server, pytest.raises(Exception, match="302"):
            call(server, lambda client: client.usage.get())
    assert elsewhere.requests == []
    assert server.requests[0][1]["x-api-key"] == "svc_key"


def test_what_is_no_answer_of_ours_is_not_believed(call: Callable[..., Any]) -> None:
    page = Answer(200, "<html>Sign in to the Wi-Fi</html>", content_type="text/html")
    with misbehaving(page) as server, pytest.raises(UnreadableAnswerError):
        call(server, lambda client: client.usage.get())


def test_a_connection_is_used_again() -> None:
    with misbehaving(Answer(), Answer(), Answer()) as server:
        with Client("svc_key", url=server.url) as client:
            for _ in range(3):
                client.usage.get()
        assert server.connections == 1


def test_pages_are_asked_for_one_after_the_other(call: Callable[..., Any]) -> None:
    pages = [
        Answer(body={"data": [{"id": one}], "pagination": {"next_cursor": at, "has_more": more}})
        for one, at, more in (("chk_1", "cur_2", True), ("chk_2", None, False))
    ]
    with misbehaving(*pages) as server:
        found = call(server, lambda client: client.checks.iterate())
    assert [one.id for one in found] == ["chk_1", "chk_2"]
    assert server.requests[1][0] == "GET /v1/checks?limit=100&cursor=cur_2"


def test_a_stream_that_breaks_off_goes_on_where_it_was(call: Callable[..., Any]) -> None:
    begin = 'id: 1\nevent: queued\ndata: {"status": "pending"}\n\nid: 2\nevent: dns\ndata: {}\n\nid'
    end = 'id: 9\nevent: completed\ndata: {"status": "completed"}\n\n'
    acts: list[Act] = [
        refusal(503, "unavailable"),
        Answer(200, begin, content_type="text/event-stream"),
        RESET,
        Answer(200, end, content_type="text/event-stream"),
    ]
    with misbehaving(*acts) as server:
        events = call(server, lambda client: client.checks.follow("chk_1"))
    assert [event.name for event in events] == ["queued", "dns", "completed"]
    told = [headers.get("last-event-id") for _, headers in server.requests]
    assert told == [None, None, "2", "2"]


def test_a_client_of_httpx_of_ones_own_is_used() -> None:
    with misbehaving(Answer()) as server:
        own = httpx.Client(headers={"x-of-our-own": "yes"})
        with Client("svc_key", url=server.url, http=own) as client:
            client.usage.get()
    assert server.requests[0][1]["x-of-our-own"] == "yes"


def test_an_answer_that_is_not_coded_as_it_says_is_none(call: Callable[..., Any]) -> None:
    garbage = Answer(200, "no gzip", ("content-encoding: gzip",))
    with misbehaving(garbage) as server, pytest.raises(ConnectionFailedError):
        call(server, lambda client: client.usage.get(), max_retries=0)
    with misbehaving(garbage, Answer(200, {"a": 1})) as server:
        assert call(server, lambda client: client.usage.get()) == {"a": 1}


@pytest.mark.parametrize(
    ("act", "use"),
    [
        (FLOOD, lambda client: client.usage.get()),
        (FLOODED_STREAM, lambda client: client.checks.follow("chk_1")),
    ],
)
def test_an_answer_without_end_is_left(call: Callable[..., Any], act: Act, use: Use) -> None:
    with misbehaving(act) as server, pytest.raises(UnreadableAnswerError, match="33554432 bytes"):
        call(server, use)
    assert len(server.requests) == 1
    assert server.sent < 64 * 1024 * 1024


def test_an_answer_that_comes_little_by_little_is_given_up(call: Callable[..., Any]) -> None:
    begun_s = time.monotonic()
    with misbehaving(DRIP) as server, pytest.raises(CallTimeoutError, match="did not end"):
        call(server, lambda client: client.usage.get(), timeout=0.5, max_retries=0)
    assert time.monotonic() - begun_s < 10


def test_a_client_of_ones_own_takes_the_key_nowhere_else() -> None:
    with misbehaving() as elsewhere:
        moved = Answer(307, "", [f"Location: {elsewhere.url}/v1/usage"])
        with misbehaving(moved) as server:
            own = httpx.Client(follow_redirects=True)
            with (
                Client("svc_key", url=server.url, http=own) as client,
                pytest.raises(APIError, match="307"),
            ):
                client.usage.get()
    assert elsewhere.requests == []


@pytest.mark.parametrize("asked", ["9" * 5000, "-1", "1e999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_pause_without_sense_is_not_made(call: Callable[..., Any], asked: str) -> None:
    limited = refusal(429, "rate_limited", f"Retry-After: {asked}")
    begun_s = time.monotonic()
    with misbehaving(limited, limited) as server, pytest.raises(RateLimitedError):
        call(server, lambda client: client.usage.get(), max_retries=1)
    assert time.monotonic() - begun_s < 10


def test_what_would_be_another_header_is_sent_as_none(call: Callable[..., Any]) -> None:
    with misbehaving() as server, pytest.raises(ConfigurationError, match="idempotency key"):
        call(server, lambda client: client.checks.create("a.example", idempotency_key="k\r\nx: y"))
    assert server.requests == []
