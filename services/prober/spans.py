"""Records the stages of a check as spans, each as soon as it is seen.

Law: of a target its name, port and status are told, and never a path, a header or a body.
"""

from collections.abc import Callable
from typing import Final

from outscope.telemetry.tracing import Attributes, Kind, is_recording, record_ended
from services.prober.facts import DnsFacts, Outcome, PathFacts, PortFacts
from services.prober.report_progress import Event

_MS: Final = 1000


def with_spans(fqdn: str, note: Callable[[Event], None]) -> Callable[[Event], None]:
    """Return what notes an event and records its stages; only note where nothing is recorded."""
    if not is_recording():
        return note
    name: Attributes = {"server.address": fqdn}

    def record_and_note(event: Event) -> None:
        _record(event, name)
        note(event)

    return record_and_note


def _record(event: Event, name: Attributes) -> None:
    match event:
        case DnsFacts():
            _stage("dns", event.outcome, {"dns.question.name": name["server.address"]})
        case PortFacts():
            port = {**name, "server.port": event.port}
            # One after another: connected, secured, asked.
            secured_ms = event.tls_outcome.duration_ms if event.tls_outcome else 0
            asked_ms = event.http_outcome.duration_ms if event.http_outcome else 0
            _stage("tcp", event.tcp_outcome, port, ago_ms=secured_ms + asked_ms)
            if event.tls_outcome is not None:
                _stage("tls", event.tls_outcome, port, ago_ms=asked_ms)
        case PathFacts():
            _stage("http", event.outcome, {**name, **_answer(event)})


def _answer(path: PathFacts) -> Attributes:
    asked: Attributes = {"http.request.method": "GET"}
    if path.status is None:
        return asked
    return {**asked, "http.response.status_code": path.status}


def _stage(name: str, outcome: Outcome, attributes: Attributes, *, ago_ms: int = 0) -> None:
    record_ended(
        name,
        Kind.CLIENT,
        {**attributes, "outscope.outcome": outcome.code.value},
        duration_s=outcome.duration_ms / _MS,
        ago_s=ago_ms / _MS,
        error_type="" if outcome.ok else outcome.code.value,
    )
