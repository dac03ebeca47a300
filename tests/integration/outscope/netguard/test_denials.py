"""Denials are counted by what denied, wherever they are raised."""

import asyncio
from ipaddress import ip_network

import pytest

from outscope.netguard.addresses import judge_names, pinned_addresses
from outscope.netguard.denials import DENIALS, counted
from outscope.netguard.deny import deny_list_of
from outscope.netguard.dial import Denied, connect
from outscope.netguard.policy import Denial, DenialKind, Policy
from outscope.netguard.resolve import Resolver
from outscope.telemetry.metrics import render

DENYING = Policy(deny=deny_list_of("*.listed.example\n8.8.8.8"))


def count_of(kind: str, name: str) -> float:
    for metric in DENIALS.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total") and sample.labels == {"kind": kind, "range": name}:
                return sample.value
    return 0.0


def test_a_denial_is_returned_counted() -> None:
    denial = Denial(kind=DenialKind.PLAIN_HTTP, network=ip_network("::/0"), name="test only")
    assert counted(denial) is denial
    assert count_of("plain_http", "test only") == 1


@pytest.mark.parametrize(
    ("address", "kind", "name"),
    [
        ("127.0.0.1", "special", "loopback"),
        ("169.254.169.254", "metadata", "cloud metadata"),
        ("8.8.8.8", "listed", "the operator's deny list"),
    ],
)
async def test_what_is_not_dialled_is_counted_once_and_never_by_address(
    address: str, kind: str, name: str
) -> None:
    before = count_of(kind, name)
    with pytest.raises(Denied):
        await connect(asyncio.Protocol, address, 80, policy=DENYING, timeout_s=1)
    assert count_of(kind, name) == before + 1
    async with Resolver((("127.0.0.1", 9),)) as resolver:  # a literal is not looked up
        with pytest.raises(Denied):
            await pinned_addresses(address, DENYING, resolver)
    assert count_of(kind, name) == before + 2
    assert f'"{address}"'.encode() not in render()[0]


def test_a_denied_name_is_counted_as_listed() -> None:
    before = count_of("listed", "the operator's deny list")
    judge_names(("listed.example", "example.com"), DENYING)
    with pytest.raises(Denied):
        judge_names(("example.com", "a.listed.example"), DENYING)
    assert count_of("listed", "the operator's deny list") == before + 1
    assert b"a.listed.example" not in render()[0]
