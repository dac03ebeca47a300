"""One connection carries exchange after exchange, and a defect of ours never looks like theirs."""

import asyncio
from functools import partial

import pytest
from OpenSSL import SSL

from services.prober.facts import OutcomeCode
from services.prober.observe.connection import Connection
from services.prober.observe.exchange import Endpoint, Exchange
from services.prober.observe.limits import Limits
from services.prober.observe.memory import Allowance, Memory, Stock
from services.prober.observe.response import ResponseReader
from services.prober.observe.seats import Pool, Seat
from services.prober.observe.session import TlsSession
from services.prober.observe.trust import client_context
from tests.targets.certificates import Issued, server_context
from tests.targets.hostile import (
    Handler,
    closes_at_once,
    drips,
    reset,
    resets_at_once,
    says,
    silent,
)
from tests.targets.http import HttpServer, response
from tests.targets.serve import LOCALHOST, serve

PAGE = response(200, b"page")


async def connected(
    port: int,
    *,
    deadline_s: float = 5.0,
    http_s: float = 5.0,
    allowance: Allowance | None = None,
) -> Connection:
    loop = asyncio.get_running_loop()
    endpoint = Endpoint(scheme="http", fqdn="site.test", port=port)
    _, connection = await loop.create_connection(
        lambda: Connection(
            Exchange(endpoint, "/", allowance),
            None,
            user_agent="test",
            limits=Limits(http_timeout_s=http_s),
            deadline=loop.time() + deadline_s,
            allowance=allowance,
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
                partial(TlsSession, client_context(), "site.test"),
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


async def test_a_kept_connection_that_is_reset_is_not_reused() -> None:
    async def resets_later(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.write(PAGE)
        await writer.drain()
        await asked.wait()
        reset(writer)

    asked = asyncio.Event()
    async with serve(resets_later) as port:
        connection = await connected(port)
        assert connection.is_reusable
        asked.set()
        async with asyncio.timeout(5):
            while connection.is_reusable:
                await asyncio.sleep(0.01)


async def encrypted(
    port: int, pool: Pool, context: SSL.Context, *, deadline_s: float = 5.0, tls_s: float = 5.0
) -> tuple[Connection, Allowance]:
    loop, allowance = asyncio.get_running_loop(), Allowance()
    _, connection = await loop.create_connection(
        lambda: Connection(
            Exchange(Endpoint(scheme="https", fqdn="site.test", port=port), "/"),
            partial(TlsSession, context, "site.test"),
            user_agent="test",
            limits=Limits(tls_timeout_s=tls_s, tls_silence_s=0.1),
            deadline=loop.time() + deadline_s,
            seat=Seat((pool,)),
            allowance=allowance,
        ),
        LOCALHOST,
        port,
    )
    return connection, allowance


async def test_a_handshake_waits_for_a_session_and_its_own_time_begins_then(
    context: SSL.Context, good: Issued
) -> None:
    pool = Pool(1)
    async with serve(HttpServer({"/": PAGE}), tls=server_context(good)) as port:
        first, _ = await encrypted(port, pool, context)
        await first.settled()
        second, allowance = await encrypted(port, pool, context)
        await asyncio.sleep(0.3)
        assert second.tls is None
        first.close()
        await second.settled()
        assert second.first.reader.body == b"page"
        assert second.tls_outcome is not None
        assert second.tls_outcome.duration_ms < 300
        second.close()
    assert allowance.held_bytes <= 1024  # of the head, and nothing of the session
    assert not allowance.is_exhausted


async def test_a_handshake_that_never_gets_a_session_exhausts_its_check(
    context: SSL.Context, good: Issued
) -> None:
    async with serve(HttpServer({"/": PAGE}), tls=server_context(good)) as port:
        connection, allowance = await encrypted(port, Pool(0), context, deadline_s=0.1)
        await connection.settled()
    assert allowance.is_exhausted
    assert connection.tls is None


async def test_of_a_closed_session_what_it_showed_is_left(
    context: SSL.Context, good: Issued
) -> None:
    async with serve(HttpServer({"/": PAGE}), tls=server_context(good)) as port:
        connection, _ = await encrypted(port, Pool(1), context)
        await connection.settled()
        assert connection.tls is not None
        before = connection.tls.shown
        connection.close()
        connection.close()
    assert connection.tls.shown == before
    assert before.chain == (good.der,)
    assert before.version == "TLSv1.3"


async def test_what_came_while_memory_was_waited_for_is_read_after_it_and_costs_no_time() -> None:
    memory = Memory(heads=Stock(own_bytes=0, shared_bytes=0), ahead=1)
    ahead, allowance = Allowance(memory), Allowance(memory)
    ahead.hold(1)
    allowance.hold(1)
    assert allowance.is_waiting
    page = response(200, b"page", headers=[("Connection", "close")])
    async with serve(HttpServer({"/": page})) as port:
        waiting = asyncio.ensure_future(connected(port, http_s=0.2, allowance=allowance))
        await asyncio.sleep(0.5)  # longer than the exchange may last
        assert not waiting.done()
        ahead.close()
        connection = await waiting
    assert connection.first.reader.body == b"page"
    assert connection.first.outcome.code is OutcomeCode.OK
    assert connection.first.outcome.duration_ms < 200
    assert allowance.was_held_up is False
    connection.close()


async def test_a_check_that_gets_no_memory_by_its_deadline_is_exhausted() -> None:
    memory = Memory(heads=Stock(own_bytes=0, shared_bytes=0), ahead=1)
    ahead, allowance = Allowance(memory), Allowance(memory)
    ahead.hold(1)
    allowance.hold(1)
    async with serve(HttpServer({"/": PAGE})) as port:
        connection = await connected(port, deadline_s=0.2, allowance=allowance)
    assert allowance.is_exhausted
    assert connection.first.outcome.code is OutcomeCode.INTERNAL


async def test_a_silent_session_is_given_up_to_who_wants_one_and_what_it_met_with_is_told(
    context: SSL.Context, good: Issued
) -> None:
    pool = Pool(1)
    async with (
        serve(silent) as quiet,
        serve(HttpServer({"/": PAGE}), tls=server_context(good)) as port,
    ):
        first, _ = await encrypted(quiet, pool, context, tls_s=1.0)
        await first.settled_or_silent()
        second, _ = await encrypted(port, pool, context)
        await second.settled()
        assert second.first.reader.body == b"page"
        await first.settled()
        second.close()
    assert first.tls_outcome is not None
    assert first.tls_outcome.code is OutcomeCode.TLS_TIMEOUT
    assert not first.spoke_too_late


def greets(first: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        await reader.read()

    return handler


async def test_a_server_that_hangs_up_while_a_session_is_waited_for_is_not_to_blame(
    context: SSL.Context,
) -> None:
    for handler in (closes_at_once, resets_at_once):
        async with serve(handler) as port:
            connection, allowance = await encrypted(port, Pool(0), context)
            await connection.settled()
        assert connection.hung_up_on_wait
        assert connection.tls_outcome is not None
        assert connection.tls_outcome.code is OutcomeCode.INTERNAL
        assert connection.tls_outcome.duration_ms == 0
        assert not allowance.is_exhausted


async def test_an_alert_while_a_session_is_waited_for_is_tls(context: SSL.Context) -> None:
    async with serve(greets(b"\x15\x03\x03\x00\x02\x02\x28")) as port:
        connection, _ = await encrypted(port, Pool(0), context)
        await connection.settled()
    assert connection.spoke_too_late


async def test_a_server_that_speaks_first_is_heard_while_a_session_is_waited_for(
    context: SSL.Context,
) -> None:
    async with serve(greets(b"SSH-2.0-x\r\n")) as port:
        connection, _ = await encrypted(port, Pool(0), context)
        await connection.settled()
    assert connection.tls_outcome is not None
    assert connection.tls_outcome.code is OutcomeCode.TLS_NOT_TLS
    assert connection.heard == b"SSH-2.0-x\r\n"


async def test_a_server_that_hangs_up_at_once_on_a_hello_is_told_so(context: SSL.Context) -> None:
    async with serve(closes_at_once) as port:
        connection, _ = await encrypted(port, Pool(1), context)
        await connection.settled()
    assert not connection.hung_up_on_wait
    assert connection.tls_outcome is not None
    assert connection.tls_outcome.code in {OutcomeCode.TLS_CLOSED, OutcomeCode.TLS_RESET}


@pytest.mark.parametrize(("wait_s", "is_ours"), [(0.2, False), (1.2, True)])
async def test_a_server_that_breaks_off_while_memory_is_long_waited_for_is_not_to_blame(
    wait_s: float, *, is_ours: bool
) -> None:
    memory = Memory(heads=Stock(own_bytes=0, shared_bytes=0), ahead=1)
    ahead, allowance = Allowance(memory), Allowance(memory)
    ahead.hold(1)
    head = b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 9\r\n\r\n"
    async with serve(says(head)) as port:
        waiting = asyncio.ensure_future(connected(port, allowance=allowance))
        await asyncio.sleep(wait_s)  # for memory, since the head was read
        assert allowance.is_waiting
        ahead.close()
        connection = await waiting
    expected = OutcomeCode.INTERNAL if is_ours else OutcomeCode.HTTP_CLOSED
    assert connection.first.outcome.code is expected
    assert allowance.is_exhausted is is_ours
    assert connection.first.reader.status == 200


async def test_a_server_that_breaks_off_what_was_begun_after_a_long_wait_is_told_so() -> None:
    memory = Memory(heads=Stock(own_bytes=0, shared_bytes=0), ahead=1)
    ahead, allowance = Allowance(memory), Allowance(memory)
    ahead.hold(1)
    allowance.hold(1)
    async with serve(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")) as port:
        waiting = asyncio.ensure_future(connected(port, allowance=allowance))
        await asyncio.sleep(1.2)
        ahead.close()
        connection = await waiting
    assert connection.first.outcome.code is OutcomeCode.HTTP_CLOSED
    assert not allowance.is_exhausted


async def test_what_came_whole_after_a_long_wait_for_memory_is_whole() -> None:
    memory = Memory(heads=Stock(own_bytes=0, shared_bytes=0), ahead=1)
    ahead, allowance = Allowance(memory), Allowance(memory)
    ahead.hold(1)
    allowance.hold(1)
    async with serve(says(b"HTTP/1.1 200 OK\r\n\r\nto the end")) as port:
        waiting = asyncio.ensure_future(connected(port, allowance=allowance))
        await asyncio.sleep(1.2)
        ahead.close()
        connection = await waiting
    assert connection.first.outcome.code is OutcomeCode.OK
    assert connection.first.reader.body == b"to the end"
    assert not allowance.is_exhausted
