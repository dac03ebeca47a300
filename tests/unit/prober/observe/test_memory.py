import asyncio

import pytest

from services.prober.observe.memory import (
    AHEAD,
    LARGEST_BYTES,
    OWN_BODIES_BYTES,
    OWN_HEADS_BYTES,
    SHARED_BODIES_BYTES,
    SHARED_HEADS_BYTES,
    Allowance,
    Memory,
    Stock,
)

MIB = 1024 * 1024


class Note:
    """A reader that notes whether it reads."""

    def __init__(self) -> None:
        self.is_paused = False

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False


class Check:
    """The allowance of one check, and a reader of it."""

    def __init__(self, memory: Memory) -> None:
        self.allowance = Allowance(memory)
        self.reader = Note()
        self.allowance.admit(self.reader)


def memory_of(*, own_bytes: int, shared_bytes: int) -> Memory:
    return Memory(
        bodies=Stock(own_bytes=own_bytes, shared_bytes=shared_bytes),
        heads=Stock(own_bytes=own_bytes, shared_bytes=shared_bytes),
        ahead=1,
    )


def paused(checks: list[Check]) -> list[bool]:
    return [check.reader.is_paused for check in checks]


def test_for_bodies_too_a_check_waits_when_its_own_and_what_all_share_is_used_up() -> None:
    memory = memory_of(own_bytes=20, shared_bytes=80)
    ahead, early, late, modest = checks = [Check(memory) for _ in range(4)]
    ahead.allowance.take(101)
    early.allowance.take(20)
    late.allowance.take(21)
    modest.allowance.take(20)
    assert paused(checks) == [False, False, True, False]
    assert not late.allowance.is_exhausted


async def test_who_waits_for_one_kind_of_memory_needs_room_of_both() -> None:
    memory = memory_of(own_bytes=0, shared_bytes=2 * MIB)
    ahead, passing, waiting = checks = [Check(memory) for _ in range(3)]
    passing.allowance.hold(2 * MIB)
    passing.allowance.take(2 * MIB)
    ahead.allowance.hold(10)
    waiting.allowance.take(10)
    passing.allowance.release(2 * MIB)
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, True]
    passing.allowance.give_back(2 * MIB)
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, False]


async def test_all_go_on_for_which_there_is_room_and_no_more() -> None:
    memory = memory_of(own_bytes=0, shared_bytes=3 * MIB)
    ahead, passing, *waiting = checks = [Check(memory) for _ in range(6)]
    passing.allowance.hold(3 * MIB)
    for check in (ahead, *waiting):
        check.allowance.hold(10)
    assert paused(checks) == [False, False, True, True, True, True]
    passing.allowance.release(3 * MIB)
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, False, False, True, True]


def test_what_is_given_back_is_first_what_was_shared() -> None:
    memory = memory_of(own_bytes=20, shared_bytes=80)
    allowance = Allowance(memory)
    allowance.take(100)
    allowance.give_back(70)
    assert memory.bodies.left_bytes == 70
    assert allowance.held_bytes == 30


def test_what_a_closed_allowance_held_is_free_again() -> None:
    memory = memory_of(own_bytes=20, shared_bytes=80)
    with Allowance(memory) as allowance:
        allowance.take(90)
        allowance.hold(90)
        assert allowance.held_bytes == 180
    allowance.close()
    assert memory.heads.left_bytes == memory.bodies.left_bytes == 80


def test_who_is_within_its_own_reads_on_whatever_the_others_hold() -> None:
    memory = memory_of(own_bytes=20, shared_bytes=0)
    greedy, late, modest = checks = [Check(memory) for _ in range(3)]
    greedy.allowance.hold(100)
    late.allowance.hold(21)
    modest.allowance.hold(20)
    assert paused(checks) == [False, True, False]


def test_what_reads_for_a_check_that_waits_does_not_begin() -> None:
    memory = memory_of(own_bytes=0, shared_bytes=0)
    first, second = Check(memory), Check(memory)
    first.allowance.hold(1)
    second.allowance.hold(1)
    another = Note()
    second.allowance.admit(another)
    assert another.is_paused


async def test_those_that_wait_go_on_to_their_end_one_after_another() -> None:
    memory = memory_of(own_bytes=0, shared_bytes=0)
    checks = [Check(memory) for _ in range(3)]
    for check in checks:
        check.allowance.hold(10)
    for number, check in enumerate(checks):
        assert paused(checks) == [False] * (number + 1) + [True] * (2 - number)
        check.allowance.hold(5 * MIB)  # whatever it takes
        assert not check.reader.is_paused
        check.allowance.close()
        await asyncio.sleep(0)
    assert memory.heads.left_bytes == 0


async def test_who_waits_goes_on_when_there_is_room_again() -> None:
    memory = memory_of(own_bytes=0, shared_bytes=2 * MIB)
    first, passing, waiting = checks = [Check(memory) for _ in range(3)]
    passing.allowance.hold(2 * MIB)
    first.allowance.hold(10)
    waiting.allowance.hold(10)
    assert paused(checks) == [False, False, True]
    passing.allowance.release(2 * MIB)
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, False]


async def test_who_waits_and_comes_back_to_its_own_goes_on_whatever_the_others_hold() -> None:
    memory = memory_of(own_bytes=20, shared_bytes=0)
    ahead, waiting, other = checks = [Check(memory) for _ in range(3)]
    for check in checks:
        check.allowance.hold(15)
        check.allowance.take(25)
    assert paused(checks) == [False, True, True]
    for check in (waiting, other):
        check.allowance.hold(15)
    waiting.allowance.give_back(5)  # of two kinds it holds too much of one
    await asyncio.sleep(0)
    assert paused(checks) == [False, True, True]
    waiting.allowance.release(10)
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, True]
    ahead.allowance.close()
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, False]


async def test_a_check_that_ends_while_it_waits_holds_nobody_up() -> None:
    memory = memory_of(own_bytes=0, shared_bytes=0)
    first, gone, last = checks = [Check(memory) for _ in range(3)]
    for check in checks:
        check.allowance.hold(10)
    gone.allowance.close()
    first.allowance.close()
    await asyncio.sleep(0)
    assert not last.reader.is_paused


async def test_who_waits_again_at_once_has_its_other_readers_wait_too() -> None:
    memory = memory_of(own_bytes=0, shared_bytes=2 * MIB)
    first, passing, waiting = (Check(memory) for _ in range(3))
    other = Note()

    class Hungry(Note):
        def resume(self) -> None:
            super().resume()
            waiting.allowance.hold(3 * MIB)

    hungry = Hungry()
    waiting.allowance.dismiss(waiting.reader)
    waiting.allowance.admit(hungry)
    waiting.allowance.admit(other)
    passing.allowance.hold(2 * MIB)
    first.allowance.hold(10)
    waiting.allowance.hold(10)
    passing.allowance.release(2 * MIB)
    await asyncio.sleep(0)
    assert waiting.allowance.is_waiting
    assert hungry.is_paused
    assert other.is_paused


@pytest.mark.parametrize("count", [200, 256])
def test_checks_that_take_all_they_can_stay_within_the_bounds(count: int) -> None:
    memory = Memory()
    checks = [Check(memory) for _ in range(count)]
    largest = 20 * (64 + 32) * 1024
    for _ in range(20):
        for check in checks:
            if not check.reader.is_paused:
                check.allowance.take(64 * 1024)
            if not check.reader.is_paused:
                check.allowance.hold(32 * 1024)
    held_bytes = sum(check.allowance.held_bytes for check in checks)
    own_bytes = count * (OWN_BODIES_BYTES + OWN_HEADS_BYTES)
    # What was read when the memory turned out to be gone: of each check a body, and of some all.
    beyond_bytes = count * 64 * 1024 + AHEAD * largest
    assert held_bytes > SHARED_BODIES_BYTES + SHARED_HEADS_BYTES + own_bytes
    assert held_bytes < SHARED_BODIES_BYTES + SHARED_HEADS_BYTES + own_bytes + beyond_bytes


async def test_small_checks_go_on_together_as_long_as_they_take_no_more_than_large_ones() -> None:
    memory = Memory(
        bodies=Stock(own_bytes=0, shared_bytes=0), heads=Stock(own_bytes=0, shared_bytes=0), ahead=1
    )
    checks = [Check(memory) for _ in range(5)]
    for check in checks:
        check.allowance.expect(LARGEST_BYTES // 2)
        check.allowance.take(10)
    assert paused(checks) == [False, False, True, True, True]
    checks[2].allowance.expect(LARGEST_BYTES * 2)  # no more than the largest
    checks[0].allowance.close()
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, True, True, True]
    checks[1].allowance.close()
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, False, True, True]
    checks[2].allowance.close()
    await asyncio.sleep(0)
    assert paused(checks) == [False] * 5


async def test_who_takes_more_than_expected_waits_but_for_the_eldest() -> None:
    memory = Memory(
        bodies=Stock(own_bytes=0, shared_bytes=0), heads=Stock(own_bytes=0, shared_bytes=0), ahead=1
    )
    eldest, second, third = checks = [Check(memory) for _ in range(3)]
    for check in checks:
        check.allowance.expect(MIB)
        check.allowance.take(MIB)
    assert paused(checks) == [False, False, False]
    second.allowance.take(LARGEST_BYTES - 3 * MIB)  # there is room for that beside the two others
    assert paused(checks) == [False, False, False]
    third.allowance.hold(1)
    second.allowance.hold(1)
    eldest.allowance.hold(20 * MIB)
    assert paused(checks) == [False, True, True]
    eldest.allowance.close()
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, False]


async def test_the_next_eldest_goes_on_though_others_waited_before_it() -> None:
    memory = Memory(
        bodies=Stock(own_bytes=0, shared_bytes=0), heads=Stock(own_bytes=0, shared_bytes=0), ahead=1
    )
    eldest, second, late = checks = [Check(memory) for _ in range(3)]
    for check in checks[:2]:
        check.allowance.expect(MIB)
        check.allowance.take(MIB)
    late.allowance.take(1)  # it may take as much as the largest
    second.allowance.take(LARGEST_BYTES - MIB)
    assert paused(checks) == [False, True, True]
    eldest.allowance.close()
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, True]
    second.allowance.close()
    await asyncio.sleep(0)
    assert paused(checks) == [False, False, False]


async def test_who_stays_within_what_was_expected_goes_on_whatever_the_eldest_takes() -> None:
    memory = Memory(
        bodies=Stock(own_bytes=0, shared_bytes=0), heads=Stock(own_bytes=0, shared_bytes=0), ahead=1
    )
    eldest, second = checks = [Check(memory) for _ in range(2)]
    for check in checks:
        check.allowance.expect(MIB)
        check.allowance.take(1)
    eldest.allowance.take(40 * MIB)
    second.allowance.take(MIB - 1)
    assert paused(checks) == [False, False]
