"""Each invariant broken on purpose is found, and no other; a healthy system never is."""

import asyncio
import json

import pytest

from deploy.local.ports import free_port
from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.v1 import check_pb2, check_service_pb2, messages_pb2, webhook_service_pb2
from services.scheduler.auditor import NotReached, audit, audit_text
from services.scheduler.domain.invariant import INVARIANTS, InvariantName
from services.scheduler.store.database import Database
from tests.integration.scheduler.auditing import AtRest, broken
from tests.integration.scheduler.driving import (
    PATIENCE_S,
    Caller,
    calling,
    eventually,
    make_key,
    probing,
    rows,
    running_scheduler,
    stop,
)

_NEW_DELIVERY = (
    "INSERT INTO webhook_deliveries (id, webhook_id, check_id, event_type, message_id, event_at,"
    " state, attempt, due_at) VALUES ('dlv_new', 'whk_1', %s, 'check.completed', 'msg_new', now(),"
    " 'waiting', 1, now() + interval '1 hour')"
)
_NEW_PROBE = (
    "INSERT INTO probes (id, check_id, vantage_point, state, attempt, due_at, deadline_at, result)"
    " VALUES ('prb_new', %s, 'eu-west-1', 'published', 1, now() + interval '1 hour',"
    " now() + interval '1 hour', '')"
)
_REOPENED_PROBE = (
    "UPDATE probes SET state = 'published', due_at = now() + interval '1 hour',"
    " deadline_at = now() + interval '1 hour' WHERE check_id = %s"
)
_SET_ASIDE = (
    "INSERT INTO dead_letters (id, kind, reason, check_id) VALUES ('dlt_1', 'check', '', %s)"
)
_LATE = "now() - interval '1 minute'"

# Invariant, the check whose id is the parameter, and the statements that break it.
BROKEN_ROWS: list[tuple[InvariantName, str, tuple[str, ...]]] = [
    (InvariantName.CHECK_HAS_WORK, "queued", ("DELETE FROM probes WHERE check_id = %s",)),
    (
        InvariantName.CHECK_HAS_WORK,
        "queued",
        ("UPDATE probes SET state = 'failed' WHERE check_id = %s",),
    ),
    (
        InvariantName.ENDED_CHECK_HAS_NO_WORK,
        "failed",
        (_REOPENED_PROBE,),
    ),
    (InvariantName.STATUS_FOLLOWS_PROBES, "failed", ("DELETE FROM probes WHERE check_id = %s",)),
    (
        InvariantName.STATUS_FOLLOWS_PROBES,
        "cancelled",
        ("UPDATE checks SET status = 'completed' WHERE id = %s",),
    ),
    (
        InvariantName.STATUS_FOLLOWS_PROBES,
        "failed",
        ("UPDATE checks SET failure_reason = NULL WHERE id = %s",),
    ),
    (
        InvariantName.STATUS_FOLLOWS_PROBES,
        "told",
        ("UPDATE checks SET ended_at = NULL WHERE id = %s",),
    ),
    (
        InvariantName.WORK_IS_LOOKED_AT,
        "queued",
        (f"UPDATE probes SET due_at = {_LATE} WHERE check_id = %s",),
    ),
    (
        InvariantName.WORK_IS_LOOKED_AT,
        "published",
        (f"UPDATE probes SET deadline_at = {_LATE} WHERE check_id = %s",),
    ),
    (InvariantName.PROBE_HAS_CHECK, "failed", ("DELETE FROM checks WHERE id = %s",)),
    (InvariantName.CHECK_HAS_ITS_PROBES, "queued", (_NEW_PROBE,)),
    (
        InvariantName.CHECK_HAS_ITS_PROBES,
        "told",
        ("UPDATE probes SET vantage_point = 'elsewhere' WHERE check_id = %s",),
    ),
    (
        InvariantName.CHECK_HAS_ITS_PROBES,
        "told",
        (
            (
                'UPDATE checks SET options = \'{"vantage_points": ["eu-west-1", "us-east-1"]}\''
                " WHERE id = %s"
            ),
        ),
    ),
    (
        InvariantName.COMPLETED_PROBE_HAS_RESULT,
        "told",
        ("UPDATE probes SET result = NULL WHERE check_id = %s",),
    ),
    (InvariantName.EVENT_HAS_ENDED_CHECK, "queued", (_NEW_DELIVERY,)),
    (
        InvariantName.EVENT_HAS_ENDED_CHECK,
        "told",
        ("UPDATE webhook_deliveries SET event_type = 'check.failed' WHERE check_id = %s",),
    ),
    (
        InvariantName.EVENT_HAS_ENDED_CHECK,
        "none",
        (_NEW_DELIVERY,),
    ),
    (
        InvariantName.EVENT_REACHES_EVERY_WEBHOOK,
        "told",
        (
            (
                "WITH gone AS (DELETE FROM webhook_deliveries WHERE check_id = %s RETURNING id)"
                " DELETE FROM delivery_attempts USING gone WHERE delivery_id = gone.id"
            ),
        ),
    ),
    (
        InvariantName.EVENT_IS_SENT_ONCE,
        "told",
        (
            (
                "ALTER TABLE webhook_deliveries"
                " DROP CONSTRAINT webhook_deliveries_webhook_id_check_id_event_type_key"
            ),
            _NEW_DELIVERY,
        ),
    ),
    (
        InvariantName.DELIVERY_IS_LOOKED_AT,
        "untold",
        (f"UPDATE webhook_deliveries SET due_at = {_LATE} WHERE check_id = %s",),
    ),
    (
        InvariantName.DELIVERY_IS_LOOKED_AT,
        "untold",
        (
            (
                "UPDATE webhook_deliveries SET state = 'waiting',"
                f" due_at = {_LATE} WHERE check_id = %s"
            ),
        ),
    ),
    (
        InvariantName.DELIVERIES_ARE_NUMBERED,
        "told",
        ("UPDATE webhook_deliveries SET sequence_number = 3 WHERE check_id = %s",),
    ),
    (
        InvariantName.DELIVERIES_ARE_NUMBERED,
        "told",
        (
            (
                "UPDATE webhook_deliveries SET sequence_number = 1 WHERE webhook_id ="
                " (SELECT webhook_id FROM webhook_deliveries WHERE check_id = %s)"
            ),
        ),
    ),
    (
        InvariantName.ATTEMPTS_ARE_COUNTED,
        "told",
        (
            (
                "DELETE FROM delivery_attempts WHERE delivery_id ="
                " (SELECT id FROM webhook_deliveries WHERE check_id = %s)"
            ),
        ),
    ),
    (
        InvariantName.ATTEMPTS_ARE_COUNTED,
        "untold",
        (
            (
                "INSERT INTO delivery_attempts SELECT id, 1, now(), 5, 200, ''"
                " FROM webhook_deliveries WHERE check_id = %s"
            ),
        ),
    ),
    (
        InvariantName.ATTEMPT_HAS_DELIVERY,
        "",
        ("INSERT INTO delivery_attempts VALUES ('dlv_none', 1, now(), 5, 200, '')",),
    ),
    (
        InvariantName.KEPT_HAS_CHECK,
        "none",
        ("INSERT INTO kept_facts VALUES (%s, 'prb_none', '', now() + interval '1 day')",),
    ),
    (
        InvariantName.KEPT_HAS_CHECK,
        "none",
        (
            (
                "INSERT INTO reviews (id, check_id, account_id, state, reason, comment, expected)"
                " VALUES ('rev_1', %s, 'acc_a', 'rejected', 'other', '', '{}')"
            ),
        ),
    ),
    (InvariantName.KEY_HAS_ANSWER, "", ("UPDATE idempotency_keys SET answer = NULL",)),
    (InvariantName.SET_ASIDE_HAS_FAILED_CHECK, "none", (_SET_ASIDE,)),
    (InvariantName.SET_ASIDE_HAS_FAILED_CHECK, "cancelled", (_SET_ASIDE,)),
]


async def test_a_system_at_rest_breaks_nothing(
    at_rest: AtRest, database_url: str, nats_url: str
) -> None:
    assert await broken(database_url, nats_url) == []


@pytest.mark.parametrize(("name", "check", "statements"), BROKEN_ROWS)
async def test_a_broken_row_is_found_and_no_other(
    at_rest: AtRest,
    database: Database,
    database_url: str,
    nats_url: str,
    name: InvariantName,
    check: str,
    statements: tuple[str, ...],
) -> None:
    check_id = getattr(at_rest, check).id if check in AtRest.__slots__ else "chk_none"
    for statement in statements:
        await rows(database, statement, *[check_id] * statement.count("%s"))
    (found,) = await audit(database_url, nats_url, grace_s=0)
    assert (found.name, found.count, len(found.ids)) == (name, 1, 1)


async def test_every_invariant_of_rows_is_broken_here_at_least_once() -> None:
    of_streams = {
        InvariantName.JOB_IS_WANTED,
        InvariantName.REPORT_HAS_PROBE,
        InvariantName.DELIVERY_JOB_IS_WANTED,
        InvariantName.ATTEMPT_REPORT_HAS_DELIVERY,
        InvariantName.LOST_JOB_IS_HELD,
    }
    assert {name for name, _, _ in BROKEN_ROWS} | of_streams == set(InvariantName)


async def test_a_check_that_is_gone_leaves_all_that_belonged_to_it(
    at_rest: AtRest, database: Database, database_url: str, nats_url: str
) -> None:
    await rows(database, "DELETE FROM checks WHERE id = %s", at_rest.told.id)
    assert await broken(database_url, nats_url) == [
        InvariantName.PROBE_HAS_CHECK,
        InvariantName.EVENT_HAS_ENDED_CHECK,
        InvariantName.KEPT_HAS_CHECK,
    ]


async def test_what_is_set_aside_of_a_failed_check_or_is_a_message_breaks_nothing(
    at_rest: AtRest, database: Database, database_url: str, nats_url: str
) -> None:
    await rows(database, _SET_ASIDE, at_rest.failed.id)
    await rows(
        database,
        "INSERT INTO dead_letters (id, kind, reason, subject, payload)"
        " VALUES ('dlt_2', 'message', '', 'jobs.eu-west-1', '')",
    )
    assert await broken(database_url, nats_url) == []


async def test_what_is_mended_within_the_grace_is_no_break(
    at_rest: AtRest, database: Database, database_url: str, nats_url: str
) -> None:
    late = "UPDATE probes SET due_at = now() + %s * interval '1 minute' WHERE check_id = %s"
    await rows(database, late, -1, at_rest.queued.id)
    auditing = asyncio.create_task(audit(database_url, nats_url, grace_s=2.0))
    await asyncio.sleep(1.0)
    await rows(database, late, 1, at_rest.queued.id)
    assert await auditing == []


async def test_an_audit_changes_nothing(
    at_rest: AtRest, database: Database, database_url: str, nats_url: str, bus: Bus
) -> None:
    versions = (
        "SELECT (SELECT array_agg(xmin::text || id ORDER BY id) FROM checks),"
        " (SELECT array_agg(xmin::text || id ORDER BY id) FROM probes),"
        " (SELECT array_agg(xmin::text || id ORDER BY id) FROM webhook_deliveries)"
    )
    durable = subjects.DELIVERIES_CONSUMER
    before = (await rows(database, versions), await bus.backlog(durable))
    assert await broken(database_url, nats_url) == []
    assert (await rows(database, versions), await bus.backlog(durable)) == before


async def test_what_cannot_be_reached_is_told_by_the_setting_that_leads_there(
    database_url: str, nats_url: str
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with pytest.raises(NotReached, match=f"^NATS_URL=nats://…{nowhere}: NATS does not answer"):
        await audit(database_url, f"nats://user:secret@{nowhere}", grace_s=0)
    with pytest.raises(NotReached, match=f"^DATABASE_URL=postgresql://…{nowhere}/x: Postgres does"):
        await audit(f"postgresql://user:secret@{nowhere}/x", nats_url, grace_s=0)


@pytest.mark.slow
async def test_a_healthy_system_under_load_breaks_nothing(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    key, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url, OUTSCOPE_CHECK_DEADLINE="4") as address,
        running_scheduler(database_url, nats_url, OUTSCOPE_CHECK_DEADLINE="4"),
        calling(address, key) as caller,
        probing(bus),
    ):
        request = webhook_service_pb2.CreateWebhookRequest(
            url="https://a.example/", events=["check.completed", "check.failed", "check.cancelled"]
        )
        await caller.webhooks.CreateWebhook(request, metadata=caller.metadata)
        await rows(database, "UPDATE webhooks SET created_at = now() - interval '1 hour'")
        busy = [asyncio.create_task(work) for work in (_create(caller), _receive(bus))]
        try:
            for _ in range(6):
                assert await audit(database_url, nats_url, grace_s=3.0) == []
                await asyncio.sleep(0.5)

            async def has_seen_everything() -> bool:
                seen = await rows(
                    database,
                    "SELECT status, count(*) FROM checks GROUP BY status"
                    " UNION ALL SELECT state, count(*) FROM webhook_deliveries GROUP BY state",
                )
                counts = dict(seen)
                return all(counts.get(each, 0) >= least for each, least in _LOAD.items())

            await eventually(has_seen_everything, patience_s=3 * PATIENCE_S)
            assert await audit(database_url, nats_url, grace_s=3.0) == []
        finally:
            for each in busy:
                assert not each.done()
                await stop(each)


_LOAD = {"completed": 100, "failed": 10, "cancelled": 3, "delivered": 50, "waiting": 1}


async def _create(caller: Caller) -> None:
    """Create checks that complete, some that nobody answers, and cancel a few of these."""
    while True:
        await caller.batch([check_pb2.CheckSpec(fqdn=f"h{n}.example") for n in range(20)])
        unanswered = [await caller.create(vantage_point="us-east-1") for _ in range(3)]
        request = check_service_pb2.CancelCheckRequest(id=unanswered[0].id)
        await caller.checks.CancelCheck(request, metadata=caller.metadata)


async def _receive(bus: Bus) -> None:
    """Play the part of the notifier: every third delivery fails at first."""
    async with bus.consumer(subjects.DELIVERIES_CONSUMER) as consumer:
        count = 0
        while True:
            for message in await consumer.pull(100, 5.0):
                job = messages_pb2.DeliveryJob.FromString(message.payload)
                count += 1
                is_fine = count % 3 or job.attempt > 1
                told = messages_pb2.DeliveryAttempt(
                    delivery_id=job.delivery_id,
                    attempt=job.attempt,
                    duration_ms=1,
                    status_code=200 if is_fine else 500,
                    error="" if is_fine else "server_error",
                )
                told.attempted_at.GetCurrentTime()
                await bus.publish(subjects.DELIVERY_ATTEMPTS, told.SerializeToString())
                await message.ack()


async def test_an_audit_is_told_as_text_or_as_json(
    at_rest: AtRest, database: Database, database_url: str, nats_url: str
) -> None:
    assert audit_text([], as_json=False) == f"all {len(INVARIANTS)} invariants hold"
    assert json.loads(audit_text([], as_json=True)) == {
        "invariants": len(INVARIANTS),
        "broken": [],
    }
    await rows(database, "UPDATE idempotency_keys SET answer = NULL")
    found = await audit(database_url, nats_url, grace_s=0)
    assert audit_text(found, as_json=False).startswith(
        "key_has_answer: 1 broken: acc_a CreateCheck k. An idempotency key"
    )
    (told,) = json.loads(audit_text(found, as_json=True))["broken"]
    assert (told["invariant"], told["ids"]) == ("key_has_answer", ["acc_a CreateCheck k"])
