"""A collector of traces: takes OTLP over HTTP on loopback, and shows a trace as a tree."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

PATH: Final = "/v1/traces"
PROTOBUF: Final = "application/x-protobuf"
_NANOSECONDS_OF_A_MILLISECOND: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span as it arrived."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    # Empty for the first of a trace.
    parent_id: str
    begun_ns: int
    duration_ms: float
    attributes: dict[str, str | int]
    failed: bool


@dataclass
class Collector:
    """Keeps every span it is sent."""

    port: int = 0
    spans: list[Span] = field(default_factory=list)
    # What was sent, as it came.
    received: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace, in the order they began."""
        found = [span for span in self.spans if span.trace_id == trace_id]
        return sorted(found, key=lambda span: span.begun_ns)

    def take(self, body: bytes) -> bytes:
        """Take one batch; the answer to it."""
        self.received.append(body)
        batch = trace_service_pb2.ExportTraceServiceRequest.FromString(body)
        for resource in batch.resource_spans:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_span(named["service.name"], each) for each in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse().SerializeToString()


def _span(service: str, told: trace_pb2.Span) -> Span:
    kind = trace_pb2.Span.SpanKind.Name(told.kind)
    lasted_ns = told.end_time_unix_nano - told.start_time_unix_nano
    return Span(
        service=service,
        name=told.name,
        kind=kind.removeprefix("SPAN_KIND_").lower(),
        trace_id=told.trace_id.hex(),
        span_id=told.span_id.hex(),
        parent_id=told.parent_span_id.hex(),
        begun_ns=told.start_time_unix_nano,
        duration_ms=lasted_ns / _NANOSECONDS_OF_A_MILLISECOND,
        attributes={
            each.key: each.value.string_value or each.value.int_value for each in told.attributes
        },
        failed=told.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
    )


@contextmanager
def a_collector() -> Iterator[Collector]:
    """Serve a collector on loopback, in threads of its own, while the context is open."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            is_ours = self.path == PATH and self.headers["Content-Type"] == PROTOBUF
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = collector.take(body) if is_ours else b""
            self.send_response(200 if is_ours else 404)
            self.send_header("Content-Type", PROTOBUF)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector.port = server.server_address[1]
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield collector
        finally:
            server.shutdown()
            serving.join()


def tree(spans: Sequence[Span]) -> list[str]:
    """A trace as lines: service, name, kind, when after the first span, and how long."""
    first_ns = min(span.begun_ns for span in spans)
    known = {span.span_id for span in spans}
    roots = [span for span in spans if span.parent_id not in known]
    rows = [row for root in roots for row in _rows(root, spans, 0)]
    width = max(len(label) for label, _ in rows)
    return [
        f"{label:<{width}}  {span.kind:<8} "
        f"{(span.begun_ns - first_ns) / _NANOSECONDS_OF_A_MILLISECOND:>7.1f} ms "
        f"{span.duration_ms:>7.1f} ms"
        for label, span in rows
    ]


def _rows(span: Span, spans: Sequence[Span], depth: int) -> Iterator[tuple[str, Span]]:
    yield f"{'  ' * depth}{span.service.removeprefix('outscope-')}: {span.name}", span
    for child in spans:
        if child.parent_id == span.span_id:
            yield from _rows(child, spans, depth + 1)
