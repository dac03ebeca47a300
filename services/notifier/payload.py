"""Makes the body of a webhook: the event's type and time, its number, and what it tells.

Law: a body has at most 256 KiB. A check that does not fit is told by its ids, as endpoints that ask
for thin bodies always are, and the body says so.
"""

import json
from typing import Any, Final

from outscope.representation.check import check_representation
from outscope.representation.moments import rfc3339
from outscope.v1 import delivery_service_pb2

MAX_BODY_BYTES: Final = 256 * 1024
_THIN: Final = "thin"
_TOO_LARGE: Final = "too_large"
# Of a check, with what is needed to ask for the rest.
_THIN_FIELDS: Final = ("id", "fqdn", "status")


def payload_for(delivery: delivery_service_pb2.GetDeliveryResponse) -> bytes:
    """Return the JSON body, in UTF-8; its time is when the event happened, not when it is sent."""
    head: dict[str, Any] = {
        "type": delivery.event_type,
        "timestamp": rfc3339(delivery.event_at),
    }
    if delivery.sequence:
        head["sequence"] = delivery.sequence
    if delivery.detail:
        return _json({**head, "data": json.loads(delivery.detail)})
    check = check_representation(delivery.check)
    thin = {field: check[field] for field in _THIN_FIELDS}
    if delivery.is_thin:
        return _json({**head, "payload": _THIN, "data": thin})
    body = _json({**head, "data": check})
    if len(body) <= MAX_BODY_BYTES:
        return body
    return _json({**head, "payload": _THIN, "payload_reason": _TOO_LARGE, "data": thin})


def _json(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
