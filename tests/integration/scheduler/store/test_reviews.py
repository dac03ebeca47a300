from dataclasses import replace

from services.scheduler.domain.check import CheckOptions
from services.scheduler.domain.review import NewReview, ReviewReason, ReviewState
from services.scheduler.store.database import Database
from services.scheduler.store.reviews import (
    close_review,
    find_case,
    find_review,
    insert_review,
    list_reviews,
)
from tests.integration.scheduler.driving import SPEC, new_check, rows, store

NEW = NewReview(
    id="rev_1",
    check_id="chk_1",
    account_id="acc_a",
    reason=ReviewReason.WRONG_AUTH,
    comment="“Sign in” is the name of the product.",
    expected={"auth_detected": False, "kind": "website"},
    result=b"\x00result",
    kept=b"\x00kept",
)


async def opened(database: Database, *reviews: NewReview) -> list[bool]:
    async with database.session() as connection:
        return [await insert_review(connection, review) is not None for review in reviews]


async def test_a_review_comes_back_as_it_was_stored(database: Database) -> None:
    assert await opened(database, NEW) == [True]
    async with database.session() as connection:
        review = await find_review(connection, "chk_1", account_id="acc_a")
        assert await find_review(connection, "chk_1", account_id="acc_b") is None
        assert await find_review(connection, "chk_2", account_id="acc_a") is None
    assert review is not None
    assert (review.id, review.state, review.reason) == ("rev_1", "open", "wrong_auth")
    assert (review.comment, review.expected) == (NEW.comment, NEW.expected)
    assert (review.closed_at, review.answer) == (None, "")


async def test_only_one_review_of_a_check_is_open(database: Database) -> None:
    other = replace(NEW, id="rev_3", check_id="chk_2")
    assert await opened(database, NEW, replace(NEW, id="rev_2"), other) == [True, False, True]
    async with database.session() as connection:
        assert [each.id for each in await list_reviews(connection, ReviewState.OPEN)] == [
            "rev_1",
            "rev_3",
        ]
        assert await list_reviews(connection, ReviewState.ACCEPTED) == []


async def test_a_case_has_what_was_asked_and_both_copies(database: Database) -> None:
    check = new_check(options=CheckOptions(max_redirects=2))
    await store(database, check)
    await opened(database, replace(NEW, check_id=check.id), replace(NEW, id="rev_2"))
    async with database.session() as connection:
        case = await find_case(connection, "rev_1")
        assert await find_case(connection, "rev_9") is None
    assert case is not None
    assert case.review.id == "rev_1"
    assert (case.result, case.kept) == (b"\x00result", b"\x00kept")
    assert case.spec == replace(SPEC, options=CheckOptions(max_redirects=2))


async def test_closing_a_review_deletes_its_copies_once_and_for_all(database: Database) -> None:
    check = new_check()
    await store(database, check)
    await opened(database, replace(NEW, check_id=check.id))
    async with database.session() as connection:
        closed = await close_review(
            connection, "rev_1", state=ReviewState.ACCEPTED, answer="It was wrong."
        )
        again = await close_review(connection, "rev_1", state=ReviewState.REJECTED, answer="")
        assert await find_case(connection, "rev_1") is None
        review = await find_review(connection, check.id, account_id="acc_a")
    assert closed is not None
    assert closed == review
    assert (closed.state, closed.answer) == ("accepted", "It was wrong.")
    assert closed.closed_at is not None
    assert again is None
    assert await rows(database, "SELECT result, kept FROM reviews") == [(None, None)]
