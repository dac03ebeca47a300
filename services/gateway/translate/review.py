"""A review request as the scheduler's message, and a review as the API shows it."""

from collections.abc import Mapping
from typing import Final

from outscope.representation.moments import rfc3339
from outscope.v1 import judgement_service_pb2, review_pb2
from services.gateway.schemas.review import Review, ReviewReason, ReviewRequest, ReviewState

_REASONS: Final[Mapping[ReviewReason, review_pb2.ReviewReason.ValueType]] = {
    "wrong_analyzable": review_pb2.REVIEW_REASON_WRONG_ANALYZABLE,
    "wrong_kind": review_pb2.REVIEW_REASON_WRONG_KIND,
    "wrong_auth": review_pb2.REVIEW_REASON_WRONG_AUTH,
    "wrong_api_doc": review_pb2.REVIEW_REASON_WRONG_API_DOC,
    "other": review_pb2.REVIEW_REASON_OTHER,
}
_REASONS_TOLD: Final[Mapping[int, ReviewReason]] = {
    message: reason for reason, message in _REASONS.items()
}
_STATES: Final[Mapping[int, ReviewState]] = {
    review_pb2.REVIEW_STATE_OPEN: "open",
    review_pb2.REVIEW_STATE_ACCEPTED: "accepted",
    review_pb2.REVIEW_STATE_REJECTED: "rejected",
}


def review_request_message(
    check_id: str, asked: ReviewRequest
) -> judgement_service_pb2.ReviewCheckRequest:
    """Return what is disputed, and what was expected."""
    expected = asked.expected.model_dump(exclude_none=True)
    return judgement_service_pb2.ReviewCheckRequest(
        id=check_id,
        reason=_REASONS[asked.reason],
        comment=asked.comment,
        expected=review_pb2.ExpectedAnalysis(**expected),
    )


def review_representation(review: review_pb2.Review) -> Review:
    """Return a review; what this version does not know is open, and for another reason."""
    return {
        "id": review.id,
        "check_id": review.check_id,
        "state": _STATES.get(review.state, "open"),
        "reason": _REASONS_TOLD.get(review.reason, "other"),
        "comment": review.comment,
        "expected": {field.name: value for field, value in review.expected.ListFields()},
        "created_at": rfc3339(review.created_at),
        "closed_at": rfc3339(review.closed_at) if review.HasField("closed_at") else None,
        "answer": review.answer or None,
    }
