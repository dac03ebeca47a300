"""Records the spans of a service while it runs, where a collector is named."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from outscope.telemetry.tracing import recording_by


@asynccontextmanager
async def recording(service: str, *, is_on: bool) -> AsyncIterator[None]:
    """Record and send spans while the context is open; at its end the last ones are sent."""
    if not is_on:
        yield
        return
    from outscope.telemetry.otlp import OtlpRecorder  # noqa: PLC0415 - who traces nothing loads none

    recorder = OtlpRecorder(service)
    try:
        with recording_by(recorder):
            yield
    finally:
        await asyncio.to_thread(recorder.close)
