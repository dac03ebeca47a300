"""Every address of a name is told of on every port, and only one of them is visited."""

import asyncio
from dataclasses import replace

import pytest

from outscope.netguard.dial import Denied
from outscope.netguard.policy import Policy
from services.prober.facts import (
    AddressFacts,
    CheckSpec,
    Failure,
    Outcome,
    OutcomeCode,
    Owner,
    PortFacts,
    TcpState,
)
from services.prober.observe.capacity import Places
from services.prober.observe.survey import Survey
from services.prober.observe.tcp import NotOpened
from tests.integration.prober.conftest import NAME, Lab
from tests.integration.prober.observe.test_tcp import dialler
from tests.producing import produces
from tests.targets import hostile
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response
from tests.targets.serve import filtered_port, own_address, serve

PAGE = response(200, b"page")


class Listener:
    """Counts who comes, and keeps what they say."""

    def __init__(self) -> None:
        self.connections = 0
        self.heard = b""

    async def __call__(self, reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.heard += await reader.read()


def states(port: PortFacts) -> list[tuple[str, TcpState, OutcomeCode]]:
    return [(each.address, each.state, each.outcome.code) for each in port.addresses]


async def test_a_name_with_one_address_tells_what_its_port_tells(lab: Lab) -> None:
    facts = await lab.observe_port(await lab.serve(HttpServer({"/": PAGE})))
    assert facts.addresses == (
        AddressFacts(address=lab.host, state=TcpState.OPEN, outcome=facts.tcp_outcome),
    )
    assert facts.addresses_left_out == 0


async def test_half_up_is_told_and_the_port_is_open(lab: Lab) -> None:
    down = own_address()
    lab.zone[NAME] = (lab.host, down)
    port = await lab.observe_port(await lab.serve(HttpServer({"/": PAGE})))
    assert port.state is TcpState.OPEN
    assert states(port) == [
        (lab.host, TcpState.OPEN, OutcomeCode.OK),
        (down, TcpState.REFUSED, OutcomeCode.TCP_REFUSED),
    ]


async def test_when_the_first_is_down_it_is_told_beside_the_one_that_was_visited(lab: Lab) -> None:
    down, last = own_address(), own_address()
    lab.zone[NAME] = (down, lab.host, last)
    port = await lab.observe_port(await lab.serve(HttpServer({"/": PAGE})))
    assert port.state is TcpState.OPEN
    assert port.address == lab.host
    assert [state for _, state, _ in states(port)] == [
        TcpState.REFUSED,
        TcpState.OPEN,
        TcpState.REFUSED,
    ]


async def test_when_all_are_down_each_is_told_and_none_twice(lab: Lab) -> None:
    others = own_address(), own_address()
    lab.zone[NAME] = others
    port = await lab.observe_port(9)
    assert port.state is TcpState.REFUSED
    assert [(address, state) for address, state, _ in states(port)] == [
        (address, TcpState.REFUSED) for address in others
    ]


async def test_an_address_that_is_not_visited_gets_one_connection_a_port_and_no_byte(
    lab: Lab, good: Issued
) -> None:
    other, listener = own_address(), Listener()
    lab.zone[NAME] = (lab.host, other)
    encrypted = await lab.serve(HttpServer({"/": PAGE, "/a": PAGE}), good)
    plain = await lab.serve(HttpServer({"/": PAGE, "/a": PAGE}))
    async with (
        serve(listener, host=other, port=encrypted),
        serve(listener, host=other, port=plain),
    ):
        facts = await lab.observe(encrypted, plain, paths=("/", "/a"))
        await asyncio.sleep(0.05)
    assert [[state for _, state, _ in states(port)] for port in facts.ports] == [
        [TcpState.OPEN, TcpState.OPEN]
    ] * 2
    assert listener.connections == 2
    assert listener.heard == b""


async def test_a_port_that_is_looked_at_twice_knocks_at_the_others_once(lab: Lab) -> None:
    other, listener = own_address(), Listener()
    lab.zone[NAME] = (lab.host, other)
    busy = await lab.serve(HttpServer({"/": response(503, b"busy")}))
    async with serve(listener, host=other, port=busy):
        port = await lab.observe_port(busy)
        await asyncio.sleep(0.05)
    assert port.attempts == 2
    assert listener.connections == 1


async def test_a_silent_address_is_waited_for_beside_the_visit(lab: Lab) -> None:
    """The slow page and the silent address take their time at once, not one after the other."""
    silent = own_address()
    lab.zone[NAME] = (lab.host, silent)
    loop = asyncio.get_running_loop()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.6)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with filtered_port(silent) as number:
        await lab.serve(slow, port=number)
        started_s = loop.time()
        port = await lab.observe_port(number)
        took_s = loop.time() - started_s
    assert states(port)[1] == (silent, TcpState.FILTERED, OutcomeCode.TCP_TIMEOUT)
    assert port.speaks_http
    assert took_s < 0.6 + 0.8


@produces(OutcomeCode.TCP_NO_IPV6)
async def test_ipv6_addresses_are_not_down_where_there_is_no_ipv6(lab: Lab) -> None:
    lab.has_ipv6 = False
    lab.zone[NAME] = (lab.host, "2001:4860:4860::8888")
    port = await lab.observe_port(await lab.serve(HttpServer({"/": PAGE})))
    assert states(port) == [
        (lab.host, TcpState.OPEN, OutcomeCode.OK),
        ("2001:4860:4860::8888", TcpState.NOT_TRIED, OutcomeCode.TCP_NO_IPV6),
    ]
    assert port.addresses[1].outcome.owner is Owner.OURS


async def test_an_ipv6_address_that_can_be_dialled_is_told_like_any(lab: Lab) -> None:
    lab.has_ipv6 = False  # loopback is opened on purpose
    lab.zone[NAME] = (lab.host, "::1")
    number = await lab.serve(HttpServer({"/": PAGE}))
    async with serve(hostile.silent, host="::1", port=number):
        port = await lab.observe_port(number)
    assert states(port)[1] == ("::1", TcpState.OPEN, OutcomeCode.OK)


async def test_of_more_than_eight_addresses_the_rest_is_counted(lab: Lab) -> None:
    addresses = [lab.host, *(own_address() for _ in range(10))]
    lab.zone[NAME] = tuple(addresses)
    port = await lab.observe_port(await lab.serve(HttpServer({"/": PAGE})))
    assert [each.address for each in port.addresses] == addresses[:8]
    assert port.addresses_left_out == 3


async def test_a_policy_that_forbids_an_address_only_now_ends_the_check() -> None:
    survey = Survey()
    survey.begin((own_address(),), dialler(9, Policy()))
    with pytest.raises(Denied):
        await survey.ended()
    await survey.stop()


async def test_without_a_place_an_address_is_not_tried_and_that_is_ours() -> None:
    survey, address, places = Survey(), own_address(), Places(1)
    deadline = asyncio.get_running_loop().time() + 0.05
    taken = await places.take(deadline)
    survey.begin((address,), replace(dialler(9), places=places, deadline=deadline))
    await survey.ended()
    taken.give_back()
    port = PortFacts(port=9, state=TcpState.OPEN, tcp_outcome=Outcome(code=OutcomeCode.OK))
    answer = survey.answer(port, address)
    assert answer.state is TcpState.NOT_TRIED
    assert answer.outcome.code is OutcomeCode.INTERNAL


@produces(OutcomeCode.INTERNAL)
async def test_an_address_that_no_place_was_left_for_is_told_as_ours(lab: Lab) -> None:
    other = own_address()
    lab.zone[NAME] = (lab.host, other)
    lab.places = Places(1)
    lab.limits = replace(lab.limits, http_timeout_s=5.0, deadline_s=0.5)
    number = await lab.serve(hostile.silent, port=8080)
    port = await lab.observe_port(number)
    assert states(port) == [
        (lab.host, TcpState.OPEN, OutcomeCode.OK),
        (other, TcpState.NOT_TRIED, OutcomeCode.INTERNAL),
    ]
    assert port.addresses[1].outcome.owner is Owner.OURS


async def test_places_are_given_back_by_those_that_knocked(lab: Lab) -> None:
    other = own_address()
    lab.zone[NAME] = (lab.host, other)
    lab.places = Places(3)
    number = await lab.serve(HttpServer({"/": PAGE}))
    async with serve(hostile.silent, host=other, port=number):
        for _ in range(6):
            port = await lab.observe_port(number)
            assert [state for _, state, _ in states(port)] == [TcpState.OPEN, TcpState.OPEN]


async def test_what_ends_a_check_ends_its_survey() -> None:
    survey = Survey()
    silent = own_address()
    with filtered_port(silent) as number:
        survey.begin((silent,), dialler(number))
        await asyncio.sleep(0)
        assert survey.is_going_on
        await survey.stop()
    assert not survey.is_going_on


async def test_what_a_visit_met_with_is_not_tried_again() -> None:
    survey, address, listener = Survey(), own_address(), Listener()
    async with serve(listener, host=address) as number:
        refused = Outcome(code=OutcomeCode.TCP_REFUSED)
        tried = NotOpened(address=address, state=TcpState.REFUSED, outcome=refused)
        survey.note(number, tried)
        survey.begin((address,), dialler(number))
        await survey.ended()
        await asyncio.sleep(0.05)
    port = PortFacts(port=number, state=TcpState.OPEN, tcp_outcome=Outcome(code=OutcomeCode.OK))
    assert survey.answer(port, address).state is TcpState.REFUSED
    assert listener.connections == 0


async def test_a_forbidden_other_address_is_still_refused_before_any_packet(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    number = await lab.serve(server)
    lab.zone[NAME] = (lab.host, "10.0.0.1")
    refusal = await lab.runner().observe(CheckSpec(fqdn=NAME, ports=(number,)))
    assert isinstance(refusal, Failure)
    assert server.connections == 0
