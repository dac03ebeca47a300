"""Reviews as messages and back."""

from typing import Final

from outscope.errors import InvalidRequest
from outscope.v1 import review_pb2
from services.scheduler.domain.review import (
    Expected,
    Review,
    ReviewReason,
    ReviewState,
    checked_kind,
)

_REASONS: Final = {
    reason: review_pb2.ReviewReason.Value(f"REVIEW_REASON_{reason.name}") for reason in ReviewReason
}
_REASONS_ASKED: Final[dict[int, ReviewReason]] = {
    message: reason for reason, message in _REASONS.items()
}
_STATES: Final = {
    state: review_pb2.ReviewState.Value(f"REVIEW_STATE_{state.name}") for state in ReviewState
}
_KIND: Final = "kind"


def reason_asked(message: int) -> ReviewReason:
    """Return the reason a caller gives, or raise InvalidRequest."""
    reason = _REASONS_ASKED.get(message)
    if reason is None:
        raise InvalidRequest(
            f"A review needs a reason: {', '.join(ReviewReason)}",
            field="reason",
            value=message,
            reasons=list(ReviewReason),
        )
    return reason


def expected_in(message: review_pb2.ExpectedAnalysis) -> Expected:
    """Return the fields that are set by name, or raise InvalidRequest."""
    expected = {field.name: value for field, value in message.ListFields()}
    if _KIND in expected:
        checked_kind(expected[_KIND])
    return expected


def review_message(review: Review) -> review_pb2.Review:
    """Return a review."""
    message = review_pb2.Review(
        id=review.id,
        check_id=review.check_id,
        state=_STATES[review.state],
        reason=_REASONS[review.reason],
        comment=review.comment,
        expected=_expected_message(review.expected),
        answer=review.answer,
    )
    message.created_at.FromDatetime(review.created_at)
    if review.closed_at is not None:
        message.closed_at.FromDatetime(review.closed_at)
    return message


def _expected_message(expected: Expected) -> review_pb2.ExpectedAnalysis:
    """Return the fields that this version knows."""
    known = review_pb2.ExpectedAnalysis.DESCRIPTOR.fields_by_name
    return review_pb2.ExpectedAnalysis(
        **{name: value for name, value in expected.items() if name in known}  # type: ignore[arg-type]  # by name
    )
