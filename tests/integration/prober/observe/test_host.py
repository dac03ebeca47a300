"""A whole name: what is looked at, and what is refused without a packet."""

from dataclasses import replace
from ipaddress import ip_network

from outscope.netguard.policy import Policy
from services.prober.facts import CheckSpec, Failure, FailureReason, OutcomeCode, Owner, TcpState
from tests.integration.prober.conftest import NAME, Lab
from tests.targets import hostile
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response
from tests.targets.serve import refused_port

SPEC = CheckSpec(fqdn=NAME, ports=(8080,), paths=("/",))
PAGE = response(200, b"page")


async def test_every_asked_port_is_told_in_the_order_asked(lab: Lab, good: Issued) -> None:
    encrypted = await lab.serve(HttpServer({"/": PAGE}), good)
    plain = await lab.serve(HttpServer({"/": PAGE}))
    with refused_port(lab.host) as closed:
        facts = await lab.observe(closed, encrypted, plain)
    assert [port.port for port in facts.ports] == [closed, encrypted, plain]
    assert [port.state for port in facts.ports] == [
        TcpState.REFUSED,
        TcpState.OPEN,
        TcpState.OPEN,
    ]
    assert [port.speaks_http for port in facts.ports] == [False, True, True]


async def test_a_name_that_does_not_exist_has_no_ports(lab: Lab) -> None:
    facts = await lab.observe(80, 443, fqdn="nowhere.test")
    assert facts.dns.outcome.code is OutcomeCode.DNS_NXDOMAIN
    assert facts.ports == ()
    assert [path.outcome.code for path in facts.paths] == [OutcomeCode.HTTP_NO_ENDPOINT]


async def test_a_forbidden_address_is_refused_and_not_touched(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    await lab.serve(server, port=8080)
    lab.policy = Policy()
    refusal = await lab.runner().observe(SPEC)
    assert isinstance(refusal, Failure)
    assert refusal.reason is FailureReason.TARGET_REFUSED
    assert refusal.owner is Owner.POLICY
    assert lab.host in refusal.message
    assert server.connections == 0


async def test_one_forbidden_address_spares_the_allowed_one_too(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    await lab.serve(server, port=8080)
    lab.policy = Policy(allow=(ip_network(f"{lab.host}/32"),))
    lab.zone[NAME] = (lab.host, "10.1.2.3")
    refusal = await lab.runner().observe(SPEC)
    assert isinstance(refusal, Failure)
    assert refusal.reason is FailureReason.TARGET_REFUSED
    assert "10.1.2.3" in refusal.message
    assert server.connections == 0


async def test_a_name_with_ipv6_only_is_not_down_where_there_is_none(lab: Lab) -> None:
    lab.has_ipv6 = False
    lab.zone[NAME] = ("2606:4700::1111",)
    failure = await lab.runner().observe(SPEC)
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.IPV6_UNAVAILABLE
    assert failure.owner is Owner.OURS


async def test_twenty_silent_ports_take_no_longer_than_one(lab: Lab) -> None:
    ports = [await lab.serve(hostile.silent) for _ in range(20)]
    lab.limits = replace(lab.limits, tls_timeout_s=0.3, http_timeout_s=0.3, deadline_s=10)
    facts = await lab.observe(*ports)
    assert not facts.deadline_hit
    assert all(port.state is TcpState.OPEN for port in facts.ports)
