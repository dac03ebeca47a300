"""Reads and holds what the operator of an installation lists as never to be connected to: pure.

One entry a line: a name (that name alone), `*.` and a name (every name below it, at any depth), an
address, or a range; what follows a # is a comment. A list is good as a whole or not at all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final, Protocol, Self

import idna

from outscope.netguard.ranges import IPAddress, IPNetwork

_WILDCARD: Final = "*."
_EXPECTED: Final = (
    "write one name or range a line, such as example.com, *.example.com, 192.0.2.7, 192.0.2.0/24 "
    "or 2001:db8::/32"
)
# Wider than a host name: aliases may lead through labels with underscores.
_NAME: Final = re.compile(r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{1,63}", re.ASCII)
_ENDS_IN_NUMBER: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)", re.ASCII)
_MAX_NAME_CHARS: Final = 253


class DenyListError(ValueError):
    """A line of a deny list cannot be used; the message names it and says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyList:
    """Names, parents of names, and ranges; finding one costs the same however long the list is."""

    names: frozenset[str] = frozenset()
    parents: frozenset[str] = frozenset()
    # By family and bits to shift off: what is then left of a listed address.
    prefixes: Mapping[tuple[int, int], frozenset[int]] = field(default_factory=dict)
    size: int = 0

    @property
    def current(self) -> Self:
        """Return the list itself: one that is written in code never changes."""
        return self

    def has_name(self, name: str) -> bool:
        """Tell whether a name, in A-labels, or one that it is below is listed."""
        wanted = name.lower().rstrip(".")
        if wanted in self.names:
            return True
        while self.parents and wanted:
            _, _, wanted = wanted.partition(".")
            if wanted in self.parents:
                return True
        return False

    def has_address(self, address: IPAddress) -> bool:
        """Tell whether an address is listed or lies in a range that is."""
        number = int(address)
        for (version, shift), prefixes in self.prefixes.items():  # most installations list none
            if version == address.version and number >> shift in prefixes:
                return True
        return False


class Denying(Protocol):
    """What knows the list that is in force now."""

    @property
    def current(self) -> DenyList:
        """Return it."""
        ...


NOTHING_LISTED: Final = DenyList()


def deny_list_of(text: str) -> DenyList:
    """Return the list that a text holds, or raise DenyListError."""
    names: set[str] = set()
    parents: set[str] = set()
    networks: set[IPNetwork] = set()
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        try:
            if _is_range(entry):
                networks.add(_network(entry))
            elif entry.startswith(_WILDCARD):
                parents.add(_name(entry.removeprefix(_WILDCARD)))
            else:
                names.add(_name(entry))
        except DenyListError as error:
            raise DenyListError(f"line {number}: {error}") from error
    return DenyList(
        names=frozenset(names),
        parents=frozenset(parents),
        prefixes=_prefixes(networks),
        size=len(names) + len(parents) + len(networks),
    )


def _is_range(entry: str) -> bool:
    return "://" not in entry and (
        "/" in entry or ":" in entry or _ENDS_IN_NUMBER.fullmatch(entry.lower()) is not None
    )


def _network(entry: str) -> IPNetwork:
    try:
        return ip_network(entry)
    except ValueError as error:
        raise DenyListError(_fault_of_network(entry)) from error


def _fault_of_network(entry: str) -> str:
    try:
        widened = ip_network(entry, strict=False)
    except ValueError:
        return f"{entry!r} is neither a name nor a range; {_EXPECTED}"
    address = entry.partition("/")[0]
    return (
        f"{entry!r} has bits beyond its prefix; "
        f"write {widened} for the range, or {address} for the one address"
    )


def _name(entry: str) -> str:
    """Return a name as it is looked up: in lower case, in A-labels, without a trailing dot."""
    name = entry.lower().removesuffix(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise DenyListError(
                f"{entry!r} cannot be converted; write the name in A-labels (xn--…)"
            ) from error
    is_usable = _NAME.fullmatch(name) is not None and len(name) <= _MAX_NAME_CHARS
    if not is_usable or _ENDS_IN_NUMBER.fullmatch(name):
        raise DenyListError(f"{entry!r} is neither a name nor a range; {_EXPECTED}")
    return name


def _prefixes(networks: Iterable[IPNetwork]) -> dict[tuple[int, int], frozenset[int]]:
    found: dict[tuple[int, int], set[int]] = {}
    for network in networks:
        shift = network.max_prefixlen - network.prefixlen
        left = int(network.network_address) >> shift
        found.setdefault((network.version, shift), set()).add(left)
    return {key: frozenset(numbers) for key, numbers in found.items()}
