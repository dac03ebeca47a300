"""What each of three regions sees of a target that answers each differently."""

import pytest

from tests.regions.conftest import TAGS, Regions, hindered
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


async def test_each_region_is_a_vantage_point_with_its_tags(regions: Regions) -> None:
    listed = await regions.listed()
    assert next(iter(listed)) == "home-1"
    assert {name: ",".join(listed[name]["tags"]) for name in TAGS} == TAGS


@pytest.mark.parametrize("region", TAGS)
async def test_what_is_alike_is_seen_alike_from_an_address_of_its_own(
    regions: Regions, region: str
) -> None:
    seen = await regions.seen_from(region, ALIKE)
    assert seen["vantage_point"] == region
    assert seen["analysis"]["analyzability"] == "analyzable"
    assert seen["dns"]["a_records"] == [SHOP]
    (address,) = seen["observer"]["egress_addresses"]
    assert address == f"198.18.{list(TAGS).index(region)}.2"


@pytest.mark.parametrize(
    ("fqdn", "region", "status"), [(LEGAL, AP, 451), (WALL, US, 403), (BROKEN, EU, 503)]
)
async def test_one_region_is_answered_with_an_error(
    regions: Regions, fqdn: str, region: str, status: int
) -> None:
    for name in TAGS:
        seen = await regions.seen_from(name, fqdn)
        assert seen["paths"][0]["status_code"] == (status if name == region else 200)
        assert (seen["analysis"]["analyzability"] == "analyzable") is (name != region)


async def test_another_page_is_seen_in_one_region(regions: Regions) -> None:
    titles = [(await regions.seen_from(name, PRICES))["paths"][0]["title"] for name in (EU, US, AP)]
    assert titles == ["Shop", "Other shop", "Shop"]


async def test_the_resolver_of_one_region_tells_another_address(regions: Regions) -> None:
    seen = [await regions.seen_from(name, SPLIT) for name in (EU, US, AP)]
    assert [each["dns"]["a_records"] for each in seen] == [[SHOP], [OTHER_SHOP], [SHOP]]
    assert seen[1]["paths"][0]["title"] == "Other shop"


async def test_one_region_is_shown_another_certificate(regions: Regions) -> None:
    for name in TAGS:
        tls = (await regions.seen_from(name, RENEWED))["ports"][1]["tls"]
        assert tls["valid"] is (name != AP)
        assert ("Other" if name == AP else "Trusted") in tls["chain"][0]["issuer"]


async def test_a_firewall_drops_one_region(regions: Regions) -> None:
    for name in TAGS:
        seen = await regions.seen_from(name, FIREWALL)
        outcomes = {port["tcp_outcome"]["code"] for port in seen["ports"]}
        assert outcomes == ({"tcp_timeout"} if name == AP else {"ok"})
        assert seen["status"] == "completed"


async def test_no_way_leads_there_from_one_region(regions: Regions) -> None:
    for name in TAGS:
        seen = await regions.seen_from(name, NO_WAY)
        outcomes = {port["tcp_outcome"]["code"] for port in seen["ports"]}
        assert outcomes == ({"tcp_unreachable"} if name == US else {"ok"})


async def test_only_who_must_run_everywhere_fails_without_namespaces() -> None:
    for is_root, is_required in ((False, False), (False, True), (True, False)):
        with pytest.raises(pytest.skip.Exception, match="not permitted"):
            hindered(is_root=is_root, is_required=is_required, reason="not permitted")
    with pytest.raises(pytest.fail.Exception, match="nothing here is left out: not permitted"):
        hindered(is_root=True, is_required=True, reason="not permitted")
    hindered(is_root=True, is_required=True, reason="")
