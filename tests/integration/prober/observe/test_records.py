"""The records beside the addresses, by a real DNS server: where they are found, and how it ends."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TypedDict, Unpack

import dns.rcode
import dns.rdatatype

from outscope.netguard.resolve import Resolver
from services.prober.facts import DnsRecords, OutcomeCode, Owner
from services.prober.observe.records import observe_records
from tests.targets.dns import TTL_S, Records, serve_dns

KINDS = ["caa", "mx", "ns", "spf", "dmarc"]
SITE: Records = {
    "site.test": {
        "CAA": ('0 issue "ca.test"', '0 issuewild ";"'),
        "MX": ("20 b.test.", "10 a.test."),
        "NS": ("ns2.test.", "ns1.test."),
        "TXT": ('"v=spf1 " "mx -all"', '"some-verification=1"'),
    },
    "_dmarc.site.test": {"TXT": ('"v=DMARC1; p=reject"',)},
    "www.site.test": {},
    "a.b.site.test": {},
    "b.site.test": {},
}


class Server(TypedDict, total=False):
    """How the DNS server departs from its zone."""

    aliases: Mapping[str, str]
    rcodes: Mapping[str, dns.rcode.Rcode]
    silent: Iterable[str]
    unanswered: Iterable[dns.rdatatype.RdataType]
    queries: list[tuple[str, str]]


async def found(
    fqdn: str, records: Records = SITE, *, within_s: float = 5.0, **server: Unpack[Server]
) -> dict[str, DnsRecords]:
    async with (
        serve_dns({}, records=records, **server) as address,
        Resolver((address,), timeout_s=0.5) as resolver,
    ):
        until = asyncio.get_running_loop().time() + within_s
        told = await observe_records(fqdn, resolver, until=until)
    assert [each.kind for each in told] == KINDS
    return {each.kind: each for each in told}


def codes(told: Mapping[str, DnsRecords]) -> list[str]:
    return [told[kind].outcome.code.value for kind in KINDS]


async def test_a_name_with_everything_shows_every_kind() -> None:
    told = await found("site.test")
    assert codes(told) == ["ok"] * 5
    assert told["caa"].values == ('0 issue "ca.test"', '0 issuewild ";"')
    assert told["mx"].values == ("10 a.test.", "20 b.test.")
    assert told["ns"].values == ("ns1.test.", "ns2.test.")
    assert told["spf"].values == ("v=spf1 mx -all",)
    assert told["dmarc"].values == ("v=DMARC1; p=reject",)
    assert told["dmarc"].name == "_dmarc.site.test"
    assert {each.name for each in told.values()} == {"site.test", "_dmarc.site.test"}
    assert {each.ttl_s for each in told.values()} == {TTL_S}


async def test_caa_ns_and_dmarc_are_those_of_the_names_above_and_say_so() -> None:
    queries: list[tuple[str, str]] = []
    told = await found("a.b.site.test", queries=queries)
    assert codes(told) == ["ok", "dns_no_data", "ok", "dns_no_data", "ok"]
    assert told["caa"].name == told["ns"].name == "site.test"
    assert told["dmarc"].name == "_dmarc.site.test"
    assert told["mx"].name == told["spf"].name == "a.b.site.test"
    assert (told["mx"].values, told["mx"].ttl_s) == ((), None)
    climbed = ["a.b.site.test", "b.site.test", "site.test"]
    assert [name for name, kind in queries if kind == "CAA"] == climbed
    assert [name for name, kind in queries if kind == "NS"] == climbed
    assert sorted(name for name, kind in queries if kind == "TXT") == sorted(
        ["a.b.site.test", *(f"_dmarc.{name}" for name in [*climbed, "test"])]
    )
    assert [name for name, kind in queries if kind == "MX"] == ["a.b.site.test"]


async def test_of_a_name_of_120_labels_no_more_is_asked_than_of_one_of_eight() -> None:
    queries: list[tuple[str, str]] = []
    name = ".".join(["a"] * 118) + ".site.test"
    told = await found(name, queries=queries)
    assert codes(told) == ["ok", "dns_nxdomain", "ok", "dns_nxdomain", "ok"]
    assert told["caa"].name == told["ns"].name == "site.test"
    above = [".".join(name.split(".")[-count:]) for count in range(7, 1, -1)]
    assert [asked for asked, kind in queries if kind == "CAA"] == [name, *above]
    assert [asked for asked, kind in queries if kind == "NS"] == [name, *above]
    assert len(queries) <= 7 + 7 + 8 + 2


async def test_the_root_is_never_asked_and_the_names_own_outcome_is_told() -> None:
    queries: list[tuple[str, str]] = []
    told = await found("www.other.test", {"www.other.test": {}}, queries=queries)
    assert codes(told) == ["dns_no_data"] * 4 + ["dns_nxdomain"]
    assert {each.name for each in told.values()} == {"www.other.test", "_dmarc.www.other.test"}
    assert not any(each.values for each in told.values())
    assert {name for name, kind in queries if kind == "CAA"} == {
        "www.other.test",
        "other.test",
        "test",
    }


async def test_a_name_that_does_not_exist_is_told_apart_and_still_under_its_zone() -> None:
    told = await found("gone.site.test")
    assert codes(told) == ["ok", "dns_nxdomain", "ok", "dns_nxdomain", "ok"]
    assert told["mx"].outcome.owner is Owner.TARGET
    nothing = await found("gone.nowhere")
    assert codes(nothing) == ["dns_nxdomain"] * 5


async def test_each_kind_fails_by_itself() -> None:
    told = await found("site.test", unanswered=[dns.rdatatype.CAA])
    assert codes(told) == ["dns_timeout", "ok", "ok", "ok", "ok"]
    assert told["caa"].outcome.owner is Owner.RESOLVER
    assert 400 <= told["caa"].outcome.duration_ms < 2000
    assert told["mx"].outcome.duration_ms < 400


async def test_a_failure_ends_the_climb_where_it_happened() -> None:
    told = await found("a.b.site.test", rcodes={"b.site.test": dns.rcode.SERVFAIL})
    assert codes(told)[0] == codes(told)[2] == "dns_servfail"
    assert told["caa"].name == told["ns"].name == "b.site.test"
    refused = await found("site.test", rcodes={"site.test": dns.rcode.REFUSED})
    assert codes(refused) == ["dns_refused"] * 4 + ["ok"]


async def test_a_failed_look_up_of_dmarc_above_is_not_its_absence() -> None:
    told = await found("www.site.test", rcodes={"_dmarc.site.test": dns.rcode.SERVFAIL})
    assert told["dmarc"].outcome.code is OutcomeCode.DNS_SERVFAIL
    assert told["dmarc"].name == "_dmarc.site.test"
    own = await found("www.site.test", rcodes={"_dmarc.www.site.test": dns.rcode.SERVFAIL})
    assert own["dmarc"].name == "_dmarc.www.site.test"
    assert own["dmarc"].outcome.code is OutcomeCode.DNS_SERVFAIL


async def test_an_alias_is_followed_except_for_the_zone_it_is_in() -> None:
    records: Records = {
        **SITE,
        "cdn.other": {
            "CAA": ('0 issue "other.ca"',),
            "MX": ("0 .",),
            "NS": ("ns.cdn.other.",),
            "TXT": ("v=spf1",),
        },
    }
    told = await found("alias.site.test", records, aliases={"alias.site.test": "cdn.other"})
    assert told["caa"].values == ('0 issue "other.ca"',)
    assert told["caa"].name == "alias.site.test"
    assert told["mx"].values == ("0 .",)
    assert told["spf"].values == ("v=spf1",)
    assert told["ns"].name == "site.test"
    assert told["ns"].values == ("ns1.test.", "ns2.test.")


async def test_an_alias_without_caa_climbs_from_its_own_name() -> None:
    records: Records = {
        "cdn.other": {},
        "other": {"CAA": ('0 issue "wrong"',)},
        "site.test": {"CAA": ('0 issue "right"',)},
    }
    told = await found("alias.site.test", records, aliases={"alias.site.test": "cdn.other"})
    assert told["caa"].values == ('0 issue "right"',)


async def test_several_spf_records_are_all_told() -> None:
    both: Records = {"site.test": {"TXT": ('"v=spf1 a -all"', '"v=spf1 mx -all"')}}
    told = await found("site.test", both)
    assert told["spf"].values == ("v=spf1 a -all", "v=spf1 mx -all")


async def test_a_name_too_long_for_a_dmarc_record_has_none_of_its_own() -> None:
    fqdn = ".".join(["a" * 49] * 4 + ["b" * 43, "test"])
    assert len(fqdn) == 248
    told = await found(fqdn, {"_dmarc.test": {"TXT": ("v=DMARC1",)}})
    assert told["dmarc"].name == "_dmarc.test"
    without = await found(fqdn, {fqdn: {}})
    assert without["dmarc"].outcome.code is OutcomeCode.DNS_NXDOMAIN
    assert without["mx"].outcome.code is OutcomeCode.DNS_NO_DATA


async def test_when_its_time_is_up_a_kind_ends_as_a_timeout_and_nothing_more_is_asked() -> None:
    queries: list[tuple[str, str]] = []
    told = await found("a.b.site.test", within_s=0.0, queries=queries)
    assert codes(told) == ["dns_timeout"] * 5
    assert queries == []
    loop = asyncio.get_running_loop()
    started = loop.time()
    silent = await found("site.test", within_s=0.2, silent=["site.test"])
    assert codes(silent) == ["dns_timeout"] * 4 + ["ok"]
    assert loop.time() - started < 0.4
