"""Three regions and an internet between them, each a network namespace, joined by veth pairs.

The internet holds the target's addresses and sees each region come from an address of its own. A
second pair joins each region to this machine, where the bus is. Names hold the id of the process
that made them, so that what a killed one left is found and removed by the next.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

# Ranges for benchmarks (RFC 2544): no prober goes there unless it is allowed to.
ALLOWED: Final = "198.18.0.0/15"
SHOP: Final = "198.19.0.1"
OTHER_SHOP: Final = "198.19.0.2"
# Its answers to the region named are dropped on their way, as a firewall does.
GUARDED: Final = "198.19.0.3"
# No way leads there from the region named.
UNROUTED: Final = "198.19.0.4"

REGIONS: Final = ("eu-west-1", "us-east-1", "ap-south-1")
DROPPED_IN: Final = "ap-south-1"
UNROUTED_IN: Final = "us-east-1"

_PREFIX: Final = "outscope-"
_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region: its namespace, where it comes from, and where it reaches this machine."""

    name: str
    namespace: str
    address: str
    home: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The namespace of the internet, and those of the regions."""

    internet: str
    regions: tuple[Region, ...]


@cache
def why_not() -> str:
    """Say why there can be no namespaces here; empty when there can."""
    if os.geteuid() != 0:
        return "network namespaces take root"
    name = f"{_PREFIX}{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else error
        return f"network namespaces are not permitted: {said}".strip()
    _ip("netns", "del", name)
    return ""


@contextlib.contextmanager
def a_world() -> Iterator[World]:
    """Make it, and remove it again."""
    _remove_left()
    names = [f"{_PREFIX}{os.getpid()}-{part}" for part in ("net", "0", "1", "2")]
    try:
        for name in names:
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        internet = names[0]
        for address in (SHOP, OTHER_SHOP, GUARDED, UNROUTED):
            _ip("-n", internet, "address", "add", f"{address}/32", "dev", "lo")
        net = _free_net()
        yield World(
            internet=internet,
            regions=tuple(_region(at, name, internet, net) for at, name in enumerate(REGIONS)),
        )
    finally:
        for name in names:
            _remove(name)


def _region(at: int, name: str, internet: str, net: int) -> Region:
    namespace = f"{_PREFIX}{os.getpid()}-{at}"
    address, gateway = f"198.18.{at}.2", f"198.18.{at}.1"
    _ip(
        "-n",
        internet,
        "link",
        "add",
        f"region{at}",
        "type",
        "veth",
        "peer",
        "name",
        "wan",
        "netns",
        namespace,
    )
    _ip("-n", internet, "address", "add", f"{gateway}/24", "dev", f"region{at}")
    _ip("-n", internet, "link", "set", f"region{at}", "up")
    _ip("-n", namespace, "address", "add", f"{address}/24", "dev", "wan")
    _ip("-n", namespace, "link", "set", "wan", "up")
    _ip("-n", namespace, "route", "add", "default", "via", gateway)
    if name == DROPPED_IN:
        _ip("-n", internet, "rule", "add", "from", GUARDED, "to", f"198.18.{at}.0/24", "blackhole")
    if name == UNROUTED_IN:
        _ip("-n", namespace, "route", "add", "unreachable", UNROUTED)
    return Region(
        name=name, namespace=namespace, address=address, home=_homeward(at, namespace, net)
    )


def _homeward(at: int, namespace: str, net: int) -> str:
    """Join a region to this machine; return the address that it has there."""
    here, there = f"198.18.{net}.{4 * at + 1}", f"198.18.{net}.{4 * at + 2}"
    link = f"os{os.getpid()}-{at}"
    _ip("link", "add", link, "type", "veth", "peer", "name", "home", "netns", namespace)
    _ip("address", "add", f"{here}/30", "dev", link)
    _ip("link", "set", link, "up")
    _ip("-n", namespace, "address", "add", f"{there}/30", "dev", "home")
    _ip("-n", namespace, "link", "set", "home", "up")
    return here


def _free_net() -> int:
    """Return the third number of a range that no other world has on this machine."""
    taken = _ip("-4", "-o", "address", "show")
    return next(net for net in range(100, 256) if f" 198.18.{net}." not in taken)


def _remove_left() -> None:
    """Remove namespaces of processes that are no more; their links go with them."""
    for line in _ip("netns", "list").splitlines():
        name = line.split()[0] if line.strip() else ""
        pid = name.removeprefix(_PREFIX).partition("-")[0]
        if name.startswith(_PREFIX) and pid.isdecimal() and not Path(f"/proc/{pid}").exists():
            _remove(name)


def _remove(name: str) -> None:
    subprocess.run(
        ["ip", "netns", "del", name], check=False, capture_output=True, timeout=_TIMEOUT_S
    )


def _ip(*arguments: str) -> str:
    done = subprocess.run(
        ["ip", *arguments], check=True, capture_output=True, text=True, timeout=_TIMEOUT_S
    )
    return done.stdout
