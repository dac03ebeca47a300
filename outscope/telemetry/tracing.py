"""Spans: what was done for whom, when and for how long, told to a collector of traces.

Law: without a collector nothing is recorded, and no part of OpenTelemetry is even imported. A span
tells names, codes and numbers of ours, and never a secret, a body or what a stranger's server said.
Source: https://opentelemetry.io/docs/specs/semconv/ (the names of spans and attributes)
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from outscope.telemetry.traceparent import carried, current_traceparent

Attributes = Mapping[str, str | int | bool]
NO_ATTRIBUTES: Final[Attributes] = MappingProxyType({})
ERROR_TYPE: Final = "error.type"


class Kind(StrEnum):
    """On which side of a call or a message the work was done."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Span(Protocol):
    """Work that is being done."""

    @property
    def traceparent(self) -> str:
        """What work done for this one names as its parent."""
        ...

    def rename(self, name: str) -> None:
        """Give it the name that is known only now."""
        ...

    def note(self, attributes: Attributes) -> None:
        """Add attributes."""
        ...

    def fail(self, error_type: str) -> None:
        """Mark it as failed; the type is one of few."""
        ...

    def end(self, *, ago_s: float = 0.0) -> None:
        """End it, as of so many seconds ago."""
        ...


class Recorder(Protocol):
    """What begins spans, and sends those that have ended."""

    def begin(
        self,
        name: str,
        kind: Kind,
        attributes: Attributes,
        *,
        parent: str | None,
        ago_s: float = 0.0,
    ) -> Span:
        """Begin a span, as of so many seconds ago; without a parent it begins a trace."""
        ...

    def close(self) -> None:
        """Send what is left, within a few seconds."""
        ...


class _Unrecorded:
    """Stands for every span while none is recorded."""

    traceparent = ""

    def rename(self, name: str) -> None:
        """Do nothing."""

    def note(self, attributes: Attributes) -> None:
        """Do nothing."""

    def fail(self, error_type: str) -> None:
        """Do nothing."""

    def end(self, *, ago_s: float = 0.0) -> None:
        """Do nothing."""


UNRECORDED: Final[Span] = _Unrecorded()
# May be entered any number of times, side by side.
UNRECORDED_WORK: Final[AbstractContextManager[Span]] = nullcontext(UNRECORDED)


class _Process:
    """Who records the spans of this process."""

    recorder: Recorder | None = None


@contextmanager
def recording_by(recorder: Recorder) -> Iterator[Recorder]:
    """Have spans begun by a recorder while the context is open."""
    before, _Process.recorder = _Process.recorder, recorder
    try:
        yield recorder
    finally:
        _Process.recorder = before


def is_recording() -> bool:
    """Tell whether spans are recorded."""
    return _Process.recorder is not None


def span(
    name: str, kind: Kind = Kind.INTERNAL, attributes: Attributes = NO_ATTRIBUTES
) -> AbstractContextManager[Span]:
    """Record what is done inside the context, for the work around it; what it raises marks it."""
    return _recorded(name, kind, attributes) if is_recording() else UNRECORDED_WORK


@contextmanager
def _recorded(name: str, kind: Kind, attributes: Attributes) -> Iterator[Span]:
    begun = begin(name, kind, attributes, parent=current_traceparent())
    try:
        with carried(begun.traceparent):
            yield begun
    except Exception as error:
        begun.fail(type(error).__name__)
        raise
    finally:
        begun.end()


def begin(name: str, kind: Kind, attributes: Attributes, *, parent: str | None) -> Span:
    """Begin a span that its caller ends."""
    recorder = _Process.recorder
    return UNRECORDED if recorder is None else recorder.begin(name, kind, attributes, parent=parent)


def record_ended(
    name: str,
    kind: Kind,
    attributes: Attributes,
    *,
    duration_s: float,
    ago_s: float = 0.0,
    error_type: str = "",
) -> None:
    """Record what ended so many seconds ago and took so long, for the work around it."""
    recorder = _Process.recorder
    if recorder is None:
        return
    ended = recorder.begin(
        name, kind, attributes, parent=current_traceparent(), ago_s=duration_s + ago_s
    )
    if error_type:
        ended.fail(error_type)
    ended.end(ago_s=ago_s)
