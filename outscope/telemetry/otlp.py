"""Sends spans to a collector by OTLP over HTTP: the only module that knows OpenTelemetry.

Law: whoever does the work never waits for the collector. What has ended stands in a queue of
bounded length, which a thread of its own sends; what finds no place there is dropped.
The SDK reads the standard variables itself: where to send, with which headers, how many to sample,
how long the queue is.
Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import threading
from types import MappingProxyType
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from outscope import VERSION
from outscope.clock import utc_now
from outscope.config import ConfigError
from outscope.telemetry.tracing import ERROR_TYPE, Attributes, Kind

# For the last spans at the end of a service; a collector that takes longer does without them.
FLUSH_S: Final = 3.0
_NAME: Final = "outscope"
_NANOSECONDS: Final = 1_000_000_000
_KINDS: Final = MappingProxyType({kind: trace.SpanKind[kind.name] for kind in Kind})


class OtlpSpan:
    """A span of the SDK."""

    __slots__ = ("_span",)

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """What work done for this one names as its parent."""
        told = self._span.get_span_context()
        return f"00-{told.trace_id:032x}-{told.span_id:016x}-{int(told.trace_flags):02x}"

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""
        self._span.update_name(name)

    def note(self, attributes: Attributes) -> None:
        """Add attributes."""
        self._span.set_attributes(attributes)

    def fail(self, error_type: str) -> None:
        """Mark it as failed."""
        self._span.set_attribute(ERROR_TYPE, error_type)
        self._span.set_status(trace.StatusCode.ERROR)

    def end(self, *, ago_s: float = 0.0) -> None:
        """End it, as of so many seconds ago."""
        self._span.end(_moment_ns(ago_s))


class OtlpRecorder:
    """Begins spans of a service and has them sent; its settings are those of the environment."""

    def __init__(self, service: str) -> None:
        own = {"service.name": f"{_NAME}-{service}", "service.version": VERSION}
        told = OTELResourceDetector().detect().attributes
        try:
            self._exporter = OTLPSpanExporter()
            self._processor = BatchSpanProcessor(self._exporter)
        except ValueError as error:
            raise ConfigError(f"a setting OTEL_… cannot be used: {error}") from error
        provider = TracerProvider(resource=Resource.create({**own, **told}), shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer(_NAME, VERSION)

    def begin(
        self,
        name: str,
        kind: Kind,
        attributes: Attributes,
        *,
        parent: str | None,
        ago_s: float = 0.0,
    ) -> OtlpSpan:
        """Begin a span, as of so many seconds ago; without a parent it begins a trace."""
        begun = self._tracer.start_span(
            name,
            context=_context_of(parent),
            kind=_KINDS[kind],
            attributes=attributes,
            start_time=_moment_ns(ago_s),
        )
        return OtlpSpan(begun)

    def close(self) -> None:
        """Send what is left, for FLUSH_S seconds at most."""
        # The SDK's own patience is 30 s, longer than whoever stops a service has.
        closing = threading.Thread(target=self._processor.shutdown, name="otlp-close", daemon=True)
        closing.start()
        closing.join(FLUSH_S)
        if closing.is_alive():
            self._exporter.shutdown()  # type: ignore[no-untyped-call]  # the SDK leaves it out


def _context_of(parent: str | None) -> Context:
    if parent is None:
        return Context()
    _, trace_id, span_id, flags = parent.split("-")
    told = trace.SpanContext(
        trace_id=int(trace_id, 16),
        span_id=int(span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(flags, 16)),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(told), Context())


def _moment_ns(ago_s: float) -> int:
    return int((utc_now().timestamp() - ago_s) * _NANOSECONDS)
