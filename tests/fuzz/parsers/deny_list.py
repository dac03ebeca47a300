"""A deny list of the network policy: whole or not at all, and what it lists is denied."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from outscope.netguard.deny import DenyList, DenyListError, deny_list_of
from tests.fuzz.target import Target

_MAX_NAME_CHARS = 253


def check(noise: bytes) -> None:
    """Read noise as the text of a list, whole and line by line."""
    text = noise.decode(errors="replace")
    lines = text.splitlines()
    alone = [_list_of(line) for line in lines]
    try:
        whole = deny_list_of(text)
    except DenyListError as fault:
        first_bad = alone.index(None) + 1
        assert str(fault).startswith(f"line {first_bad}: "), (fault, first_bad)
        assert "\n" not in str(fault)
        return
    each = [one for one in alone if one is not None]
    assert len(each) == len(alone)
    assert whole.names == frozenset().union(*(one.names for one in each))
    assert whole.parents == frozenset().union(*(one.parents for one in each))
    assert whole.size <= sum(one.size for one in each) <= len(lines)
    for line, one in zip(lines, each, strict=True):
        _hold(whole, line.partition("#")[0].strip(), one)


def _list_of(line: str) -> DenyList | None:
    try:
        return deny_list_of(line)
    except DenyListError:
        return None


def _hold(whole: DenyList, entry: str, one: DenyList) -> None:
    """Check that what one entry lists is listed, and nothing that only looks like it."""
    assert one.size == bool(entry)
    for name in one.names:
        _check_name(name)
        assert whole.has_name(name)
        assert whole.has_name(f"{name.upper()}.")
        assert not one.has_name(f"www.{name}")
    for name in one.parents:
        _check_name(name)
        assert whole.has_name(f"a.b.{name}")
        assert not one.has_name(name)
        assert not one.has_name(f"not{name}")
    if one.prefixes:
        _check_range(whole, one, ip_network(entry))


def _check_name(name: str) -> None:
    assert name.isascii()
    assert name == name.lower()
    assert 0 < len(name) <= _MAX_NAME_CHARS


def _check_range(whole: DenyList, one: DenyList, network: IPv4Network | IPv6Network) -> None:
    first, last = network.network_address, network.broadcast_address
    for address in (first, last):
        assert whole.has_address(address)
    if int(first):
        assert not one.has_address(first - 1)
    if int(last) < int(network.netmask) | int(network.hostmask):
        assert not one.has_address(last + 1)


TARGET = Target(
    check=check,
    seeds=(
        b"",
        b"# asked us not to\nexample.com # the shop\n*.example.org\n\n",
        "B\u00fccher.example\r\n*.\u00dcBUNG.example".encode(),
        b"198.51.100.0/24\n203.0.113.7\n2001:db8:1::/48\n::/0\n255.255.255.255",
        b"https://example.com\n256.1.1.1\n198.51.100.7/24",
        b"fe80::1%eth0\n::ffff:8.8.8.8\n1.2.3.4/255.255.255.0",
        b"_dmarc.example.com.\n*.xn--bcher-kva.example",
    ),
    max_bytes=2048,
)
