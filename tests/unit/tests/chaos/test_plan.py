from collections import Counter

import pytest

from tests.chaos.plan import Fault, Kind, plan


def test_the_same_seed_draws_the_same_plan() -> None:
    assert plan(7, 60) == plan(7, 60)
    assert plan(7, 60) != plan(8, 60)
    assert plan(7, 60)[:20] == plan(7, 20)


@pytest.mark.parametrize("seed", range(1, 20))
def test_no_kind_is_left_out_of_a_short_run(seed: int) -> None:
    counted = Counter(fault.kind for fault in plan(seed, 31))
    assert set(counted) == set(Kind)
    assert counted[Kind.KILL] == counted[Kind.FREEZE] == 8


def test_the_clock_of_a_notifier_stays_within_what_receivers_take() -> None:
    steps = [fault for fault in plan(3, 2000) if fault.kind is Kind.CLOCK]
    assert max(abs(fault.amount) for fault in steps if fault.role == "notifier") < 300
    assert max(abs(fault.amount) for fault in steps) > 1800
    assert {fault.amount > 0 for fault in steps} == {True, False}


def test_a_fault_is_told_in_words() -> None:
    fault = Fault(kind=Kind.FREEZE, role="prober", which=3, lasts_s=6.0, after_s=1.0)
    assert str(fault) == "freeze prober #3 for 6 s"
    assert str(Fault(kind=Kind.NATS_LOST, after_s=1.0)) == "nats store lost"
