"""A system at rest in which every invariant holds and has something to hold of."""

from dataclasses import dataclass

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.clock import utc_now
from outscope.v1 import messages_pb2
from services.scheduler.auditor import audit
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.check import Failure, NewCheck, Owner, ProbeEnd, ProbeJob
from services.scheduler.domain.delivery import DeliveryJob
from services.scheduler.domain.invariant import InvariantName
from services.scheduler.loops.dispatch import DELIVERY_JOBS, Dispatcher, probe_jobs
from services.scheduler.loops.ending import Ending
from services.scheduler.store.database import Database
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import new_check, rows, store

FAILURE = Failure(reason="target_refused", owner=Owner.POLICY, message="It is private.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRest:
    """The checks of a system at rest."""

    # Of acc_a, which has a webhook: one whose event was delivered, one whose event is under way.
    told: NewCheck
    untold: NewCheck
    # Its job is on the bus.
    published: NewCheck
    # Its job is not.
    queued: NewCheck
    # Of acc_b, which has no webhook.
    failed: NewCheck
    cancelled: NewCheck


async def system_at_rest(database: Database, bus: Bus) -> AtRest:
    """Make one of each, by the code that makes them in earnest."""
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id="whk_1",
            account_id="acc_a",
            url="https://a.example/",
            events=["check.completed"],
            secret="whsec_x",
        )
    await rows(database, "UPDATE webhooks SET created_at = now() - interval '1 hour'")
    made = AtRest(
        told=new_check(include_content_sample=True),
        untold=new_check(),
        published=new_check(),
        queued=new_check(),
        failed=new_check("acc_b"),
        cancelled=new_check("acc_b"),
    )
    pending = (made.published, made.queued, made.cancelled)
    await store(database, made.told, made.untold, made.failed, *pending)
    await _publish(database, bus, made.published)
    offered: list[DeliveryJob] = []
    ending = Ending(database, bus, offered.extend, utc_now)
    await ending.record_reports(
        [_completed(made.told), _completed(made.untold), _failed(made.failed)]
    )
    await ending.cancel(made.cancelled.id, account_id="acc_b")
    await _deliver(database, bus, made, offered)
    await rows(
        database,
        "INSERT INTO idempotency_keys (account_id, operation, key, fingerprint, answer, created_at)"
        " VALUES ('acc_a', 'CreateCheck', 'k', '', '', now())",
    )
    return made


async def broken(database_url: str, nats_url: str) -> list[InvariantName]:
    """Return which invariants do not hold at two looks in a row."""
    return [each.name for each in await audit(database_url, nats_url, grace_s=0)]


def job_of(check: NewCheck, attempt: int = 1) -> messages_pb2.ProbeJob:
    return messages_pb2.ProbeJob(probe_id=check.probe_id, check_id=check.id, attempt=attempt)


async def _publish(database: Database, bus: Bus, check: NewCheck) -> None:
    dispatcher = Dispatcher(probe_jobs(Budget(host=0, address=0)), bus, database)
    ((deadline_at,),) = await rows(
        database, "SELECT deadline_at FROM probes WHERE id = %s", check.probe_id
    )
    job = ProbeJob(
        probe_id=check.probe_id,
        check_id=check.id,
        attempt=1,
        spec=check.spec,
        deadline_at=deadline_at,
    )
    await dispatcher.publish([job])


async def _deliver(database: Database, bus: Bus, made: AtRest, offered: list[DeliveryJob]) -> None:
    """Publish both deliveries; record one attempt at that of told, by which it was delivered."""
    await Dispatcher(DELIVERY_JOBS, bus, database).publish(offered)
    await rows(
        database,
        "UPDATE webhook_deliveries SET state = 'delivered', ended_at = now() WHERE check_id = %s",
        made.told.id,
    )
    await rows(
        database,
        "INSERT INTO delivery_attempts SELECT id, 1, now(), 5, 200, '' FROM webhook_deliveries"
        " WHERE check_id = %s",
        made.told.id,
    )
    ((delivered,),) = await rows(
        database, "SELECT id FROM webhook_deliveries WHERE check_id = %s", made.told.id
    )
    async with bus.consumer(subjects.DELIVERIES_CONSUMER) as consumer:
        taken = await consumer.pull(2, 5.0)
        while len(taken) < 2:
            taken += await consumer.pull(2 - len(taken), 5.0)
        for message in taken:
            job = messages_pb2.DeliveryJob.FromString(message.payload)
            await (message.ack() if job.delivery_id == delivered else message.nak(60.0))
        await bus.backlog(subjects.DELIVERIES_CONSUMER)


def _completed(check: NewCheck) -> ProbeEnd:
    return ProbeEnd(
        probe_id=check.probe_id,
        check_id=check.id,
        attempt=1,
        result=b"r",
        samples=(("/", b"sample"),),
        kept=b"facts",
    )


def _failed(check: NewCheck) -> ProbeEnd:
    return ProbeEnd(probe_id=check.probe_id, check_id=check.id, attempt=1, failure=FAILURE)
