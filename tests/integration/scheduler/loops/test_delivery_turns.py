"""Deliveries are handed out in turns, as soon as somebody says that there is something to do."""

import asyncio

import pytest

from outscope.bus.connect import Bus, connect_bus
from services.scheduler.domain.delivery import DeliveryJob, NewDelivery
from services.scheduler.domain.endpoint import Pace
from services.scheduler.loops import delivery_turns
from services.scheduler.loops.delivery_turns import DeliveryTurns
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import eventually, rows, stop


@pytest.fixture
def offered() -> list[DeliveryJob]:
    return []


@pytest.fixture
def turns(database: Database, bus: Bus, offered: list[DeliveryJob]) -> DeliveryTurns:
    return DeliveryTurns(database, bus, offered.extend, Pace(at_once=50, rate=0))


async def add(database: Database, webhook_id: str, deliveries: int) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=webhook_id,
            url="https://a.example/",
            events=["*"],
            secret="whsec_x",
        )
        await insert_deliveries(
            connection,
            [
                NewDelivery(
                    id=f"dlv_{webhook_id}_{number}",
                    webhook_id=webhook_id,
                    check_id=f"chk_{number}",
                    event_type="check.completed",
                    message_id=f"msg_{webhook_id}_{number}",
                )
                for number in range(deliveries)
            ],
            grace_s=0,
        )


async def test_all_that_have_a_place_are_handed_out_batch_by_batch(
    turns: DeliveryTurns,
    database: Database,
    offered: list[DeliveryJob],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery_turns, "_BATCH", 8)
    await add(database, "whk_1", 20)
    await add(database, "whk_2", 60)
    await turns.hand_out()
    assert len(offered) == len({job.delivery_id for job in offered}) == 70


async def test_what_is_told_is_handed_out_soon_and_what_is_not_a_little_later(
    turns: DeliveryTurns,
    database: Database,
    offered: list[DeliveryJob],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def has(number: int) -> bool:
        return len(offered) == number

    running = asyncio.create_task(turns.run())
    try:
        await asyncio.sleep(0.1)
        await add(database, "whk_1", 1)
        await eventually(lambda: has(1))
        monkeypatch.setattr(delivery_turns, "_EVERY_S", 60.0)
        await asyncio.sleep(0.6)  # the wait that began before is over
        await add(database, "whk_2", 1)
        await asyncio.sleep(0.3)
        assert len(offered) == 1
        turns.look()
        await eventually(lambda: has(2))
    finally:
        await stop(running)


async def test_nothing_is_handed_out_while_the_bus_is_away(
    database: Database, nats_url: str, offered: list[DeliveryJob]
) -> None:
    async with connect_bus(nats_url, "away") as bus:
        pass
    await add(database, "whk_1", 1)
    turns = DeliveryTurns(database, bus, offered.extend, Pace(at_once=50, rate=0))
    await turns.hand_out()
    assert offered == []
    assert await rows(database, "SELECT state FROM webhook_deliveries") == [("waiting",)]
