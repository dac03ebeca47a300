import asyncio

from starlette.types import Message

from services.gateway.responses import EarlyResponse, JsonResponse


class Wire:
    """What an application sends and receives, on no socket."""

    def __init__(self, *arriving: Message, is_endless: bool = False) -> None:
        self.sent: list[Message] = []
        self.received = 0
        self._arriving = list(arriving)
        self._is_endless = is_endless

    async def receive(self) -> Message:
        self.received += 1
        if self._arriving:
            return self._arriving.pop(0) if not self._is_endless else self._arriving[0]
        await asyncio.Event().wait()
        raise AssertionError

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def test_json_is_compact_utf_8() -> None:
    response = JsonResponse({"name": "é", "none": None})
    assert response.body == '{"name":"é","none":null}'.encode()
    assert response.headers["content-type"] == "application/json"


async def test_an_early_answer_is_whole_before_the_rest_arrives() -> None:
    wire = Wire()
    answering = asyncio.create_task(EarlyResponse({}, status_code=413)({}, wire.receive, wire.send))
    await asyncio.sleep(0.05)
    assert [message.get("body") for message in wire.sent] == [None, b"{}"]
    assert (b"connection", b"close") in wire.sent[0]["headers"]
    await asyncio.wait_for(answering, 5)
    assert wire.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_the_rest_is_dropped_until_it_ends() -> None:
    more = {"type": "http.request", "body": b"x", "more_body": True}
    wire = Wire(more, more, {"type": "http.request", "body": b"x", "more_body": False})
    await EarlyResponse({}, status_code=413)({}, wire.receive, wire.send)
    assert wire.received == 3


async def test_an_endless_rest_is_dropped_up_to_a_bound() -> None:
    piece = {"type": "http.request", "body": b"x" * 1024 * 1024, "more_body": True}
    wire = Wire(piece, is_endless=True)
    await EarlyResponse({}, status_code=413)({}, wire.receive, wire.send)
    assert wire.received == 8


async def test_a_caller_that_hangs_up_ends_it() -> None:
    wire = Wire({"type": "http.disconnect"})
    await EarlyResponse({}, status_code=413)({}, wire.receive, wire.send)
    assert wire.received == 1
