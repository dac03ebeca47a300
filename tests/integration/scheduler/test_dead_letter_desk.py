"""Dead letters as operators tend them."""

import json
from dataclasses import replace

import nats
import pytest

from outscope.bus.connect import Bus
from outscope.clock import utc_now
from outscope.config import Environment
from outscope.errors import Conflict, InvalidRequest, NotFound, Unavailable
from services.scheduler.cli import parser
from services.scheduler.config import replay_config_from
from services.scheduler.dead_letter_desk import tend_dead_letters
from services.scheduler.domain.check import NewCheck
from services.scheduler.domain.dead_letter import LostCheck, UnusableMessage
from services.scheduler.store.database import Database
from services.scheduler.store.dead_letters import insert_lost_checks, insert_unusable_message
from tests.integration.scheduler.driving import new_check, new_check_from, rows, store


async def typed(database: Database, *words: str, nats_url: str = "nats://127.0.0.1:1") -> str:
    asked = parser().parse_args(["deadletters", *words])
    config = replay_config_from(Environment({"NATS_URL": nats_url}))
    return await tend_dead_letters(database, asked, config, utc_now)


async def a_lost_check(database: Database, check: NewCheck | None = None) -> str:
    """Store a check that has failed and was set aside as dlt_check; return its id."""
    check = check or replace(
        new_check(ports=(8443,), paths=("/x",), account_id="acc_b"), request_id="mine"
    )
    await store(database, check)
    await rows(database, "UPDATE checks SET status = 'failed', failure_reason = 'x'")
    await rows(database, "UPDATE probes SET state = 'failed'")
    async with database.session() as connection:
        lost = LostCheck(id="dlt_check", check_id=check.id, reason="1. silent\n2. \x1b[31mred")
        await insert_lost_checks(connection, [lost])
    return check.id


async def a_message(database: Database, subject: str = "reports") -> None:
    async with database.session() as connection:
        message = UnusableMessage(subject=subject, payload=b"\xff\x00", reason="unreadable")
        await insert_unusable_message(connection, "dlt_message", message)


async def test_what_was_set_aside_is_listed_a_line_each_without_control_characters(
    database: Database,
) -> None:
    assert await typed(database, "list") == "no dead letter"
    check_id = await a_lost_check(database)
    await a_message(database)
    first, second = (await typed(database, "list")).splitlines()
    assert first.startswith("dlt_check  ")
    assert check_id in first
    assert "\\u001b[31mred" in first
    assert "message  reports" in second
    letters = json.loads(await typed(database, "list", "--json", "--limit", "1"))
    assert [letter["id"] for letter in letters] == ["dlt_check"]


async def test_one_is_shown_with_all_that_is_known(database: Database) -> None:
    await a_message(database)
    shown = json.loads(await typed(database, "show", "dlt_message", "--json"))
    assert shown["payload_base64"] == "/wA="
    assert shown["reason"] == "unreadable"
    assert '"subject": "reports"' in await typed(database, "show", "dlt_message")


async def test_what_a_terminal_would_obey_is_shown_and_not_obeyed(database: Database) -> None:
    reason = "\x1b[31m \u009b31m \x7f \u202eübel"
    async with database.session() as connection:
        message = UnusableMessage(subject="reports", payload=b"", reason=reason)
        await insert_unusable_message(connection, "dlt_message", message)
    for words in (("list",), ("show", "dlt_message")):
        told = await typed(database, *words)
        assert told.replace("\n", "").isprintable()
        assert "\\u202eübel" in told
    assert json.loads(await typed(database, "show", "dlt_message"))["reason"] == reason


@pytest.mark.parametrize("limit", ["0", "-1", "99999999999999999999"])
async def test_a_limit_that_is_none_is_refused(database: Database, limit: str) -> None:
    with pytest.raises(InvalidRequest):
        await typed(database, "list", f"--limit={limit}")


async def test_a_check_is_replayed_as_a_new_one_and_only_once(database: Database) -> None:
    failed = await a_lost_check(database)
    replayed = json.loads(await typed(database, "replay", "dlt_check", "--json"))["replayed_as"]
    assert await rows(
        database,
        "SELECT checks.id, probes.account_id, request_id, ports, paths, status, state,"
        " attempt, due_at <= now()"
        " FROM checks JOIN probes ON check_id = checks.id WHERE status <> 'failed'",
    ) == [(replayed, "acc_b", "mine", [8443], ["/x"], "pending", "queued", 1, True)]
    assert await rows(database, "SELECT status FROM checks WHERE id = %s", failed) == [("failed",)]
    assert await typed(database, "list") == "no dead letter"
    assert "replayed" in await typed(database, "list", "--all")
    with pytest.raises(Conflict):
        await typed(database, "replay", "dlt_check")


async def test_a_check_from_several_is_replayed_from_all_of_them(database: Database) -> None:
    await a_lost_check(database, new_check_from("eu-west-1", "us-east-1"))
    replayed = json.loads(await typed(database, "replay", "dlt_check", "--json"))["replayed_as"]
    probes = "SELECT vantage_point FROM probes WHERE check_id = %s ORDER BY vantage_point"
    assert await rows(database, probes, replayed) == [("eu-west-1",), ("us-east-1",)]


async def test_a_message_is_replayed_as_it_was(database: Database, bus: Bus, nats_url: str) -> None:
    await a_message(database)
    assert await typed(database, "replay", "dlt_message", nats_url=nats_url) == (
        "replayed as reports"
    )
    client = await nats.connect(nats_url)
    stored = await client.jetstream().get_msg("REPORTS", seq=1)
    await client.close()
    assert stored.data == b"\xff\x00"
    assert await typed(database, "list") == "no dead letter"


async def test_a_message_that_no_stream_takes_stays_set_aside(
    database: Database, bus: Bus, nats_url: str
) -> None:
    await a_message(database, "nobody.listens")
    with pytest.raises(Unavailable):
        await typed(database, "replay", "dlt_message", nats_url=nats_url)
    assert "dlt_message" in await typed(database, "list")


async def test_what_is_dropped_is_gone(database: Database) -> None:
    await a_message(database)
    assert await typed(database, "drop", "dlt_message") == "dropped dlt_message"
    assert await rows(database, "SELECT FROM dead_letters") == []
    for action in ("show", "replay", "drop"):
        with pytest.raises(NotFound):
            await typed(database, action, "dlt_message")
