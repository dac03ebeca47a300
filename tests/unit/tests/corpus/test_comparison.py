from dataclasses import replace

from tests.corpus.comparison import (
    Tally,
    by_the_judge,
    compared_hosts,
    tally,
    with_known_vendors,
)
from tests.corpus.judging import Judged, judged
from tests.unit.tests.corpus.test_judging import RIGHT


def case(*vendors: str, name: str = "block/guard") -> Judged:
    return judged(replace(RIGHT, name=name, expected=replace(RIGHT.expected, vendors=vendors)))


def named(*vendors: str, expected: tuple[str, ...], name: str = "block/guard") -> Tally:
    return tally([case(*expected, name=name)], lambda _: frozenset(vendors))


def test_who_is_named_is_right_wrong_missed_or_a_false_alarm() -> None:
    assert named("F5", expected=("F5",)) == Tally(right=1)
    assert named("F5", "Akamai", expected=("F5",)) == Tally(wrong=1)
    assert named(expected=("F5",)) == Tally(missed=1)
    assert named("F5", expected=("F5", "Akamai")) == Tally(missed=1)
    assert named("F5", expected=()) == Tally(false_alarms=1)
    assert named(expected=()) == Tally()


def test_vendors_of_other_groups_are_not_counted_and_false_alarms_are() -> None:
    assert named("F5", expected=("F5",), name="website/shop") == Tally()
    assert named("F5", expected=(), name="website/shop") == Tally(false_alarms=1)


def test_a_host_that_answered_nothing_is_not_counted() -> None:
    silent = {"fqdn": "a.example.com", "paths": [{"outcome": "http_timeout"}]}
    one = judged(replace(RIGHT, facts=silent))
    assert tally([one], lambda _: frozenset({"F5"})) == Tally()
    assert compared_hosts([one, case("F5"), case()]) == (1, 1)


def test_hosts_with_a_vendor_that_a_side_cannot_know_are_left_out() -> None:
    everything = [case("F5"), case("F5", "Kasada"), case()]
    known = with_known_vendors(everything, frozenset({"F5", "Akamai"}))
    assert [one.case.expected.vendors for one in known] == [("F5",), ()]


def test_the_judge_is_counted_by_what_its_verdict_names() -> None:
    assert tally([case("Cloudflare")], by_the_judge) == Tally(right=1)
