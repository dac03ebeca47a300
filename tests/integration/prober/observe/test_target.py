"""What the visits of one name share: addresses, a deadline, and connections closed with it."""

import asyncio
import contextlib
import ssl
from dataclasses import replace

import pytest

from outscope.netguard.dial import Exhausted
from services.prober.facts import OutcomeCode
from services.prober.observe.exchange import Endpoint
from services.prober.observe.limits import Limits
from services.prober.observe.means import Means, Tools
from services.prober.observe.memory import Allowance, Memory, Stock
from services.prober.observe.seats import SILENT_SESSIONS, Pool, Silent
from services.prober.observe.target import Attempt, Target
from services.prober.observe.tcp import NotOpened
from tests.integration.prober.conftest import FAST, NAME, Lab
from tests.targets.certificates import Issued, server_context
from tests.targets.hostile import Handler, silent
from tests.targets.hostile_tls import Wire
from tests.targets.http import HttpServer, response
from tests.targets.serve import refused_port


def target_of(
    lab: Lab,
    *,
    within_s: float = 2.0,
    sessions: int = 0,
    silent_sessions: int = SILENT_SESSIONS,
    memory: Memory | None = None,
) -> Target:
    tools = Tools(
        policy=lab.policy,
        context=lab.context,
        limits=lab.limits,
        user_agent="OutScope/test",
        silent=Silent(silent_sessions),
    )
    deadline = asyncio.get_running_loop().time() + within_s
    means = Means.of(tools, deadline, Allowance(memory or tools.memory))
    if sessions:
        means = replace(means, sessions=(Pool(sessions),))
    return Target(NAME, (lab.host,), "/", tools, means)


def slow_at_first(context: ssl.SSLContext, *, pause_s: float) -> Handler:
    """Answer in TLS: the first connection after a pause, the others at once."""
    met = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal met
        met += 1
        if met > 1:
            await answer(context, reader, writer)
            return
        flight = await Wire(context, reader, writer).flight()
        await asyncio.sleep(pause_s)
        writer.write(flight)
        await reader.read()

    return handler


async def answer(
    context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer one request in TLS."""
    wire = Wire(context, reader, writer)
    writer.write(await wire.flight())
    await wire.request()
    writer.write(wire.encrypted(response(200, b"x")))
    await reader.read()


def plain(port: int) -> Endpoint:
    return Endpoint(scheme="http", fqdn=NAME, port=port)


async def test_an_attempt_is_settled_when_it_is_returned(lab: Lab) -> None:
    port = await lab.serve(HttpServer({"/x": response(200, b"x")}))
    target = target_of(lab)
    attempt = await target.attempt(plain(port), "/x")
    assert isinstance(attempt, Attempt)
    assert attempt.spoke_http
    assert not attempt.spoke_tls
    assert attempt.exchange.reader.body == b"x"
    assert attempt.opened.address == lab.host
    target.close()


async def test_an_attempt_at_a_closed_port_says_so(lab: Lab) -> None:
    with refused_port(lab.host) as port:
        assert isinstance(await target_of(lab).attempt(plain(port), "/"), NotOpened)


async def test_closing_it_closes_every_connection(lab: Lab) -> None:
    port = await lab.serve(HttpServer({"/": response(200, b"x")}))
    target = target_of(lab)
    attempts = [await target.attempt(plain(port), "/") for _ in range(3)]
    connections = [each.connection for each in attempts if isinstance(each, Attempt)]
    assert [each.is_reusable for each in connections] == [True] * 3
    target.close()
    assert [each.is_reusable for each in connections] == [False] * 3


async def test_past_its_deadline_an_attempt_ends_at_once(lab: Lab) -> None:
    lab.limits = Limits()
    target = target_of(lab, within_s=0.05)
    port = await lab.serve(silent)
    async with asyncio.timeout(2):  # a stage of its own may take 8 s
        await target.attempt(plain(port), "/")
        assert target.is_over
        await target.attempt(plain(port), "/")
    target.close()


async def test_a_silent_handshake_that_the_deadline_ends_is_ours(lab: Lab) -> None:
    lab.limits = Limits()  # of which a handshake has 5 s
    target = target_of(lab, within_s=0.6)
    encrypted = Endpoint(scheme="https", fqdn=NAME, port=await lab.serve(silent))
    attempt = await target.attempt(encrypted, "/", is_patient=False)
    assert isinstance(attempt, Attempt)
    assert attempt.is_silent
    settled = await target.settled(attempt)
    assert settled.tls_outcome.code is OutcomeCode.HTTP_NOT_ASKED
    assert settled.outcome.code is OutcomeCode.HTTP_NOT_ASKED
    target.close()


async def test_a_server_that_speaks_after_its_session_went_to_another_is_connected_to_anew(
    lab: Lab, good: Issued
) -> None:
    lab.limits = replace(FAST, tls_silence_s=0.05)
    port = await lab.serve(slow_at_first(server_context(good), pause_s=0.4))
    target = target_of(lab, sessions=1)
    encrypted = Endpoint(scheme="https", fqdn=NAME, port=port)
    first = asyncio.ensure_future(target.attempt(encrypted, "/"))
    await asyncio.sleep(0.2)
    second = await target.attempt(encrypted, "/")  # takes the only session
    assert isinstance(second, Attempt)
    second.connection.close()
    attempt = await first
    assert isinstance(attempt, Attempt)
    assert attempt.spoke_tls
    assert attempt.tls_outcome.ok
    assert attempt.exchange.reader.body == b"x"
    target.close()
    assert not target.allowance.is_exhausted


async def test_a_server_that_speaks_when_too_many_were_silent_is_connected_to_anew(
    lab: Lab, good: Issued
) -> None:
    lab.limits = replace(FAST, tls_silence_s=0.05)
    port = await lab.serve(slow_at_first(server_context(good), pause_s=0.3))
    target = target_of(lab, silent_sessions=0)
    attempt = await target.attempt(Endpoint(scheme="https", fqdn=NAME, port=port), "/")
    assert isinstance(attempt, Attempt)
    assert attempt.tls_outcome.ok
    assert attempt.exchange.reader.body == b"x"
    target.close()


async def test_of_too_many_silent_handshakes_each_is_told_as_it_ended(lab: Lab) -> None:
    lab.limits = replace(FAST, tls_silence_s=0.05)
    target = target_of(lab, silent_sessions=1)
    port = await lab.serve(silent)
    encrypted = Endpoint(scheme="https", fqdn=NAME, port=port)
    attempts = await asyncio.gather(*(target.attempt(encrypted, "/") for _ in range(4)))
    for attempt in attempts:
        assert isinstance(attempt, Attempt)
        assert attempt.tls_outcome.code is OutcomeCode.TLS_TIMEOUT
    target.close()


def impatient_at_first(context: ssl.SSLContext) -> Handler:
    """Hang up on the second connection before it has said a word, and answer all others."""
    met = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal met
        met += 1
        if met != 2:
            await answer(context, reader, writer)

    return handler


async def test_a_server_that_hung_up_while_a_session_was_waited_for_is_connected_to_with_one(
    lab: Lab, good: Issued
) -> None:
    port = await lab.serve(impatient_at_first(server_context(good)))
    target = target_of(lab, sessions=1)
    encrypted = Endpoint(scheme="https", fqdn=NAME, port=port)
    first = await target.attempt(encrypted, "/")
    assert isinstance(first, Attempt)
    second = asyncio.ensure_future(target.attempt(encrypted, "/"))
    await asyncio.sleep(0.2)  # in which the server hangs up
    assert not second.done()
    first.connection.close()
    attempt = await second
    assert isinstance(attempt, Attempt)
    assert attempt.tls_outcome.ok
    assert attempt.exchange.reader.body == b"x"
    target.close()
    assert not target.allowance.is_exhausted


async def test_where_no_session_comes_for_a_server_that_hung_up_nothing_is_told_of_it(
    lab: Lab, good: Issued
) -> None:
    port = await lab.serve(impatient_at_first(server_context(good)))
    target = target_of(lab, sessions=1, within_s=0.5)
    encrypted = Endpoint(scheme="https", fqdn=NAME, port=port)
    assert isinstance(await target.attempt(encrypted, "/"), Attempt)
    with pytest.raises(Exhausted):
        await target.attempt(encrypted, "/")
    target.close()


async def test_a_session_taken_for_a_server_that_hung_up_is_given_back_when_it_is_left(
    lab: Lab, good: Issued
) -> None:
    port = await lab.serve(impatient_at_first(server_context(good)))
    target = target_of(lab, sessions=1)
    encrypted = Endpoint(scheme="https", fqdn=NAME, port=port)
    first = await target.attempt(encrypted, "/")
    assert isinstance(first, Attempt)
    second = asyncio.ensure_future(target.attempt(encrypted, "/"))
    await asyncio.sleep(0.2)
    second.cancel()
    await asyncio.wait([second])
    first.connection.close()
    third = await target.attempt(encrypted, "/")
    assert isinstance(third, Attempt)
    assert third.tls_outcome.ok
    target.close()


async def test_a_check_that_waits_for_memory_begins_no_attempt(lab: Lab) -> None:
    server = HttpServer({"/": response(200, b"x")})
    port = await lab.serve(server)
    memory = Memory(heads=Stock(own_bytes=0, shared_bytes=0), ahead=1)
    ahead = Allowance(memory)
    target = target_of(lab, memory=memory)
    ahead.hold(1)
    target.allowance.hold(1)
    attempt = asyncio.ensure_future(target.attempt(plain(port), "/"))
    await asyncio.sleep(0.1)
    assert server.connections == 0
    ahead.close()
    assert isinstance(await attempt, Attempt)
    target.close()


def impatient(answering: HttpServer, *, patience_s: float) -> Handler:
    """Hang up on who does not ask for so long."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await answering(reader, writer)

    return handler


async def test_a_server_that_hung_up_while_memory_was_waited_for_is_connected_to_anew(
    lab: Lab,
) -> None:
    server = HttpServer({"/": response(200, b"x")})
    port = await lab.serve(impatient(server, patience_s=0.2))
    memory = Memory(heads=Stock(own_bytes=0, shared_bytes=0), ahead=1)
    ahead = Allowance(memory)
    target = target_of(lab, memory=memory)
    ahead.hold(1)
    attempt = asyncio.ensure_future(target.attempt(plain(port), "/"))
    await asyncio.sleep(0)  # in which it begins to connect
    target.allowance.hold(1)
    await asyncio.sleep(0.5)
    ahead.close()
    made = await attempt
    assert isinstance(made, Attempt)
    assert made.outcome.ok
    assert made.exchange.reader.body == b"x"
    assert server.connections == 2
    target.close()


async def test_names_visited_beside_share_what_the_check_may_hold(lab: Lab) -> None:
    target = target_of(lab)
    beside = target.beside("other.test", (lab.host,))
    assert beside.allowance is target.allowance
    assert beside.means is target.means
