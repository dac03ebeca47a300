from dataclasses import replace

from services.scheduler.domain.check import Owner
from services.scheduler.domain.vantage import (
    LiveProber,
    Unfitness,
    faults_of,
    tags_of,
    vantage_failure,
)

AWAY = Unfitness(part="canary", reason="cannot be reached")


def prober(*unfit: Unfitness, tags: tuple[str, ...] = ()) -> LiveProber:
    return LiveProber(
        vantage_point="mars-1", prober_id="p", version="1", has_ipv6=True, tags=tags, unfit=unfit
    )


def test_tags_are_those_of_all_probers_within_their_bound() -> None:
    assert tags_of([prober(tags=("b:1", "a:1")), prober(tags=("b:1", "c:1"))]) == (
        *("a:1", "b:1", "c:1"),
    )
    many = tuple(f"n:{number:02}" for number in range(16))
    assert tags_of([prober(tags=many), prober(tags=("a:1",))]) == ("a:1", *many[:15])


def test_a_prober_is_fit_that_passes_every_test() -> None:
    assert prober().is_fit
    assert not prober(AWAY).is_fit
    assert faults_of([prober(AWAY), prober(), prober(AWAY)]) == (AWAY,)


def test_a_prober_of_one_account_speaks_where_that_was_given_the_vantage_point() -> None:
    anybodys, of_one = prober(), replace(prober(), owner="acc_1")
    assert [anybodys.may_speak(owner) for owner in (None, "acc_1", "acc_2")] == [True] * 3
    assert [of_one.may_speak(owner) for owner in (None, "acc_1", "acc_2")] == [False, True, False]


def test_the_failure_is_ours_and_says_what_the_probers_complain_of() -> None:
    failure = vantage_failure("mars-1", [], 60.0)
    assert (failure.reason, failure.owner) == ("vantage_unavailable", Owner.OURS)
    assert failure.message == "No prober of mars-1 was alive and fit for 60 seconds."
    assert "(canary: cannot be reached)." in vantage_failure("mars-1", [prober(AWAY)], 60).message
