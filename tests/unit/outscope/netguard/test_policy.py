"""Which addresses may be dialled: every disguise of an inner address, and what opening opens."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.netguard.deny import deny_list_of
from outscope.netguard.policy import DenialKind, Policy, embedded_addresses, special_range_of
from outscope.netguard.ranges import SPECIAL_RANGES, IPAddress, RangeKind, SpecialRange

STRICT = Policy()


def allowing(*networks: str) -> Policy:
    return Policy(allow=tuple(map(ip_network, networks)))


def forbidden_range(address: str, policy: Policy = STRICT) -> str | None:
    denial = policy.denial_for(ip_address(address))
    return None if denial is None else str(denial.network)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("0.0.0.0", "0.0.0.0/8"),
        ("0.1.2.3", "0.0.0.0/8"),
        ("10.0.0.1", "10.0.0.0/8"),
        ("10.255.255.255", "10.0.0.0/8"),
        ("100.64.0.1", "100.64.0.0/10"),
        ("100.127.255.255", "100.64.0.0/10"),
        ("100.100.100.200", "100.100.100.200/32"),
        ("127.0.0.1", "127.0.0.0/8"),
        ("127.255.255.254", "127.0.0.0/8"),
        ("168.63.129.16", "168.63.129.16/32"),
        ("169.254.0.1", "169.254.0.0/16"),
        ("169.254.169.254", "169.254.169.254/32"),
        ("169.254.170.2", "169.254.170.2/32"),
        ("169.254.169.252", "169.254.169.252/32"),
        ("161.26.0.10", "161.26.0.0/16"),
        ("166.8.0.1", "166.8.0.0/14"),
        ("166.11.255.255", "166.8.0.0/14"),
        ("199.36.153.7", "199.36.153.4/30"),
        ("199.36.153.8", "199.36.153.8/30"),
        ("172.16.0.1", "172.16.0.0/12"),
        ("172.31.255.255", "172.16.0.0/12"),
        ("192.0.0.1", "192.0.0.0/29"),
        ("192.0.0.171", "192.0.0.170/31"),
        ("192.0.2.1", "192.0.2.0/24"),
        ("192.88.99.1", "192.88.99.0/24"),
        ("192.168.1.1", "192.168.0.0/16"),
        ("198.18.0.1", "198.18.0.0/15"),
        ("198.19.255.255", "198.18.0.0/15"),
        ("198.51.100.1", "198.51.100.0/24"),
        ("203.0.113.1", "203.0.113.0/24"),
        ("224.0.0.1", "224.0.0.0/4"),
        ("239.255.255.250", "224.0.0.0/4"),
        ("240.0.0.1", "240.0.0.0/4"),
        ("255.255.255.255", "255.255.255.255/32"),
        ("::", "::/128"),
        ("::1", "::1/128"),
        ("100::1", "100::/64"),
        ("2001:2::1", "2001:2::/48"),
        ("2001:10::1", "2001:10::/28"),
        ("2001:20::1", "2001:20::/28"),
        ("2001:db8::1", "2001:db8::/32"),
        ("3fff::1", "3fff::/20"),
        ("4000::1", "4000::/2"),
        ("5f00::1", "5f00::/16"),
        ("8000::1", "8000::/1"),
        ("fc00::1", "fc00::/7"),
        ("fd12:3456::1", "fc00::/7"),
        ("fd00:ec2::254", "fd00:ec2::254/128"),
        ("fd20:ce::254", "fd20:ce::254/128"),
        ("fd00:c1::a9fe:a9fe", "fd00:c1::a9fe:a9fe/128"),
        ("fd00:a9fe:a9fe::1", "fd00:a9fe:a9fe::1/128"),
        ("fd00:100::100:200", "fd00:100::100:200/128"),
        ("fe80::1", "fe80::/10"),
        ("fe80::1%eth0", "fe80::/10"),
        ("fe80::a9fe:a9fe", "fe80::a9fe:a9fe/128"),
        ("fec0::1", "fec0::/10"),
        ("ff02::1", "ff00::/8"),
        ("::ffff:0:8.8.8.8", "::/3"),
    ],
)
def test_a_special_address_is_denied_and_its_range_named(address: str, network: str) -> None:
    assert forbidden_range(address) == network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("::ffff:127.0.0.1", "127.0.0.0/8"),
        ("::ffff:7f00:1", "127.0.0.0/8"),
        ("::FFFF:A00:1", "10.0.0.0/8"),
        ("0:0:0:0:0:ffff:169.254.169.254", "169.254.169.254/32"),
        ("::ffff:0.0.0.0", "0.0.0.0/8"),
        ("::127.0.0.1", "::/96"),
        ("::10.0.0.1", "::/96"),
        ("64:ff9b::10.0.0.1", "10.0.0.0/8"),
        ("64:ff9b::a9fe:a9fe", "169.254.169.254/32"),
        ("64:ff9b:1::10.0.0.1", "64:ff9b:1::/48"),
        ("64:ff9b:1:a00:0:100::", "64:ff9b:1::/48"),
        ("2002:7f00:1::", "127.0.0.0/8"),
        ("2002:a9fe:a9fe::1", "169.254.169.254/32"),
        ("2002:c0a8:101:1::1", "192.168.0.0/16"),
        # The server of a Teredo address, then its client, whose bits are turned.
        ("2001:0:a00:1::f7f7:f7f7", "10.0.0.0/8"),
        ("2001:0:808:808::80ff:fffe", "127.0.0.0/8"),
        ("2001:0:808:808::5601:5601", "169.254.169.254/32"),
    ],
)
def test_an_inner_address_is_denied_in_every_disguise(address: str, network: str) -> None:
    assert forbidden_range(address) == network


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"),
        *("126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255"),
        *("172.32.0.0", "191.255.255.255", "192.0.1.0", "192.167.255.255", "192.169.0.0"),
        *("161.25.255.255", "161.27.0.0", "166.7.255.255", "166.12.0.0", "199.36.153.3"),
        *("198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "168.63.129.17"),
        *("2606:4700::1111", "2000::1", "3ffe::1", "2a00:1450::1", "2001:200::1", "2003::1"),
        *("::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:808:808::f7f7:f7f7"),
    ],
)
def test_a_public_address_may_be_dialled_also_next_to_a_special_range(address: str) -> None:
    assert forbidden_range(address) is None


def test_a_denial_names_the_address_as_asked_and_says_why() -> None:
    denial = STRICT.denial_for(ip_address("::ffff:127.0.0.1"))
    assert denial is not None
    assert denial.address == IPv6Address("::ffff:127.0.0.1")
    assert (denial.network, denial.name) == (ip_network("127.0.0.0/8"), "loopback")
    assert str(denial).endswith("is denied: loopback (127.0.0.0/8)")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::ffff:127.0.0.1", "::127.0.0.1"])
def test_an_allowed_range_is_open_and_so_are_its_disguises(address: str) -> None:
    assert forbidden_range(address, allowing("127.0.0.0/8", "::/96")) is None


def test_allowing_one_range_opens_no_other() -> None:
    policy = allowing("127.0.0.0/8")
    assert forbidden_range("10.0.0.1", policy) == "10.0.0.0/8"
    assert forbidden_range("::1", policy) == "::1/128"


def test_allowing_a_disguise_does_not_open_what_it_carries() -> None:
    policy = allowing("::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
    for disguise in ("::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::10.0.0.1", "2002:a00:1::"):
        assert forbidden_range(disguise, policy) == "10.0.0.0/8"


@pytest.mark.parametrize(
    "place",
    [
        "64:ff9b:1:a00:0:100::",  # /48
        "64:ff9b:1:a:0:1::",  # /56
        "64:ff9b:1:0:a:0:100::",  # /64
        "64:ff9b:1::a00:1",  # /96
    ],
)
def test_a_local_nat64_address_is_judged_at_every_place_it_may_carry_another(place: str) -> None:
    assert IPv4Address("10.0.0.1") in embedded_addresses(ip_address(place))
    assert forbidden_range(place, allowing("64:ff9b:1::/48")) == "10.0.0.0/8"


def test_an_opened_local_nat64_reaches_public_addresses() -> None:
    assert forbidden_range("64:ff9b:1:808:8:800::", allowing("64:ff9b:1::/48")) is None


@pytest.mark.parametrize(
    ("address", "wide"),
    [
        ("169.254.169.254", "0.0.0.0/0"),
        ("169.254.169.254", "169.254.0.0/16"),
        ("100.100.100.200", "100.64.0.0/10"),
        ("168.63.129.16", "168.63.129.0/24"),
        ("fd00:ec2::254", "::/0"),
        ("fd20:ce::254", "fc00::/7"),
        ("::ffff:169.254.169.254", "0.0.0.0/0"),
    ],
)
def test_metadata_stays_denied_in_an_open_range(address: str, wide: str) -> None:
    assert forbidden_range(address, allowing(wide)) is not None


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "fd00:ec2::254"])
def test_metadata_is_opened_by_naming_exactly_that_address(address: str) -> None:
    assert forbidden_range(address, allowing(address)) is None


@pytest.mark.parametrize(("address", "inner"), [("0.0.0.0", "127.0.0.1"), ("::", "::1")])
def test_the_unspecified_address_is_judged_as_the_machine_itself(address: str, inner: str) -> None:
    network = str(special_range(inner).network)
    assert forbidden_range(address, allowing(address)) == network


class Changing:
    """A list that its operator changes while it is in force."""

    def __init__(self) -> None:
        self.current = deny_list_of("")


def test_an_address_judged_before_is_denied_as_soon_as_it_is_listed() -> None:
    deny = Changing()
    policy = Policy(deny=deny)
    address = ip_address("93.184.216.34")
    assert policy.denial_for(address) is None
    deny.current = deny_list_of("93.184.216.0/24")
    denial = policy.denial_for(address)
    assert denial is not None
    assert denial.kind is DenialKind.LISTED
    deny.current = deny_list_of("")
    assert policy.denial_for(address) is None


def test_an_address_counts_as_opened_only_when_a_range_was_allowed() -> None:
    policy = allowing("10.0.0.0/8")
    assert policy.is_opened(ip_address("10.1.2.3"))
    assert not policy.is_opened(ip_address("8.8.8.8"))
    assert not policy.is_opened(ip_address("::ffff:10.1.2.3"))


def special_range(address: str) -> SpecialRange:
    row = special_range_of(ip_address(address))
    assert row is not None
    return row


def longest_match(address: IPAddress) -> SpecialRange | None:
    """Find the row the slow and obvious way."""
    rows = [row for row in SPECIAL_RANGES if address in row.network]
    return max(rows, key=lambda row: row.network.prefixlen, default=None)


near_special = st.builds(
    lambda row, offset, *, at_end: (
        int(row.network.broadcast_address if at_end else row.network.network_address) + offset,
        row.network.version,
    ),
    st.sampled_from(SPECIAL_RANGES),
    st.integers(-2, 2),
    at_end=st.booleans(),
)


@given(st.one_of(st.ip_addresses(), near_special))
def test_the_index_finds_the_longest_matching_row(drawn: IPAddress | tuple[int, int]) -> None:
    address = drawn if not isinstance(drawn, tuple) else address_of(*drawn)
    assert special_range_of(address) == longest_match(address)


def address_of(number: int, version: int) -> IPAddress:
    if version == 4:
        return IPv4Address(number % 2**32)
    return IPv6Address(number % 2**128)


@given(st.ip_addresses(v=4))
def test_a_carried_address_is_judged_like_the_plain_one(inner: IPv4Address) -> None:
    is_denied = STRICT.denial_for(inner) is not None
    for carrier in (0xFFFF << 32, 0x64FF9B << 96):
        carried = IPv6Address(carrier | int(inner))
        assert (STRICT.denial_for(carried) is not None) == is_denied
    six_to_four = IPv6Address(0x2002 << 112 | int(inner) << 80)
    assert (STRICT.denial_for(six_to_four) is not None) == is_denied


@given(st.ip_addresses())
def test_what_is_denied_is_special_or_carries_something_special(address: IPAddress) -> None:
    denial = STRICT.denial_for(address)
    layers = (address, *embedded_addresses(address))
    rows = [row for layer in layers if (row := longest_match(layer)) is not None]
    special = [row for row in rows if row.kind is not RangeKind.TRANSLATION]
    assert (denial is not None) == bool(special)
    if denial is not None:
        assert denial.network == special[0].network
