"""Each way of a receiver to misbehave: what is reported of it, how soon, and that it costs little.

The patience of the deliverer here is 1.5 seconds in place of 15.
"""

import gzip
import ssl
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import trustme

from outscope.clock import utc_now
from services.notifier.deliver import Answer, Deliverer
from services.notifier.retry import DeliveryError, retry_after_s
from tests.integration.notifier.receivers import (
    Behaviour,
    answering,
    babbling,
    closing,
    half_open,
    pouring,
    pouring_headers,
    promising,
    receiver,
    resetting,
    saying_nothing,
    spelling_out,
    stopping_short,
)

HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
BODY = b'{"type":"check.completed"}'
PATIENCE_S = 1.5
SLACK_S = 1.5
MIB = 1024 * 1024


@pytest.mark.parametrize(
    "behaviour",
    [saying_nothing, stopping_short, spelling_out, promising],
    ids=lambda it: it.__name__,
)
@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_a_slow_receiver_is_left_when_the_time_is_over(
    deliverer: Deliverer,
    certificate: ssl.SSLContext,
    behaviour: Behaviour,
    *,
    is_encrypted: bool,
) -> None:
    async with receiver(behaviour, certificate=certificate if is_encrypted else None) as endpoint:
        started_s = time.monotonic()
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
        elapsed_s = time.monotonic() - started_s
    assert answer == Answer(error=DeliveryError.TIMEOUT)
    assert PATIENCE_S * 0.9 < elapsed_s < PATIENCE_S + SLACK_S
    assert len(endpoint.received) == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_half_open_receiver_is_left_when_the_time_is_over(
    deliverer: Deliverer, scheme: str
) -> None:
    async with half_open() as address:
        started_s = time.monotonic()
        answer = await deliverer.post(f"{scheme}://{address}/", HEADERS, BODY)
        elapsed_s = time.monotonic() - started_s
    assert answer == Answer(error=DeliveryError.TIMEOUT)
    assert elapsed_s < PATIENCE_S + SLACK_S


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (resetting, DeliveryError.CONNECTION_LOST),
        (closing, DeliveryError.CONNECTION_LOST),
        (babbling, DeliveryError.MALFORMED_ANSWER),
    ],
)
@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_a_receiver_that_breaks_off_is_told_at_once_and_asked_only_once(
    deliverer: Deliverer,
    certificate: ssl.SSLContext,
    behaviour: Behaviour,
    error: DeliveryError,
    *,
    is_encrypted: bool,
) -> None:
    async with receiver(behaviour, certificate=certificate if is_encrypted else None) as endpoint:
        started_s = time.monotonic()
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
        elapsed_s = time.monotonic() - started_s
    assert answer == Answer(error=error)
    assert elapsed_s < PATIENCE_S
    assert len(endpoint.received) == 1


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temp", "308 Perm"])
@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_a_redirect_to_an_inner_address_reaches_nobody(
    deliverer: Deliverer, certificate: ssl.SSLContext, status: str, *, is_encrypted: bool
) -> None:
    encrypted = certificate if is_encrypted else None
    async with (
        receiver(answering("200 OK"), certificate=encrypted) as inner,
        receiver(answering(status, f"Location: {inner.url}"), certificate=encrypted) as endpoint,
    ):
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.REDIRECT, status_code=int(status[:3]))
    assert inner.connections == 0


async def test_a_gigabyte_of_an_answer_costs_neither_time_nor_memory(deliverer: Deliverer) -> None:
    taken: list[int] = []
    before = psutil.Process().memory_info().rss
    async with receiver(pouring(taken)) as endpoint:
        started_s = time.monotonic()
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
        elapsed_s = time.monotonic() - started_s
    assert (answer.error, answer.status_code) == (DeliveryError.NONE, 200)
    assert elapsed_s < PATIENCE_S
    # What both ends hold in buffers, and not what is offered.
    assert sum(taken) < 16 * MIB
    assert psutil.Process().memory_info().rss - before < 64 * MIB


async def test_headers_without_end_are_cut_off(deliverer: Deliverer) -> None:
    taken: list[int] = []
    async with receiver(pouring_headers(taken)) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer.error in {DeliveryError.MALFORMED_ANSWER, DeliveryError.TIMEOUT}
    assert sum(taken) < 16 * MIB


async def test_a_compressed_bomb_is_not_unpacked(deliverer: Deliverer) -> None:
    bomb = gzip.compress(bytes(64 * MIB))
    before = psutil.Process().memory_info().rss
    async with receiver(answering("200 OK", "Content-Encoding: gzip", body=bomb)) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert (answer.error, answer.status_code) == (DeliveryError.NONE, 200)
    assert psutil.Process().memory_info().rss - before < 32 * MIB


def serving(authority: trustme.CA, **wishes: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", **wishes).configure_cert(context)  # type: ignore[arg-type] # as trustme names them
    return context


@pytest.mark.parametrize("fault", ["expired", "another name", "unknown authority"])
async def test_invalid_tls_gets_nothing(
    deliverer: Deliverer, authority: trustme.CA, fault: str
) -> None:
    if fault == "expired":
        context = serving(authority, not_after=utc_now() - timedelta(days=1))
    elif fault == "another name":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("hook.example.com").configure_cert(context)
    else:
        context = serving(trustme.CA())
    async with receiver(answering("200 OK"), certificate=context) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.TLS_FAILED)
    assert endpoint.received == []


async def test_gone_is_told_with_its_code(deliverer: Deliverer) -> None:
    async with receiver(answering("410 Gone")) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert answer == Answer(error=DeliveryError.HTTP_STATUS, status_code=410)


@pytest.mark.parametrize("wish", ["120", "Wed, 21 Oct 2099 07:28:00 GMT", "soon", "9" * 5000])
async def test_whatever_a_busy_receiver_wishes_is_told_within_bounds(
    deliverer: Deliverer, wish: str
) -> None:
    async with receiver(answering("429 Slow", f"Retry-After: {wish}")) as endpoint:
        answer = await deliverer.post(endpoint.url, HEADERS, BODY)
    assert (answer.error, answer.status_code) == (DeliveryError.HTTP_STATUS, 429)
    assert answer.retry_after == wish
    asked_s = retry_after_s(answer.retry_after, utc_now())
    assert asked_s is None if wish == "soon" else 120 <= (asked_s or 0) <= 86_400


async def test_after_all_of_them_no_connection_is_left(
    deliverer: Deliverer, certificate: ssl.SSLContext, ca_file: Path
) -> None:
    behaviours: tuple[Behaviour, ...] = (
        *(saying_nothing, stopping_short, resetting, closing, babbling, pouring([])),
    )
    own = psutil.Process()
    before = own.num_fds()
    for behaviour in behaviours:
        async with receiver(behaviour, certificate=certificate) as endpoint:
            await deliverer.post(endpoint.url, HEADERS, BODY)
    assert own.num_fds() <= before + 2
