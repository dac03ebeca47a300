"""What is accepted is finished, whatever dies on the way."""

import asyncio
import os
import secrets
import signal

import nats
import psycopg

from tests.e2e.conftest import Town
from tests.e2e.receiver import Receiver
from tests.e2e.running import Json, System


def batch_of(town: Town, count: int) -> list[Json]:
    run = secrets.token_hex(4)
    return [
        {"fqdn": f"{run}-{number}.town.test", "ports": [town.http], "vantage_point": "eu-west-1"}
        for number in range(count)
    ]


async def assert_all_completed_once(system: System, receiver: Receiver, ids: list[str]) -> None:
    """Every check is completed, and told of in exactly one event."""
    for check_id in ids:
        assert (await system.ended(check_id, within_s=90))["status"] == "completed"
    async with asyncio.timeout(60):
        while not set(ids) <= {each["data"]["id"] for each in receiver.events}:
            await asyncio.sleep(0.2)
    for check_id in ids:
        told = {each.webhook_id for each in receiver.deliveries if each.check_id == check_id}
        assert len(told) == 1


async def assert_nothing_but(system: System, ids: list[str]) -> None:
    """The account has these checks and no other: none was stored twice."""
    assert sorted([each["id"] async for each in system.all_checks()]) == sorted(ids)


async def until_in_work(system: System, count: int) -> None:
    """Wait until as many jobs are in the hands of probers."""
    client = await nats.connect(str(system.first_line["nats"]))
    async with asyncio.timeout(20):
        while True:
            found = await client.jetstream().consumer_info("JOBS", "prober-eu-west-1")
            if found.num_ack_pending == count:
                break
            await asyncio.sleep(0.05)
    await client.close()


async def places_on_the_bus(system: System) -> set[int | None]:
    """Where on the bus the rows say that the jobs of open probes are."""
    url = str(system.first_line["postgres"])
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute(
            "SELECT DISTINCT stream_sequence FROM probes WHERE state IN ('queued', 'published')"
        )
        rows = await found.fetchall()
    return {row[0] for row in rows}


async def test_probers_killed_in_mid_check_costs_no_check(
    own_system: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(own_system)
    ids = [
        await own_system.create(
            f"{n}.town.test", ports=[town.slow], vantage_point="eu-west-1", discovery="off"
        )
        for n in range(8)
    ]
    await until_in_work(own_system, len(ids))
    for prober in own_system.pids("prober"):
        os.kill(prober, signal.SIGKILL)
    await assert_all_completed_once(own_system, receiver, ids)
    await assert_nothing_but(own_system, ids)


async def under_load_while(system: System, town: Town, receiver: Receiver, kind: str) -> list[str]:
    """Keep creating checks; kill one kind of server in the middle; the ids accepted."""
    await receiver.subscribe(system)
    ids: list[str] = []
    for number in range(20):
        if number == 8:
            os.kill(system.pids(kind)[0], signal.SIGKILL)
        ids += await system.create_persistently(batch_of(town, 20))
    return ids


async def test_nats_killed_under_load_costs_no_check(
    own_system: System, town: Town, receiver: Receiver
) -> None:
    ids = await under_load_while(own_system, town, receiver, "nats")
    await assert_all_completed_once(own_system, receiver, ids)
    await assert_nothing_but(own_system, ids)


async def test_postgres_killed_under_load_costs_no_check(
    own_system: System, town: Town, receiver: Receiver
) -> None:
    ids = await under_load_while(own_system, town, receiver, "postgres")
    await assert_all_completed_once(own_system, receiver, ids)


async def test_a_scheduler_killed_between_commit_and_publish_costs_no_check(
    own_system: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(own_system)
    (server,) = own_system.pids("nats")
    os.kill(server, signal.SIGSTOP)
    ids = await own_system.create_persistently(batch_of(town, 20))
    for scheduler in own_system.pids("scheduler"):
        os.kill(scheduler, signal.SIGKILL)
    assert await places_on_the_bus(own_system) == {None}
    # What was on its way to the frozen server is gone with it: only the rows are left.
    os.kill(server, signal.SIGKILL)
    await assert_all_completed_once(own_system, receiver, ids)
    await assert_nothing_but(own_system, ids)


async def test_a_gateway_killed_is_replaced(own_system: System, town: Town) -> None:
    for gateway in own_system.pids("gateway"):
        os.kill(gateway, signal.SIGKILL)
    (check_id,) = await own_system.create_persistently(batch_of(town, 1))
    assert (await own_system.ended(check_id))["status"] == "completed"
