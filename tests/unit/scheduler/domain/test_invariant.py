from services.scheduler.domain.invariant import (
    INVARIANTS,
    MAX_TOLD,
    Break,
    InvariantName,
    break_line,
    break_object,
    lasting,
)

NAME = InvariantName.CHECK_HAS_WORK


def broken(*ids: str, count: int | None = None) -> Break:
    return Break(name=NAME, ids=ids, count=len(ids) if count is None else count)


def test_every_invariant_has_words_and_a_remedy() -> None:
    assert set(INVARIANTS) == set(InvariantName)
    assert all(each.words.endswith(".") and each.remedy for each in INVARIANTS.values())


def test_what_has_passed_is_no_break() -> None:
    assert lasting(broken("chk_1", "chk_2"), broken("chk_3")) is None


def test_what_was_found_twice_is_one() -> None:
    assert lasting(broken("chk_1", "chk_2"), broken("chk_2", "chk_3")) == broken("chk_2")


def test_of_many_all_are_counted() -> None:
    assert lasting(broken("chk_1"), broken("chk_1", "chk_2", count=5000)) == broken(
        "chk_1", count=5000
    )


def test_a_break_is_one_line_with_a_bounded_list() -> None:
    ids = tuple(f"chk_{n}" for n in range(MAX_TOLD + 5))
    line = break_line(broken(*ids, count=700))
    assert "\n" not in line
    assert line.startswith("check_has_work: 700 broken: chk_0, chk_1,")
    assert f"chk_{MAX_TOLD - 1} and 690 more. A pending check has an open probe." in line
    assert f"chk_{MAX_TOLD}" not in line
    assert break_line(broken("chk_1")).startswith("check_has_work: 1 broken: chk_1. A pending")


def test_a_break_is_an_object_for_programs() -> None:
    told = break_object(broken("chk_1", count=9))
    assert told == {
        "invariant": "check_has_work",
        "words": "A pending check has an open probe.",
        "remedy": INVARIANTS[NAME].remedy,
        "count": 9,
        "ids": ["chk_1"],
    }
