"""Timestamps as RFC 3339 text in UTC, whole seconds, ending in Z."""

from datetime import UTC, datetime
from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp


def rfc3339(moment: Timestamp) -> str:
    """Return a timestamp such as 2026-04-21T10:00:00Z."""
    return _text(moment.seconds)


# What is told together happened together.
@lru_cache(maxsize=1024)
def _text(seconds: int) -> str:
    naive = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return f"{naive.isoformat()}Z"
