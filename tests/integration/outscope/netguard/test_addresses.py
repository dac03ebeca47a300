"""The addresses of a host that may be connected to: names, literals and rebinding."""

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address, ip_network

import dns.message
import dns.rcode
import pytest

from outscope.netguard.addresses import ResolveError, pinned_addresses
from outscope.netguard.deny import deny_list_of
from outscope.netguard.dial import Denied
from outscope.netguard.policy import Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import ResolveStatus
from tests.integration.outscope.netguard.conftest import Resolve, Serve
from tests.integration.outscope.netguard.nameserver import Reply, Script, add, failing, zone

LOOPBACK = Policy(allow=(ip_network("127.0.0.0/8"),))
STRICT = Policy()
NAMES = {
    "here.example": {"A": ["127.0.0.1"]},
    "mixed.example": {"A": ["127.0.0.1"], "AAAA": ["fd00::1"]},
    "two.example": {"A": ["127.0.0.1", "127.0.0.2"]},
    "metadata.example": {"A": ["169.254.169.254"]},
    "empty.example": {},
    "alias.example": {"CNAME": ["here.example"]},
}

Find = Callable[[str], Awaitable[tuple[IPAddress, ...]]]
Finding = Callable[..., Awaitable[Find]]


@pytest.fixture
def finding(nameserver: Serve, resolver: Resolve) -> Finding:
    """Find addresses by a policy, with the names of a script."""

    async def finding_by(policy: Policy = LOOPBACK, script: Script | None = None) -> Find:
        ours = await resolver(await nameserver(script or zone(NAMES)))
        return lambda host: pinned_addresses(host, policy, ours)

    return finding_by


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("here.example", ["127.0.0.1"]),
        ("alias.example", ["127.0.0.1"]),
        ("two.example", ["127.0.0.1", "127.0.0.2"]),
        ("127.0.0.1", ["127.0.0.1"]),
    ],
)
async def test_all_addresses_of_an_allowed_host_are_told(
    finding: Finding, host: str, found: list[str]
) -> None:
    find = await finding()
    # The order of several is the server's.
    assert sorted(map(str, await find(host))) == found


@pytest.mark.parametrize(
    ("host", "policy"),
    [
        ("here.example", STRICT),
        ("alias.example", STRICT),
        ("mixed.example", LOOPBACK),
        ("127.0.0.1", STRICT),
        ("::1", LOOPBACK),
        ("::ffff:127.0.0.1", STRICT),
        ("64:ff9b::7f00:1", STRICT),
        ("0.0.0.0", STRICT),
        ("fe80::1%lo", LOOPBACK),
        ("metadata.example", Policy(allow=(ip_network("0.0.0.0/0"),))),
    ],
)
async def test_a_denied_host_has_no_address(finding: Finding, host: str, policy: Policy) -> None:
    find = await finding(policy)
    with pytest.raises(Denied):
        await find(host)


@pytest.mark.parametrize(
    "spelling",
    [
        *("0x7f.1", "0x7f000001", "2130706433", "127.1", "0177.0.0.1"),
        *("localhost", "127.0.0.1.nip.example", "foo:bar", "::g", "::1.2"),
    ],
)
async def test_what_only_a_system_resolver_would_know_does_not_resolve(
    finding: Finding, spelling: str
) -> None:
    find = await finding()
    with pytest.raises(ResolveError) as failure:
        await find(spelling)
    assert failure.value.status is ResolveStatus.NXDOMAIN


@pytest.mark.parametrize(
    ("script", "name", "status"),
    [
        (zone(NAMES), "gone.example", ResolveStatus.NXDOMAIN),
        (zone(NAMES), "empty.example", ResolveStatus.NO_DATA),
        (failing(dns.rcode.SERVFAIL), "here.example", ResolveStatus.SERVFAIL),
        (zone(NAMES), "a" * 64 + ".example", ResolveStatus.NXDOMAIN),
    ],
)
async def test_a_name_without_an_address_says_why(
    finding: Finding, script: Script, name: str, status: ResolveStatus
) -> None:
    find = await finding(LOOPBACK, script)
    with pytest.raises(ResolveError) as failure:
        await find(name)
    assert failure.value.status is status


def rebinding(*addresses: str) -> Script:
    """Give another address at each look-up of A; the last one for ever."""
    left = list(addresses)

    def answer(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        if query.question[0].rdtype == 1:
            address = left.pop(0) if len(left) > 1 else left[0]
            add(reply, "here.example", "A", address, ttl_s=0)
        yield reply

    return answer


async def test_a_name_that_changes_its_mind_is_judged_each_time(finding: Finding) -> None:
    find = await finding(LOOPBACK, rebinding("127.0.0.1", "10.0.0.1"))
    assert await find("here.example") == (ip_address("127.0.0.1"),)
    with pytest.raises(Denied, match=r"10\.0\.0\.1 is denied"):
        await find("here.example")


async def test_all_of_many_addresses_are_judged_and_a_few_are_tried(finding: Finding) -> None:
    allowed = [f"127.0.0.{number}" for number in range(1, 21)]
    find = await finding(LOOPBACK, zone({"many.example": {"A": allowed}}))
    assert len(await find("many.example")) == 8
    find = await finding(LOOPBACK, zone({"many.example": {"A": [*allowed, "10.0.0.1"]}}))
    with pytest.raises(Denied):
        await find("many.example")


@pytest.mark.parametrize("entry", ["here.example", "*.example", "127.0.0.1", "127.0.0.0/8"])
@pytest.mark.parametrize("name", ["here.example", "HERE.example.", "alias.example"])
async def test_what_the_operator_listed_is_denied_though_its_range_is_open(
    finding: Finding, name: str, entry: str
) -> None:
    find = await finding(Policy(LOOPBACK.allow, deny_list_of(entry)))
    with pytest.raises(Denied, match="deny list"):
        await find(name)


async def test_a_listed_name_is_not_looked_up(nameserver: Serve, resolver: Resolve) -> None:
    server = await nameserver(zone(NAMES))
    policy = Policy(LOOPBACK.allow, deny_list_of("here.example"))
    with pytest.raises(Denied):
        await pinned_addresses("here.example", policy, await resolver(server))
    assert server.queries == []


async def test_an_alias_of_only_one_record_type_is_judged_too(finding: Finding) -> None:
    def crooked(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        if query.question[0].rdtype == 1:
            add(reply, "two.example", "A", "127.0.0.1")
        else:
            add(reply, "two.example", "CNAME", "listed.example.")
            add(reply, "listed.example", "AAAA", "::1")
        yield reply

    policy = Policy((*LOOPBACK.allow, ip_network("::1/128")), deny_list_of("listed.example"))
    find = await finding(policy, crooked)
    with pytest.raises(Denied):
        await find("two.example")
