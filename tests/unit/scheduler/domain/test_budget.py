"""How a target's minute is shared: exact over any sixty seconds, and nothing counted in vain."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.budget import (
    Ask,
    Budget,
    BudgetKind,
    Granted,
    Ledger,
    NotNow,
    Verdict,
    current,
    verdicts_on,
    wait_s,
    with_requests,
)

T = 1_000_000.0
EMPTY = Ledger()


def ask(requests: int = 1, host: str = "a.example", *addresses: str) -> Ask:
    return Ask(host=host, addresses=addresses, requests=requests)


class Counter:
    """Ledgers that live on from one question to the next."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.ledgers: dict[str, Ledger] = {}

    def ask(self, now_s: float, *asks: Ask) -> list[Verdict]:
        for each in asks:
            for target in each.targets:
                self.ledgers.setdefault(target, EMPTY)
        return verdicts_on(asks, self.ledgers, self.budget, now_s)


def test_what_fits_is_granted_and_what_does_not_waits_until_it_will() -> None:
    counter = Counter(Budget(host=5))
    assert counter.ask(T, ask(3), ask(2)) == [Granted(), Granted()]
    (verdict,) = counter.ask(T + 10.5, ask(1))
    assert verdict == NotNow(wait_s=50.5, used_up=BudgetKind.HOST)
    assert counter.ask(T + 60.9, ask(1)) != [Granted()]
    assert counter.ask(T + 61, ask(1)) == [Granted()]


def test_one_wait_is_for_as_much_as_is_asked_not_for_the_whole_minute() -> None:
    ledger = Ledger(seconds=(100, 110, 120), requests=(2, 2, 1))
    assert wait_s(ledger, 1, 6, 125.0) == 0
    assert wait_s(ledger, 2, 6, 125.0) == 100 + 61 - 125
    assert wait_s(ledger, 4, 6, 125.0) == 110 + 61 - 125
    assert wait_s(ledger, 6, 6, 125.0) == 120 + 61 - 125


def test_what_is_not_granted_is_not_counted_anywhere() -> None:
    counter = Counter(Budget(host=10, address=2))
    assert counter.ask(T, ask(2, "a.example", "192.0.2.1")) == [Granted()]
    before = dict(counter.ledgers)
    (verdict,) = counter.ask(T, ask(2, "b.example", "192.0.2.1", "192.0.2.2"))
    assert verdict == NotNow(wait_s=61.0, used_up=BudgetKind.ADDRESS)
    assert counter.ledgers == {**before, "b.example": EMPTY, "192.0.2.2": EMPTY}


def test_every_address_of_a_name_is_counted() -> None:
    counter = Counter(Budget(address=4))
    assert counter.ask(T, ask(3, "", "192.0.2.1", "192.0.2.2")) == [Granted()]
    assert counter.ask(T, ask(1, "", "192.0.2.2")) == [Granted()]
    assert isinstance(counter.ask(T, ask(1, "", "192.0.2.2"))[0], NotNow)
    assert counter.ask(T, ask(1, "", "192.0.2.1")) == [Granted()]


def test_the_budget_that_keeps_longest_is_told() -> None:
    counter = Counter(Budget(host=1, address=1))
    counter.ask(T, ask(1, "a.example"))
    counter.ask(T + 30, ask(1, "", "192.0.2.1"))
    (verdict,) = counter.ask(T + 31, ask(1, "a.example", "192.0.2.1"))
    assert verdict == NotNow(wait_s=60.0, used_up=BudgetKind.ADDRESS)


def test_without_a_limit_nothing_is_counted_and_all_is_granted() -> None:
    counter = Counter(Budget(host=0, address=0))
    assert counter.ask(T, *[ask(1000, "a.example", "192.0.2.1")] * 3) == [Granted()] * 3
    assert set(counter.ledgers.values()) == {EMPTY}


def test_a_small_ask_after_a_large_one_that_waits_is_still_granted() -> None:
    counter = Counter(Budget(host=10))
    verdicts = counter.ask(T, ask(6), ask(6), ask(4))
    assert [isinstance(each, Granted) for each in verdicts] == [True, False, True]


def test_a_crowd_is_told_to_come_back_a_limits_worth_a_minute() -> None:
    counter = Counter(Budget(host=10))
    verdicts = counter.ask(T, *[ask(2)] * 20)
    assert verdicts[:5] == [Granted()] * 5
    waits = [each.wait_s for each in verdicts if isinstance(each, NotNow)]
    assert waits == [61.0] * 5 + [122.0] * 5 + [183.0] * 5


def test_what_never_fits_is_never_granted() -> None:
    counter = Counter(Budget(host=3))
    assert counter.ask(T, ask(4)) == [NotNow(wait_s=61.0, used_up=BudgetKind.HOST)]
    assert counter.ask(T + 1000, ask(4)) == [NotNow(wait_s=61.0, used_up=BudgetKind.HOST)]


@given(
    st.lists(st.tuples(st.floats(0, 20), st.integers(1, 7)), min_size=1, max_size=60),
    st.integers(1, 12),
)
def test_no_sixty_seconds_ever_hold_more_than_the_limit(
    steps: list[tuple[float, int]], limit: int
) -> None:
    counter, now_s, granted = Counter(Budget(host=limit)), T, []
    for pause_s, requests in steps:
        now_s += pause_s
        if counter.ask(now_s, ask(requests)) == [Granted()]:
            granted.append((now_s, requests))
    for start_s, _ in granted:
        window = [count for at_s, count in granted if start_s <= at_s < start_s + 60]
        assert sum(window) <= limit
    assert len(counter.ledgers["a.example"].seconds) <= 62


@given(
    st.lists(st.tuples(st.floats(0, 20), st.integers(1, 5)), min_size=1, max_size=30),
    st.integers(1, 5),
)
def test_who_comes_back_when_told_is_granted_unless_others_came_first(
    steps: list[tuple[float, int]], requests: int
) -> None:
    counter, now_s = Counter(Budget(host=5)), T
    for pause_s, earlier in steps:
        now_s += pause_s
        counter.ask(now_s, ask(earlier))
    (verdict,) = counter.ask(now_s, ask(requests))
    if isinstance(verdict, NotNow):
        assert 0 < verdict.wait_s <= 61
        just_before = math.nextafter(now_s + verdict.wait_s, 0) - 1e-6
        assert counter.ask(just_before, ask(requests)) != [Granted()]
        assert counter.ask(now_s + verdict.wait_s + 1e-6, ask(requests)) == [Granted()]


def test_a_clock_that_steps_back_a_little_keeps_the_ledger_in_order() -> None:
    ledger = with_requests(with_requests(EMPTY, 1, T), 2, T - 3)
    assert ledger == Ledger(seconds=(int(T),), requests=(3,))


def test_a_second_is_forgotten_once_all_of_it_is_a_minute_ago() -> None:
    ledger = Ledger(seconds=(100, 101), requests=(1, 2))
    assert current(ledger, 160.999) == ledger
    assert current(ledger, 161.0) == Ledger(seconds=(101,), requests=(2,))


def test_each_target_is_counted_by_its_kind_and_a_name_without_a_budget_not_at_all() -> None:
    assert ask(1, "a.example", "192.0.2.1").targets == {
        "a.example": BudgetKind.HOST,
        "192.0.2.1": BudgetKind.ADDRESS,
    }
    assert ask(1, "", "192.0.2.1").targets == {"192.0.2.1": BudgetKind.ADDRESS}


@pytest.mark.parametrize(
    ("budget", "is_limited"),
    [(Budget(), False), (Budget(host=1), True), (Budget(address=1), True)],
)
def test_a_budget_has_a_limit_when_either_kind_has(budget: Budget, *, is_limited: bool) -> None:
    assert budget.is_limited is is_limited
