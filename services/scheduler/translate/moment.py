"""Moments as timestamps, and timestamps that callers write."""

from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.errors import InvalidRequest


def timestamp_of(moment: datetime | None) -> Timestamp | None:
    """Return a moment as a timestamp; None stays absent."""
    if moment is None:
        return None
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    return timestamp


def moment_in(message: Message, field: str, *, now: datetime) -> datetime:
    """Return a timestamp that lies in the past, or raise InvalidRequest naming its field."""
    if not message.HasField(field):
        raise InvalidRequest(f"{field} is required: from when on", field=field)
    try:
        moment: datetime = getattr(message, field).ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(f"{field} is no moment of the years 1 to 9999", field=field) from error
    if moment > now:
        raise InvalidRequest(
            f"{field} lies in the future; nothing has happened since",
            field=field,
            value=moment.isoformat(),
        )
    return moment
