import subprocess
import sys

from outscope.telemetry.recording import recording
from outscope.telemetry.traceparent import carried, current_traceparent
from outscope.telemetry.tracing import (
    UNRECORDED,
    Kind,
    begin,
    is_recording,
    record_ended,
    span,
)

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
# Everything a service loads, and then a service that is told of no collector.
NOTHING_LOADED = """
import asyncio, sys
import services.gateway.__main__, services.scheduler.__main__
import services.prober.__main__, services.notifier.__main__
from outscope.telemetry.recording import recording
from outscope.telemetry.tracing import span
async def main():
    async with recording("gateway", is_on=False):
        with span("work"):
            pass
asyncio.run(main())
loaded = sorted(each for each in sys.modules if each.split(".")[0] in {"opentelemetry", "requests"})
sys.exit(f"loaded: {loaded}" if loaded else 0)
"""


def test_who_traces_nothing_loads_nothing_of_opentelemetry() -> None:
    subprocess.run([sys.executable, "-c", NOTHING_LOADED], check=True, timeout=120)


async def test_without_a_collector_a_trace_is_carried_on_as_it_came() -> None:
    async with recording("gateway", is_on=False):
        with carried(SENT), span("work") as work:
            assert work is UNRECORDED
            assert current_traceparent() == SENT
        assert begin("work", Kind.INTERNAL, {}, parent=None) is UNRECORDED
        record_ended("work", Kind.INTERNAL, {}, duration_s=1.0)
        assert not is_recording()
