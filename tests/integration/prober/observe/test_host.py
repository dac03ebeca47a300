"""A whole name: what is looked at, and what is refused without a packet."""

import asyncio
from dataclasses import replace
from ipaddress import ip_network

import dns.rcode
import dns.rdatatype
import pytest

from outscope.failures import FailureReason
from outscope.netguard.deny import deny_list_of
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from services.prober.facts import CheckSpec, Failure, HostFacts, OutcomeCode, Owner, TcpState
from services.prober.judge.decide import verdict_for
from services.prober.observe.capacity import Places
from tests.integration.prober.conftest import FAST, NAME, Lab
from tests.producing import produces
from tests.targets import hostile
from tests.targets.certificates import Issued
from tests.targets.dns import serve_dns, serve_garbage
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address, refused_port, serve

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


async def failure_with(lab: Lab, *servers: tuple[str, int]) -> Failure:
    """Look site.test up through other resolvers; it must not come to facts."""
    async with Resolver(servers, timeout_s=0.4) as resolver:
        lab.resolver = resolver
        failure = await lab.runner().observe(SPEC)
    assert isinstance(failure, Failure), failure
    assert NAME in failure.message
    return failure


@produces(FailureReason.RESOLVER_UNAVAILABLE)
async def test_an_unreachable_resolver_says_nothing_about_the_target(lab: Lab) -> None:
    failure = await failure_with(lab, ("127.0.0.1", 1))
    assert failure.reason is FailureReason.RESOLVER_UNAVAILABLE
    assert failure.owner is Owner.RESOLVER
    assert "could be reached" in failure.message


@produces(FailureReason.RESOLVER_UNAVAILABLE)
async def test_a_silent_resolver_says_nothing_about_the_target(lab: Lab) -> None:
    async with serve_dns({}, silent=[NAME]) as server:
        failure = await failure_with(lab, server)
    assert failure.reason is FailureReason.RESOLVER_UNAVAILABLE
    assert failure.owner is Owner.RESOLVER
    assert "in time" in failure.message


@produces(FailureReason.RESOLVER_FAILED)
@pytest.mark.parametrize("rcode", [dns.rcode.REFUSED, dns.rcode.NOTIMP, dns.rcode.FORMERR])
async def test_a_resolver_that_refuses_us_says_nothing_about_the_target(
    lab: Lab, rcode: dns.rcode.Rcode
) -> None:
    async with serve_dns({}, rcodes={NAME: rcode}) as server:
        failure = await failure_with(lab, server)
    assert failure.reason is FailureReason.RESOLVER_FAILED
    assert failure.owner is Owner.RESOLVER
    assert "refused" in failure.message


@produces(FailureReason.RESOLVER_FAILED)
async def test_an_unreadable_answer_says_nothing_about_the_target(lab: Lab) -> None:
    async with serve_garbage() as server:
        failure = await failure_with(lab, server)
    assert failure.reason is FailureReason.RESOLVER_FAILED
    assert failure.owner is Owner.RESOLVER
    assert "could not be read" in failure.message


async def test_a_broken_zone_is_the_targets_and_a_result(lab: Lab) -> None:
    async with (
        serve_dns({}, rcodes={NAME: dns.rcode.SERVFAIL}) as server,
        Resolver((server,), timeout_s=0.4) as resolver,
    ):
        lab.resolver = resolver
        facts = await lab.observe(8080)
    assert facts.dns.outcome.code is OutcomeCode.DNS_SERVFAIL
    assert facts.dns.outcome.owner is Owner.TARGET


async def test_one_family_unanswered_is_no_reason_not_to_look(lab: Lab) -> None:
    await lab.serve(HttpServer({"/": PAGE}), port=8080)
    async with (
        serve_dns(lab.zone, unanswered=[dns.rdatatype.AAAA]) as server,
        Resolver((server,), timeout_s=0.4) as resolver,
    ):
        lab.resolver = resolver
        facts = await lab.observe(8080)
    assert facts.dns.aaaa_outcome.code is OutcomeCode.DNS_TIMEOUT
    assert facts.paths[0].status == 200


@produces(FailureReason.TARGET_REFUSED)
async def test_a_forbidden_address_is_refused_and_not_touched(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    await lab.serve(server, port=8080)
    lab.policy = Policy()
    refusal = await lab.runner().observe(SPEC)
    assert isinstance(refusal, Failure)
    assert refusal.reason is FailureReason.TARGET_REFUSED
    assert refusal.owner is Owner.POLICY
    assert lab.host not in refusal.message
    assert "loopback" in refusal.message
    assert server.connections == 0


async def test_one_forbidden_address_spares_the_allowed_one_too(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    await lab.serve(server, port=8080)
    lab.policy = Policy(allow=(ip_network(f"{lab.host}/32"),))
    lab.zone[NAME] = (lab.host, "10.1.2.3")
    refusal = await lab.runner().observe(SPEC)
    assert isinstance(refusal, Failure)
    assert refusal.reason is FailureReason.TARGET_REFUSED
    assert "10.1." not in refusal.message
    assert "10.0.0.0" not in refusal.message
    assert "private use" in refusal.message
    assert server.connections == 0


@produces(FailureReason.IPV6_UNAVAILABLE)
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


async def test_only_the_best_port_keeps_its_whole_body(lab: Lab, good: Issued) -> None:
    page = response(200, b"x" * 60_000)
    ports = [await lab.serve(HttpServer({"/": page})) for _ in range(3)]
    best = await lab.serve(HttpServer({"/": page}), good)
    facts = await lab.observe(*ports, best)
    probes = [port.probe for port in facts.ports if port.probe is not None]
    assert [len(probe.body) for probe in probes] == [16_384, 16_384, 16_384, 60_000]
    assert [probe.truncated for probe in probes] == [True, True, True, False]
    assert len({probe.body_sha256 for probe in probes}) == 1


async def test_more_ports_than_places_are_all_looked_at(lab: Lab) -> None:
    ports = [await lab.serve(HttpServer({"/": PAGE})) for _ in range(6)]
    lab.places = Places(2)
    facts = await lab.observe(*ports, paths=("/", "/two"))
    assert [port.speaks_http for port in facts.ports] == [True] * 6
    assert not facts.deadline_hit


async def test_an_alias_of_an_inner_name_is_refused_without_a_packet(lab: Lab) -> None:
    server = HttpServer({"/": PAGE})
    await lab.serve(server, port=8080)
    lab.policy = Policy()
    lab.zone["inner.test"] = lab.zone.pop(NAME)
    async with (
        serve_dns(lab.zone, aliases={NAME: "other.test", "other.test": "inner.test"}) as dns_server,
        Resolver((dns_server,), timeout_s=0.4) as resolver,
    ):
        lab.resolver = resolver
        refusal = await lab.runner().observe(SPEC)
    assert isinstance(refusal, Failure)
    assert refusal.reason is FailureReason.TARGET_REFUSED
    assert server.connections == 0


class Rebinding(dict[str, tuple[str, ...]]):
    """A zone whose name leads inside from the second round of questions on."""

    def __init__(self, first: str, then: str) -> None:
        super().__init__({NAME: (first,)})
        self.first, self.then = first, then
        self.asked = 0

    def __getitem__(self, name: str) -> tuple[str, ...]:
        self.asked += 1
        return (self.first,) if self.asked <= 2 else (self.then,)  # A and AAAA


async def test_a_name_that_changes_its_mind_is_dialled_where_it_was_judged(lab: Lab) -> None:
    inner = HttpServer({"/": PAGE})
    await lab.stack.enter_async_context(serve(inner, host=lab.host, port=8080))
    outer_host = own_address()
    outer = HttpServer({"/": PAGE})
    await lab.stack.enter_async_context(serve(outer, host=outer_host, port=8080))
    zone = Rebinding(outer_host, lab.host)
    lab.policy = Policy(allow=(ip_network(f"{outer_host}/32"),))
    async with serve_dns(zone) as server, Resolver((server,), timeout_s=0.4) as resolver:
        lab.resolver = resolver
        first = await lab.runner().observe(replace(SPEC, paths=("/", "/two", "/three")))
        assert isinstance(first, HostFacts)
        assert zone.asked == 2
        second = await lab.runner().observe(SPEC)
    assert first.paths[0].status == 200
    assert isinstance(second, Failure)
    assert second.reason is FailureReason.TARGET_REFUSED
    assert inner.connections == 0
    assert outer.connections > 0


@produces(FailureReason.TARGET_REFUSED)
@pytest.mark.parametrize("entry", ["other.test", "*.test", "127.0.0.0/8", "{host}"])
async def test_what_the_operator_listed_is_refused_without_a_packet(lab: Lab, entry: str) -> None:
    server = HttpServer({"/": PAGE})
    await lab.serve(server, port=8080)
    listed = deny_list_of(f"hidden.example\n{entry.format(host=lab.host)}")
    lab.policy = Policy(lab.policy.allow, listed)
    lab.zone["other.test"] = lab.zone.pop(NAME)
    async with (
        serve_dns(lab.zone, aliases={NAME: "other.test"}) as dns_server,
        Resolver((dns_server,), timeout_s=0.4) as resolver,
    ):
        lab.resolver = resolver
        refusal = await lab.runner().observe(SPEC)
    assert isinstance(refusal, Failure)
    assert (refusal.reason, refusal.owner) == (FailureReason.TARGET_REFUSED, Owner.POLICY)
    assert "operator of this installation has listed" in refusal.message
    for secret in ("hidden.example", "other.test", "*.test", lab.host, "127.0.0.0"):
        assert secret not in refusal.message
    assert server.connections == 0


async def test_a_listed_name_is_not_even_looked_up(lab: Lab) -> None:
    zone = Rebinding(lab.host, lab.host)
    lab.policy = Policy(lab.policy.allow, deny_list_of(NAME))
    async with serve_dns(zone) as server, Resolver((server,), timeout_s=0.4) as resolver:
        lab.resolver = resolver
        refusal = await lab.runner().observe(SPEC)
    assert isinstance(refusal, Failure)
    assert refusal.reason is FailureReason.TARGET_REFUSED
    assert zone.asked == 0


RECORDS_SPEC = replace(SPEC, dns_records=True)


async def records_of(lab: Lab, spec: CheckSpec) -> HostFacts:
    facts = await lab.runner().observe(spec)
    assert isinstance(facts, HostFacts), facts
    return facts


async def test_without_dns_records_not_one_query_more_is_sent(lab: Lab) -> None:
    queries: list[tuple[str, str]] = []
    port = await lab.serve(HttpServer({"/": PAGE}))
    async with serve_dns(lab.zone, queries=queries) as server, Resolver((server,)) as resolver:
        lab.resolver = resolver
        facts = await records_of(lab, replace(SPEC, ports=(port,)))
    assert facts.dns.records == ()
    assert sorted(queries) == [(NAME, "A"), (NAME, "AAAA")]


async def test_with_dns_records_each_kind_is_asked_for_once(lab: Lab) -> None:
    queries: list[tuple[str, str]] = []
    port = await lab.serve(HttpServer({"/": PAGE}))
    records = {
        NAME: {"CAA": ('0 issue "ca.test"',), "NS": ("ns.test.",), "TXT": ("v=spf1",)},
        f"_dmarc.{NAME}": {"TXT": ("v=DMARC1",)},
    }
    async with (
        serve_dns(lab.zone, records=records, queries=queries) as server,
        Resolver((server,)) as resolver,
    ):
        lab.resolver = resolver
        facts = await records_of(lab, replace(RECORDS_SPEC, ports=(port,)))
    assert [(each.kind, each.outcome.code.value) for each in facts.dns.records] == [
        ("caa", "ok"),
        ("mx", "dns_no_data"),
        ("ns", "ok"),
        ("spf", "ok"),
        ("dmarc", "ok"),
    ]
    assert sorted(queries) == sorted(
        [
            *((NAME, kind) for kind in ("A", "AAAA", "CAA", "MX", "NS", "TXT")),
            (f"_dmarc.{NAME}", "TXT"),
        ]
    )
    assert facts.paths[0].status == 200


async def test_the_ports_do_not_wait_for_the_records_and_the_deadline_is_not_theirs(
    lab: Lab,
) -> None:
    silence = [dns.rdatatype.CAA, dns.rdatatype.MX, dns.rdatatype.NS, dns.rdatatype.TXT]
    asked: list[float] = []
    loop = asyncio.get_running_loop()

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(loop.time())
        await HttpServer({"/": PAGE})(reader, writer)

    port = await lab.serve(page)
    lab.limits = replace(FAST, deadline_s=1.0)
    async with (
        serve_dns(lab.zone, unanswered=silence) as server,
        Resolver((server,), timeout_s=5.0) as resolver,
    ):
        lab.resolver = resolver
        started = loop.time()
        facts = await records_of(lab, replace(RECORDS_SPEC, ports=(port,)))
        took_s = loop.time() - started
        without = await records_of(lab, replace(SPEC, ports=(port,)))
    assert {each.outcome.code for each in facts.dns.records} == {OutcomeCode.DNS_TIMEOUT}
    assert asked[0] - started < 0.5
    assert took_s < 1.3
    assert facts.paths[0].status == 200
    assert not facts.deadline_hit
    assert verdict_for(facts) == verdict_for(without)


async def test_records_end_before_the_deadline_when_their_own_time_is_up(lab: Lab) -> None:
    lab.limits = replace(FAST, records_timeout_s=0.2)
    async with (
        serve_dns({}, unanswered=[dns.rdatatype.MX]) as server,
        Resolver((server,), timeout_s=5.0) as resolver,
    ):
        lab.resolver = resolver
        started = asyncio.get_running_loop().time()
        facts = await records_of(lab, RECORDS_SPEC)
    assert asyncio.get_running_loop().time() - started < 1.0
    codes = {each.kind: each.outcome.code for each in facts.dns.records}
    assert codes["mx"] is OutcomeCode.DNS_TIMEOUT
    assert codes["spf"] is OutcomeCode.DNS_NXDOMAIN


async def test_a_refused_name_is_asked_nothing_more(lab: Lab) -> None:
    queries: list[tuple[str, str]] = []
    lab.zone[NAME] = ("10.0.0.1",)
    async with serve_dns(lab.zone, queries=queries) as server, Resolver((server,)) as resolver:
        lab.resolver = resolver
        failure = await lab.runner().observe(RECORDS_SPEC)
    assert isinstance(failure, Failure)
    assert sorted(queries) == [(NAME, "A"), (NAME, "AAAA")]
