"""Every way a look-up ends, by a real DNS server; and what of the answer is dialled."""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import dns.rcode
import pytest

from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from services.prober.facts import OutcomeCode, Owner
from services.prober.observe.dns import Located, dns_facts, locate, machine_has_ipv6
from tests.integration.outscope.netguard.nameserver import Nameserver, cut_off
from tests.integration.outscope.netguard.nameserver import zone as records_of
from tests.integration.prober.conftest import POLICY
from tests.producing import produces, producing, saw
from tests.targets.dns import TTL_S, Zone, serve_dns, serve_garbage
from tests.targets.serve import LOCALHOST, refused_port

LOOPBACK_ROW = "00000000000000000000000000000001 01 80 10 80 lo\n"


async def located(
    name: str, zone: Zone, *, policy: Policy = POLICY, has_ipv6: bool = True
) -> Located:
    async with (
        serve_dns(
            zone,
            aliases={"www.test": "web.test", "a.test": "b.test", "b.test": "a.test"},
            rcodes={"servfail.test": dns.rcode.SERVFAIL, "refused.test": dns.rcode.REFUSED},
            silent=["silent.test"],
        ) as server,
        Resolver((server,), timeout_s=0.5) as resolver,
    ):
        return saw(await locate(name, resolver, policy, has_ipv6=has_ipv6))


async def test_addresses_of_both_families_are_found_v4_first() -> None:
    found = await located("both.test", {"both.test": ("::1", "127.0.0.1")})
    assert found.addresses == ("127.0.0.1", "::1")
    assert found.facts.outcome.code is OutcomeCode.OK
    assert found.facts.a_records == ("127.0.0.1",)
    assert found.facts.aaaa_records == ("::1",)
    assert found.facts.ttl_s == TTL_S
    assert found.facts.resolver.startswith("127.0.0.1:")
    assert found.denial is None


async def test_that_the_resolver_validated_the_answer_is_told_as_it_says() -> None:
    async with serve_dns({"both.test": ("127.0.0.1",)}) as server, Resolver((server,)) as resolver:
        answer = await resolver.addresses("both.test")
    assert not dns_facts(answer).authenticated
    assert dns_facts(replace(answer, authenticated=True)).authenticated


async def test_an_alias_is_followed_and_told() -> None:
    found = await located("www.test", {"web.test": ("127.0.0.1",)})
    assert found.addresses == ("127.0.0.1",)
    assert found.facts.cname_chain == ("web.test",)


@pytest.mark.parametrize(
    ("code", "name", "owner"),
    [
        producing(OutcomeCode.DNS_NXDOMAIN, "nowhere.test", Owner.TARGET),
        producing(OutcomeCode.DNS_NO_DATA, "empty.test", Owner.TARGET),
        producing(OutcomeCode.DNS_SERVFAIL, "servfail.test", Owner.TARGET),
        producing(OutcomeCode.DNS_REFUSED, "refused.test", Owner.RESOLVER),
        producing(OutcomeCode.DNS_TIMEOUT, "silent.test", Owner.RESOLVER),
        producing(OutcomeCode.DNS_CNAME_LOOP, "a.test", Owner.TARGET),
    ],
)
async def test_each_failure_is_told_apart(code: OutcomeCode, name: str, owner: Owner) -> None:
    found = await located(name, {"empty.test": ()})
    assert found.facts.outcome.code is code
    assert found.facts.outcome.owner is owner
    assert found.addresses == ()
    assert not found.needs_ipv6


@produces(OutcomeCode.DNS_MALFORMED)
async def test_an_answer_that_breaks_the_rules_is_told_and_is_the_resolvers() -> None:
    async with serve_garbage() as server, Resolver((server,), timeout_s=0.5) as resolver:
        found = saw(await locate("site.test", resolver, POLICY, has_ipv6=True))
    assert found.facts.outcome.code is OutcomeCode.DNS_MALFORMED
    assert found.facts.outcome.owner is Owner.RESOLVER
    assert found.addresses == ()


@produces(OutcomeCode.DNS_UNREACHABLE)
async def test_a_resolver_that_is_not_there_is_told_and_is_the_resolvers() -> None:
    with refused_port() as port:
        async with Resolver(((LOCALHOST, port),), timeout_s=0.5) as resolver:
            found = saw(await locate("site.test", resolver, POLICY, has_ipv6=True))
    assert found.facts.outcome.code is OutcomeCode.DNS_UNREACHABLE
    assert found.facts.outcome.owner is Owner.RESOLVER
    assert found.addresses == ()


async def test_one_denied_address_among_good_ones_denies_the_name() -> None:
    policy = Policy(allow=(ip_network("127.0.0.1/32"),))
    found = await located("mixed.test", {"mixed.test": ("127.0.0.1", "10.0.0.1")}, policy=policy)
    assert found.denial is not None
    assert found.denial.address == ip_address("10.0.0.1")


async def test_at_most_eight_addresses_are_dialled_and_all_are_judged() -> None:
    many = tuple(f"127.0.0.{last}" for last in range(1, 12))
    found = await located("many.test", {"many.test": many})
    assert found.addresses == found.listed == many[:8]
    assert found.left_out == 3
    assert len(found.facts.a_records) == 11
    denied = await located("many.test", {"many.test": (*many, "10.0.0.1")})
    assert denied.denial is not None


async def test_four_thousand_addresses_are_all_judged_and_eight_are_dialled() -> None:
    many = [str(ip_address("127.1.0.0") + number) for number in range(4000)]
    for inner, is_denied in ((many[-1], False), ("10.0.0.1", True)):
        records = {"many.test": {"A": [*many[:-1], inner]}}
        async with (
            Nameserver(cut_off, records_of(records)) as server,
            Resolver((server.address,)) as resolver,
        ):
            found = saw(await locate("many.test", resolver, POLICY, has_ipv6=True))
        assert found.facts.outcome.code is OutcomeCode.OK
        assert len(found.facts.a_records) == 4000
        assert len(found.addresses) == len(found.listed) == 8
        assert found.left_out == 3992
        assert (found.denial is not None) is is_denied


async def test_without_ipv6_such_addresses_are_told_and_not_dialled() -> None:
    zone: Zone = {"both.test": ("127.0.0.1", "2606:4700::1111"), "six.test": ("2606:4700::1111",)}
    both = await located("both.test", zone, has_ipv6=False)
    assert both.addresses == ("127.0.0.1",)
    assert both.listed == ("127.0.0.1", "2606:4700::1111")
    assert both.left_out == 0
    assert both.facts.aaaa_records == ("2606:4700::1111",)
    assert not both.needs_ipv6
    only_six = await located("six.test", zone, has_ipv6=False)
    assert only_six.needs_ipv6


async def test_what_is_dialled_is_listed_before_what_cannot_be() -> None:
    sixes = tuple(f"2606:4700::{last}" for last in range(1, 10))
    found = await located("many.test", {"many.test": (*sixes, "::1")}, has_ipv6=False)
    assert found.addresses == ("::1",)
    assert found.listed == (*sixes[:7], "::1")
    assert found.left_out == 2


async def test_an_ipv6_range_opened_on_purpose_is_dialled_all_the_same() -> None:
    found = await located("local.test", {"local.test": ("::1",)}, has_ipv6=False)
    assert found.addresses == ("::1",)


@pytest.mark.parametrize(
    ("rows", "has_ipv6"),
    [
        (LOOPBACK_ROW, False),
        (LOOPBACK_ROW + "fe800000000000000000000000000001 02 40 20 80 eth0\n", False),
        (LOOPBACK_ROW + "fd000000000000000000000000000001 02 40 00 80 eth0\n", False),
        (LOOPBACK_ROW + "20010db8000000000000000000000001 02 40 00 80 eth0\n", True),
    ],
)
def test_ipv6_means_an_address_of_the_public_internet(
    tmp_path: Path, rows: str, *, has_ipv6: bool
) -> None:
    interfaces = tmp_path / "if_inet6"
    interfaces.write_text(rows)
    assert machine_has_ipv6(interfaces) is has_ipv6


def test_a_kernel_without_ipv6_has_none(tmp_path: Path) -> None:
    assert not machine_has_ipv6(tmp_path / "if_inet6")


def test_where_it_cannot_be_known_ipv6_is_tried(tmp_path: Path) -> None:
    assert machine_has_ipv6(tmp_path / "no" / "if_inet6")
