"""Whether vantage points agree, who differs, and that what is ours counts against no target."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.agreement import AGREE, Agreement, agreement_of, foremost
from services.scheduler.domain.difference import Disagreement
from services.scheduler.domain.quorum import counted_among
from services.scheduler.domain.sighting import Sighting
from tests.vantages import (
    NO_ROUTE,
    PATH,
    PORT,
    answered,
    hindered,
    sightings,
    silent,
    unresolved,
    well,
)


def agreement(*seen: Sighting) -> Agreement:
    found = agreement_of(seen)
    assert found is not None
    return found


def dissents(*seen: Sighting) -> dict[str, str]:
    return {each.vantage_point: each.disagreement.value for each in agreement(*seen).dissents}


def test_those_who_see_the_same_agree() -> None:
    found = agreement(well("a"), well("b"))
    assert (found.code, found.counted, found.dissents) == (AGREE, ("a", "b"), ())


def test_a_target_that_is_down_everywhere_is_agreed_on() -> None:
    assert agreement(silent("a"), silent("b"), silent("c")).code == AGREE


def test_whoever_sees_less_is_named_though_they_are_most() -> None:
    blocked = [answered(name, 451, "client_error") for name in ("a", "b")]
    assert dissents(*blocked, well("c")) == {"a": "geo_blocked", "b": "geo_blocked"}


def test_each_has_a_class_of_its_own_and_the_one_that_says_most_comes_first() -> None:
    other = replace(PORT, certificate_issuer="CN=Other")
    seen = (
        well("home"),
        well("certified", ports=(other,)),
        silent("down"),
        answered("walled", 403, "denied_alike"),
        answered("legal", 451, "client_error"),
    )
    assert dissents(*seen) == {
        "certified": "cert_differs",
        "down": "regional_outage",
        "walled": "waf_by_region",
        "legal": "geo_blocked",
    }
    assert agreement(*seen).code == "geo_blocked"
    assert {each.compared_with for each in agreement(*seen).dissents} == {"home"}


def test_of_those_equally_far_the_odd_one_is_named_wherever_it_stands() -> None:
    odd = well("odd", paths=(replace(PATH, title="Autre", body_sha256="09"),))
    assert dissents(odd, well("b"), well("c")) == {"odd": "content_differs"}


def test_the_odd_one_is_named_though_each_is_sent_on_under_a_number_of_its_own() -> None:
    sent_on = [
        well(name, paths=(replace(PATH, status=302, location=f"/login?state={name}"),))
        for name in ("b", "c")
    ]
    odd = well("odd", paths=(replace(PATH, status=302, location="/blocked?state=odd"),))
    assert dissents(odd, *sent_on) == {"odd": "content_differs"}


def test_who_misses_a_path_is_compared_with_who_has_it() -> None:
    late = replace(PATH, path="/late")
    gone = replace(late, status=451, body_sha256="09")
    blocked = [well(name, paths=(PATH, gone)) for name in ("a", "b")]
    assert dissents(*blocked, well("c", paths=(PATH, late))) == {
        "a": "geo_blocked",
        "b": "geo_blocked",
    }


def test_who_was_hindered_is_suspect_and_not_counted() -> None:
    found = agreement(well("a"), hindered("b"))
    assert (found.code, found.counted) == ("prober_suspect", ("a",))
    (dissent,) = found.dissents
    assert (dissent.compared_with, dissent.differences[0].value) == ("", "http_not_asked")


def test_one_whose_resolver_does_not_answer_is_suspect_and_no_split() -> None:
    found = agreement(unresolved("a"), well("b"))
    assert (found.code, found.counted) == ("prober_suspect", ("b",))
    assert found.dissents[0].differences[0].value == "dns_timeout"


def test_one_without_a_way_there_is_suspect_among_three_and_not_among_two() -> None:
    lost = silent("lost", NO_ROUTE)
    assert dissents(well("a"), well("b"), lost) == {"lost": "prober_suspect"}
    assert dissents(well("a"), lost) == {"lost": "regional_outage"}
    found = agreement(well("a"), well("b"), lost)
    assert (found.counted, found.dissents[0].compared_with) == (("a", "b"), "a")


def test_two_without_a_way_there_are_an_outage() -> None:
    seen = (well("a"), silent("b", NO_ROUTE), silent("c", NO_ROUTE))
    assert dissents(*seen) == {"b": "regional_outage", "c": "regional_outage"}


def test_a_filter_is_no_reason_to_suspect_the_prober() -> None:
    assert dissents(well("a"), well("b"), silent("c")) == {"c": "regional_outage"}


def test_no_way_to_another_address_is_a_split() -> None:
    lost = silent("lost", NO_ROUTE, addresses=frozenset({"198.51.100.7"}))
    assert dissents(well("a"), well("b"), lost) == {"lost": "dns_split"}


def test_nobody_counted_gives_no_agreement() -> None:
    assert agreement_of([hindered("a")]) is None
    assert agreement_of([]) is None


def test_the_classes_stand_in_the_order_of_what_they_say() -> None:
    assert foremost([Disagreement.PROBER_SUSPECT, Disagreement.DNS_SPLIT]) is Disagreement.DNS_SPLIT


@given(sightings())
def test_every_dissent_has_evidence(seen: list[Sighting]) -> None:
    found = agreement_of(seen)
    if found is None:
        assert not counted_among(seen)
        return
    for dissent in found.dissents:
        assert all(each.field and each.value for each in dissent.differences)
        assert dissent.differences
    assert (found.code == AGREE) == (not found.dissents)


@given(sightings())
def test_agreement_is_one_reach_for_all(seen: list[Sighting]) -> None:
    found = agreement_of(seen)
    if found is not None and found.code == AGREE:
        assert len({each.reach for each in seen}) == 1


@given(sightings(), st.integers(0, 20))
def test_who_was_hindered_turns_nobody_else_into_a_dissenter(
    seen: list[Sighting], place: int
) -> None:
    more = agreement_of([*seen[:place], hindered("new"), *seen[place:]])
    before = agreement_of(seen)
    assert (more and more.counted) == (before and before.counted)
    if more is not None and before is not None:
        others = tuple(each for each in more.dissents if each.vantage_point != "new")
        assert others == before.dissents


@given(sightings())
def test_the_class_does_not_depend_on_the_order_where_one_came_furthest(
    seen: list[Sighting],
) -> None:
    first = [well("first"), *[each for each in seen if each.analyzability != "analyzable"]]
    found = agreement_of(first)
    again = agreement_of(first[::-1])
    assert found is not None
    assert again is not None
    assert found.code == again.code
