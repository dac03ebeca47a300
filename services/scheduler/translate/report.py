"""What probers and the notifier report, read from the bus."""

from datetime import UTC, datetime
from typing import Final

from google.protobuf.message import DecodeError

from outscope.bus.subjects import jobs
from outscope.v1 import check_pb2, messages_pb2
from outscope.vantage import is_vantage_name
from services.scheduler.domain.budget import BudgetKind
from services.scheduler.domain.check import LostAttempt, ProbeEnd, ProbePutOff
from services.scheduler.domain.dead_letter import UnusableMessage
from services.scheduler.domain.delivery import Attempt
from services.scheduler.translate.check import failure_told

# No budget makes anybody wait for longer.
_MAX_WAIT_S: Final = 3600.0
_REASON_CHARS: Final = 1000
_ANSWER_CHARS: Final = 1024
_KINDS: Final[dict[int, BudgetKind]] = {
    messages_pb2.BUDGET_KIND_HOST: BudgetKind.HOST,
    messages_pb2.BUDGET_KIND_ADDRESS: BudgetKind.ADDRESS,
}


class UndecodableError(Exception):
    """A message on the bus is not what its subject promises; nobody will ever read it."""


def report_in(payload: bytes) -> ProbeEnd | ProbePutOff | LostAttempt | UnusableMessage:
    """Return what a ProbeReport tells of an attempt, or raise UndecodableError."""
    report = messages_pb2.ProbeReport()
    try:
        report.ParseFromString(payload)
    except DecodeError as error:
        raise UndecodableError("not a ProbeReport") from error
    outcome = report.WhichOneof("outcome")
    if outcome == "rejected":
        return _rejected(report)
    if not report.probe_id or outcome is None:
        raise UndecodableError("a ProbeReport without probe or outcome")
    if outcome == "postponed":
        return ProbePutOff(
            probe_id=report.probe_id,
            check_id=report.check_id,
            attempt=report.attempt,
            wait_s=min(report.postponed.wait_ms / 1000, _MAX_WAIT_S),
            used_up=_KINDS.get(report.postponed.used_up),
        )
    return ProbeEnd(
        probe_id=report.probe_id,
        check_id=report.check_id,
        attempt=report.attempt,
        result=report.result.SerializeToString() if outcome == "result" else None,
        failure=failure_told(report.failure) if outcome == "failure" else None,
        samples=tuple((sample.path, sample.SerializeToString()) for sample in report.samples),
        kept=report.kept,
        started_at=_started_at(report.result.observer),
        vantage_point=report.result.observer.vantage_point,
    )


def _started_at(observer: check_pb2.Observer) -> datetime | None:
    try:
        return observer.started_at.ToDatetime(UTC) if observer.HasField("started_at") else None
    except ValueError:
        return None


def _rejected(report: messages_pb2.ProbeReport) -> LostAttempt | UnusableMessage:
    """Return the attempt that was rejected; of a job that nobody knows the message itself."""
    told = report.rejected
    # Postgres stores no NUL.
    reason = told.reason.replace("\0", "")[:_REASON_CHARS]
    if report.probe_id:
        return LostAttempt(
            probe_id=report.probe_id, attempt=report.attempt, reason=reason, is_rejected=True
        )
    if not is_vantage_name(told.vantage_point):
        raise UndecodableError("a rejection of no probe and no vantage point")
    return UnusableMessage(subject=jobs(told.vantage_point), payload=told.payload, reason=reason)


def attempt_in(payload: bytes) -> Attempt:
    """Return the attempt that a DeliveryAttempt tells, or raise UndecodableError."""
    message = messages_pb2.DeliveryAttempt()
    try:
        message.ParseFromString(payload)
        attempted_at = message.attempted_at.ToDatetime(tzinfo=UTC)
    except (DecodeError, ValueError) as error:
        raise UndecodableError("not a DeliveryAttempt") from error
    if not message.delivery_id:
        raise UndecodableError("a DeliveryAttempt without delivery")
    return Attempt(
        delivery_id=message.delivery_id,
        attempt=message.attempt,
        attempted_at=attempted_at,
        duration_ms=message.duration_ms,
        status_code=message.status_code if message.HasField("status_code") else None,
        error=message.error,
        retry_after_s=message.retry_after_s if message.HasField("retry_after_s") else None,
        # Postgres stores no NUL.
        answer=message.answer.replace("\0", "")[:_ANSWER_CHARS],
    )
