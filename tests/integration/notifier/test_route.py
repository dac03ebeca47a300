"""Connections that are kept from one delivery to the next, and what must never come of that."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from outscope.netguard.deny import DenyList, deny_list_of
from outscope.netguard.resolve import Resolver
from services.notifier import route
from services.notifier.deliver import Answer, Deliverer
from services.notifier.retry import DeliveryError
from tests.integration.notifier.conftest import LOOPBACK
from tests.integration.notifier.receivers import answering, receiver
from tests.integration.outscope.netguard.nameserver import Nameserver, zone

HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
BODY = b'{"type":"check.completed"}'
# In place of 15 seconds.
KEEP_S = 1.5
FINE = Answer(error=DeliveryError.NONE, status_code=200)


class Listed:
    """What the operator lists, which may change."""

    def __init__(self) -> None:
        self.current: DenyList = deny_list_of("")


@asynccontextmanager
async def delivering(
    ca_file: Path, names: dict[str, dict[str, list[str]]], listed: Listed | None = None
) -> AsyncIterator[Deliverer]:
    async with (
        Nameserver(zone(names)) as server,
        Resolver((server.address,), timeout_s=2) as resolver,
        Deliverer(
            resolver=resolver,
            allow=LOOPBACK,
            deny=listed or Listed(),
            ca_file=ca_file,
            timeout_s=3,
        ) as deliverer,
    ):
        yield deliverer


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_deliveries_to_one_endpoint_share_a_connection_for_a_while(
    certificate: ssl.SSLContext,
    ca_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_encrypted: bool,
) -> None:
    monkeypatch.setattr(route, "KEEP_S", KEEP_S)
    encrypted = certificate if is_encrypted else None
    async with (
        receiver(answering("200 OK"), certificate=encrypted) as endpoint,
        delivering(ca_file, {}) as deliverer,
    ):
        for _ in range(3):
            assert await deliverer.post(endpoint.url, HEADERS, BODY) == FINE
        assert endpoint.connections == 1
        await asyncio.sleep(KEEP_S + 0.5)
        assert await deliverer.post(endpoint.url, HEADERS, BODY) == FINE
        assert endpoint.connections == 2
    assert [request.body for request in endpoint.received] == [BODY] * 4


async def test_each_connection_is_kept_for_its_own_while(
    deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "KEEP_S", KEEP_S)
    async with (
        receiver(answering("200 OK")) as early,
        receiver(answering("200 OK")) as late,
    ):
        await deliverer.post(early.url, HEADERS, BODY)
        await deliverer.post(late.url, HEADERS, BODY)
        await asyncio.sleep(KEEP_S * 0.6)
        await deliverer.post(late.url, HEADERS, BODY)
        await asyncio.sleep(KEEP_S * 0.7)
        assert (len(early.serving), len(late.serving)) == (0, 1)
        await asyncio.sleep(KEEP_S * 0.6)
        assert (len(early.serving), len(late.serving)) == (0, 0)
    assert (early.connections, late.connections) == (1, 1)


def breaking_at(numbers: set[int], *, by_reset: bool) -> Callable[[asyncio.StreamWriter], object]:
    """Answer, but break the connection off in place of the answers with these numbers."""
    count = 0

    async def behave(writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        if count not in numbers:
            await answering("200 OK")(writer)
            return
        if by_reset:
            writer.transport.abort()
        raise ConnectionAbortedError

    return behave


@pytest.mark.parametrize("by_reset", [False, True])
async def test_a_kept_connection_that_breaks_off_costs_no_attempt(
    deliverer: Deliverer, *, by_reset: bool
) -> None:
    async with receiver(breaking_at({2}, by_reset=by_reset)) as endpoint:  # type: ignore[arg-type] # a behaviour
        for _ in range(2):
            assert await deliverer.post(endpoint.url, HEADERS, BODY) == FINE
    assert endpoint.connections == 2
    first, second = endpoint.received[1:]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert second.body == BODY


async def test_over_a_new_connection_it_is_made_once_more_and_not_again(
    deliverer: Deliverer,
) -> None:
    async with receiver(breaking_at({2, 3, 4}, by_reset=False)) as endpoint:  # type: ignore[arg-type] # a behaviour
        assert await deliverer.post(endpoint.url, HEADERS, BODY) == FINE
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.CONNECTION_LOST)
    assert len(endpoint.received) == 3


async def test_an_address_that_is_listed_meanwhile_gets_nothing_over_a_kept_connection(
    ca_file: Path,
) -> None:
    listed = Listed()
    async with (
        receiver(answering("200 OK")) as endpoint,
        delivering(ca_file, {}, listed) as deliverer,
    ):
        assert await deliverer.post(endpoint.url, HEADERS, BODY) == FINE
        listed.current = deny_list_of("127.0.0.1")
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.TARGET_REFUSED)
    assert len(endpoint.received) == 1


async def test_a_name_that_leads_elsewhere_meanwhile_is_followed(ca_file: Path) -> None:
    names = {"hook.example": {"A": ["127.0.0.1"]}}
    async with (
        receiver(answering("200 OK")) as endpoint,
        delivering(ca_file, names) as deliverer,
    ):
        url = endpoint.url.replace("127.0.0.1", "hook.example")
        assert await deliverer.post(url, HEADERS, BODY) == FINE
        names["hook.example"] = {"A": ["127.0.0.9"]}
        answer = await deliverer.post(url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.CONNECT_FAILED)
    assert len(endpoint.received) == 1


@pytest.mark.parametrize(
    "meanwhile", [["169.254.169.254"], ["127.0.0.1", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"]]
)
async def test_a_name_that_leads_inside_meanwhile_gets_nothing_over_a_kept_connection(
    ca_file: Path, meanwhile: list[str]
) -> None:
    names = {"hook.example": {"A": ["127.0.0.1"]}}
    async with (
        receiver(answering("200 OK")) as endpoint,
        delivering(ca_file, names) as deliverer,
    ):
        url = endpoint.url.replace("127.0.0.1", "hook.example")
        assert await deliverer.post(url, HEADERS, BODY) == FINE
        names["hook.example"] = {"A": meanwhile}
        answer = await deliverer.post(url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.TARGET_REFUSED)
    assert len(endpoint.received) == 1


async def test_two_names_at_one_address_share_no_connection(
    ca_file: Path, authority: trustme.CA
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("one.example").configure_cert(context)
    names = {name: {"A": ["127.0.0.1"]} for name in ("one.example", "two.example")}
    async with (
        receiver(answering("200 OK"), certificate=context) as endpoint,
        delivering(ca_file, names) as deliverer,
    ):
        one, two = (endpoint.url.replace("127.0.0.1", name) for name in names)
        assert await deliverer.post(one, HEADERS, BODY) == FINE
        assert await deliverer.post(two, HEADERS, BODY) == Answer(error=DeliveryError.TLS_FAILED)
    assert len(endpoint.received) == 1


async def test_the_next_address_is_tried_when_one_is_not_there(ca_file: Path) -> None:
    names = {"hook.example": {"A": ["127.0.0.9", "127.0.0.1"]}}
    async with (
        receiver(answering("200 OK")) as endpoint,
        delivering(ca_file, names) as deliverer,
    ):
        url = endpoint.url.replace("127.0.0.1", "hook.example")
        assert await deliverer.post(url, HEADERS, BODY) == FINE
    (request,) = endpoint.received
    assert request.headers["host"] == f"hook.example:{endpoint.port}"


class Holding(asyncio.Protocol):
    """Answers a head at once with 200, reads on only later, and counts what came."""

    def __init__(self) -> None:
        self.came = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # TCP
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        if not self.came:
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(0.5, self.transport.resume_reading)
        self.came += len(data)


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_a_body_that_is_answered_before_it_came_is_sent_to_its_end(
    certificate: ssl.SSLContext, deliverer: Deliverer, *, is_encrypted: bool
) -> None:
    encrypted, scheme = (certificate, "https") if is_encrypted else (None, "http")
    holding, body = Holding(), b"x" * 8 * 1024 * 1024
    server = await asyncio.get_running_loop().create_server(
        lambda: holding, "127.0.0.1", 0, ssl=encrypted
    )
    async with server:
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert await deliverer.post(url, HEADERS, body) == FINE
        await asyncio.sleep(0.5)
        assert holding.came > len(body)
        assert holding.transport is not None
        holding.transport.abort()


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_no_more_connections_are_kept_than_there_is_room_for(
    certificate: ssl.SSLContext,
    ca_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_encrypted: bool,
) -> None:
    monkeypatch.setattr(route, "MOST_KEPT", {"http": 2, "https": 2})
    encrypted = certificate if is_encrypted else None
    async with (
        receiver(answering("200 OK"), certificate=encrypted) as first,
        receiver(answering("200 OK"), certificate=encrypted) as second,
        receiver(answering("200 OK"), certificate=encrypted) as third,
        delivering(ca_file, {}) as deliverer,
    ):
        for endpoint in (first, second, third, second, third, first):
            assert await deliverer.post(endpoint.url, HEADERS, BODY) == FINE
        assert [each.connections for each in (first, second, third)] == [2, 1, 1]


async def test_a_second_answer_is_never_taken_for_that_of_the_next_delivery(
    deliverer: Deliverer,
) -> None:
    second = asyncio.Event()
    count = 0

    async def twice(writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await answering("500 No" if count > 1 else "200 OK")(writer)
        if count == 1:
            await second.wait()
            await answering("200 Forged")(writer)

    async with receiver(twice) as endpoint:
        assert await deliverer.post(endpoint.url, HEADERS, BODY) == FINE
        second.set()
        # It arrives in this turn of the loop, and the next delivery begins before it is read.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.HTTP_STATUS, status_code=500)
    assert endpoint.connections == 2
