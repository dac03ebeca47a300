"""The notifier as a process: ready when its parts answer, a clean end, and what a kill costs."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from deploy.local.ports import free_port
from outscope.bus import subjects
from outscope.bus.connect import connect_bus
from tests.backends import nats_process
from tests.integration.notifier.receivers import answering, receiver
from tests.integration.notifier.scheduler import (
    TOKEN,
    Deliveries,
    due_delivery,
    publish_job,
    reported_attempt,
    serving,
)

PATIENCE_S = 20.0
# After which the bus hands out again what it has heard nothing of.
WITHOUT_A_WORD_S = subjects.DELIVERIES_CONSUMER.ack_wait_s


@asynccontextmanager
async def started(environment: Mapping[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.notifier",
        env={"PATH": os.environ["PATH"], **environment},
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_status(url: str, status: int) -> dict[str, object]:
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as response:
                    if response.status == status:
                        return dict(await response.json())
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


def settings(nats_url: str, scheduler: str, ca_file: Path) -> dict[str, str]:
    return {
        "NATS_URL": nats_url,
        "OUTSCOPE_SCHEDULER_ADDRESS": scheduler,
        "OUTSCOPE_SERVICE_TOKEN": TOKEN,
        "OUTSCOPE_RESOLVERS": "127.0.0.1:9",
        "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
        "OUTSCOPE_CA_FILE": str(ca_file),
    }


async def test_a_running_delivery_is_finished_on_sigterm_and_no_other_begun(
    tmp_path: Path, ca_file: Path
) -> None:
    # A bus of its own: what is left waiting on it must not reach another test.
    with nats_process(tmp_path) as nats:
        await finish_on_sigterm(nats.server.url(), ca_file)


async def finish_on_sigterm(nats_url: str, ca_file: Path) -> None:
    health_port = free_port()
    deliveries = Deliveries()

    async def think(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)
        await answering("200 OK")(writer)

    async with (
        serving(deliveries) as scheduler,
        connect_bus(nats_url, "test") as bus,
        receiver(think) as endpoint,
        started(
            settings(nats_url, scheduler, ca_file)
            | {
                "OUTSCOPE_HEALTH_LISTEN": f"127.0.0.1:{health_port}",
                "OUTSCOPE_DELIVERY_CONCURRENCY": "1",
            }
        ) as process,
    ):
        health = f"http://127.0.0.1:{health_port}"
        ready = await until_status(f"{health}/readyz", 200)
        assert ready["dependencies"] == {"nats": True, "scheduler": True}
        for delivery_id in ("dlv_running", "dlv_waiting"):
            deliveries.known[delivery_id] = due_delivery(endpoint.url)
            await publish_job(bus, delivery_id)
        await endpoint.arrived.wait()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            assert await process.wait() == 0
            assert (await reported_attempt(bus, "dlv_running")).status_code == 200
        assert deliveries.asked == [("dlv_running", 1)]


async def test_what_a_killed_notifier_had_posted_and_not_reported_is_posted_again(
    tmp_path: Path, ca_file: Path
) -> None:
    with nats_process(tmp_path) as nats:
        await survive_a_kill(nats.server.url(), ca_file)


async def survive_a_kill(nats_url: str, ca_file: Path) -> None:
    deliveries = Deliveries()
    is_killed = asyncio.Event()

    async def answer_after_the_kill(writer: asyncio.StreamWriter) -> None:
        await is_killed.wait()
        await answering("200 OK")(writer)

    async with (
        serving(deliveries) as scheduler,
        connect_bus(nats_url, "test") as bus,
        receiver(answer_after_the_kill) as endpoint,
    ):
        environment = settings(nats_url, scheduler, ca_file)
        deliveries.known["dlv_killed"] = due_delivery(endpoint.url)
        async with started(environment) as first:
            await publish_job(bus, "dlv_killed")
            async with asyncio.timeout(PATIENCE_S):
                await endpoint.arrived.wait()
            first.kill()
            await first.wait()
        is_killed.set()
        async with started(environment), asyncio.timeout(PATIENCE_S + WITHOUT_A_WORD_S):
            assert (await reported_attempt(bus, "dlv_killed")).status_code == 200
    before, after = endpoint.received
    assert before.headers["webhook-id"] == after.headers["webhook-id"]
    assert before.body == after.body


async def test_a_missing_setting_ends_it_at_once_with_one_line_that_names_it() -> None:
    async with started({}) as process:
        async with asyncio.timeout(PATIENCE_S):
            _, told = await process.communicate()
    assert process.returncode == 78
    assert told.decode().splitlines() == [
        "notifier: OUTSCOPE_SERVICE_TOKEN is not set, and there is no default"
    ]
