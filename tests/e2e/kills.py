"""Measures how long the checks of killed probers wait: python -m tests.e2e.kills 20.

In each round a prober with a check in work is killed as kill -9 does, while another of its vantage
point is idle. Printed is the time from the kill to the beginning of the attempt that was reported.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path

from outscope.v1 import check_pb2
from tests.backends import create_database, nats_process, postgres_process
from tests.e2e.fleet import Fleet, fleet_on

OFF = {"discovery": check_pb2.DISCOVERY_OFF}


async def measured(fleet: Fleet, slow_port: int, kills: int) -> list[float]:
    """Kill so often; return the seconds until each check was begun anew."""
    found = []
    working = await fleet.prober()
    for number in range(kills):
        # Two requests, as long as it may take to start a prober on a busy machine.
        check_id = await fleet.check(f"{number}.town.test", slow_port, paths=["/", "/a"], **OFF)
        await fleet.in_work()
        idle = await fleet.prober()
        killed_at_s = time.time()
        working.service.kill()
        status, *_, attempt, result = await fleet.ended(check_id)
        assert (status, attempt) == ("completed", 2), (number, status, attempt)
        assert await fleet.events(check_id) == ["check.completed"]
        started = check_pb2.CheckResult.FromString(result).observer.started_at.ToDatetime(UTC)
        found.append(started.timestamp() - killed_at_s)
        working = idle
    return found


async def main(kills: int) -> None:
    """Start what it takes, measure, print."""
    town_program = Path(__file__).with_name("town.py")
    with (
        tempfile.TemporaryDirectory(prefix="outscope-kills-") as name,
        postgres_process(Path(name)) as postgres,
        nats_process(Path(name)) as bus,
        subprocess.Popen(  # noqa: ASYNC220 - started once, before anything waits
            [sys.executable, str(town_program), name], stdout=subprocess.PIPE, text=True
        ) as town,
    ):
        assert town.stdout is not None
        try:
            ports = json.loads(town.stdout.readline())
            settings = {
                "OUTSCOPE_RESOLVERS": f"127.0.0.1:{ports['dns']}",
                "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
            }
            async with fleet_on(
                Path(name),
                nats_url=bus.server.url(),
                database_url=create_database(postgres.server.url("postgres"), "kills"),
                settings=settings,
            ) as fleet:
                found = await measured(fleet, ports["slow"], kills)
        finally:
            town.kill()
    middle = statistics.median(found)
    sys.stdout.write(f"{kills} kills: p50 {middle:.1f} s, max {max(found):.1f} s\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
