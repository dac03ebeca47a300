import asyncio
import json

from prometheus_client import REGISTRY
from starlette.types import Message, Receive, Scope, Send

from services.gateway.middleware.admission import Admission


def scope_of(path: str) -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [],
        "query_string": b"",
        "state": {"request_id": "req_1"},
    }


def measured(name: str) -> float:
    return REGISTRY.get_sample_value(f"outscope_http_server_{name}") or 0.0


async def answered(app: Admission, path: str) -> tuple[int, list[Message]]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    await app(scope_of(path), receive, send)
    return sent[0]["status"], sent


async def test_whoever_comes_beyond_is_answered_at_once_and_machines_that_poll_are_let_in() -> None:
    is_free = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if scope["path"] != "/healthz":
            await is_free.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = Admission(slow, most=3, polled={"/healthz"})
    active = measured("active_requests")
    assert measured("places") == 3
    waiting = [asyncio.create_task(answered(app, "/v1/checks")) for _ in range(3)]
    await asyncio.sleep(0)
    assert measured("active_requests") == active + 3
    async with asyncio.timeout(1):
        status, sent = await answered(app, "/v1/checks")
        assert (await answered(app, "/healthz"))[0] == 200
    assert status == 503
    assert dict(sent[0]["headers"])[b"retry-after"] == b"1"
    assert json.loads(sent[1]["body"])["error"]["code"] == "overloaded"
    is_free.set()
    assert [status for status, _ in await asyncio.gather(*waiting)] == [200] * 3
    assert measured("active_requests") == active
    assert (await answered(app, "/v1/checks"))[0] == 200


async def test_a_request_that_breaks_leaves_its_place() -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send
        raise ValueError

    app = Admission(breaks, most=1, polled=())
    for _ in range(3):
        try:
            await answered(app, "/v1/checks")
        except ValueError:
            continue
        raise AssertionError("was not let in")
