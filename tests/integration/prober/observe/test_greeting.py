"""What speaks on a port that is neither TLS nor HTTP, in its own words."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.prober.facts import Outcome, OutcomeCode, PortFacts, TcpState, TlsFacts
from services.prober.observe.capacity import Places
from services.prober.observe.greeting import Greeting, greeting, is_worth_listening
from services.prober.observe.service import SSL_REQUEST
from tests.integration.prober.conftest import Lab
from tests.integration.prober.observe.test_paths import Leaves
from tests.integration.prober.observe.test_tcp import dialler
from tests.targets import hostile
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response
from tests.targets.serve import Handler, own_address, refused_port, serve

PLAIN_PORT = 8080  # one of those where plain HTTP is tried first


class Counted:
    """Counts the connections a handler gets."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._handler(reader, writer)


def greets_late(words: bytes, *, after_s: float) -> Handler:
    """Return a server that takes its time to greet, and hangs up on who speaks before."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(after_s):
                await reader.read(65536)
        except TimeoutError:
            writer.write(words)
            await writer.drain()
            await reader.read(65536)

    return handler


async def postgresql(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer an SSLRequest, and hang up on any other packet without a word."""
    if await reader.read(8) == SSL_REQUEST:
        writer.write(b"N")
        await writer.drain()
        await reader.read(8)


async def redis(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read lines, and hang up on a client that speaks HTTP once it has shown that."""
    line = await reader.readline()
    if line.startswith(b"GET "):
        writer.write(b"-ERR wrong number of arguments for 'get' command\r\n")
        await writer.drain()


class Mqtt:
    """A broker: it hangs up on what is no CONNECT, and on one in a version it does not know."""

    def __init__(self, refusal: bytes) -> None:
        self._refusal = refusal
        self.connections = 0
        self.sessions = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        kind, length = await reader.readexactly(2)
        if kind != 0x10:
            return
        packet = await reader.readexactly(length)
        if packet[:6] != b"\x00\x04MQTT":
            return
        if packet[6] in {4, 5}:
            self.sessions += 1
        writer.write(self._refusal)
        await writer.drain()


@pytest.mark.parametrize(
    ("answer", "service"),
    [
        (b"\x20\x02\x00\x01", "mqtt"),
        (b"\x20\x03\x00\x84\x00", "mqtt"),
        (b"", ""),
        (b"\x20\x02\x00\x00", ""),
    ],
)
@pytest.mark.parametrize("port", [0, PLAIN_PORT])
async def test_mqtt_is_asked_where_nothing_is_said_and_opens_no_session(
    lab: Lab, port: int, answer: bytes, service: str
) -> None:
    lab.limits = replace(lab.limits, greeting_timeout_s=0.2)
    broker = Mqtt(answer)
    facts = await lab.observe_port(await lab.serve(broker, port=port))
    assert (facts.service, facts.banner) == (service, b"")
    assert broker.sessions == 0
    # In TLS, in the clear, to listen and to ask.
    assert broker.connections == 4


async def test_mqtt_is_asked_only_with_leave(lab: Lab) -> None:
    lab.limits = replace(lab.limits, greeting_timeout_s=0.2)
    broker = Mqtt(b"\x20\x02\x00\x01")
    port = await lab.serve(broker)
    for grants, service in ((1, ""), (2, "mqtt")):
        lab.leave = leaves = Leaves(grants)
        assert (await lab.observe_port(port)).service == service
        assert leaves.requests == grants


@pytest.mark.parametrize("port", [0, PLAIN_PORT])
async def test_who_speaks_first_is_heard_and_named(lab: Lab, port: int) -> None:
    server = Counted(hostile.ssh)
    facts = await lab.observe_port(await lab.serve(server, port=port))
    assert facts.banner == b"SSH-2.0-OpenSSH_9.7\r\n"
    assert facts.service == "ssh"
    assert server.connections == 2  # in TLS and in the clear, and not once more


async def test_what_nobody_knows_is_heard_and_has_no_name(lab: Lab) -> None:
    facts = await lab.observe_port(await lab.serve(hostile.says(b"\x01\x02who are you?")))
    assert facts.banner == b"\x01\x02who are you?"
    assert facts.service == ""


async def test_at_most_256_bytes_are_kept(lab: Lab) -> None:
    facts = await lab.observe_port(await lab.serve(hostile.says(b"+OK " + b"x" * 5000)))
    assert facts.banner == b"+OK " + b"x" * 252
    assert facts.service == "pop3"


async def test_a_server_that_does_not_understand_our_request_is_heard(lab: Lab) -> None:
    facts = await lab.observe_port(await lab.serve(redis))
    assert facts.service == "redis"
    assert facts.banner.startswith(b"-ERR ")


@pytest.mark.parametrize("port", [0, PLAIN_PORT])
async def test_who_greets_late_and_hangs_up_on_the_impatient_is_waited_for(
    lab: Lab, port: int
) -> None:
    lab.limits = replace(lab.limits, tls_silence_s=0.1)
    server = Counted(greets_late(b"220 mail.example ESMTP\r\n", after_s=0.5))
    facts = await lab.observe_port(await lab.serve(server, port=port))
    assert facts.banner == b"220 mail.example ESMTP\r\n"
    assert facts.service == "smtp"
    assert server.connections == 3


async def test_postgresql_is_asked_where_nothing_is_said(lab: Lab) -> None:
    lab.limits = replace(lab.limits, greeting_timeout_s=0.2)
    facts = await lab.observe_port(await lab.serve(postgresql))
    assert facts.service == "postgresql"
    assert facts.banner == b""


async def test_a_server_that_keeps_silent_is_not_listened_to_again(lab: Lab) -> None:
    server = Counted(hostile.silent)
    facts = await lab.observe_port(await lab.serve(server))
    assert (facts.banner, facts.service) == (b"", "")
    assert server.connections == 2


async def test_a_server_that_always_hangs_up_has_no_name(lab: Lab) -> None:
    facts = await lab.observe_port(await lab.serve(hostile.closes_at_once))
    assert facts.state is TcpState.OPEN
    assert (facts.banner, facts.service) == (b"", "")


async def test_web_servers_are_named_and_have_no_banner(lab: Lab, good: Issued) -> None:
    page = {"/": response(200, b"page")}
    encrypted = await lab.serve(HttpServer(page), good)
    plain = await lab.serve(HttpServer(page))
    facts = await lab.observe(encrypted, plain)
    assert [port.service for port in facts.ports] == ["https", "http"]
    assert [port.banner for port in facts.ports] == [b"", b""]


async def test_what_is_said_inside_tls_is_neither_banner_nor_name(lab: Lab, good: Issued) -> None:
    facts = await lab.observe_port(await lab.serve(hostile.says(b"* OK ready\r\n"), good))
    assert facts.tls is not None
    assert (facts.banner, facts.service) == (b"", "")


@pytest.mark.parametrize(
    ("change", "is_worth"),
    [
        (lambda facts: facts, True),
        (lambda facts: replace(facts, banner=b"x"), False),
        (lambda facts: replace(facts, speaks_http=True), False),
        (lambda facts: replace(facts, state=TcpState.REFUSED, http_outcome=None), False),
        (
            lambda facts: replace(facts, http_outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT)),
            False,
        ),
        (
            lambda facts: replace(facts, tls=TlsFacts(outcome=Outcome(code=OutcomeCode.OK))),
            False,
        ),
    ],
)
def test_only_who_hung_up_without_a_word_is_listened_to(
    change: Callable[[PortFacts], PortFacts], *, is_worth: bool
) -> None:
    facts = PortFacts(
        port=1,
        state=TcpState.OPEN,
        tcp_outcome=Outcome(code=OutcomeCode.OK),
        http_outcome=Outcome(code=OutcomeCode.HTTP_CLOSED),
    )
    assert is_worth_listening(change(facts)) is is_worth


async def test_a_listener_leaves_its_place_however_it_ends() -> None:
    host, places = own_address(), Places(1)
    deadline = asyncio.get_running_loop().time() + 5
    with refused_port(host) as closed:
        dial = replace(dialler(closed), places=places, deadline=deadline)
        assert await greeting(host, dial, 0.1) == Greeting()
    for handler in (hostile.ssh, hostile.silent, hostile.closes_at_once):
        async with serve(handler, host=host) as port:
            dial = replace(dialler(port), places=places, deadline=deadline)
            await greeting(host, dial, 0.1)
    place = await places.take(asyncio.get_running_loop().time() + 1)
    place.give_back()


async def test_without_a_place_there_is_no_greeting_and_the_check_goes_on() -> None:
    places = Places(1)
    deadline = asyncio.get_running_loop().time() + 0.05
    place = await places.take(deadline)
    dial = replace(dialler(9), places=places, deadline=deadline)
    assert await greeting(own_address(), dial, 0.1) == Greeting()
    place.give_back()
