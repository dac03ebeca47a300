from services.prober.facts import Discovery
from services.prober.observe.tally import MOST, Tally


def taken(tally: Tally, ports: range) -> list[bool]:
    return [tally.take(port) for port in ports]


def test_ten_are_given_and_no_more() -> None:
    assert MOST[Discovery.STANDARD] == MOST[Discovery.OFF] == 10
    assert taken(Tally(), range(12)) == [True] * 10 + [False] * 2


def test_the_own_requests_of_a_check_are_none_of_them() -> None:
    tally = Tally(1)
    tally.expect(2)
    assert taken(tally, range(4)) == [True, True, True, False]


def test_own_requests_that_were_not_sent_are_void() -> None:
    tally = Tally(0)
    tally.expect(5)
    tally.expect(1)
    assert taken(tally, range(2)) == [True, False]
    tally.expect(1)
    tally.expect(0)
    assert not tally.take(1)


def test_a_port_may_begin_while_two_are_kept_beside_what_others_await() -> None:
    tally = Tally(4)
    begun = 0
    while tally.has_spare():
        tally.begin(begun)
        begun += 1
    assert begun == 2
    # One that has had its own, or ended without one, awaits none.
    tally.end(0)
    assert tally.has_spare()
    tally.take(1)
    assert tally.has_spare()
    tally.take(1)
    assert not tally.has_spare()
