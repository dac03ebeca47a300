"""The table itself: complete, sourced, and without a row that another makes useless."""

import itertools
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from outscope.netguard.ranges import (
    IPV4_SPECIAL,
    IPV6_SPECIAL,
    IPV6_TRANSLATION,
    PLATFORM,
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


def test_every_platform_row_is_one_address() -> None:
    assert all(row.network.num_addresses == 1 for row in PLATFORM)


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
