"""The merged verdict: one that somebody reached, and that as many share as were asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.check import Quorum
from services.scheduler.domain.quorum import counted_among, merged_view, votes_needed
from services.scheduler.domain.sighting import Sighting
from tests.vantages import NO_ROUTE, answered, hindered, sightings, silent, unresolved, well

QUORUMS = st.sampled_from(list(Quorum))


@pytest.mark.parametrize(
    ("quorum", "needed"),
    [
        (Quorum.MAJORITY, [1, 2, 2, 3, 3]),
        (Quorum.ANY, [1, 1, 1, 1, 1]),
        (Quorum.ALL, [1, 2, 3, 4, 5]),
    ],
)
def test_a_majority_is_more_than_half(quorum: Quorum, needed: list[int]) -> None:
    assert [votes_needed(quorum, counted) for counted in range(1, 6)] == needed


def merged(quorum: Quorum, *seen: Sighting) -> str:
    view = merged_view(seen, quorum)
    assert view is not None
    return view.vantage_point


def test_two_of_three_decide_unless_all_or_any_are_asked_for() -> None:
    seen = (silent("down"), well("up"), well("up-too"))
    assert merged(Quorum.MAJORITY, *seen) == "up"
    assert merged(Quorum.ANY, *seen) == "up"
    assert merged(Quorum.ALL, *seen) == "down"


def test_one_of_two_is_no_majority() -> None:
    assert merged(Quorum.MAJORITY, well("up"), silent("down")) == "down"


def test_the_middle_is_taken_where_three_came_unequally_far() -> None:
    seen = (silent("down"), answered("blocked", 403, "block"), well("up"))
    assert merged(Quorum.MAJORITY, *seen) == "blocked"


def test_of_those_equally_far_the_most_frequent_kind_is_shown() -> None:
    assert merged(Quorum.ALL, well("a", kind="api"), well("b"), well("c")) == "b"


@pytest.mark.parametrize("quorum", list(Quorum))
def test_a_resolver_that_does_not_answer_says_nothing_against_the_target(quorum: Quorum) -> None:
    assert merged(quorum, unresolved("a"), well("up")) == "up"
    assert merged(quorum, unresolved("a"), unresolved("b"), silent("down")) == "down"


def test_one_that_alone_has_no_way_there_says_nothing_against_the_target() -> None:
    lost = silent("lost", NO_ROUTE)
    assert merged(Quorum.ALL, lost, well("up"), well("up-too")) == "up"
    assert merged(Quorum.ALL, lost, well("up")) == "lost"
    assert merged(Quorum.ALL, lost, silent("lost-too", NO_ROUTE), well("up")) == "lost"


def test_nobody_counted_gives_no_verdict() -> None:
    assert merged_view([hindered("a")], Quorum.ANY) is None
    assert merged_view([], Quorum.ANY) is None


@given(sightings(), QUORUMS)
def test_each_boolean_is_what_the_quorum_says(seen: list[Sighting], quorum: Quorum) -> None:
    counted, view = counted_among(seen), merged_view(seen, quorum)
    if view is None:
        assert not counted
        return
    needed = votes_needed(quorum, len(counted))
    assert view in counted
    assert view.reachable == (sum(each.reachable for each in counted) >= needed)
    assert view.speaks_http == (sum(each.speaks_http for each in counted) >= needed)
    analyzable = sum(each.analyzability == "analyzable" for each in counted)
    assert (view.analyzability == "analyzable") == (analyzable >= needed)


@given(sightings(), QUORUMS, st.integers(0, 20))
def test_who_was_hindered_changes_no_verdict(
    seen: list[Sighting], quorum: Quorum, place: int
) -> None:
    more = [*seen[:place], hindered("new"), *seen[place:]]
    assert merged_view(more, quorum) == merged_view(seen, quorum)


@given(sightings())
def test_all_promises_no_more_than_a_majority_and_that_no_more_than_any(
    seen: list[Sighting],
) -> None:
    views = [merged_view(seen, each) for each in (Quorum.ALL, Quorum.MAJORITY, Quorum.ANY)]
    reaches = [view.reach for view in views if view is not None]
    assert reaches == sorted(reaches)
