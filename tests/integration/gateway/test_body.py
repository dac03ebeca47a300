import asyncio
from collections.abc import AsyncIterator

import pytest

from outscope.limits import MAX_REQUEST_BYTES
from outscope.v1 import check_service_pb2
from services.gateway import body as body_module
from tests.integration.gateway.conftest import API_KEY, Gateway
from tests.integration.gateway.recorded import pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

GOOD = b'{"fqdn": "example.com"}'
CREATED = check_service_pb2.CreateCheckResponse(check=pending())
HEAD = (
    f"POST /v1/check HTTP/1.1\r\nHost: x\r\nx-api-key: {API_KEY}\r\n"
    "Content-Type: application/json\r\n"
).encode()


async def post(gateway: Gateway, body: bytes, content_type: str | None) -> tuple[int, str]:
    answer = await gateway.call(
        "POST", "/v1/check", body=body, headers={"Content-Type": content_type}
    )
    return answer.status, answer.body.get("error", {}).get("code", "")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; profile=x",
    ],
)
async def test_json_is_accepted_as_it_is_called(gateway: Gateway, content_type: str) -> None:
    gateway.scheduler.will_answer(CREATED)
    assert await post(gateway, GOOD, content_type) == (201, "")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/jsonp",
        "application/json, text/plain",
        "",
    ],
)
async def test_another_media_type_is_refused(gateway: Gateway, content_type: str) -> None:
    assert await post(gateway, GOOD, content_type) == (415, "unsupported_media_type")


async def test_a_body_without_a_media_type_is_refused(gateway: Gateway) -> None:
    head = HEAD.replace(b"Content-Type: application/json\r\n", b"")
    answer = await gateway.raw(
        head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(GOOD) + GOOD
    )
    assert answer.startswith(b"HTTP/1.1 415 ")


async def test_a_compressed_body_is_refused(gateway: Gateway) -> None:
    answer = await gateway.call(
        "POST",
        "/v1/check",
        body=b"\x1f\x8b",
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )
    assert answer.status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'fqdn': 'a.b'}",
        b'{"fqdn": "a.b"} {}',
        b'{"fqdn": NaN}',
        b'{"fqdn": "a.b", "ports": [1e999]}',
        b'{"fqdn": "\xff"}',
        b'{"fqdn": "a.b", "fqdn": "c.d"}',
        b'{"fqdn": "\\ud800"}',
        b"[" * 100_000,
        b'{"ports": [' + b"9" * 5000 + b"]}",
        b'\xef\xbb\xbf{"fqdn": "a.b"}',
    ],
)
async def test_what_is_not_json_is_refused(gateway: Gateway, body: bytes) -> None:
    assert await post(gateway, body, "application/json") == (400, "invalid_request")
    assert gateway.scheduler.asked == []


async def test_a_body_of_the_largest_size_is_read(gateway: Gateway) -> None:
    body = GOOD.ljust(MAX_REQUEST_BYTES)
    gateway.scheduler.will_answer(CREATED)
    assert await post(gateway, body, "application/json") == (201, "")


async def test_a_byte_more_is_too_large(gateway: Gateway) -> None:
    body = GOOD.ljust(MAX_REQUEST_BYTES + 1)
    assert await post(gateway, body, "application/json") == (413, "payload_too_large")


async def test_an_announced_size_is_refused_before_the_body_is_sent(gateway: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    announced = b"Content-Length: 999999999\r\nExpect: 100-continue\r\n\r\n"
    writer.write(HEAD + announced)
    async with asyncio.timeout(1):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


async def test_an_endless_body_is_answered_while_it_arrives(gateway: Gateway) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 64 * MAX_REQUEST_BYTES:
            yield b" " * 65536
            sent += 65536

    answer = await gateway.call(
        "POST", "/v1/check", body=endless(), headers={"Content-Type": "application/json"}
    )
    assert answer.status == 413
    assert answer.body["error"]["code"] == "payload_too_large"
    assert sent < 32 * MAX_REQUEST_BYTES


async def test_a_body_that_does_not_arrive_is_given_up(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_module, "_PATIENCE_S", 0.1)
    answer = await gateway.raw(HEAD + b"Connection: close\r\nContent-Length: 100\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"did not arrive" in answer


async def test_a_body_in_pieces_is_put_together(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(CREATED)

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"fqdn": ', b'"example', b'.com"}'):
            yield piece
            await asyncio.sleep(0.01)

    answer = await gateway.call(
        "POST", "/v1/check", body=pieces(), headers={"Content-Type": "application/json"}
    )
    assert answer.status == 201
    assert gateway.scheduler.last.request.spec.fqdn == "example.com"
