from typing import get_args

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import review_pb2
from services.gateway.schemas.request import validated
from services.gateway.schemas.review import ReviewReason, ReviewRequest, ReviewState
from services.gateway.translate.review import review_representation, review_request_message

REVIEW = review_pb2.Review(
    id="rev_1",
    check_id="chk_1",
    state=review_pb2.REVIEW_STATE_OPEN,
    reason=review_pb2.REVIEW_REASON_WRONG_KIND,
    comment="A shop.",
    expected=review_pb2.ExpectedAnalysis(analyzable=False, kind="website"),
    created_at=Timestamp(seconds=1_776_765_600),
)


@pytest.mark.parametrize("reason", get_args(ReviewReason))
def test_every_reason_travels_both_ways(reason: str) -> None:
    message = review_request_message("chk_1", validated(ReviewRequest, {"reason": reason}))
    assert message.id == "chk_1"
    assert review_pb2.ReviewReason.Name(message.reason) == f"REVIEW_REASON_{reason.upper()}"
    shown = review_representation(review_pb2.Review(reason=message.reason))
    assert shown["reason"] == reason


def test_every_reason_and_state_of_the_contract_is_documented() -> None:
    reasons = {name.removeprefix("REVIEW_REASON_").lower() for name in _names("ReviewReason")}
    states = {name.removeprefix("REVIEW_STATE_").lower() for name in _names("ReviewState")}
    assert reasons == {*get_args(ReviewReason), "unspecified"}
    assert states == {*get_args(ReviewState), "unspecified"}


def _names(enum: str) -> list[str]:
    return list(review_pb2.DESCRIPTOR.enum_types_by_name[enum].values_by_name)


def test_only_what_was_sent_is_expected() -> None:
    asked = validated(ReviewRequest, {"reason": "other", "expected": {"analyzable": False}})
    message = review_request_message("chk_1", asked)
    assert message.expected == review_pb2.ExpectedAnalysis(analyzable=False)
    assert not message.expected.HasField("kind")


def test_an_open_review_is_shown() -> None:
    assert review_representation(REVIEW) == {
        "id": "rev_1",
        "check_id": "chk_1",
        "state": "open",
        "reason": "wrong_kind",
        "comment": "A shop.",
        "expected": {"analyzable": False, "kind": "website"},
        "created_at": "2026-04-21T10:00:00Z",
        "closed_at": None,
        "answer": None,
    }


def test_a_closed_review_is_shown_with_its_answer() -> None:
    closed = review_pb2.Review()
    closed.CopyFrom(REVIEW)
    closed.state, closed.answer = review_pb2.REVIEW_STATE_REJECTED, "It stands."
    closed.closed_at.FromSeconds(1_776_765_601)
    shown = review_representation(closed)
    assert (shown["state"], shown["answer"]) == ("rejected", "It stands.")
    assert shown["closed_at"] == "2026-04-21T10:00:01Z"


@pytest.mark.parametrize("state", get_args(ReviewState))
def test_every_state_is_shown(state: str) -> None:
    number = review_pb2.ReviewState.Value(f"REVIEW_STATE_{state.upper()}")
    assert review_representation(review_pb2.Review(state=number))["state"] == state
