import asyncio
import re
import secrets
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
from nats.aio.client import Client

from deploy.local.ports import free_port
from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import BusUnavailable
from outscope.v1 import check_pb2, messages_pb2
from tests.backends import ServerProcess
from tests.integration.deploy.region.conftest import (
    Certificates,
    Configured,
    alone,
    central,
    edge,
)
from tests.integration.prober.process import started, until_ready
from tests.targets.dns import serve_dns

REGION: Final = "eu-west-1"
PATIENCE_S: Final = 60.0


@pytest.fixture(scope="module")
def leaf_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def hub(
    tmp_path_factory: pytest.TempPathFactory, certificates: Path, leaf_port: int
) -> Iterator[Configured]:
    folder = tmp_path_factory.mktemp("hub")
    server = central(folder / "nats", certificates, leaf_port=leaf_port, routes=(1, 2, 3))
    with ServerProcess(alone(server), folder / "log") as process:
        process.start()
        yield process.server


@pytest.fixture(scope="module")
def leaf(
    tmp_path_factory: pytest.TempPathFactory, certificates: Path, leaf_port: int, hub: Configured
) -> Iterator[Configured]:
    assert hub
    folder = tmp_path_factory.mktemp("edge")
    with ServerProcess(
        edge(folder / "nats", certificates, hub_port=leaf_port), folder / "log"
    ) as process:
        process.start()
        yield process.server


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[Client, list[str]]]:
    """Connect as somebody; the list holds what the server refuses."""
    refused: list[str] = []

    async def note(error: Exception) -> None:
        refused.append(str(error))

    client = Client()
    await client.connect(url, error_cb=note, allow_reconnect=False)
    try:
        yield client, refused
    finally:
        await client.close()


async def settled(client: Client) -> None:
    """Return when the server has looked at all that was sent: the first PING may overtake it."""
    await client.flush()
    await client.flush()


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("prober-eu-west-1", "jobs.eu-west-1"),
        ("prober-eu-west-1", "jobs.us-east-1"),
        ("prober-eu-west-1", "deliveries"),
        ("prober-eu-west-1", "delivery_attempts"),
        ("prober-eu-west-1", "cancel.chk_1"),
        ("prober-eu-west-1", "events.check.chk_1"),
        ("prober-eu-west-1", "presence.us-east-1"),
        ("prober-eu-west-1", "$KV.presence.us-east-1.x"),
        ("prober-eu-west-1", "$JS.ACK.JOBS.prober-us-east-1.1.1.1.1.1"),
        ("prober-eu-west-1", "$JS.API.CONSUMER.MSG.NEXT.JOBS.prober-us-east-1"),
        ("prober-eu-west-1", "$JS.API.CONSUMER.MSG.NEXT.REPORTS.scheduler-reports"),
        ("prober-eu-west-1", "$JS.API.CONSUMER.CREATE.JOBS.prober-eu-west-1.jobs.us-east-1"),
        ("prober-eu-west-1", "$JS.API.CONSUMER.DURABLE.CREATE.JOBS.prober-eu-west-1"),
        ("prober-eu-west-1", "$JS.API.STREAM.MSG.GET.JOBS"),
        ("prober-eu-west-1", "$JS.API.STREAM.DELETE.JOBS"),
        ("prober-eu-west-1", "$JS.API.STREAM.CREATE.JOBS"),
        ("notifier", "reports"),
        ("notifier", "jobs.eu-west-1"),
        ("notifier", "$JS.API.CONSUMER.MSG.NEXT.JOBS.prober-eu-west-1"),
        ("scheduler", "$JS.API.STREAM.DELETE.JOBS"),
        ("scheduler", "$JS.API.STREAM.PURGE.REPORTS"),
        ("scheduler", "$SYS.REQ.SERVER.PING"),
    ],
)
async def test_nobody_publishes_what_is_not_theirs(
    hub: Configured, user: str, subject: str
) -> None:
    async with connected(hub.url(user)) as (client, refused):
        await client.publish(subject, b"x")
        await settled(client)
        assert [f'publish to "{subject}"'.lower() in each for each in refused] == [True]


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("prober-eu-west-1", "jobs.eu-west-1"),
        ("prober-eu-west-1", "jobs.>"),
        ("prober-eu-west-1", ">"),
        ("prober-eu-west-1", "reports"),
        ("prober-eu-west-1", "_INBOX.>"),
        ("prober-eu-west-1", "_INBOX.prober.us-east-1.>"),
        ("prober-eu-west-1", "judge"),
        ("prober-eu-west-1", "budget"),
        ("prober-eu-west-1", "progress.*"),
        ("notifier", "_INBOX.prober.eu-west-1.>"),
        ("notifier", "cancel.*"),
        ("scheduler", "$SYS.>"),
        ("scheduler", "jobs.>"),
    ],
)
async def test_nobody_hears_what_is_not_theirs(hub: Configured, user: str, subject: str) -> None:
    async with connected(hub.url(user)) as (client, refused):
        await client.subscribe(subject)
        await settled(client)
        assert [f'subscription to "{subject}"'.lower() in each for each in refused] == [True]


async def test_a_stranger_is_let_in_nowhere(hub: Configured, leaf: Configured) -> None:
    for server in (hub, leaf):
        for who in (b"{}", b'{"user":"x","pass":"y"}', b'{"user":"scheduler","pass":"y"}'):
            assert b"Authorization Violation" in await answer_to(server.port, who)


async def answer_to(port: int, who: bytes) -> bytes:
    """Return all that a server says to somebody who connects, up to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.readline()
        writer.write(b"CONNECT " + who + b"\r\nPING\r\n")
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    finally:
        writer.close()


async def test_a_consumer_cannot_be_made_for_what_another_region_is_told(hub: Configured) -> None:
    # The subject of the request names what is filtered, and the server holds the two together.
    own = "$JS.API.CONSUMER.CREATE.JOBS.prober-eu-west-1.jobs.eu-west-1"
    async with (
        connect_bus(hub.url("scheduler"), "scheduler") as scheduler,
        connected(hub.url("prober-eu-west-1")) as (client, _),
    ):
        await scheduler.ensure_streams()
        inbox = f"{subjects.prober_inbox(REGION)}.test"
        answers = await client.subscribe(inbox)
        config = '"config":{"durable_name":"prober-eu-west-1","name":"prober-eu-west-1",'
        wrong = f'{{"stream_name":"JOBS",{config}"filter_subject":"jobs.us-east-1"}}}}'
        await client.publish(own, wrong.encode(), reply=inbox)
        assert b"error" in (await answers.next_msg(5)).data


async def worked(url: str, vantage: str, scheduler: Bus) -> messages_pb2.ProbeReport:
    """Run a prober as it is run everywhere, before there is a stream; return its report of a job.

    The check is of a name that does not exist, so that it ends with the answer of the resolver.
    """
    job = messages_pb2.ProbeJob(
        probe_id=f"prb_{secrets.token_hex(8)}",
        check_id="chk_1",
        attempt=1,
        spec=check_pb2.CheckSpec(fqdn="nowhere.test", ports=[443], paths=["/"]),
    )
    async with (
        serve_dns({}) as (dns_host, dns_port),
        prober(url, vantage, f"{dns_host}:{dns_port}"),
    ):
        async with scheduler.subscription(subjects.presence(vantage), ignored):
            await scheduler.ensure_streams()
            await scheduler.publish(
                subjects.jobs(vantage), job.SerializeToString(), f"{job.probe_id}-1"
            )
            report = await report_of(scheduler, job.probe_id)
        while not any(key.startswith(f"{vantage}.") for key in await scheduler.present()):
            await asyncio.sleep(0.2)
        while await scheduler.backlog(subjects.jobs_consumer(vantage)):
            await asyncio.sleep(0.2)
        return report


async def ignored(_: bytes) -> None:
    """Take what is told, and leave it at that."""


async def report_of(scheduler: Bus, probe_id: str) -> messages_pb2.ProbeReport:
    async with scheduler.consumer(subjects.REPORTS_CONSUMER) as reports:
        while True:
            for message in await reports.pull(10, 2):
                await message.ack()
                report = messages_pb2.ProbeReport.FromString(message.payload)
                if report.probe_id == probe_id:
                    return report


@asynccontextmanager
async def prober(url: str, vantage: str, resolver: str) -> AsyncIterator[None]:
    health_port = free_port()
    environment = {
        "NATS_URL": url,
        "VANTAGE_POINT": vantage,
        "OUTSCOPE_RESOLVERS": resolver,
        "OUTSCOPE_HEALTH_LISTEN": f"127.0.0.1:{health_port}",
    }
    async with started(environment, stderr=DEVNULL):
        await until_ready(f"http://127.0.0.1:{health_port}/readyz")
        yield


@pytest.mark.parametrize("vantage", [REGION, "edge-1"])
async def test_a_prober_works_with_no_more_than_it_may(
    hub: Configured, leaf: Configured, vantage: str
) -> None:
    server = leaf if vantage == "edge-1" else hub
    async with (
        connect_bus(hub.url("scheduler"), "scheduler") as scheduler,
        asyncio.timeout(PATIENCE_S),
    ):
        report = await worked(server.url(f"prober-{vantage}"), vantage, scheduler)
    assert report.result.observer.vantage_point == vantage


@pytest.mark.parametrize("vantage", [REGION, "edge-1"])
async def test_all_a_prober_tells_and_asks_gets_through(
    hub: Configured, leaf: Configured, vantage: str
) -> None:
    server = leaf if vantage == "edge-1" else hub
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def answer(question: bytes) -> bytes:
        return question + b" granted"

    async with AsyncExitStack() as stack:
        scheduler = await stack.enter_async_context(connect_bus(hub.url("scheduler"), "scheduler"))
        bus = await stack.enter_async_context(
            connect_bus(
                server.url(f"prober-{vantage}"), "prober", inbox=subjects.prober_inbox(vantage)
            )
        )
        await stack.enter_async_context(asyncio.timeout(PATIENCE_S))
        await stack.enter_async_context(
            scheduler.answering(subjects.BUDGET, subjects.SCHEDULERS, answer)
        )
        for listener, subject in (
            *((scheduler, every) for every in (subjects.PROGRESS_ALL, subjects.PRESENCE_ALL)),
            *((bus, every) for every in (subjects.CANCEL_ALL, subjects.WATCHED)),
        ):
            await stack.enter_async_context(listener.subscription(subject, heard.put))
        assert await bus.ask(subjects.BUDGET, b"one", timeout_s=5) == b"one granted"
        for sender, subject in (
            (bus, subjects.progress("chk_1")),
            (bus, subjects.presence(vantage)),
            (scheduler, subjects.cancel("chk_1")),
            (scheduler, subjects.WATCHED),
        ):
            # Over a leaf node interest travels, too: what is told before it is there is lost.
            await told(sender, subject, heard)


async def told(sender: Bus, subject: str, heard: "asyncio.Queue[bytes]") -> None:
    """Send a word until it is heard."""
    word = f"{subject} {secrets.token_hex(4)}".encode()
    while True:
        await sender.send(subject, word)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                while await heard.get() != word:
                    pass
                return


async def test_probers_are_asked_what_the_rules_say_and_those_at_the_edge_are_not(
    hub: Configured, leaf: Configured
) -> None:
    async def answer(question: bytes) -> bytes:
        return question

    async with (
        connect_bus(hub.url("scheduler"), "scheduler") as scheduler,
        connect_bus(
            leaf.url("prober-edge-1"), "edge", inbox=subjects.prober_inbox("edge-1")
        ) as edge_bus,
    ):
        async with edge_bus.answering(subjects.JUDGE, subjects.PROBERS, answer):
            with pytest.raises(BusUnavailable):
                await scheduler.ask(subjects.JUDGE, b"facts of somebody", timeout_s=1)
        async with (
            connect_bus(
                hub.url(f"prober-{REGION}"), "prober", inbox=subjects.prober_inbox(REGION)
            ) as bus,
            bus.answering(subjects.JUDGE, subjects.PROBERS, answer),
        ):
            assert await scheduler.ask(subjects.JUDGE, b"facts", timeout_s=5) == b"facts"


async def test_what_is_said_at_the_edge_stays_there(hub: Configured, leaf: Configured) -> None:
    """An account of its own: with every permission there, nothing but its imports leads out."""
    jobs = "jobs.us-east-1"
    async with (
        connect_bus(hub.url("scheduler"), "scheduler") as scheduler,
        connected(leaf.url("prober-edge-1")) as (client, refused),
    ):
        await scheduler.ensure_streams()
        await client.publish(jobs, b"forged")
        await settled(client)
        assert len(refused) == 1
        sequence = await scheduler.publish(jobs, b"genuine", secrets.token_hex(8))
        assert await scheduler.publish(jobs, b"next", secrets.token_hex(8)) == sequence + 1


async def test_a_leaf_without_a_certificate_of_ours_is_not_let_in(
    tmp_path: Path, hub: Configured, leaf_port: int
) -> None:
    """Its password alone is not enough."""
    trusted = Path(next(iter(re.findall(r'ca_file: "(.*)/ca.crt"', hub.text))))
    strange = Certificates(folder=tmp_path / "strange").write()
    # It trusts the central servers as it should; they do not trust it.
    (strange / "ca.crt").write_bytes((trusted / "ca.crt").read_bytes())
    log = hub.folder.parent / "log"
    with ServerProcess(
        edge(tmp_path / "nats", strange, hub_port=leaf_port), tmp_path / "log"
    ) as process:
        process.start()
        async with asyncio.timeout(PATIENCE_S):
            while "TLS leafnode handshake error" not in log.read_text("utf-8"):
                await asyncio.sleep(0.1)
        async with connect_bus(process.server.url("prober-edge-1"), "edge") as bus:
            with pytest.raises(BusUnavailable):
                await bus.ask(subjects.BUDGET, b"one", timeout_s=2)
