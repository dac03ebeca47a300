"""Carries a caller's trace on, unchanged, and puts its id into the logs.

Law: what is not a traceparent we can read is as good as absent; it never fails a request.
Source: https://www.w3.org/TR/trace-context/ (a vendor may pass traceparent on as it came)
"""

import contextvars
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from outscope.telemetry.logs import bound

TRACEPARENT: Final = "traceparent"
# Only version 00: what a later one adds may not be ours to pass on.
_FORM: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_carried: contextvars.ContextVar[str | None] = contextvars.ContextVar(TRACEPARENT, default=None)
_NO_TRACE: Final = nullcontext()


def carried(traceparent: str | None) -> AbstractContextManager[None]:
    """Belong to the caller's trace inside the context; to none when there is none to read."""
    form = _FORM.fullmatch(traceparent) if traceparent else None
    return _NO_TRACE if traceparent is None or form is None else _carrying(traceparent, form[1])


@contextmanager
def _carrying(traceparent: str, trace_id: str) -> Iterator[None]:
    token = _carried.set(traceparent)
    try:
        with bound(trace_id=trace_id):
            yield
    finally:
        _carried.reset(token)


def readable(traceparent: str | None) -> str | None:
    """Return a traceparent if it is one, else None."""
    return traceparent if traceparent and _FORM.fullmatch(traceparent) else None


def current_traceparent() -> str | None:
    """Return what goes along with calls made for this one, or None outside a trace."""
    return _carried.get()
