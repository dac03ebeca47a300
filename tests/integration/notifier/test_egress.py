"""Deliveries through an egress proxy: to the address that was judged, encrypted from end to end."""

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from deploy.local.ports import free_port
from outscope.netguard.egress import egress_proxy
from outscope.netguard.resolve import Resolver
from services.notifier.deliver import Answer, Deliverer
from services.notifier.retry import DeliveryError
from tests.integration.notifier.proxies import proxying
from tests.integration.notifier.receivers import answering, receiver
from tests.integration.outscope.netguard.nameserver import Nameserver, zone

HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
BODY = b'{"type":"check.completed"}'
NAMES = {
    "hook.example": {"A": ["127.0.0.1"]},
    "inner.example": {"A": ["169.254.169.254"]},
}
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@asynccontextmanager
async def delivering(ca_file: Path, proxy: str | None) -> AsyncIterator[Deliverer]:
    async with (
        Nameserver(zone(NAMES)) as names,
        Resolver((names.address,), timeout_s=2) as resolver,
        Deliverer(
            resolver=resolver,
            allow=(ip_network("127.0.0.0/8"),),
            ca_file=ca_file,
            timeout_s=5,
            proxy=egress_proxy(f"http://{proxy}") if proxy else None,
        ) as deliverer,
    ):
        yield deliverer


@pytest.fixture
def named(authority: trustme.CA) -> ssl.SSLContext:
    """What a receiver serves with that has a certificate for hook.example and no other name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hook.example").configure_cert(context)
    return context


async def test_the_proxy_is_asked_for_the_judged_address_and_sees_no_content(
    ca_file: Path, named: ssl.SSLContext
) -> None:
    async with (
        receiver(answering("204 Fine"), certificate=named) as endpoint,
        proxying() as proxy,
        delivering(ca_file, f"user:p%40ss@{proxy.address}") as deliverer,
    ):
        url = endpoint.url.replace("127.0.0.1", "hook.example")
        answer = await deliverer.post(url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.NONE, status_code=204)
    (request,) = endpoint.received
    assert request.headers["host"] == f"hook.example:{endpoint.port}"
    assert "proxy-authorization" not in request.headers
    (asked,) = proxy.asked
    assert asked.startswith(f"CONNECT 127.0.0.1:{endpoint.port} HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {b64encode(b'user:p@ss').decode()}" in asked
    assert "msg_1" not in asked


@pytest.mark.parametrize("host", ["inner.example", "10.0.0.1", "[::ffff:169.254.169.254]"])
async def test_a_denied_address_is_refused_before_the_proxy_hears_of_it(
    ca_file: Path, host: str
) -> None:
    async with proxying() as proxy, delivering(ca_file, proxy.address) as deliverer:
        answer = await deliverer.post(f"https://{host}/", HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.TARGET_REFUSED)
    assert proxy.asked == []


async def test_a_certificate_of_another_name_gets_nothing_through_the_proxy_either(
    ca_file: Path, certificate: ssl.SSLContext
) -> None:
    async with (
        receiver(answering("204 Fine"), certificate=certificate) as endpoint,
        proxying() as proxy,
        delivering(ca_file, proxy.address) as deliverer,
    ):
        url = endpoint.url.replace("127.0.0.1", "hook.example")
        answer = await deliverer.post(url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.TLS_FAILED)
    assert endpoint.received == []


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("403 Forbidden", DeliveryError.TARGET_REFUSED),
        ("407 Proxy Authentication Required", DeliveryError.EGRESS_FAILED),
        ("502 Bad Gateway", DeliveryError.CONNECT_FAILED),
        ("504 Gateway Timeout", DeliveryError.CONNECT_FAILED),
    ],
)
async def test_what_the_proxy_says_is_no_answer_of_the_endpoint(
    ca_file: Path, scheme: str, status: str, error: DeliveryError
) -> None:
    async with proxying(status) as proxy, delivering(ca_file, proxy.address) as deliverer:
        answer = await deliverer.post(f"{scheme}://127.0.0.1:9/", HEADERS, BODY)
    assert answer == Answer(error=error)


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize(
    ("status", "beside"),
    [
        ("200 Connection established", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("200 Connection established", b"\r\n\r\n"),
        ("200 OK\r\nContent-Length: 0", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("200 OK\r\nContent-Length: 0", b"nonsense"),
        ("200 OK\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        ("200 OK\r\nTransfer-Encoding: chunked", b"2\r\nok"),
    ],
)
async def test_what_the_proxy_says_beyond_that_the_tunnel_is_open_is_taken_for_nothing(
    ca_file: Path, certificate: ssl.SSLContext, status: str, beside: bytes, *, is_plain: bool
) -> None:
    async with (
        receiver(answering("204 Fine"), certificate=None if is_plain else certificate) as endpoint,
        proxying(status, beside=beside) as proxy,
        delivering(ca_file, proxy.address) as deliverer,
    ):
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.EGRESS_FAILED)
    assert endpoint.received == []


@pytest.mark.parametrize("is_plain", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
async def test_a_proxy_that_is_not_there_is_told_apart_from_the_endpoint(
    ca_file: Path, certificate: ssl.SSLContext, host: str, *, is_plain: bool
) -> None:
    async with (
        receiver(answering("204 Fine"), certificate=None if is_plain else certificate) as endpoint,
        delivering(ca_file, f"{host}:{free_port()}") as deliverer,
    ):
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.EGRESS_FAILED)
    assert endpoint.connections == 0


async def test_plain_http_into_an_opened_range_takes_the_proxy_too(ca_file: Path) -> None:
    async with (
        receiver(answering("204 Fine")) as endpoint,
        proxying() as proxy,
        delivering(ca_file, f"user:p%40ss@{proxy.address}") as deliverer,
    ):
        url = endpoint.url.replace("127.0.0.1", "hook.example")
        answers = [await deliverer.post(url, HEADERS, BODY) for _ in range(2)]
    assert answers == [Answer(error=DeliveryError.NONE, status_code=204)] * 2
    assert [request.headers["host"] for request in endpoint.received] == [
        f"hook.example:{endpoint.port}"
    ] * 2
    assert all("proxy-authorization" not in request.headers for request in endpoint.received)
    (asked,) = proxy.asked  # the tunnel is kept for the next
    assert asked.startswith(f"CONNECT 127.0.0.1:{endpoint.port} HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {b64encode(b'user:p@ss').decode()}" in asked
    assert "msg_1" not in asked


async def test_a_proxy_of_the_environment_is_not_used(
    ca_file: Path, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        receiver(answering("204 Fine"), certificate=certificate) as endpoint,
        proxying() as proxy,
    ):
        for name in PROXY_VARIABLES:
            monkeypatch.setenv(name, f"http://{proxy.address}")
            monkeypatch.setenv(name.lower(), f"http://{proxy.address}")
        async with delivering(ca_file, None) as deliverer:
            answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer.status_code == 204
    assert proxy.asked == []
