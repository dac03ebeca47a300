import asyncio
from functools import partial

from services.prober.observe.seats import Pool, Seat, Silent


class Taken:
    """Notes in which order sessions were given."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def seat(self, name: str, *pools: Pool) -> Seat:
        seat = Seat(pools)
        seat.take(lambda: self.names.append(name))
        return seat


async def test_a_check_has_its_own_whatever_the_others_hold() -> None:
    taken, shared = Taken(), Pool(1)
    greedy, modest = Pool(1), Pool(1)
    for _ in range(5):
        taken.seat("greedy", greedy, shared)
    taken.seat("modest", modest, shared)
    assert taken.names == ["greedy", "greedy", "modest"]


async def test_what_is_given_back_goes_to_whoever_has_waited_longest() -> None:
    taken, shared = Taken(), Pool(1)
    held = taken.seat("first", shared)
    taken.seat("second", shared)
    taken.seat("third", shared)
    held.give_back()
    held.give_back()
    await asyncio.sleep(0)
    assert taken.names == ["first", "second"]


async def test_what_a_check_gives_back_of_its_own_stays_with_it() -> None:
    taken, own, shared = Taken(), Pool(1), Pool(0)
    held = taken.seat("mine", own, shared)
    taken.seat("theirs", Pool(0), shared)
    taken.seat("mine again", own, shared)
    held.give_back()
    await asyncio.sleep(0)
    assert taken.names == ["mine", "mine again"]


async def test_a_seat_that_is_wanted_no_more_is_passed_over() -> None:
    taken, shared = Taken(), Pool(1)
    held = taken.seat("first", shared)
    taken.seat("gone", shared).give_back()
    held.give_back()
    taken.seat("last", shared)
    await asyncio.sleep(0)
    assert taken.names == ["first", "last"]


async def test_a_seat_without_pools_is_taken_at_once() -> None:
    taken = Taken()
    taken.seat("only", *()).give_back()
    assert taken.names == ["only"]


async def test_what_is_offered_goes_to_whoever_wants_it_and_the_longest_offered_first() -> None:
    taken, shared = Taken(), Pool(2)
    lost: list[str] = []
    for name in ("first", "second"):
        taken.seat(name, shared).offer(partial(lost.append, name))
    taken.seat("third", shared)
    assert taken.names == ["first", "second", "third"]
    assert lost == ["first"]


async def test_what_is_offered_goes_at_once_to_who_has_waited_for_it() -> None:
    taken, shared = Taken(), Pool(1)
    lost: list[str] = []
    held = taken.seat("first", shared)
    taken.seat("second", shared)
    held.offer(partial(lost.append, "first"))
    await asyncio.sleep(0)
    assert lost == ["first"]
    assert taken.names == ["first", "second"]


async def test_what_is_kept_after_all_or_was_lost_before_is_not_lost() -> None:
    taken, shared = Taken(), Pool(1)
    lost: list[str] = []
    held = taken.seat("first", shared)
    held.offer(partial(lost.append, "first"))
    held.keep()
    taken.seat("second", shared)
    assert taken.names == ["first"]
    held.give_back()
    await asyncio.sleep(0)
    assert taken.names == ["first", "second"]
    assert not lost


async def test_what_was_lost_is_not_given_back_once_more() -> None:
    taken, shared = Taken(), Pool(1)
    held = taken.seat("first", shared)
    held.offer(lambda: None)
    taken.seat("second", shared)
    held.give_back()
    taken.seat("third", shared)
    await asyncio.sleep(0)
    assert taken.names == ["first", "second"]


async def test_a_seat_that_is_to_be_kept_is_never_lost() -> None:
    taken, shared = Taken(), Pool(1)
    lost: list[str] = []
    kept = Seat((shared,), is_kept=True)
    kept.take(lambda: taken.names.append("kept"))
    kept.offer(partial(lost.append, "kept"))
    taken.seat("second", shared)
    assert taken.names == ["kept"]
    assert not lost


async def test_who_has_a_session_of_one_pool_takes_none_of_the_other_that_it_waited_for() -> None:
    taken, one, other = Taken(), Pool(1), Pool(1)
    first, second = taken.seat("first", one), taken.seat("second", other)
    taken.seat("waiting", one, other)
    first.give_back()
    second.give_back()
    taken.seat("last", other)
    await asyncio.sleep(0)
    assert taken.names == ["first", "second", "last", "waiting"]


def test_what_is_held_is_not_taken_again() -> None:
    taken, shared = Taken(), Pool(2)
    held = taken.seat("first", shared)
    held.take(lambda: taken.names.append("first again"))
    taken.seat("second", shared)
    assert taken.names == ["first", "first again", "second"]


def test_of_too_many_that_are_silent_the_longest_lets_go_of_its_own() -> None:
    taken, silent = Taken(), Silent(2)
    lost: list[str] = []
    pools = {name: Pool(1) for name in ("first", "second", "third")}
    for name, pool in pools.items():
        seat = Seat((pool,), silent)
        seat.take(lambda: None)
        seat.offer(partial(lost.append, name))
    assert lost == ["first"]
    taken.seat("of the first check", pools["first"])
    assert taken.names == ["of the first check"]


def test_who_was_heard_or_has_ended_is_silent_no_more() -> None:
    silent = Silent(1)
    lost: list[str] = []
    seats = [Seat((Pool(1),), silent) for _ in range(4)]
    for number, seat in enumerate(seats):
        seat.take(lambda: None)
        seat.offer(partial(lost.append, str(number)))
        if number == 0:
            seat.keep()
        elif number == 1:
            seat.give_back()
    assert lost == ["2"]


async def test_what_a_silent_one_lets_go_of_is_counted_once() -> None:
    taken, shared, silent = Taken(), Pool(1), Silent(0)
    held = Seat((shared,), silent)
    held.take(lambda: None)
    held.offer(lambda: None)
    held.give_back()
    for name in ("second", "third"):
        taken.seat(name, shared)
    await asyncio.sleep(0)
    assert taken.names == ["second"]
