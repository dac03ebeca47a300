"""Keeps spans in memory, where a service would send them to a collector."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from outscope.telemetry.tracing import Attributes, Kind, recording_by

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@dataclass
class KeptSpan:
    """One span, and all that was told of it."""

    name: str
    kind: Kind
    parent: str | None
    span_id: str
    begun_ago_s: float
    attributes: dict[str, str | int | bool]
    error_type: str = ""
    ended_ago_s: float | None = None

    @property
    def traceparent(self) -> str:
        trace_id = self.parent.split("-")[1] if self.parent else TRACE_ID
        return f"00-{trace_id}-{self.span_id}-01"

    def rename(self, name: str) -> None:
        self.name = name

    def note(self, attributes: Attributes) -> None:
        self.attributes |= attributes

    def fail(self, error_type: str) -> None:
        self.error_type = error_type

    def end(self, *, ago_s: float = 0.0) -> None:
        assert self.ended_ago_s is None
        self.ended_ago_s = ago_s


@dataclass
class KeptSpans:
    """A recorder."""

    spans: list[KeptSpan] = field(default_factory=list)

    def begin(
        self,
        name: str,
        kind: Kind,
        attributes: Attributes,
        *,
        parent: str | None,
        ago_s: float = 0.0,
    ) -> KeptSpan:
        span = KeptSpan(
            name=name,
            kind=kind,
            parent=parent,
            span_id=f"{len(self.spans) + 1:016x}",
            begun_ago_s=ago_s,
            attributes=dict(attributes),
        )
        self.spans.append(span)
        return span

    def close(self) -> None:
        """Send nothing."""


@contextmanager
def kept_spans() -> Iterator[list[KeptSpan]]:
    """The spans begun inside the context."""
    recorder = KeptSpans()
    with recording_by(recorder):
        yield recorder.spans
