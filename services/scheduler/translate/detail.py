"""A check with all that is known of it, as a message."""

from outscope.v1 import check_pb2
from services.scheduler.domain.check import CheckDetail, CheckStatus
from services.scheduler.translate.check import check_message, sample_message
from services.scheduler.translate.several import add_views


def detail_message(detail: CheckDetail) -> check_pb2.Check:
    """Return a check with all that is known of it."""
    message = check_message(detail.check)
    if detail.check.spec.is_from_several:
        add_views(
            message,
            detail.views,
            detail.check.spec.options.quorum,
            has_completed=detail.check.status is CheckStatus.COMPLETED,
        )
        return message
    if detail.result is not None:
        message.result.ParseFromString(detail.result)
    message.samples.extend(sample_message(sample) for sample in detail.samples)
    return message
