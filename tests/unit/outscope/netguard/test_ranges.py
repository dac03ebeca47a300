"""The table itself: complete, sourced, and without a row that another makes useless."""

import itertools
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from outscope.netguard.ranges import (
    IPV4_SPECIAL,
    IPV6_SPECIAL,
    IPV6_TRANSLATION,
    PLATFORM,
    PLATFORM_NETWORKS,
    SPECIAL_RANGES,
    RangeKind,
)


def test_every_row_has_a_name_and_a_source() -> None:
    assert [row for row in SPECIAL_RANGES if not (row.name and row.source)] == []


def test_no_range_stands_in_the_table_twice() -> None:
    networks = [row.network for row in SPECIAL_RANGES]
    assert len(set(networks)) == len(networks)


def test_each_part_holds_its_own_family_and_kind() -> None:
    assert {(row.network.version, row.kind) for row in IPV4_SPECIAL} == {(4, RangeKind.SPECIAL)}
    assert {(row.network.version, row.kind) for row in IPV6_SPECIAL} == {(6, RangeKind.SPECIAL)}
    assert {row.kind for row in IPV6_TRANSLATION} == {RangeKind.TRANSLATION}
    assert {row.kind for row in PLATFORM} == {RangeKind.METADATA}
    assert {row.kind for row in PLATFORM_NETWORKS} == {RangeKind.SPECIAL}


def test_every_platform_row_is_one_address() -> None:
    assert all(row.network.num_addresses == 1 for row in PLATFORM)


# The registries as of 2025: https://www.iana.org/assignments/iana-ipv4-special-registry and
# https://www.iana.org/assignments/iana-ipv6-special-registry. One row may hold a smaller one.
IANA = """
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
192.0.0.0/24 192.0.0.0/29 192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32
192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.88.99.2/32 192.168.0.0/16
192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255/32
::1/128 ::/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23
2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48
2001:5::/32 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48
3fff::/20 5f00::/16 fc00::/7 fe80::/10
"""


@pytest.mark.parametrize("registered", IANA.split())
def test_every_row_of_the_registries_is_in_the_table(registered: str) -> None:
    network = ip_network(registered)
    same_family = [row.network for row in SPECIAL_RANGES if row.network.version == network.version]
    assert any(
        int(known.network_address) <= int(network.network_address)
        and int(network.broadcast_address) <= int(known.broadcast_address)
        for known in same_family
    )


def test_the_standard_library_knows_no_special_address_that_the_table_lacks() -> None:
    special_v4 = [row.network for row in SPECIAL_RANGES if row.network.version == 4]
    for first, second in itertools.product(range(256), (0, 1, 64, 127, 168, 254, 255)):
        address = IPv4Address(bytes((first, second, 1, 1)))
        if not address.is_global or address.is_multicast:
            assert any(address in network for network in special_v4), address


def test_all_that_is_not_global_unicast_is_in_the_table() -> None:
    special_v6 = [row.network for row in SPECIAL_RANGES if row.network.version == 6]
    for first in range(0, 0x10000, 0x40):
        address = IPv6Address(first << 112 | 1)
        if address not in ip_network("2000::/3") or not address.is_global:
            assert any(address in network for network in special_v6), address


@pytest.mark.parametrize(
    "public", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::200e"]
)
def test_ordinary_public_addresses_are_in_no_row(public: str) -> None:
    address = ip_address(public)
    assert [row for row in SPECIAL_RANGES if address in row.network] == []
