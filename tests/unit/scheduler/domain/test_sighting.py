"""How near to the application a vantage point came, and when it was we who failed."""

from dataclasses import replace

import pytest
from hypothesis import given

from services.scheduler.domain.sighting import PortSighting, Reach, Sighting, Stage
from tests.vantages import (
    NO_RESOLVER,
    NOT_ASKED,
    PATH,
    answered,
    hindered,
    sightings,
    silent,
    unresolved,
    well,
)


@pytest.mark.parametrize(
    ("sighting", "reach"),
    [
        (silent("a"), Reach.NOTHING),
        (well(speaks_http=False, analyzability="not_analyzable"), Reach.PORT),
        (answered("a", 403, "block"), Reach.HTTP),
        (answered("a", 403, "ambiguous", analyzability="unknown"), Reach.UNDECIDED),
        (well(), Reach.ANALYZABLE),
    ],
)
def test_each_reach_includes_those_before_it(sighting: Sighting, reach: Reach) -> None:
    assert sighting.reach is reach


@given(sightings())
def test_the_reach_says_what_the_booleans_say(seen: list[Sighting]) -> None:
    for each in seen:
        assert (each.reach >= Reach.PORT) == each.reachable
        assert (each.reach >= Reach.HTTP) == each.speaks_http
        assert (each.reach is Reach.ANALYZABLE) == (each.analyzability == "analyzable")


def test_a_path_we_did_not_ask_hinders_and_is_named() -> None:
    assert hindered("a").hindrance == ("paths[0].outcome", "http_not_asked")


def test_a_port_we_could_not_try_hinders() -> None:
    port = PortSighting(port=443, stage=replace(NOT_ASKED, code="tcp_no_ipv6"))
    assert silent("a", ports=(port,)).hindrance == ("ports[0].tcp_outcome", "tcp_no_ipv6")


def test_a_lookup_that_broke_in_us_hinders() -> None:
    broken: Stage = replace(NOT_ASKED, code="internal")
    assert silent("a", dns=broken).hindrance == ("dns.outcome", "internal")


def test_a_resolver_that_gives_no_address_hinders_and_one_that_gives_some_does_not() -> None:
    assert unresolved("a").hindrance == ("dns.outcome", "dns_timeout")
    assert silent("a", dns=NO_RESOLVER).hindrance is None


def test_who_found_the_application_was_not_hindered() -> None:
    left_out = replace(PATH, path="/late", stage=NOT_ASKED, status=None)
    assert well(paths=(PATH, left_out)).hindrance is None


def test_a_target_that_is_silent_or_blocks_hinders_nobody() -> None:
    assert silent("a").hindrance is None
    assert answered("a", 403, "block").hindrance is None
