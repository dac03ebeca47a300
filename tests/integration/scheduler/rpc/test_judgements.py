"""Reviews over gRPC: opened once at a time, with copies, by the check's account only."""

import asyncio

import grpc.aio
import pytest
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

from outscope.bus.connect import Bus
from outscope.errors import RateLimited, Refusal
from outscope.rpc.status import STATUS_DETAILS_KEY, refusal_from
from outscope.v1 import check_pb2, judgement_service_pb2, messages_pb2, review_pb2
from services.scheduler.domain.review import ReviewState
from services.scheduler.store.database import Database
from services.scheduler.store.reviews import close_review
from tests.integration.scheduler.driving import (
    Caller,
    calling,
    completed,
    make_key,
    probing,
    rows,
)

KEPT = b"facts as the prober packed them"
EXPECTED = review_pb2.ExpectedAnalysis(analyzable=True, kind="website")


def told(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
    report = completed(job)
    report.kept = KEPT
    return report


@pytest.fixture
async def check(caller: Caller, bus: Bus) -> check_pb2.Check:
    async with probing(bus, outcome=told):
        return (await caller.watch((await caller.create()).id))[-1]


async def review(
    caller: Caller,
    check_id: str,
    reason: review_pb2.ReviewReason.ValueType = review_pb2.REVIEW_REASON_WRONG_KIND,
    comment: str = "It is a shop.",
    expected: review_pb2.ExpectedAnalysis = EXPECTED,
) -> review_pb2.Review:
    request = judgement_service_pb2.ReviewCheckRequest(
        id=check_id, reason=reason, comment=comment, expected=expected
    )
    return (await caller.judgements.ReviewCheck(request, metadata=caller.metadata)).review


async def found(caller: Caller, check_id: str) -> review_pb2.Review:
    request = judgement_service_pb2.GetReviewRequest(id=check_id)
    return (await caller.judgements.GetReview(request, metadata=caller.metadata)).review


async def refused(call: object) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call  # type: ignore[misc]  # any call
    refusal = refusal_from(raised.value)
    assert refusal is not None
    return refusal


async def test_a_review_is_open_with_copies_of_what_it_is_about(
    caller: Caller, check: check_pb2.Check, database: Database
) -> None:
    opened = await review(caller, check.id)
    assert opened.id.startswith("rev_")
    assert opened.check_id == check.id
    assert opened.state == review_pb2.REVIEW_STATE_OPEN
    assert opened.reason == review_pb2.REVIEW_REASON_WRONG_KIND
    assert opened.comment == "It is a shop."
    assert opened.expected == EXPECTED
    assert opened.HasField("created_at")
    assert not opened.HasField("closed_at")
    assert await found(caller, check.id) == opened
    await rows(database, "DELETE FROM kept_facts")  # their time is over; the review's is not
    ((result, kept),) = await rows(database, "SELECT result, kept FROM reviews")
    assert check_pb2.CheckResult.FromString(result) == check.result
    assert kept == KEPT


async def test_a_check_has_one_open_review_at_a_time(
    caller: Caller, check: check_pb2.Check, database: Database
) -> None:
    outcomes = await asyncio.gather(
        *(review(caller, check.id) for _ in range(5)), return_exceptions=True
    )
    opened = [each for each in outcomes if isinstance(each, review_pb2.Review)]
    assert len(opened) == 1
    refusal = await refused(review(caller, check.id))
    assert (refusal.code, "open" in refusal.message) == ("conflict", True)
    async with database.session() as connection:
        closed = await close_review(
            connection, opened[0].id, state=ReviewState.REJECTED, answer="It stands."
        )
    assert closed is not None
    latest = await found(caller, check.id)
    assert latest.state == review_pb2.REVIEW_STATE_REJECTED
    assert latest.answer == "It stands."
    assert latest.HasField("closed_at")
    second = await review(caller, check.id, expected=review_pb2.ExpectedAnalysis())
    assert await found(caller, check.id) == second


async def test_a_verdict_whose_facts_are_gone_can_be_disputed_too(
    caller: Caller, check: check_pb2.Check, database: Database
) -> None:
    await rows(database, "DELETE FROM kept_facts")
    assert (await review(caller, check.id)).state == review_pb2.REVIEW_STATE_OPEN
    assert await rows(database, "SELECT kept FROM reviews") == [(None,)]


async def test_a_check_without_a_verdict_cannot_be_disputed(caller: Caller) -> None:
    pending = await caller.create()
    assert (await refused(review(caller, pending.id))).code == "conflict"


async def test_another_s_check_and_its_review_look_like_none(
    caller: Caller, stranger: Caller, check: check_pb2.Check
) -> None:
    await review(caller, check.id)
    assert (await refused(review(stranger, check.id))).code == "not_found"
    assert (await refused(found(stranger, check.id))).code == "not_found"
    assert (await refused(found(caller, "chk_x"))).code == "not_found"


async def test_what_was_not_reviewed_has_no_review(caller: Caller, check: check_pb2.Check) -> None:
    assert (await refused(found(caller, check.id))).code == "not_found"


@pytest.mark.parametrize(
    ("field", "reason", "comment", "kind"),
    [
        ("reason", review_pb2.REVIEW_REASON_UNSPECIFIED, "", "api"),
        ("comment", review_pb2.REVIEW_REASON_OTHER, "x" * 2001, "api"),
        ("comment", review_pb2.REVIEW_REASON_OTHER, "a\0b", "api"),
        ("comment", review_pb2.REVIEW_REASON_OTHER, "", "api"),
        ("comment", review_pb2.REVIEW_REASON_OTHER, " \n\t", "api"),
        ("expected.kind", review_pb2.REVIEW_REASON_WRONG_KIND, "", "An API!"),
    ],
)
async def test_a_review_that_cannot_be_stored_names_the_field(
    caller: Caller,
    check: check_pb2.Check,
    field: str,
    reason: review_pb2.ReviewReason.ValueType,
    comment: str,
    kind: str,
) -> None:
    expected = review_pb2.ExpectedAnalysis(kind=kind)
    refusal = await refused(review(caller, check.id, reason, comment, expected))
    assert (refusal.code, refusal.field) == ("invalid_request", field)


async def test_the_reason_other_needs_words(caller: Caller, check: check_pb2.Check) -> None:
    other = review_pb2.REVIEW_REASON_OTHER
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await review(caller, check.id, other, "")
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "say it in the comment" in (raised.value.details() or "")
    (violation,) = violations_in(raised.value)
    assert violation.field == "comment"
    assert (await review(caller, check.id, other, "Something else.")).reason == other


def violations_in(error: grpc.aio.AioRpcError) -> list[BadRequest.FieldViolation]:
    metadata = dict(error.trailing_metadata())
    status = Status.FromString(bytes(metadata[STATUS_DETAILS_KEY]))
    found = BadRequest()
    assert any(detail.Unpack(found) for detail in status.details)
    return list(found.field_violations)


async def test_what_is_not_there_is_named_in_the_refusal(caller: Caller) -> None:
    for check_id in ("chk_x", "chk_" + "0" * 26):
        for call in (
            found(caller, check_id),
            rejudged(caller, check_id),
            explained(caller, check_id),
        ):
            refusal = await refused(call)
            assert (refusal.code, refusal.field, refusal.value) == ("not_found", "id", check_id)


async def rejudged(caller: Caller, check_id: str) -> None:
    request = judgement_service_pb2.RejudgeCheckRequest(id=check_id)
    await caller.judgements.RejudgeCheck(request, metadata=caller.metadata)


async def explained(caller: Caller, check_id: str) -> None:
    request = judgement_service_pb2.ExplainCheckRequest(id=check_id)
    await caller.judgements.ExplainCheck(request, metadata=caller.metadata)


async def rejudged_page(caller: Caller) -> judgement_service_pb2.RejudgeChecksResponse:
    request = judgement_service_pb2.RejudgeChecksRequest()
    return await caller.judgements.RejudgeChecks(request, metadata=caller.metadata)


async def test_a_key_has_as_many_verdicts_a_minute_as_checks(
    address: str, database: Database
) -> None:
    key, _, _ = await make_key(database, rate_limit=3)
    async with calling(address, key) as limited:
        for call in (rejudged, explained, rejudged):
            assert (await refused(call(limited, "chk_x"))).code == "not_found"
        for call in (rejudged, explained):
            refusal = await refused(call(limited, "chk_x"))
            assert isinstance(refusal, RateLimited)
            assert "3 verdicts judged again or explained a minute; 0 are left" in refusal.message
            assert 0 < int(str(refusal.details["retry_after_s"])) <= 60
        # What is created is counted apart.
        for _ in range(3):
            await limited.create()
        assert (await refused(limited.create())).code == "rate_limited"
    other, _, _ = await make_key(database, rate_limit=3)
    async with calling(address, other) as unlike:
        assert (await refused(rejudged(unlike, "chk_x"))).code == "not_found"


async def test_each_check_of_a_page_is_counted_and_no_page_is_too_long(
    address: str, bus: Bus, database: Database
) -> None:
    unlimited, _, account_id = await make_key(database)
    async with calling(address, unlimited) as caller, probing(bus, outcome=told):
        for _ in range(3):
            await caller.watch((await caller.create()).id)
    await rows(database, "DELETE FROM kept_facts")  # so that no prober is asked
    key, _, _ = await make_key(database, account_id=account_id, rate_limit=2)
    async with calling(address, key) as limited:
        page = await rejudged_page(limited)
        assert len(page.items) == 2
        assert page.next_cursor
        assert (await refused(rejudged_page(limited))).code == "rate_limited"
