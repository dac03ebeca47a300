"""What is seen is told at once, and nothing is held on to for it."""

from services.prober.facts import CheckSpec, DnsFacts, HostFacts, PathFacts, PortFacts
from services.prober.observe.note import unheard
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response
from tests.targets.serve import refused_port

PAGES = {"/": response(200, b"home" * 100), "/a": response(200, b"a" * 100)}


async def test_what_is_seen_is_told_in_the_order_it_is_seen(lab: Lab, good: Issued) -> None:
    told: list[DnsFacts | PortFacts | PathFacts] = []
    port = await lab.serve(HttpServer(PAGES), good)
    with refused_port(lab.host) as closed:
        spec = CheckSpec(fqdn=NAME, ports=(closed, port), paths=("/", "/a"))
        facts = await lab.runner().observe(spec, None, note=told.append)
    assert isinstance(facts, HostFacts)
    assert told[0] == facts.dns
    ports = [each for each in told if isinstance(each, PortFacts)]
    assert {each.port: each.state for each in ports} == {
        each.port: each.state for each in facts.ports
    }
    assert [each.path for each in told[3:] if isinstance(each, PathFacts)] == ["/", "/a"]
    # Bodies may be large, and a check holds only those it needs.
    assert all(each.probe is None for each in ports)
    assert all(not each.body for each in told if isinstance(each, PathFacts))
    assert facts.paths[1].body


async def test_a_name_without_an_address_is_told_as_that(lab: Lab) -> None:
    told: list[DnsFacts | PortFacts | PathFacts] = []
    facts = await lab.runner().observe(CheckSpec(fqdn="nowhere.test"), None, note=told.append)
    assert isinstance(facts, HostFacts)
    assert told == [facts.dns]
    unheard(told[0])
