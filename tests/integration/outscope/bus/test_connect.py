import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from outscope.bus import connect, subjects
from outscope.bus.connect import connect_bus
from outscope.bus.publish import BusUnavailable
from tests.backends import nats_process


def a_vantage() -> str:
    return f"test-{secrets.token_hex(4)}"


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.05)


async def test_streams_may_be_made_by_every_service_at_once(nats_url: str) -> None:
    async with connect_bus(nats_url, "test") as bus:
        await asyncio.gather(*(bus.ensure_streams() for _ in range(5)))
        await bus.ensure_streams()
        assert await bus.publish(subjects.jobs(a_vantage()), b"x") > 0


async def test_a_message_is_held_until_it_is_acknowledged(nats_url: str) -> None:
    vantage = a_vantage()
    async with connect_bus(nats_url, "test") as bus:
        await bus.ensure_streams()
        sequence = await bus.publish(subjects.jobs(vantage), b"x", f"{vantage}-1")
        assert await bus.holds("JOBS", sequence, f"{vantage}-1")
        assert not await bus.holds("JOBS", sequence, "another-1")
        async with bus.consumer(subjects.jobs_consumer(vantage)) as consumer:
            assert await bus.backlog(subjects.jobs_consumer(vantage)) == 1
            (message,) = await consumer.pull(10, 5)
            assert await bus.holds("JOBS", sequence, f"{vantage}-1")
            await message.ack()
            await asyncio.sleep(0.2)
            assert not await bus.holds("JOBS", sequence, f"{vantage}-1")
            assert await bus.backlog(subjects.jobs_consumer(vantage)) == 0


async def test_what_is_sent_unstored_reaches_who_listens(nats_url: str) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    async with (
        connect_bus(nats_url, "a") as sender,
        connect_bus(nats_url, "b") as listener,
        listener.subscription(subjects.CHECK_ENDED_ALL, heard.put),
        asyncio.timeout(20),
    ):
        await sender.send(subjects.check_ended("chk_1"), b"ended")
        assert await heard.get() == b"ended"


@asynccontextmanager
async def recording(nats_url: str, told: bytearray) -> AsyncIterator[str]:
    """Yield the URL of a way to the server that notes what its one client tells it."""
    server = urlsplit(nats_url)
    is_over = asyncio.Event()

    async def copy(
        source: asyncio.StreamReader, sink: asyncio.StreamWriter, noted: bytearray
    ) -> None:
        while chunk := await source.read(65_536):
            noted += chunk
            sink.write(chunk)
        sink.close()
        await sink.wait_closed()

    async def pass_on(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        reader, writer = await asyncio.open_connection(server.hostname, server.port)
        await asyncio.gather(copy(client, writer, told), copy(reader, answers, bytearray()))
        is_over.set()

    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as way:
        port = way.sockets[0].getsockname()[1]
        who, at, _ = server.netloc.rpartition("@")
        try:
            yield f"{server.scheme}://{who}{at}127.0.0.1:{port}"
        finally:
            await is_over.wait()


async def test_a_subscription_is_open_when_the_server_has_answered_after_it(nats_url: str) -> None:
    told = bytearray()
    async with (
        asyncio.timeout(20),
        recording(nats_url, told) as url,
        connect_bus(url, "a") as bus,
        bus.subscription(subjects.CHECK_ENDED_ALL, asyncio.Queue[bytes]().put),
    ):
        assert b"PING" in told[told.index(b"SUB events.check.*") :]


async def test_a_server_that_says_nothing_is_taken_for_away_until_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "_PING_EVERY_S", 0.2)
    with nats_process(tmp_path) as server:
        async with connect_bus(server.server.url(), "test") as bus, asyncio.timeout(20):
            await bus.ensure_streams()
            os.kill(server.pid, signal.SIGSTOP)
            try:
                await until(lambda: not bus.is_connected)
            finally:
                os.kill(server.pid, signal.SIGCONT)
            await until(lambda: bus.is_connected)
            assert await bus.publish(subjects.jobs(a_vantage()), b"x") == 1


async def test_connecting_waits_for_a_server_that_starts_later(tmp_path: Path) -> None:
    server = nats_process(tmp_path)
    with server:
        url = server.server.url()
        server.stop()
        connecting = asyncio.create_task(_connect_once(url))
        await asyncio.sleep(0.5)
        assert not connecting.done()
        server.start()
        async with asyncio.timeout(10):
            assert await connecting


async def _connect_once(url: str) -> bool:
    async with connect_bus(url, "test") as bus:
        return bus.is_connected


async def test_the_longest_wait_is_that_of_the_oldest_message(tmp_path: Path) -> None:
    with nats_process(tmp_path) as process:
        async with connect_bus(process.server.url(), "test") as bus:
            await bus.ensure_streams()
            assert await bus.longest_wait_s("REPORTS") == 0
            await bus.publish(subjects.REPORTS, b"old")
            await asyncio.sleep(0.5)
            await bus.publish(subjects.REPORTS, b"new")
            assert 0.5 <= await bus.longest_wait_s("REPORTS") < 5
            async with bus.consumer(subjects.REPORTS_CONSUMER) as consumer:
                (old, *_) = await consumer.pull(10, 5)
                await old.ack()
                await asyncio.sleep(0.1)
            assert await bus.longest_wait_s("REPORTS") < 0.5


async def test_a_wait_is_not_told_while_the_bus_is_away(nats_url: str) -> None:
    async with connect_bus(nats_url, "closed") as bus:
        pass
    with pytest.raises(BusUnavailable):
        await bus.longest_wait_s("REPORTS")


async def test_a_stored_message_is_deleted_by_its_place_and_its_id(tmp_path: Path) -> None:
    with nats_process(tmp_path) as process:
        async with connect_bus(process.server.url(), "test") as bus:
            await bus.ensure_streams()
            vantage = a_vantage()
            sequence = await bus.publish(subjects.jobs(vantage), b"x", "one")
            await bus.delete("JOBS", sequence, "another")
            assert await bus.holds("JOBS", sequence, "one")
            await bus.delete("JOBS", sequence, "one")
            assert not await bus.holds("JOBS", sequence, "one")
            await bus.delete("JOBS", sequence, "one")
            async with bus.consumer(subjects.jobs_consumer(vantage)) as consumer:
                assert await consumer.pull(1, 0.3) == []
