"""Timestamps as RFC 3339 text in UTC, whole seconds, ending in Z."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp


def rfc3339(moment: Timestamp) -> str:
    """Return a timestamp such as 2026-04-21T10:00:00Z."""
    naive = datetime.fromtimestamp(moment.seconds, UTC).replace(tzinfo=None)
    return f"{naive.isoformat()}Z"
