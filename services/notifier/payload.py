"""Makes the body of a webhook: the event's type and time, its number, and what it tells.

Law: a body has at most 256 KiB. A check that does not fit is told by its ids, as endpoints that ask
for thin bodies always are, and the body says so.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from typing import Final

from outscope.representation.check import check_representation
from outscope.representation.moments import rfc3339
from outscope.v1 import check_pb2, delivery_service_pb2
from outscope.vantage import vantage_fields

MAX_BODY_BYTES: Final = 256 * 1024
# Larger ones are rare, and would take much memory.
_MOST_KEPT_BYTES: Final = 32 * 1024
_THIN: Final = "thin"
_TOO_LARGE: Final = "too_large"
# Of a check, with what is needed to ask for the rest.
_THIN_FIELDS: Final = ("id", "fqdn", "status")
# Made once: json.dumps makes one for each value that is not written in its usual form.
_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class ToldCheck:
    """A check as bodies tell of it, in JSON; written once for all deliveries that do."""

    def __init__(self, check: check_pb2.Check) -> None:
        self._check = check

    @cached_property
    def log_fields(self) -> Mapping[str, object]:
        """Which check it is, chk_…, and where it was looked at from, for lines of the log."""
        spec = self._check.spec
        vantage_points = tuple(spec.vantage_points) or (spec.vantage_point,)
        return {"check_id": self._check.id, **vantage_fields(vantage_points)}

    @cached_property
    def full(self) -> str:
        """The check as GET returns it."""
        return _json(check_representation(self._check))

    @cached_property
    def thin(self) -> str:
        """What it takes to ask for the check."""
        check = check_representation(self._check)
        return _json({field: check[field] for field in _THIN_FIELDS})


class ToldChecks:
    """The checks that were told of last: the next delivery often tells of one of them."""

    def __init__(self, most: int = 100) -> None:
        self._most = most
        self._known: OrderedDict[bytes, ToldCheck] = OrderedDict()

    def of(self, check: check_pb2.Check) -> ToldCheck:
        """Return a check as it is told of: one that differs in anything is another."""
        key = check.SerializeToString(deterministic=True)
        told = self._known.pop(key, None) or ToldCheck(check)
        if len(key) <= _MOST_KEPT_BYTES:
            self._known[key] = told
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return told


def payload_for(
    delivery: delivery_service_pb2.GetDeliveryResponse, check: ToldCheck | None = None
) -> bytes:
    """Return the JSON body, in UTF-8; its time is when the event happened, not when it is sent.

    check is given where the delivery does not bring its own.
    """
    head = f'{{"type":{_json(delivery.event_type)},"timestamp":"{rfc3339(delivery.event_at)}"'
    if delivery.sequence:
        head = f'{head},"sequence":{delivery.sequence}'
    if delivery.detail:
        return _body(head, _json(json.loads(delivery.detail)))
    told = check or ToldCheck(delivery.check)
    if delivery.is_thin:
        return _body(f'{head},"payload":"{_THIN}"', told.thin)
    body = _body(head, told.full)
    if len(body) <= MAX_BODY_BYTES:
        return body
    return _body(f'{head},"payload":"{_THIN}","payload_reason":"{_TOO_LARGE}"', told.thin)


def _body(head: str, told: str) -> bytes:
    """Return an object in JSON that begins with head, with what is told as its last field."""
    return f'{head},"data":{told}}}'.encode()
