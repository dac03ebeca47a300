"""What several vantage points saw of one target, put together: each view, and the merged one."""

from collections.abc import Sequence

from outscope.v1 import agreement_pb2, check_pb2
from services.scheduler.domain.agreement import Agreement, Dissent, agreement_of
from services.scheduler.domain.check import Quorum, View
from services.scheduler.domain.difference import Difference
from services.scheduler.domain.quorum import merged_view
from services.scheduler.translate.check import STATUSES, failure_message, sample_message
from services.scheduler.translate.sighting import sighting_in


def shown_view(views: Sequence[View], quorum: Quorum) -> View | None:
    """Return the view whose verdict is the merged one; None when none has completed.

    When none can be counted it is the first that completed: its reasons say what hindered it.
    """
    completed = {view.vantage_point: view for view in views if view.result is not None}
    if not completed:
        return None
    sightings = [
        sighting_in(name, check_pb2.CheckResult.FromString(view.result or b""))
        for name, view in completed.items()
    ]
    merged = merged_view(sightings, quorum)
    return next(iter(completed.values())) if merged is None else completed[merged.vantage_point]


def add_views(
    message: check_pb2.Check, views: Sequence[View], quorum: Quorum, *, has_completed: bool
) -> None:
    """Add each view to a check and, once that has completed, what they come to together."""
    message.vantages.extend(_view_message(view) for view in views)
    if not has_completed:
        return
    shown = shown_view(views, quorum)
    agreement = agreement_of(
        [
            sighting_in(view.vantage_point, view.result)
            for view in message.vantages
            if view.HasField("result")
        ]
    )
    if shown is not None:
        message.result.ParseFromString(shown.result or b"")
        message.samples.extend(sample_message(sample) for sample in shown.samples)
    if agreement is not None:
        message.agreement.CopyFrom(_agreement_message(agreement))


def _view_message(view: View) -> check_pb2.VantageView:
    message = check_pb2.VantageView(
        vantage_point=view.vantage_point,
        status=STATUSES[view.status],
        samples=[sample_message(sample) for sample in view.samples],
        failure=None if view.failure is None else failure_message(view.failure),
    )
    if view.result is not None:
        message.result.ParseFromString(view.result)
    if view.ended_at is not None:
        message.ended_at.FromDatetime(view.ended_at)
    return message


def _agreement_message(agreement: Agreement) -> agreement_pb2.Agreement:
    return agreement_pb2.Agreement(
        code=agreement.code,
        counted=agreement.counted,
        dissents=[_dissent_message(dissent) for dissent in agreement.dissents],
    )


def _dissent_message(dissent: Dissent) -> agreement_pb2.Dissent:
    return agreement_pb2.Dissent(
        vantage_point=dissent.vantage_point,
        compared_with=dissent.compared_with,
        code=dissent.disagreement,
        evidence=[_difference_message(difference) for difference in dissent.differences],
    )


def _difference_message(difference: Difference) -> agreement_pb2.SightDifference:
    return agreement_pb2.SightDifference(
        code=difference.disagreement,
        field=difference.field,
        value=difference.value,
        elsewhere=difference.elsewhere,
    )
