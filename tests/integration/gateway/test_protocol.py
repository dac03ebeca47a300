import asyncio
import contextlib
import json
import re

import pytest

from services.gateway import protocol
from services.gateway.protocol import MAX_HEAD_BYTES, MAX_PIPELINED
from tests.integration.gateway.conftest import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
CLOSE = b"Connection: close\r\n\r\n"


def error_in(answer: bytes) -> tuple[str, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    error = json.loads(body)["error"]
    sent_id = re.search(rb"x-request-id: (\S+)", head)
    assert sent_id is not None
    assert sent_id[1].decode() == error["request_id"]
    return error["code"], error["message"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http:// HTTP/1.1\r\n\r\n",
        "GET /é HTTP/1.1\r\n\r\n".encode(),
        GET + b"bad header\r\n\r\n",
        GET + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_refused_in_the_documented_body(
    gateway: Gateway, request_bytes: bytes
) -> None:
    assert error_in(await gateway.raw(request_bytes))[0] == "invalid_request"


async def test_an_endless_head_is_refused(gateway: Gateway) -> None:
    line = b"x-filler: " + b"a" * 1000 + b"\r\n"
    lines = MAX_HEAD_BYTES // len(line) + 1
    answer = await gateway.raw(GET + line * lines)
    assert "32 KiB" in error_in(answer)[1]


async def test_an_endless_head_is_refused_also_when_it_comes_in_one_piece(gateway: Gateway) -> None:
    answer = await gateway.raw(GET + b"x-filler: " + b"a" * MAX_HEAD_BYTES + b"\r\n" + CLOSE)
    assert "32 KiB" in error_in(answer)[1]


async def test_a_few_requests_may_be_sent_ahead_of_their_answers(gateway: Gateway) -> None:
    answer = await gateway.raw((GET + b"\r\n") * MAX_PIPELINED + GET + CLOSE)
    assert answer.count(b"HTTP/1.1 200 ") == MAX_PIPELINED + 1


async def test_a_flood_of_requests_sent_ahead_is_cut_off(gateway: Gateway) -> None:
    with contextlib.suppress(ConnectionError):
        answer = await gateway.raw((GET + b"\r\n") * 5000 + GET + CLOSE)
        assert answer.count(b"HTTP/1.1 200 ") < 5000


async def test_a_large_head_is_still_served(gateway: Gateway) -> None:
    line = b"x-filler: " + b"a" * 1000 + b"\r\n"
    answer = await gateway.raw(GET, *[line] * 20, CLOSE)
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_bodies_and_many_requests_do_not_count_as_head(gateway: Gateway) -> None:
    body = b"x" * (2 * MAX_HEAD_BYTES)
    post = b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    answer = await gateway.raw(*[post + body] * 3, *[GET + b"\r\n"] * 3, GET[:10], GET[10:] + CLOSE)
    assert answer.count(b"HTTP/1.1 405 ") == 3
    assert answer.count(b"HTTP/1.1 200 ") == 4


async def test_a_head_that_does_not_arrive_is_given_up(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_PATIENCE_S", 0.1)
    assert await gateway.raw() == b""
    assert await gateway.raw(b"GET / HT") == b""
    first, second = GET + b"\r\n", GET
    answer = await gateway.raw(first, second)
    assert answer.count(b"HTTP/1.1 200 ") == 1


async def test_patience_ends_with_the_head(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_PATIENCE_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    for _ in range(2):
        writer.write(GET + b"\r\n")
        head = await asyncio.wait_for(reader.readuntil(b'{"status":"ok"}'), 1)
        assert head.startswith(b"HTTP/1.1 200 ")
        await asyncio.sleep(0.2)
    writer.close()
