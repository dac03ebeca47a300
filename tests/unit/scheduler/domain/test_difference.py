"""What counts as another answer, of which class it is, and what it is told by."""

from dataclasses import replace

import pytest
from hypothesis import given

from services.scheduler.domain.difference import Difference, Disagreement, differences, is_served
from services.scheduler.domain.sighting import PathSighting, PortSighting, Sighting
from tests.vantages import (
    NOT_ASKED,
    NXDOMAIN,
    PATH,
    PORT,
    REFUSED,
    answered,
    sightings,
    silent,
    well,
)

ELSEWHERE = frozenset({"198.51.100.7"})


def classes(there: Sighting, elsewhere: Sighting | None = None) -> set[str]:
    return {each.disagreement.value for each in differences(there, elsewhere or well())}


def test_451_is_a_legal_block_and_the_status_shows_it() -> None:
    assert differences(answered("a", 451, "client_error"), well()) == (
        Difference(
            disagreement=Disagreement.GEO_BLOCKED,
            field="paths[0].status_code",
            value="451",
            elsewhere="200",
        ),
    )


@pytest.mark.parametrize("reason", ["challenge", "block", "rate_limited", "access_proxy"])
def test_a_named_wall_is_one_at_another_address_too(reason: str) -> None:
    walled = answered("a", 429, reason, addresses=ELSEWHERE)
    (found,) = differences(walled, well())
    assert found.disagreement is Disagreement.WAF_BY_REGION
    assert (found.field, found.value) == ("analysis.reasons[0].code", reason)


def test_a_wall_that_everybody_meets_is_no_difference() -> None:
    assert not classes(answered("a", 403, "block"), answered("b", 403, "block"))


def test_a_bare_403_is_a_wall_at_another_address_too() -> None:
    assert classes(answered("a", 403, "denied_alike")) == {"waf_by_region"}
    assert classes(answered("a", 403, "denied_alike", addresses=ELSEWHERE)) == {"waf_by_region"}


def test_a_name_that_is_unknown_there_is_split() -> None:
    gone = silent("a", ports=(), dns=NXDOMAIN, addresses=frozenset())
    (found,) = differences(gone, well())
    assert (found.disagreement, found.value) == (Disagreement.DNS_SPLIT, "dns_nxdomain")
    assert (found.field, found.elsewhere) == ("dns.outcome", "192.0.2.1")


def test_another_address_with_the_same_answer_is_no_difference() -> None:
    assert not classes(well("a", addresses=ELSEWHERE))


def test_another_address_is_told_with_what_else_is_found_there() -> None:
    other = replace(PORT, certificate_issuer="CN=Other")
    certified = well("a", addresses=ELSEWHERE, ports=(other,))
    assert classes(certified) == {"dns_split", "cert_differs"}
    assert classes(silent("a", addresses=ELSEWHERE)) == {"dns_split", "regional_outage"}
    first = differences(answered("a", 503, "unavailable", addresses=ELSEWHERE), well())[0]
    assert (first.field, first.value) == ("dns.addresses", "198.51.100.7")


def test_one_address_in_common_is_no_split() -> None:
    both = frozenset({"192.0.2.1", "198.51.100.7"})
    assert classes(silent("a", addresses=both)) == {"regional_outage"}


@pytest.mark.parametrize(
    "there",
    [silent("a"), silent("a", REFUSED), answered("a", 503, "unavailable")],
)
def test_silence_and_errors_of_the_server_are_an_outage(there: Sighting) -> None:
    assert classes(there) == {"regional_outage"}


def test_one_port_of_two_that_is_closed_there_is_an_outage() -> None:
    plain = replace(PORT, port=80, certificate_valid=None)
    closed = PortSighting(port=80, stage=REFUSED)
    (found,) = differences(well("a", ports=(PORT, closed)), well(ports=(PORT, plain)))
    assert (found.disagreement, found.field) == (
        Disagreement.REGIONAL_OUTAGE,
        "ports[1].tcp_outcome",
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(PORT, certificate_valid=False),
        replace(PORT, certificate_subject="CN=other.example"),
        replace(PORT, certificate_issuer="CN=Other"),
    ],
)
def test_another_certificate_is_told(other: PortSighting) -> None:
    assert classes(well("a", ports=(other,))) == {"cert_differs"}


def test_a_renewed_certificate_is_no_difference_and_a_bad_one_of_another_number_is() -> None:
    renewed = replace(PORT, certificate_sha256="bb")
    assert not classes(well("a", ports=(renewed,)))
    bad, worse = (replace(port, certificate_valid=False) for port in (PORT, renewed))
    assert classes(well("a", ports=(bad,)), well(ports=(worse,))) == {"cert_differs"}


def issued_by(issuer: str) -> PortSighting:
    return replace(PORT, certificate_issuer=issuer, certificate_sha256=issuer)


def test_another_intermediate_of_the_same_authority_is_no_difference() -> None:
    first, second = (issued_by(f"CN={name},O=Let's Encrypt,C=US") for name in ("R10", "E5"))
    assert not classes(well("a", ports=(first,)), well(ports=(second,)))
    comma, other = (issued_by(f"CN=TLS,O=DigiCert\\, {name},C=US") for name in ("Inc", "Ltd"))
    for one, another in ((first, comma), (comma, other)):
        assert classes(well("a", ports=(one,)), well(ports=(another,))) == {"cert_differs"}


def test_another_body_is_no_difference_and_another_title_is() -> None:
    assert not classes(well("a", paths=(replace(PATH, body_sha256="09"),)))
    titled = replace(PATH, body_sha256="09", title="Autre")
    (found,) = differences(well("a", paths=(titled,)), well())
    assert found.disagreement is Disagreement.CONTENT_DIFFERS
    assert (found.field, found.value, found.elsewhere) == ("paths[0].title", "Autre", "Site")


@pytest.mark.parametrize(
    "page",
    [
        replace(PATH, body_sha256="09", status=404),
        replace(PATH, body_sha256="09", media_type="text/plain"),
        replace(PATH, body_sha256="09", location="/fr"),
    ],
)
def test_another_status_type_or_redirect_is_other_content(page: PathSighting) -> None:
    assert classes(well("a", paths=(page,))) == {"content_differs"}


def led_to(location: str) -> Sighting:
    return well("a", paths=(replace(PATH, status=302, location=location, body_sha256=location),))


@pytest.mark.parametrize(
    ("location", "leads_elsewhere"),
    [
        ("https://id.example/login?state=b2&nonce=7&app=1#top", False),
        ("https://id.example/login?app=1&nonce=9&state=c3", False),
        ("https://id.example/login?state=a1&nonce=9&blocked=1", True),
        ("https://id.example/sorry?state=a1&nonce=9&app=1", True),
        ("https://fr.example/login?state=a1&nonce=9&app=1", True),
    ],
)
def test_a_redirect_is_the_same_whatever_numbers_are_made_for_it(
    location: str, *, leads_elsewhere: bool
) -> None:
    usual = led_to("https://id.example/login?state=a1&nonce=9&app=1")
    expected = {"content_differs"} if leads_elsewhere else set()
    assert classes(led_to(location), usual) == expected


def test_the_same_words_that_lead_to_another_place_differ() -> None:
    moved, moved_too = (replace(PATH, status=302, location=place) for place in ("/en", "/fr"))
    assert classes(well("a", paths=(moved,)), well(paths=(moved_too,))) == {"content_differs"}


def test_what_we_did_not_ask_is_no_difference() -> None:
    left_out = replace(PATH, path="/late", stage=NOT_ASKED, status=None)
    late = replace(PATH, path="/late")
    assert not classes(well("a", paths=(PATH, left_out)), well(paths=(PATH, late)))


def test_a_verdict_that_differs_by_nothing_compared_is_told_all_the_same() -> None:
    (found,) = differences(well("a", analyzability="unknown", reasons=("ambiguous",)), well())
    assert (found.field, found.value) == ("analysis.reasons", "ambiguous")


def test_served_is_an_answer_without_an_error() -> None:
    assert is_served(PATH)
    assert not is_served(replace(PATH, status=404))
    assert not is_served(replace(PATH, status=None))


@given(sightings())
def test_nobody_differs_from_himself(seen: list[Sighting]) -> None:
    for each in seen:
        assert differences(each, each) == ()


@given(sightings(at_least=2))
def test_who_came_less_far_differs(seen: list[Sighting]) -> None:
    far = max(seen, key=lambda each: each.reach)
    for each in seen:
        if each.reach < far.reach:
            assert differences(each, far)
