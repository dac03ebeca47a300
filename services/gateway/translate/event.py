"""What is told of a check while somebody waits: events as server-sent events.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import to_json

from outscope.representation.check import check_representation
from outscope.representation.codes import status_code
from outscope.representation.dns import dns_representation
from outscope.representation.moments import rfc3339
from outscope.representation.path import path_representation
from outscope.representation.port import port_representation
from outscope.representation.tls import tls_representation
from outscope.representation.verdict import analysis_representation
from outscope.v1 import check_pb2, progress_pb2
from outscope.v1.check_service_pb2 import WatchCheckResponse

QUEUED: Final = "queued"


def event_text(response: WatchCheckResponse) -> bytes:
    """Return an event as it travels; nothing for a response that tells of none."""
    if response.HasField("stage"):
        kind = response.stage.WhichOneof("stage")
        if kind is None:  # from a prober that knows more than we do
            return b""
        return _event(response.event_id, kind, _STAGES[kind](response.stage))
    if not response.HasField("check"):
        return b""
    check = response.check
    is_pending = check.status == check_pb2.CHECK_STATUS_PENDING
    name = QUEUED if is_pending else status_code(check.status)
    return _event(response.event_id, name, check_representation(check))


def _event(event_id: int, name: str, content: object) -> bytes:
    # JSON on one line: line ends in strings are escaped.
    told = b"event: %s\ndata: %s\n\n" % (name.encode(), to_json(content))
    # Without an id from a scheduler one version older.
    return b"id: %d\n%s" % (event_id, told) if event_id else told


def _started(stage: progress_pb2.Stage) -> dict[str, object]:
    started = stage.started
    return {
        "vantage_point": started.vantage_point,
        "prober_id": started.prober_id,
        "started_at": rfc3339(started.started_at),
        "attempt": started.attempt,
    }


_STAGES: Final[Mapping[str, Callable[[progress_pb2.Stage], Any]]] = {
    "started": _started,
    "dns": lambda stage: dns_representation(stage.dns),
    "port": lambda stage: port_representation(stage.port),
    "tls": lambda stage: {"port": stage.tls.port, "tls": tls_representation(stage.tls.tls)},
    "path": lambda stage: path_representation(stage.path, None),
    "judged": lambda stage: analysis_representation(stage.judged),
}
