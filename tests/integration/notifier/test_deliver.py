"""One post to receivers that behave, and to receivers that do not."""

import asyncio
import ssl
from pathlib import Path

import pytest

from outscope import VERSION
from outscope.netguard.deny import deny_list_of
from outscope.netguard.resolve import Resolver
from services.notifier.deliver import Answer, Deliverer
from services.notifier.retry import DeliveryError
from tests.integration.notifier.conftest import LOOPBACK, NO_RESOLVER
from tests.integration.notifier.receivers import (
    answering,
    dripping,
    receiver,
)

HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
DENIED_HOSTS = (
    *("127.0.0.1", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "0.0.0.0", "[fe80::1%25lo]"),
    *("user:secret@127.0.0.1", "LocalHost.example@127.0.0.1"),
    "\u2460\u2461\u2466.0.0.1",  # circled digits
    "127\u30020\u30020\u30021",  # ideographic full stops
)
ODD_NUMBERS = ("2130706433", "0x7f.1", "0177.0.0.1")
BODY = b'{"type":"check.completed"}'


@pytest.mark.parametrize("status_code", [200, 202, 204, 299])
async def test_a_2xx_is_a_success_and_the_request_is_what_was_signed(
    deliverer: Deliverer, certificate: ssl.SSLContext, status_code: int
) -> None:
    async with receiver(answering(f"{status_code} Fine"), certificate=certificate) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.NONE, status_code=status_code)
    (request,) = endpoint.received
    assert (request.method, request.target) == ("POST", "/hook?tenant=1")
    assert request.body == BODY
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("OutScope/")
    assert "cookie" not in request.headers


@pytest.mark.parametrize("status", ["400 No", "410 Gone", "500 Oh", "502 Bad", "999 What"])
async def test_any_other_status_is_a_failure_told_with_its_code(
    deliverer: Deliverer, status: str
) -> None:
    async with receiver(answering(status)) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.HTTP_STATUS, status_code=int(status[:3]))
    assert len(endpoint.received) == 1


async def test_a_receiver_that_closes_without_saying_so_costs_no_later_delivery(
    deliverer: Deliverer,
) -> None:
    async def answer_and_close(writer: asyncio.StreamWriter) -> None:
        await answering("200 OK")(writer)
        raise ConnectionAbortedError

    async with receiver(answer_and_close) as endpoint:
        answers = [await deliverer.post(endpoint.url, HEADERS, BODY) for _ in range(3)]
    assert [answer.error for answer in answers] == [DeliveryError.NONE] * 3


async def test_a_slow_body_after_200_is_a_success_without_the_wait(deliverer: Deliverer) -> None:
    async with receiver(dripping) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert (answer.error, answer.status_code) == (DeliveryError.NONE, 200)
    # What came of it in time.
    assert set(answer.text) == {"x"}


async def test_a_2xx_in_time_is_a_success_though_its_body_is_not(deliverer: Deliverer) -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.0)
        await dripping(writer)

    async with receiver(late) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    # Of 1.5 seconds a third was left for a body that takes fifty.
    assert (answer.error, answer.status_code) == (DeliveryError.NONE, 200)
    assert set(answer.text) == {"x"}


async def test_nobody_listening_is_connect_failed(deliverer: Deliverer) -> None:
    async with receiver(answering("200 OK")) as endpoint:
        url = endpoint.url
    assert await deliverer.post(url, HEADERS, BODY) == Answer(error=DeliveryError.CONNECT_FAILED)


async def test_a_name_that_cannot_be_resolved_is_dns_failed(deliverer: Deliverer) -> None:
    answer = await deliverer.post("https://hook.example.com/", HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.DNS_FAILED)


async def test_an_endpoint_that_speaks_no_tls_is_tls_failed(deliverer: Deliverer) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        answer = await deliverer.post(f"https://127.0.0.1:{port}/", HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.TLS_FAILED)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "file:///etc/passwd", "hook", "https://", ""])
async def test_what_is_no_web_address_is_invalid_url(deliverer: Deliverer, url: str) -> None:
    assert await deliverer.post(url, HEADERS, BODY) == Answer(error=DeliveryError.INVALID_URL)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", [*DENIED_HOSTS, *ODD_NUMBERS])
async def test_a_denied_address_gets_no_connection_in_any_spelling(
    ca_file: Path, certificate: ssl.SSLContext, scheme: str, host: str
) -> None:
    encrypted = certificate if scheme == "https" else None
    async with (
        receiver(answering("200 OK"), certificate=encrypted) as endpoint,
        Resolver(NO_RESOLVER, timeout_s=0.2) as resolver,
        Deliverer(resolver=resolver, allow=(), ca_file=ca_file, timeout_s=2) as strict,
    ):
        url = endpoint.url.replace("127.0.0.1", host)
        answer = await strict.post(url, HEADERS, BODY)
    # Numbers that only some libraries take for addresses are names that do not exist, or no names.
    odd = {DeliveryError.DNS_FAILED, DeliveryError.INVALID_URL}
    assert answer.error in (odd if host in ODD_NUMBERS else {DeliveryError.TARGET_REFUSED})
    assert endpoint.connections == 0


async def test_plain_http_outside_the_opened_ranges_is_refused(deliverer: Deliverer) -> None:
    answer = await deliverer.post("http://8.8.8.8/", HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.TARGET_REFUSED)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "listed.example"])
async def test_what_the_operator_listed_is_refused_without_a_packet(
    ca_file: Path, host: str, scheme: str
) -> None:
    async with (
        receiver(answering("200 OK")) as endpoint,
        Resolver(NO_RESOLVER, timeout_s=0.2) as resolver,
        Deliverer(
            resolver=resolver,
            allow=LOOPBACK,
            deny=deny_list_of("listed.example\n127.0.0.1"),
            ca_file=ca_file,
            timeout_s=1.5,
        ) as refusing,
    ):
        url = endpoint.url.replace("127.0.0.1", host).replace("http", scheme, 1)
        answer = await refusing.post(url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.TARGET_REFUSED)
    assert endpoint.received == []


async def test_a_receiver_is_told_who_posts_and_whom_to_ask(ca_file: Path) -> None:
    async with (
        receiver(answering("200 OK")) as endpoint,
        Resolver(NO_RESOLVER, timeout_s=0.2) as resolver,
        Deliverer(
            resolver=resolver,
            allow=LOOPBACK,
            ca_file=ca_file,
            timeout_s=1.5,
            contact_url="https://contact.test",
        ) as polite,
    ):
        await polite.post(endpoint.url, HEADERS, BODY)
    (request,) = endpoint.received
    told = f"OutScope/{VERSION} (+https://contact.test; webhooks)"
    assert request.headers["user-agent"] == told
