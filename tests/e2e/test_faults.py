"""What is accepted is finished, whatever dies on the way."""

import asyncio
import os
import secrets
import signal

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


async def test_a_prober_killed_in_mid_check_costs_no_check(
    own_system: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(own_system)
    ids = [
        await own_system.create(f"{n}.town.test", ports=[town.slow], vantage_point="eu-west-1")
        for n in range(8)
    ]
    await asyncio.sleep(1.5)
    os.kill(own_system.pids("prober")[0], signal.SIGKILL)
    await assert_all_completed_once(own_system, receiver, ids)


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


async def test_postgres_killed_under_load_costs_no_check(
    own_system: System, town: Town, receiver: Receiver
) -> None:
    ids = await under_load_while(own_system, town, receiver, "postgres")
    await assert_all_completed_once(own_system, receiver, ids)


async def test_a_scheduler_killed_between_commit_and_publish_costs_no_check(
    own_system: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(own_system)
    (nats,) = own_system.pids("nats")
    os.kill(nats, signal.SIGSTOP)
    try:
        ids = await own_system.create_persistently(batch_of(town, 20))
        for scheduler in own_system.pids("scheduler"):
            os.kill(scheduler, signal.SIGKILL)
    finally:
        os.kill(nats, signal.SIGCONT)
    await assert_all_completed_once(own_system, receiver, ids)


async def test_a_gateway_killed_is_replaced(own_system: System, town: Town) -> None:
    for gateway in own_system.pids("gateway"):
        os.kill(gateway, signal.SIGKILL)
    (check_id,) = await own_system.create_persistently(batch_of(town, 1))
    assert (await own_system.ended(check_id))["status"] == "completed"
