"""Starts a system with a collector of traces, carries out one check, and prints its trace.

`make trace`: what docs/observability.md shows.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.e2e.collector import Collector, Span, a_collector, tree
from tests.e2e.conftest import Town, running_town
from tests.e2e.receiver import Receiver, a_receiver
from tests.e2e.running import System, running_system

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
# The last of a check's life: its delivery is recorded.
LAST = "process delivery_attempts"


async def traced_check(
    system: System, town: Town, receiver: Receiver, collector: Collector
) -> list[Span]:
    """The spans of one check that was asked for in a trace, from the request to the webhook."""
    await receiver.subscribe(system)
    body = {"fqdn": "traced.town.test", "ports": [town.https], "paths": ["/", "/private"]}
    status, answer = await system.call("POST", "/v1/check", body, {"traceparent": PARENT})
    assert status == 201, answer
    async with asyncio.timeout(60):
        while LAST not in {span.name for span in collector.trace(TRACE_ID)}:
            await asyncio.sleep(0.1)
        # Each process sends by itself, every five seconds unless told otherwise.
        await asyncio.sleep(1)
    return collector.trace(TRACE_ID)


def settings(collector_url: str) -> dict[str, str]:
    """The environment in which a system sends its traces there, soon."""
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector_url, "OTEL_BSP_SCHEDULE_DELAY": "200"}


async def main() -> None:
    """Print the tree."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with a_collector() as collector, running_town(folder) as town:
            told = settings(collector.url)
            with running_system(folder / "system", *town.options(), **told) as system:
                async with a_receiver() as receiver:
                    spans = await traced_check(system, town, receiver, collector)
    sys.stdout.write("\n".join(tree(spans)) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
