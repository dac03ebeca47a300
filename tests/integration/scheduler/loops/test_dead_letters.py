import pytest

from outscope.clock import utc_now
from outscope.errors import Unavailable
from outscope.ids import DEAD_LETTER_PREFIX, is_id
from outscope.telemetry.metrics import render
from services.scheduler.domain.dead_letter import UnusableMessage
from services.scheduler.loops.dead_letters import DeadLetters
from services.scheduler.store.database import Database, open_database
from tests.integration.scheduler.driving import rows

MESSAGE = UnusableMessage(subject="reports", payload=b"\x00\xff", reason="unreadable")


async def test_a_message_is_kept_with_the_reason_and_counted(database: Database) -> None:
    await DeadLetters(database, utc_now).set_aside(MESSAGE)
    ((letter_id, kind, payload, reason),) = await rows(
        database, "SELECT id, kind, payload, reason FROM dead_letters"
    )
    assert is_id(DEAD_LETTER_PREFIX, letter_id)
    assert (kind, payload, reason) == ("message", b"\x00\xff", "unreadable")
    assert b'outscope_dead_letters_total{kind="message"}' in render()[0]


async def test_while_postgres_is_away_nothing_is_set_aside() -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    async with open_database(url, patience_s=0.2) as away:
        with pytest.raises(Unavailable):
            await DeadLetters(away, utc_now).set_aside(MESSAGE)
