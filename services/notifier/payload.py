"""Makes the body of a webhook: the event's type and time, and the check as GET returns it."""

import json

from google.protobuf.timestamp_pb2 import Timestamp

from outscope.representation.check import check_representation
from outscope.representation.moments import rfc3339
from outscope.v1 import check_pb2


def payload_for(event_type: str, event_at: Timestamp, check: check_pb2.Check) -> bytes:
    """Return the JSON body, in UTF-8; event_at is when it happened, not when it is sent."""
    event = {
        "type": event_type,
        "timestamp": rfc3339(event_at),
        "data": check_representation(check),
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
