"""Several schedulers side by side, killed, cut off and restarted: nothing lost, nothing doubled."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from deploy.local.nats import Nats
from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from outscope.bus.connect import Bus, connect_bus
from outscope.failures import FailureReason
from outscope.rpc.metadata import IDEMPOTENCY_KEY
from outscope.v1 import check_pb2, check_service_pb2, messages_pb2, webhook_service_pb2
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.migrate import migrate
from tests.backends import ServerProcess, nats_process, postgres_process
from tests.integration.scheduler.driving import (
    PATIENCE_S,
    TOKEN,
    Caller,
    calling,
    completed,
    eventually,
    make_key,
    new_check,
    probing,
    rows,
    running_scheduler,
    stop,
    store,
)
from tests.producing import produces, saw_reason

NAMES = [f"h{number}.example" for number in range(100)]
SPECS = [check_pb2.CheckSpec(fqdn=name) for name in NAMES]


async def all_ended(database: Database, count: int) -> None:
    async def have_ended() -> bool:
        ended = "SELECT count(*) FROM checks WHERE status <> 'pending'"
        return await rows(database, ended) == [(count,)]

    await eventually(have_ended, patience_s=3 * PATIENCE_S)


async def tables_read_whole(database: Database) -> list[tuple[str]]:
    """Return the tables on the way of a check that were read whole: the cost of that grows."""
    growing = [
        *("checks", "probes", "webhook_deliveries", "content_samples", "kept_facts", "api_keys"),
        "idempotency_keys",
    ]
    return await rows(
        database,
        "SELECT relname FROM pg_stat_user_tables WHERE seq_scan > 0 AND relname = ANY(%s)",
        growing,
    )


async def test_two_schedulers_side_by_side_do_everything_once(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    key, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url) as first,
        running_scheduler(database_url, nats_url) as second,
        calling(first, key) as here,
        calling(second, key) as there,
        probing(bus) as taken,
    ):
        request = webhook_service_pb2.CreateWebhookRequest(
            url="https://a.example/", events=["check.completed"]
        )
        await here.webhooks.CreateWebhook(request, metadata=here.metadata)
        await asyncio.gather(*(who.batch(SPECS) for who in (here, there) for _ in range(3)))
        await all_ended(database, 600)
        # A check created here is watched, found and listed there.
        check = await here.create()
        assert (await there.watch(check.id))[-1].status == check_pb2.CHECK_STATUS_COMPLETED
        assert (await there.page(page_size=1)).checks[0].id == check.id
        cursor = (await here.page(page_size=1)).next_cursor
        assert await here.page(cursor=cursor) == await there.page(cursor=cursor)
    assert len(taken) == len({job.probe_id for job in taken}) == 601
    assert await rows(
        database, "SELECT count(*), count(DISTINCT message_id) FROM webhook_deliveries"
    ) == [(601, 601)]
    assert await tables_read_whole(database) == []


async def test_what_a_scheduler_committed_and_did_not_publish_is_published_by_another(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    checks = [new_check() for _ in range(50)]
    await store(database, *checks, grace_s=2.0)  # as if it died right after the commit
    async with running_scheduler(database_url, nats_url), probing(bus) as taken:
        await all_ended(database, 50)
    assert sorted(job.probe_id for job in taken) == sorted(check.probe_id for check in checks)


@produces(FailureReason.DEADLINE_EXCEEDED)
async def test_a_check_nobody_answers_has_failed_after_its_deadline(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    key, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url, OUTSCOPE_CHECK_DEADLINE="1") as address,
        calling(address, key) as caller,
    ):
        check = (await caller.watch((await caller.create()).id))[-1]
    assert check.status == check_pb2.CHECK_STATUS_FAILED
    saw_reason(check.failure.reason)
    assert check.failure.reason == "deadline_exceeded"
    assert check.failure.message == "No prober of eu-west-1 answered within 1 seconds."


async def test_a_report_that_comes_late_or_twice_changes_nothing(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    def told(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
        answer = completed(job)
        answer.result.observer.prober_id = str(next(numbers))
        return answer

    numbers = iter(range(1000))
    key, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url) as address,
        calling(address, key) as caller,
    ):
        # A second prober's part repeats every report it is given.
        async with probing(bus, outcome=told) as taken:
            first = (await caller.watch((await caller.create()).id))[-1]
        for attempt in (1, 1, 2, 0):
            again = told(taken[0])
            again.attempt = attempt
            await bus.publish("reports", again.SerializeToString())
        await bus.publish("reports", b"\xff\xffgarbage")
        async with probing(bus, outcome=told):
            await caller.watch((await caller.create()).id)
        assert await caller.find(first.id) == first
        assert first.result.observer.prober_id == "0"


@pytest.fixture
def own_nats(tmp_path: Path) -> Iterator[ServerProcess[Nats]]:
    with nats_process(tmp_path) as process:
        yield process


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[ServerProcess[Postgres]]:
    with postgres_process(tmp_path) as process:
        yield process


async def create_patiently(caller: Caller, specs: list[check_pb2.CheckSpec]) -> list[str]:
    """Create a batch as a good client does: again when told that we are unavailable."""
    while True:
        try:
            response = await caller.batch(specs)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            await asyncio.sleep(0.2)
        else:
            return [item.check.id for item in response.items]


async def test_nats_restarted_under_load_loses_and_doubles_nothing(
    database_url: str, database: Database, own_nats: ServerProcess[Nats]
) -> None:
    url = own_nats.server.url()
    key, _, _ = await make_key(database)
    async with (
        connect_bus(url, "test") as bus,
        running_scheduler(database_url, url) as address,
        calling(address, key) as caller,
        patient_probing(bus),
    ):
        for number in range(10):
            await create_patiently(caller, SPECS)
            if number == 3:
                own_nats.kill()
            if number == 7:
                await asyncio.to_thread(own_nats.start)
        await all_ended(database, 1000)
    assert await rows(database, "SELECT status, count(*) FROM checks GROUP BY status") == [
        ("completed", 1000)
    ]


@asynccontextmanager
async def patient_probing(bus: Bus) -> AsyncIterator[None]:
    """Probe through outages of the bus, as the real prober does."""

    async def work() -> None:
        while True:
            async with probing(bus) as taken:
                before = -1
                while before != len(taken) or not bus.is_connected:
                    before = len(taken)
                    await asyncio.sleep(1.0)

    working = asyncio.create_task(work())
    try:
        yield
    finally:
        await stop(working)


async def test_postgres_restarted_under_load_loses_and_doubles_nothing(
    nats_url: str, bus: Bus, own_postgres: ServerProcess[Postgres]
) -> None:
    url = own_postgres.server.url("postgres")
    await migrate(url)
    async with open_database(url, patience_s=1) as database:
        key, _, _ = await make_key(database)
        accepted: list[str] = []
        async with (
            running_scheduler(url, nats_url) as address,
            calling(address, key) as caller,
            probing(bus),
        ):

            async def create_ten() -> None:
                for _ in range(10):
                    accepted.extend(await create_patiently(caller, SPECS))

            creating = asyncio.create_task(create_ten())
            for _ in range(2):
                await asyncio.sleep(0.3)
                await asyncio.to_thread(own_postgres.stop)
                await asyncio.to_thread(own_postgres.start)
            await creating

            async def have_ended() -> bool:
                pending = "SELECT count(*) FROM checks WHERE status = 'pending'"
                return await rows(database, pending) == [(0,)]

            await eventually(have_ended, patience_s=3 * PATIENCE_S)
        stored = dict(await rows(database, "SELECT id, status FROM checks"))
    assert len(accepted) == len(set(accepted)) == 1000
    assert all(stored[check_id] == "completed" for check_id in accepted)


@asynccontextmanager
async def scheduler_process(
    database_url: str, nats_url: str, port: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.scheduler",
        env={
            **os.environ,
            "DATABASE_URL": database_url,
            "NATS_URL": nats_url,
            "OUTSCOPE_SERVICE_TOKEN": TOKEN,
            "OUTSCOPE_GRPC_LISTEN": f"127.0.0.1:{port}",
            "OUTSCOPE_RATE_LIMIT": "0",
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_scheduler_killed_in_its_work_costs_no_check(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    key, _, _ = await make_key(database)
    port = free_port()
    accepted: list[str] = []
    async with calling(f"127.0.0.1:{port}", key) as caller, probing(bus) as taken:
        async with scheduler_process(database_url, nats_url, port) as process:
            accepted += await create_patiently(caller, SPECS)
            process.kill()  # most of these are committed and not yet published
        async with scheduler_process(database_url, nats_url, port) as process:
            accepted += await create_patiently(caller, SPECS)
            ((count,),) = await rows(database, "SELECT count(*) FROM checks")
            await all_ended(database, count)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(10):
                assert await process.wait() == 0
    states = dict(await rows(database, "SELECT id, status FROM checks"))
    assert all(states[check_id] == "completed" for check_id in accepted)
    attempts = [(job.probe_id, job.attempt) for job in taken]
    assert len(attempts) == len(set(attempts))


async def create_keyed(caller: Caller, key: str, fqdn: str) -> check_pb2.Check | None:
    """Create a check under a key; None when the answer is lost."""
    request = check_service_pb2.CreateCheckRequest(spec=check_pb2.CheckSpec(fqdn=fqdn))
    metadata = (*caller.metadata, (IDEMPOTENCY_KEY, key))
    try:
        return (await caller.checks.CreateCheck(request, metadata=metadata)).check
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return None


async def test_a_create_whose_answer_was_lost_is_sent_again_and_done_once(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    key, _, _ = await make_key(database)
    port = free_port()
    answers: dict[str, check_pb2.Check] = {}
    lost = 0

    async with (
        running_scheduler(database_url, nats_url) as beside,
        calling(f"127.0.0.1:{port}", key) as caller,
        calling(beside, key) as other,
    ):
        for turn in range(3):
            names = [f"{turn}-{name}" for name in NAMES]
            async with scheduler_process(database_url, nats_url, port) as process:
                while await create_keyed(caller, f"first-{turn}", "first.example") is None:
                    await asyncio.sleep(0.1)
                creating = [asyncio.create_task(create_keyed(caller, name, name)) for name in names]
                while not await rows(database, "SELECT 1 FROM checks WHERE fqdn = ANY(%s)", names):
                    await asyncio.sleep(0)
                process.kill()  # something is committed, and little is answered
                told = await asyncio.gather(*creating)
            again = await asyncio.gather(*(create_keyed(other, name, name) for name in names))
            for name, before, after in zip(names, told, again, strict=True):
                assert after is not None
                assert before is None or before == after
                answers[name] = after
                lost += before is None
        stored = await rows(database, "SELECT fqdn, id FROM checks WHERE fqdn <> 'first.example'")
    assert lost > 0
    assert len(stored) == len(answers) == 300
    assert dict(stored) == {name: check.id for name, check in answers.items()}


async def run(database_url: str, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.scheduler",
        *arguments,
        env={**os.environ, "DATABASE_URL": database_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def test_keys_are_tended_from_a_terminal(database_url: str, database: Database) -> None:
    status, output, _ = await run(database_url, "keys", "create", "--name", "local", "--json")
    assert status == 0
    (line,) = output.splitlines()
    made = json.loads(line)
    assert made["id"].startswith("key_")
    assert made["account_id"].startswith("acc_")
    assert made["secret"].startswith("svc_")
    assert made["expires_at"] is None
    _, output, _ = await run(
        database_url, "keys", "create", "--name", "x", "--account", made["account_id"]
    )
    assert output.startswith("svc_")
    assert "cannot be shown again" in output
    _, output, _ = await run(database_url, "keys", "revoke", made["id"], "--json")
    assert json.loads(output)["revoked_at"] is not None
    _, output, _ = await run(database_url, "keys", "list", "--json")
    assert [key["revoked_at"] is None for key in json.loads(output)] == [False, True]
    status, output, errors = await run(database_url, "keys", "revoke", "key_none")
    assert (status, output, errors) == (1, "", "scheduler: There is no such API key\n")


async def test_a_setting_that_is_missing_is_told_in_one_line() -> None:
    status, _, errors = await run("", "keys", "list")
    assert (status, errors) == (78, "scheduler: DATABASE_URL is not set, and there is no default\n")
    status, _, errors = await run("postgresql://127.0.0.1:1/x", "serve")
    assert status == 78
    assert errors.startswith("scheduler: OUTSCOPE_SERVICE_TOKEN is not set")


async def test_the_tables_can_be_made_from_a_terminal(database_url: str) -> None:
    assert (await run(database_url, "migrate"))[1] == "nothing to apply\n"
