"""Has a trace go on with the messages that are sent for it: in a header, and as spans.

Source: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from outscope.bus.consume import Message
from outscope.telemetry.traceparent import carried
from outscope.telemetry.tracing import (
    UNRECORDED_WORK,
    Attributes,
    Kind,
    Span,
    begin,
    is_recording,
    span,
)

_PROCESS: Final = "process"


def processing(message: Message) -> AbstractContextManager[Span]:
    """Belong to the trace of a message while it is worked on."""
    if message.traceparent is None and not is_recording():
        return UNRECORDED_WORK
    return _traced(message)


@contextmanager
def _traced(message: Message) -> Iterator[Span]:
    with (
        carried(message.traceparent),
        span(_name(message), Kind.CONSUMER, _attributes(message)) as processed,
    ):
        yield processed


@contextmanager
def processing_together(messages: Sequence[Message]) -> Iterator[None]:
    """Record of each message, in its own trace, that it is worked on together with others."""
    if not is_recording():
        yield
        return
    spans = [
        begin(_name(each), Kind.CONSUMER, _attributes(each), parent=each.traceparent)
        for each in messages
    ]
    try:
        yield
    except Exception as error:
        for each in spans:
            each.fail(type(error).__name__)
        raise
    finally:
        for each in spans:
            each.end()


def _name(message: Message) -> str:
    return f"{_PROCESS} {message.subject}"


def _attributes(message: Message) -> Attributes:
    return {
        "messaging.system": "nats",
        "messaging.operation.name": _PROCESS,
        "messaging.operation.type": _PROCESS,
        "messaging.destination.name": message.subject,
        "messaging.message.id": message.message_id,
    }
