"""Decides which addresses may be dialled: pure, from the table of ranges and what is allowed.

An address that carries another inside (IPv4-mapped or -compatible, NAT64, 6to4, Teredo) is allowed
only when it and every address inside it are. Opening a range never opens a platform's metadata
address in it: that takes a range naming exactly that address. What the operator lists is denied
whatever was allowed.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final

from outscope.netguard.deny import NOTHING_LISTED, Denying
from outscope.netguard.ranges import (
    SPECIAL_RANGES,
    IPAddress,
    IPNetwork,
    RangeKind,
    SpecialRange,
)


class DenialKind(StrEnum):
    """What forbids a connection."""

    SPECIAL = "special"
    METADATA = "metadata"
    LISTED = "listed"  # by the operator of this installation
    PLAIN_HTTP = "plain_http"
    BARRED_PORT = "barred_port"  # where a redirect leads and browsers never speak HTTP


_BY_RANGE: Final = {
    RangeKind.SPECIAL: DenialKind.SPECIAL,
    RangeKind.METADATA: DenialKind.METADATA,
}
_LISTED: Final = "the operator's deny list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why a target must not be connected to.

    It has the address as asked, unless a name is denied, and the range that forbids it, unless
    the operator listed it: entries of that list are told to nobody.
    """

    kind: DenialKind = DenialKind.SPECIAL
    address: IPAddress | None = None
    network: IPNetwork | None = None
    # Of the range, for people.
    name: str

    def __str__(self) -> str:
        if self.network is None:
            return f"{self.address or 'this name'} is denied by {self.name}"
        return f"{self.address} is denied: {self.name} ({self.network})"


@dataclass(frozen=True, slots=True)
class Policy:
    """The network policy: all that is special-purpose but the allowed ranges, and all listed."""

    allow: tuple[IPNetwork, ...] = ()
    deny: Denying = NOTHING_LISTED

    def denial_for(self, address: IPAddress) -> Denial | None:
        """Return why this address is denied, or None when it may be dialled."""
        listed = self.deny.current
        for layer, special in _layers_of(address):
            if listed.has_address(layer):
                return Denial(kind=DenialKind.LISTED, address=address, name=_LISTED)
            if special is not None and not self._opens(special, layer):
                kind = _BY_RANGE[special.kind]
                return Denial(
                    kind=kind, address=address, network=special.network, name=special.name
                )
        return None

    def denial_for_name(self, name: str) -> Denial | None:
        """Return why this name, in A-labels, is denied whatever its addresses are, or None."""
        if self.deny.current.has_name(name):
            return Denial(kind=DenialKind.LISTED, name=_LISTED)
        return None

    def _opens(self, special: SpecialRange, address: IPAddress) -> bool:
        if special.kind is RangeKind.TRANSLATION:
            return True
        if special.kind is RangeKind.METADATA:
            return special.network in self.allow
        return self.is_opened(address)

    def is_opened(self, address: IPAddress) -> bool:
        """Tell whether this address lies in a range that was explicitly allowed."""
        for network in self.allow:  # noqa: SIM110 - asked of every address, and a generator is dear
            if address in network:
                return True
        return False


def _by_prefix(version: int) -> tuple[tuple[int, dict[int, SpecialRange]], ...]:
    """Index the rows of one family: (bits to shift off, what is left -> row), longest first."""
    index: dict[int, dict[int, SpecialRange]] = {}
    for row in SPECIAL_RANGES:
        if row.network.version == version:
            shift = row.network.max_prefixlen - row.network.prefixlen
            index.setdefault(shift, {})[int(row.network.network_address) >> shift] = row
    return tuple(sorted(index.items()))


_INDEX_V4: Final = _by_prefix(4)
_INDEX_V6: Final = _by_prefix(6)


def special_range_of(address: IPAddress) -> SpecialRange | None:
    """Return the longest special-purpose range this address lies in, what it carries aside."""
    number = int(address)
    for shift, rows in _INDEX_V4 if address.version == 4 else _INDEX_V6:  # noqa: PLR2004 - IPv4
        row = rows.get(number >> shift)
        if row is not None:
            return row
    return None


_LOW_32: Final = 0xFFFF_FFFF


def embedded_addresses(address: IPAddress) -> tuple[IPAddress, ...]:
    """Return every other address that a packet to this address may come out at."""
    number = int(address)
    if isinstance(address, IPv4Address):
        return (IPv4Address("127.0.0.1"),) if number == 0 else ()
    return next((inner(number) for network, inner in _CARRIERS if address in network), ())


def _in_the_end(number: int) -> tuple[IPAddress, ...]:
    return (IPv4Address(number & _LOW_32),)


def _nothing(_: int) -> tuple[IPAddress, ...]:
    return ()


def _loopback(_: int) -> tuple[IPAddress, ...]:
    return (IPv6Address("::1"),)


def _six_to_four(number: int) -> tuple[IPAddress, ...]:
    return (IPv4Address(number >> 80 & _LOW_32),)


def _teredo(number: int) -> tuple[IPAddress, ...]:
    """Return the server, and the client, whose bits are turned (RFC 4380, section 4)."""
    return (IPv4Address(number >> 64 & _LOW_32), IPv4Address(~number & _LOW_32))


def _local_nat64(number: int) -> tuple[IPAddress, ...]:
    """Return the address at each place RFC 6052 lets a /48, /56, /64 or /96 prefix put it.

    Which prefix length the local network uses cannot be seen; bits 64 to 71 are always skipped,
    and a place that reads as 0.0.0.0/8 is the padding of another one.
    """
    joined = (number >> 64 << 56) | (number & (1 << 56) - 1)  # without the octet at bit 64
    places = (joined >> 40 & _LOW_32, joined >> 32 & _LOW_32, joined >> 24 & _LOW_32)
    return tuple(
        IPv4Address(place) for place in dict.fromkeys((*places, number & _LOW_32)) if place >> 24
    )


# The table of ranges never changes, and an address is judged several times on its way.
@lru_cache(maxsize=4096)
def _layers_of(address: IPAddress) -> tuple[tuple[IPAddress, SpecialRange | None], ...]:
    """Return the address and each it carries, with the special-purpose range it lies in."""
    layers = (address, *embedded_addresses(address))
    return tuple((layer, special_range_of(layer)) for layer in layers)


# What each range carries, the first that matches. An operating system connects the unspecified
# address to itself.
_CARRIERS: Final = (
    (IPv6Network("::/128"), _loopback),
    (IPv6Network("::1/128"), _nothing),
    (IPv6Network("::/96"), _in_the_end),
    (IPv6Network("::ffff:0:0/96"), _in_the_end),
    (IPv6Network("64:ff9b::/96"), _in_the_end),
    (IPv6Network("64:ff9b:1::/48"), _local_nat64),
    (IPv6Network("2002::/16"), _six_to_four),
    (IPv6Network("2001::/32"), _teredo),
)
