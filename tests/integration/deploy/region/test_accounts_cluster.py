import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from deploy.local.ports import free_port
from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import BusUnavailable
from tests.backends import ServerProcess
from tests.integration.deploy.region.conftest import central

PATIENCE_S: Final = 60.0


async def test_three_servers_keep_every_stream_and_one_may_be_lost(
    tmp_path: Path, certificates: Path
) -> None:
    routes = tuple(free_port() for _ in range(3))
    with ExitStack() as stack:
        members = [
            stack.enter_context(
                ServerProcess(
                    central(
                        tmp_path / f"nats-{number}",
                        certificates,
                        leaf_port=free_port(),
                        member=number,
                        routes=routes,
                    ),
                    tmp_path / f"log-{number}",
                )
            )
            for number in range(3)
        ]
        for member in members:
            member.start()
        url = members[2].server.url("scheduler")
        async with connect_bus(url, "scheduler", replicas=3) as bus, asyncio.timeout(PATIENCE_S):
            await until_stored(bus, "1")
            members[0].kill()
            await until_stored(bus, "2")
            async with bus.consumer(subjects.REPORTS_CONSUMER) as reports:
                kept: list[bytes] = []
                while len(kept) < 2:
                    kept += [message.payload for message in await reports.pull(2, 1)]
    assert sorted(kept) == [b"1", b"2"]


async def until_stored(bus: Bus, word: str) -> None:
    """Store a report as soon as the servers have agreed on who leads."""
    while True:
        try:
            await bus.ensure_streams()
            await bus.publish(subjects.REPORTS, word.encode(), word)
        except BusUnavailable:
            await asyncio.sleep(0.2)
        else:
            return
