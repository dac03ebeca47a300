"""One check from three regions: the merged verdict, and in what the regions disagree."""

from typing import Final

import pytest

from tests.e2e.running import Json
from tests.regions.conftest import SPEC, TAGS, Regions
from tests.regions.names import (
    ALIKE,
    BROKEN,
    FIREWALL,
    LEGAL,
    NO_WAY,
    PRICES,
    RENEWED,
    SPLIT,
    WALL,
)
from tests.regions.world import OTHER_SHOP, SHOP

pytestmark = pytest.mark.asyncio(loop_scope="session")

EU, US, AP = TAGS
# Of each name: where it is seen otherwise, the class of that, and one fact that shows it, by its
# path with what is seen there and elsewhere.
DISSENTS: Final = {
    LEGAL: (AP, "geo_blocked", ("paths[0].status_code", "451", "200")),
    WALL: (US, "waf_by_region", ("paths[0].status_code", "403", "200")),
    SPLIT: (US, "dns_split", ("dns.addresses", OTHER_SHOP, SHOP)),
    BROKEN: (EU, "regional_outage", ("paths[0].status_code", "503", "200")),
    FIREWALL: (AP, "regional_outage", ("ports[0].tcp_outcome", "tcp_timeout", "ok")),
    PRICES: (US, "content_differs", ("paths[0].title", "Other shop", "Shop")),
    NO_WAY: (US, "prober_suspect", ("ports[0].tcp_outcome", "tcp_unreachable", "ok")),
}


async def seen(regions: Regions, fqdn: str, **spec: object) -> Json:
    """What a check from all three says once it has ended."""
    asked = {"vantage_points": list(TAGS), **SPEC, **spec}
    return await regions.system.ended(await regions.system.create(fqdn, **asked))


def analyzabilities(check: Json) -> dict[str, str]:
    return {each["vantage_point"]: each["analysis"]["analyzability"] for each in check["vantages"]}


async def test_regions_that_see_the_same_agree(regions: Regions) -> None:
    check = await seen(regions, ALIKE)
    assert check["status"] == "completed"
    assert check["agreement"] == {"code": "agree", "counted": list(TAGS), "dissents": []}
    assert analyzabilities(check) == dict.fromkeys(TAGS, "analyzable")
    addresses = [each["observer"]["egress_addresses"] for each in check["vantages"]]
    assert addresses == [["198.18.0.2"], ["198.18.1.2"], ["198.18.2.2"]]


@pytest.mark.parametrize("fqdn", DISSENTS)
async def test_the_region_that_sees_it_otherwise_is_named_with_the_evidence(
    regions: Regions, fqdn: str
) -> None:
    region, code, fact = DISSENTS[fqdn]
    check = await seen(regions, fqdn)
    assert check["status"] == "completed"
    agreement = check["agreement"]
    assert agreement["code"] == code
    (dissent,) = agreement["dissents"]
    assert (dissent["vantage_point"], dissent["code"]) == (region, code)
    assert dissent["compared_with"] in set(TAGS) - {region}
    facts = [(each["field"], each["value"], each["elsewhere"]) for each in dissent["evidence"]]
    assert fact in facts
    # Two of three are served, and the merged verdict is one of theirs.
    assert check["analysis"]["analyzability"] == "analyzable"
    assert check["observer"]["vantage_point"] in TAGS


async def test_a_certificate_that_only_one_region_is_shown_is_told(regions: Regions) -> None:
    check = await seen(regions, RENEWED)
    assert check["agreement"]["code"] == "cert_differs"
    (dissent,) = check["agreement"]["dissents"]
    assert dissent["vantage_point"] == AP
    (evidence,) = [each for each in dissent["evidence"] if each["code"] == "cert_differs"]
    assert evidence["field"] == "ports[1].tls.chain[0]"
    assert evidence["value"].startswith("not valid")
    assert evidence["elsewhere"].startswith("valid")


async def test_the_quorum_says_how_many_have_to_be_let_in(regions: Regions) -> None:
    merged = {
        quorum: (await seen(regions, WALL, quorum=quorum))["analysis"]["analyzability"]
        for quorum in ("any", "majority", "all")
    }
    assert merged["any"] == merged["majority"] == "analyzable"
    assert merged["all"] != "analyzable"


async def test_regions_are_chosen_by_their_tags(regions: Regions) -> None:
    check = await seen(regions, ALIKE, vantage_points=["provider:one"])
    assert check["request"]["vantage_points"] == [EU, US]
    check = await seen(regions, ALIKE, vantage_points=["continent:as", EU])
    assert check["request"]["vantage_points"] == [AP, EU]
