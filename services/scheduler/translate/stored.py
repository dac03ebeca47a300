"""Which row a message on the bus is about, whatever else it says."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from google.protobuf.message import DecodeError

from outscope.bus.subjects import (
    DELIVERIES_STREAM,
    DELIVERY_ATTEMPTS_STREAM,
    JOBS_STREAM,
    REPORTS_STREAM,
)
from outscope.v1 import messages_pb2

# Row id and attempt.
Named: TypeAlias = tuple[str, int]


def named_in(stream: str, payload: bytes) -> Named | None:
    """Return the row that a message of this stream names, or None when it is unreadable."""
    try:
        row_id, attempt = _READERS[stream](payload)
    except DecodeError:
        return None
    return (row_id, attempt) if row_id else None


def _job(payload: bytes) -> Named:
    job = messages_pb2.ProbeJob.FromString(payload)
    return job.probe_id, job.attempt


def _report(payload: bytes) -> Named:
    report = messages_pb2.ProbeReport.FromString(payload)
    return report.probe_id, report.attempt


def _delivery_job(payload: bytes) -> Named:
    job = messages_pb2.DeliveryJob.FromString(payload)
    return job.delivery_id, job.attempt


def _delivery_attempt(payload: bytes) -> Named:
    attempt = messages_pb2.DeliveryAttempt.FromString(payload)
    return attempt.delivery_id, attempt.attempt


_READERS: Final[Mapping[str, Callable[[bytes], Named]]] = {
    JOBS_STREAM.name: _job,
    REPORTS_STREAM.name: _report,
    DELIVERIES_STREAM.name: _delivery_job,
    DELIVERY_ATTEMPTS_STREAM.name: _delivery_attempt,
}
