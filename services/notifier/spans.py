"""Records each post to an endpoint as a span, and passes its trace on to the receiver.

Law: of an endpoint its host and port are told, and never its path or query: they may hold a secret.
Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from outscope.telemetry.traceparent import TRACEPARENT, current_traceparent
from outscope.telemetry.tracing import UNRECORDED_WORK, Attributes, Kind, Span, is_recording, span
from services.notifier.deliver import Answer
from services.notifier.retry import DeliveryError


def posting(url: str, attempt: int) -> AbstractContextManager[Span]:
    """Record what is posted inside the context."""
    if not is_recording():
        return UNRECORDED_WORK
    attributes = {**_endpoint(url), "http.request.resend_count": attempt - 1}
    return span("POST", Kind.CLIENT, attributes)


def note_answer(post: Span, answer: Answer) -> None:
    """Tell what came of a post."""
    if answer.status_code is not None:
        post.note({"http.response.status_code": answer.status_code})
    if answer.error is not DeliveryError.NONE:
        post.fail(answer.error.value)


def trace_headers() -> dict[str, str]:
    """Return the headers by which a receiver can join the trace."""
    traceparent = current_traceparent()
    return {} if traceparent is None else {TRACEPARENT: traceparent}


def _endpoint(url: str) -> Attributes:
    asked: Attributes = {"http.request.method": "POST"}
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return asked
    return {
        **asked,
        "url.scheme": parts.scheme,
        "server.address": parts.hostname or "",
        "server.port": port,
    }
