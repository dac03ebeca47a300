"""One connection carries exchange after exchange, and a defect of ours never looks like theirs."""

import asyncio

import pytest

from services.prober.facts import OutcomeCode
from services.prober.observe.connection import Connection
from services.prober.observe.exchange import Endpoint, Exchange
from services.prober.observe.limits import Limits
from services.prober.observe.response import ResponseReader
from services.prober.observe.session import TlsSession
from services.prober.observe.trust import client_context
from tests.targets.hostile import Handler, drips, says, silent
from tests.targets.http import HttpServer, response
from tests.targets.serve import LOCALHOST, serve

PAGE = response(200, b"page")


async def connected(port: int, *, deadline_s: float = 5.0, http_s: float = 5.0) -> Connection:
    loop = asyncio.get_running_loop()
    endpoint = Endpoint(scheme="http", fqdn="site.test", port=port)
    _, connection = await loop.create_connection(
        lambda: Connection(
            Exchange(endpoint, "/"),
            None,
            user_agent="test",
            limits=Limits(http_timeout_s=http_s),
            deadline=loop.time() + deadline_s,
        ),
        LOCALHOST,
        port,
    )
    await connection.settled()
    return connection


async def test_a_kept_connection_carries_a_second_exchange() -> None:
    server = HttpServer({"/": PAGE, "/two": response(200, b"two")})
    async with serve(server) as port:
        connection = await connected(port)
        assert connection.is_reusable
        second = Exchange(connection.first.endpoint, "/two")
        await connection.carry(second)
        assert second.reader.body == b"two"
        assert server.connections == 1
        connection.close()
        assert not connection.is_reusable


async def test_a_connection_the_server_wants_closed_is_not_reused() -> None:
    page = response(200, b"page", headers=[("Connection", "close")])
    async with serve(HttpServer({"/": page})) as port:
        connection = await connected(port)
        assert connection.first.outcome.code is OutcomeCode.OK
        assert not connection.is_reusable


async def test_bytes_nobody_asked_for_end_the_connection() -> None:
    async with serve(says(PAGE + PAGE, then="hang")) as port:
        connection = await connected(port)
        assert connection.first.reader.body == b"page"
        await asyncio.sleep(0.05)
        assert not connection.first.reader.truncated
        connection.close()


@pytest.mark.parametrize("handler", [silent, drips(b"HTTP/1.1 200 OK\r\n\r\n")])
async def test_no_stage_lasts_beyond_the_deadline_of_the_check(handler: Handler) -> None:
    async with serve(handler) as port:
        connection = await connected(port, deadline_s=0.2, http_s=60)
        assert connection.first.outcome.code is OutcomeCode.HTTP_TIMEOUT
        assert 150 <= connection.first.outcome.duration_ms <= 1000


async def test_a_defect_while_reading_is_raised_to_whoever_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_reader: ResponseReader, _received: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ResponseReader, "feed", broken)
    async with serve(HttpServer({"/": PAGE})) as port:
        with pytest.raises(ZeroDivisionError):
            await connected(port)


@pytest.mark.parametrize(
    ("handler", "is_kept"), [(silent, False), (says(b"\x15\x03\x03\x00\x02\x02\x28"), True)]
)
async def test_of_a_failed_handshake_only_one_that_was_answered_in_tls_is_kept(
    handler: Handler, *, is_kept: bool
) -> None:
    loop = asyncio.get_running_loop()
    async with serve(handler) as port:
        _, connection = await loop.create_connection(
            lambda: Connection(
                Exchange(Endpoint(scheme="https", fqdn="site.test", port=port), "/"),
                TlsSession(client_context(), "site.test"),
                user_agent="test",
                limits=Limits(tls_timeout_s=0.2, tls_silence_s=0.05),
                deadline=loop.time() + 5,
            ),
            LOCALHOST,
            port,
        )
        await connection.settled()
    assert connection.tls_outcome is not None
    assert not connection.tls_outcome.ok
    assert (connection.tls is not None) is is_kept
