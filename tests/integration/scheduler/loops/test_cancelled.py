"""What probers are told when they ask what was cancelled."""

import asyncio
from contextlib import suppress

from deploy.local.ports import free_port
from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import CANCELLED
from outscope.clock import utc_now
from outscope.v1 import messages_pb2
from services.scheduler.loops.cancel import Cancelling
from services.scheduler.loops.cancelled import CancelledChecks
from services.scheduler.loops.ending import Ending
from services.scheduler.store.database import Database, open_database
from tests.integration.scheduler.driving import eventually, new_check, stop, store


async def test_those_that_were_cancelled_are_named_and_no_others(
    database: Database, bus: Bus
) -> None:
    cancelled, pending, completed = new_check(), new_check(), new_check()
    await store(database, cancelled, pending, completed)
    ending = Ending(database, bus, lambda _: None, utc_now)
    await Cancelling(bus, ending).cancel(cancelled.id, account_id="acc_a")
    async with database.session() as connection:
        await connection.execute(
            "UPDATE checks SET status = 'completed' WHERE id = %s", (completed.id,)
        )
    serving = asyncio.create_task(CancelledChecks(database, bus).serve())
    ids = [cancelled.id, pending.id, completed.id, "chk_unknown"]
    question = messages_pb2.CancelledRequest(check_ids=ids).SerializeToString()
    answers: list[bytes] = []

    async def is_answered() -> bool:
        with suppress(BusUnavailable):  # nobody serves yet
            answers.append(await bus.ask(CANCELLED, question, timeout_s=5))
        return bool(answers)

    await eventually(is_answered)
    assert list(messages_pb2.CancelledReply.FromString(answers[0]).check_ids) == [cancelled.id]
    await stop(serving)


async def test_who_cannot_know_names_none(database: Database, bus: Bus) -> None:
    asked = messages_pb2.CancelledRequest(check_ids=["chk_1"]).SerializeToString()
    async with open_database(f"postgresql://127.0.0.1:{free_port()}/none") as away:
        answer = await CancelledChecks(away, bus).answer(asked)
    assert messages_pb2.CancelledReply.FromString(answer).check_ids == []
    answer = await CancelledChecks(database, bus).answer(b"\xff\xff")
    assert messages_pb2.CancelledReply.FromString(answer).check_ids == []
