from services.scheduler.domain.budget import Ledger
from services.scheduler.domain.dead_letter import LostCheck, UnusableMessage
from services.scheduler.loops.purge import Purge
from services.scheduler.store.budgets import lock_ledgers, save_ledgers
from services.scheduler.store.database import Database
from services.scheduler.store.dead_letters import insert_lost_checks, insert_unusable_message
from services.scheduler.store.kept import NewKept, insert_kept
from services.scheduler.store.samples import NewSample, insert_samples
from tests.integration.scheduler.driving import new_check, rows, store


async def test_expired_samples_are_really_deleted_slice_by_slice(database: Database) -> None:
    samples = [
        NewSample(check_id=f"chk_{n}", probe_id="prb", path="/", sample=b"secret", retention_days=7)
        for n in range(250)
    ]
    async with database.session() as connection:
        await insert_samples(connection, samples)
    await rows(
        database, "UPDATE content_samples SET expires_at = now() WHERE check_id <> 'chk_249'"
    )
    purge = Purge(database)
    assert await purge.purge()
    assert not await purge.purge()
    assert await rows(database, "SELECT check_id FROM content_samples") == [("chk_249",)]


async def test_expired_facts_are_really_deleted_slice_by_slice(database: Database) -> None:
    kept = [
        NewKept(check_id=f"chk_{n}", probe_id="prb", kept=b"facts", retention_days=7)
        for n in range(250)
    ]
    async with database.session() as connection:
        await insert_kept(connection, kept)
    await rows(database, "UPDATE kept_facts SET expires_at = now() WHERE check_id <> 'chk_249'")
    purge = Purge(database)
    assert await purge.purge()
    assert not await purge.purge()
    assert await rows(database, "SELECT check_id FROM kept_facts") == [("chk_249",)]


async def test_what_a_target_was_granted_is_forgotten_after_its_minute(database: Database) -> None:
    async with database.transaction() as connection:
        _, now_s = await lock_ledgers(connection, ["fresh.example", "old.example"])
        now = int(now_s)
        await save_ledgers(
            connection,
            {
                "fresh.example": Ledger(seconds=(now - 300, now - 60), requests=(1, 1)),
                "old.example": Ledger(seconds=(now - 300, now - 130), requests=(1, 1)),
            },
        )
    assert not await Purge(database).purge()
    assert await rows(database, "SELECT target FROM target_budgets") == [("fresh.example",)]


async def test_answers_kept_for_a_day_are_then_deleted_slice_by_slice(database: Database) -> None:
    await rows(
        database,
        "INSERT INTO idempotency_keys (account_id, operation, key, fingerprint, answer, created_at)"
        " SELECT 'acc_a', 'CreateCheck', 'k' || number, '', '', now() - CASE number"
        "        WHEN 1100 THEN interval '23 hours' ELSE interval '25 hours' END"
        "   FROM generate_series(1, 1100) AS number",
    )
    purge = Purge(database)
    assert await purge.purge()
    assert not await purge.purge()
    assert await rows(database, "SELECT key FROM idempotency_keys") == [("k1100",)]


async def test_messages_set_aside_are_deleted_after_a_week_and_checks_are_not(
    database: Database,
) -> None:
    check = new_check()
    await store(database, check)
    async with database.session() as connection:
        message = UnusableMessage(subject="reports", payload=b"content", reason="")
        await insert_unusable_message(connection, "dlt_old", message)
        await insert_unusable_message(connection, "dlt_new", message)
        await insert_lost_checks(
            connection, [LostCheck(id="dlt_check", check_id=check.id, reason="")]
        )
    await rows(
        database,
        "UPDATE dead_letters SET created_at = now() - interval '8 days' WHERE id <> 'dlt_new'",
    )
    await Purge(database).purge()
    assert await rows(database, "SELECT id FROM dead_letters ORDER BY id") == [
        ("dlt_check",),
        ("dlt_new",),
    ]
