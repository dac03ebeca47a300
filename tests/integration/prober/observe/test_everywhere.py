"""Every address is asked for every path where the check says so, and otherwise none but one."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from services.prober.facts import OutcomeCode
from services.prober.judge.decide import verdict_for
from tests.integration.prober.conftest import FAST, NAME, Lab, Scarce
from tests.integration.prober.observe.test_redirects_guarded import Budget
from tests.targets.certificates import Issued, server_context
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address, serve

PAGE = response(200, b"<title>Here</title>")
GONE = response(503, b"gone", headers=[("Retry-After", "9")])
PATHS = ("/", "/a", "/b")
PORT = 8443


@dataclass
class Farm:
    """The servers of one name, by address in the order of its records."""

    servers: dict[str, HttpServer] = field(default_factory=dict)


async def farm(lab: Lab, *answers: bytes | None, issued: Issued) -> Farm:
    """Serve each answer for every path at an address of its own; None is where nobody is."""
    made = Farm()
    lab.zone[NAME] = tuple(own_address() for _ in answers)
    for address, answer in zip(lab.zone[NAME], answers, strict=True):
        if answer is not None:
            made.servers[address] = HttpServer(dict.fromkeys(PATHS, answer))
            await lab.stack.enter_async_context(
                serve(made.servers[address], tls=server_context(issued), host=address, port=PORT)
            )
    return made


async def test_every_path_is_requested_on_every_address_on_one_connection_each(
    lab: Lab, good: Issued
) -> None:
    made = await farm(lab, PAGE, PAGE, GONE, issued=good)
    first, second, third = lab.zone[NAME]
    facts = await lab.observe(PORT, paths=PATHS, all_addresses=True)
    assert [path.address for path in facts.paths] == [first] * 3
    for path in facts.paths:
        told = [(each.address, each.status, each.path) for each in path.other_addresses]
        assert told == [(second, 200, path.path), (third, 503, path.path)]
        assert {each.url for each in path.other_addresses} == {path.url}
        assert {each.body_bytes for each in path.other_addresses} == {19, 4}
    assert [server.paths for server in made.servers.values()] == [list(PATHS)] * 3
    # To see whether they are open the others were connected to before, if they noticed it.
    connections = [server.connections for server in made.servers.values()]
    assert connections[0] == 1
    assert set(connections[1:]) <= {1, 2}


async def test_where_it_is_not_asked_no_other_address_gets_a_byte(lab: Lab, good: Issued) -> None:
    made = await farm(lab, PAGE, PAGE, issued=good)
    facts = await lab.observe(PORT, paths=PATHS)
    assert [path.other_addresses for path in facts.paths] == [()] * 3
    assert [len(server.requests) for server in made.servers.values()] == [3, 0]


async def test_the_first_good_answer_is_the_paths_own(lab: Lab, good: Issued) -> None:
    await farm(lab, GONE, PAGE, PAGE, issued=good)
    first, second, third = lab.zone[NAME]
    facts = await lab.observe(PORT, paths=("/", "/a"), all_addresses=True)
    for path in facts.paths:
        assert (path.address, path.status, path.title) == (second, 200, "Here")
        told = [(each.address, each.status) for each in path.other_addresses]
        assert told == [(first, 503), (third, 200)]


async def test_where_none_is_good_the_first_stays(lab: Lab, good: Issued) -> None:
    await farm(lab, GONE, GONE, issued=good)
    path = (await lab.observe(PORT, all_addresses=True)).paths[0]
    assert path.address == lab.zone[NAME][0]
    assert [each.status for each in path.other_addresses] == [503]


async def test_an_address_that_takes_no_connection_is_not_asked(lab: Lab, good: Issued) -> None:
    await farm(lab, PAGE, None, PAGE, issued=good)
    facts = await lab.observe(PORT, all_addresses=True)
    assert [each.address for each in facts.paths[0].other_addresses] == [lab.zone[NAME][2]]
    assert facts.ports[0].addresses[1].outcome.code is OutcomeCode.TCP_REFUSED


async def test_an_address_that_never_answers_has_its_own_outcome(lab: Lab, good: Issued) -> None:
    await farm(lab, PAGE, b"", issued=good)
    facts = await lab.observe(PORT, paths=("/", "/a"), all_addresses=True)
    for path in facts.paths:
        assert path.status == 200
        other = path.other_addresses[0]
        assert (other.status, other.address) == (None, lab.zone[NAME][1])
        assert other.outcome.code is OutcomeCode.HTTP_TIMEOUT


async def test_an_address_that_no_place_is_left_for_is_not_asked(lab: Lab, good: Issued) -> None:
    made = await farm(lab, PAGE, PAGE, issued=good)
    lab.places = Scarce(2)  # the visit, and a look whether the other address is open
    facts = await lab.observe(PORT, paths=PATHS, all_addresses=True)
    for path in facts.paths:
        assert (path.status, path.address) == (200, lab.zone[NAME][0])
        (other,) = path.other_addresses
        assert (other.status, other.address) == (None, lab.zone[NAME][1])
        assert other.outcome.code is OutcomeCode.HTTP_NOT_ASKED
    assert [len(server.requests) for server in made.servers.values()] == [3, 0]


@pytest.mark.parametrize("answers_after_s", [0.35, 30.0])
async def test_an_address_that_there_was_no_time_for_is_not_asked_and_not_the_odd_one(
    lab: Lab, good: Issued, answers_after_s: float
) -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(answers_after_s)
            writer.write(PAGE)
            await writer.drain()

    await farm(lab, PAGE, issued=good)
    lab.limits = replace(FAST, http_timeout_s=10.0, deadline_s=1.0)
    (first,), second = lab.zone[NAME], own_address()
    lab.zone[NAME] = (first, second)
    async with serve(slow, tls=server_context(good), host=second, port=PORT):
        facts = await lab.observe(PORT, paths=PATHS, all_addresses=True)
    (last,) = facts.paths[-1].other_addresses
    assert (last.status, last.outcome.code) == (None, OutcomeCode.HTTP_NOT_ASKED)
    verdict = verdict_for(facts)
    assert verdict.analyzable
    assert "addresses_differ" not in [reason.code for reason in verdict.reasons]


async def test_one_address_costs_nothing_more(lab: Lab, good: Issued) -> None:
    made = await farm(lab, PAGE, issued=good)
    facts = await lab.observe(PORT, all_addresses=True)
    assert facts.paths[0].other_addresses == ()
    (server,) = made.servers.values()
    assert (server.connections, len(server.requests)) == (1, 1)


async def test_at_most_eight_addresses_are_asked(lab: Lab, good: Issued) -> None:
    made = await farm(lab, *[PAGE] * 10, issued=good)
    facts = await lab.observe(PORT, all_addresses=True)
    assert len(facts.paths[0].other_addresses) == 7
    assert sum(len(server.requests) for server in made.servers.values()) == 8


async def test_leave_is_asked_for_every_request(lab: Lab, good: Issued) -> None:
    budget = Budget(9)
    lab.leave = budget
    await farm(lab, PAGE, PAGE, PAGE, issued=good)
    await lab.observe(PORT, paths=PATHS)
    await lab.observe(PORT, paths=PATHS, all_addresses=True)
    assert budget.asked == [(NAME, lab.zone[NAME], 3), (NAME, lab.zone[NAME], 9)]


async def test_a_redirect_is_followed_from_the_address_that_gave_it_and_from_no_other(
    lab: Lab, good: Issued
) -> None:
    made = await farm(lab, GONE, PAGE, PAGE, issued=good)
    _, second, third = lab.zone[NAME]
    for address in (second, third):
        made.servers[address].responses = {
            "/": response(302, headers=[("Location", "/there")]),
            "/there": PAGE,
        }
    path = (await lab.observe(PORT, all_addresses=True, max_redirects=5)).paths[0]
    assert [each.answer.address for each in path.redirects] == [second]
    assert [each.redirects for each in path.other_addresses] == [(), ()]
    assert made.servers[third].paths == ["/"]
