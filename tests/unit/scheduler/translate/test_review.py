from dataclasses import replace
from datetime import UTC, datetime

import pytest

from outscope.errors import InvalidRequest
from outscope.v1 import review_pb2
from services.scheduler.domain.review import Review, ReviewReason, ReviewState
from services.scheduler.translate.review import (
    expected_in,
    reason_asked,
    review_message,
)

MOMENT = datetime(2026, 4, 21, 10, 0, tzinfo=UTC)
REVIEW = Review(
    id="rev_1",
    check_id="chk_1",
    state=ReviewState.ACCEPTED,
    reason=ReviewReason.WRONG_API_DOC,
    comment="It is no document.",
    expected={"api_doc_detected": False, "kind": "website"},
    created_at=MOMENT,
    closed_at=MOMENT,
    answer="You are right.",
)


@pytest.mark.parametrize("reason", ReviewReason)
def test_every_reason_travels(reason: ReviewReason) -> None:
    assert reason_asked(review_message(replace(REVIEW, reason=reason)).reason) is reason


def test_a_review_needs_a_reason() -> None:
    for number in (review_pb2.REVIEW_REASON_UNSPECIFIED, 99):
        with pytest.raises(InvalidRequest, match="wrong_kind") as refused:
            reason_asked(number)
        assert refused.value.field == "reason"


def test_what_is_expected_is_what_was_set() -> None:
    message = review_pb2.ExpectedAnalysis(analyzable=False, kind="api")
    assert expected_in(message) == {"analyzable": False, "kind": "api"}
    assert expected_in(review_pb2.ExpectedAnalysis()) == {}
    with pytest.raises(InvalidRequest):
        expected_in(review_pb2.ExpectedAnalysis(kind="An API"))


def test_a_review_is_told_whole() -> None:
    message = review_message(REVIEW)
    assert message.state == review_pb2.REVIEW_STATE_ACCEPTED
    assert message.reason == review_pb2.REVIEW_REASON_WRONG_API_DOC
    assert message.expected == review_pb2.ExpectedAnalysis(api_doc_detected=False, kind="website")
    assert message.created_at.ToDatetime(UTC) == message.closed_at.ToDatetime(UTC) == MOMENT
    assert (message.id, message.check_id) == ("rev_1", "chk_1")
    assert (message.comment, message.answer) == ("It is no document.", "You are right.")
    assert not review_message(replace(REVIEW, closed_at=None)).HasField("closed_at")


def test_an_expectation_of_a_later_version_is_left_out() -> None:
    review = replace(REVIEW, expected={"analyzability": "unknown", "kind": "api"})
    assert review_message(review).expected == review_pb2.ExpectedAnalysis(kind="api")
