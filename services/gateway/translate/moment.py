"""Moments that may be absent, and those that a caller writes."""

import re
from datetime import UTC, datetime
from typing import Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.errors import InvalidRequest
from outscope.representation.moments import rfc3339

# RFC 3339, section 5.6: a full date, a full time, and an offset.
_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def moment_or_null(message: Message, field: str) -> str | None:
    """Return a field that is a timestamp as RFC 3339, or None when it is absent."""
    return rfc3339(getattr(message, field)) if message.HasField(field) else None


def moment_in(text: str, field: str) -> Timestamp:
    """Return the moment in an RFC 3339 text, or raise InvalidRequest naming its field."""
    # What is not of that form is none; nine digits are more than the standard library reads.
    written = re.sub(r"(\.\d{6})\d+", r"\1", text.upper()) if _RFC_3339.fullmatch(text) else ""
    message = Timestamp()
    try:
        message.FromDatetime(datetime.fromisoformat(written).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(
            f"{field} must be a moment such as 2026-04-21T10:00:00Z (RFC 3339)",
            field=field,
            value=text,
        ) from error
    return message
