import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.clock import utc_now
from outscope.v1 import messages_pb2
from services.scheduler.domain.check import Failure, NewCheck, Owner, ProbeEnd
from services.scheduler.domain.delivery import DeliveryJob
from services.scheduler.domain.lease import attempts_failure
from services.scheduler.loops.ending import Ending
from services.scheduler.store.database import Database
from services.scheduler.store.webhooks import disable_webhooks, insert_webhook
from tests.integration.scheduler.driving import (
    eventually,
    new_check,
    new_check_from,
    rows,
    store,
)

FAILURE = Failure(reason="target_refused", owner=Owner.POLICY, message="It is private.")


def result(check: NewCheck, *, attempt: int = 1, result: bytes = b"r") -> ProbeEnd:
    return ProbeEnd(
        probe_id=check.probe_id,
        check_id=check.id,
        attempt=attempt,
        result=result,
        samples=(("/", b"sample"),),
    )


def failure(check: NewCheck) -> ProbeEnd:
    return ProbeEnd(probe_id=check.probe_id, check_id=check.id, attempt=1, failure=FAILURE)


@pytest.fixture
def offered() -> list[DeliveryJob]:
    return []


@pytest.fixture
def ending(database: Database, bus: Bus, offered: list[DeliveryJob]) -> Ending:
    return Ending(database, bus, offered.extend, utc_now)


async def add_webhook(
    database: Database, webhook_id: str, *events: str, account_id: str = "acc_a"
) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=account_id,
            url="https://a.example/",
            events=events,
            secret="whsec_x",
        )


async def test_a_check_ends_with_its_last_probe_and_once(
    ending: Ending, database: Database
) -> None:
    good, bad = new_check(), new_check()
    await store(database, good, bad)
    await ending.record_reports([result(good), failure(bad)])
    first = await rows(
        database,
        "SELECT id, status, ended_at, failure_reason, failure_owner, failure_message FROM checks"
        " ORDER BY status",
    )
    assert [(row[0], row[1], row[3:]) for row in first] == [
        (good.id, "completed", (None, None, None)),
        (bad.id, "failed", ("target_refused", "policy", "It is private.")),
    ]
    await ending.record_reports([failure(good), result(bad)])
    assert first == await rows(
        database,
        "SELECT id, status, ended_at, failure_reason, failure_owner, failure_message FROM checks"
        " ORDER BY status",
    )


def failed(reason: str, owner: str) -> float:
    labels = {"reason": reason, "owner": owner}
    return REGISTRY.get_sample_value("outscope_checks_failed_total", labels) or 0.0


async def test_failures_are_counted_and_logged_by_reason_and_owner_and_unknown_reasons_as_one(
    ending: Ending, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    refused, odd = new_check(), new_check()
    await store(database, refused, odd)
    before = failed("target_refused", "policy"), failed("other", "ours")
    unheard_of = replace(FAILURE, reason="of_a_later_version", owner=Owner.OURS)
    with caplog.at_level("INFO"):
        await ending.record_reports([failure(refused), replace(failure(odd), failure=unheard_of)])
    told = [vars(line)["fields"] for line in caplog.records if line.message == "check ended"]
    assert {each["check_id"]: (each["reason"], each["owner"]) for each in told} == {
        refused.id: ("target_refused", "policy"),
        odd.id: ("other", "ours"),
    }
    now = failed("target_refused", "policy"), failed("other", "ours")
    assert now == (before[0] + 1, before[1] + 1)


async def test_a_check_waits_for_all_its_probes_and_one_that_could_look_is_enough(
    ending: Ending, database: Database
) -> None:
    check = new_check()
    await store(database, check)
    await rows(
        database,
        "INSERT INTO probes (id, check_id, vantage_point, state, attempt, due_at, deadline_at)"
        " SELECT 'prb_second', check_id, 'us-east-1', state, attempt, due_at, deadline_at"
        " FROM probes",
    )
    await ending.record_reports([failure(check)])
    assert await rows(database, "SELECT status FROM checks") == [("pending",)]
    second = ProbeEnd(probe_id="prb_second", check_id=check.id, attempt=1, result=b"r")
    await ending.record_reports([second])
    assert await rows(database, "SELECT status, failure_reason FROM checks") == [
        ("completed", None)
    ]


def ends_of(check: NewCheck, *, lost: tuple[str, ...] = ()) -> list[ProbeEnd]:
    """Return that each vantage point of a check could not look."""
    return [
        ProbeEnd(probe_id=probe_id, check_id=check.id, attempt=1, failure=FAILURE, lost=lost)
        for _, probe_id in check.probes()
    ]


async def test_a_webhook_is_told_once_of_a_check_from_several_if_one_of_them_is_wanted(
    ending: Ending, database: Database
) -> None:
    for name, wanted in (("whk_1", "us-east-1"), ("whk_2", "ap-south-1"), ("whk_3", "")):
        await add_webhook(database, name, "check.failed")
        if wanted:
            await rows(
                database,
                "UPDATE webhooks SET vantage_points = ARRAY[%s] WHERE id = %s",
                wanted,
                name,
            )
    check = new_check_from("eu-west-1", "us-east-1")
    await store(database, check)
    first, second = ends_of(check)
    await ending.record_reports([first])
    assert await rows(database, "SELECT webhook_id FROM webhook_deliveries") == []
    await ending.record_reports([second, first])
    told = "SELECT webhook_id, check_id FROM webhook_deliveries ORDER BY webhook_id"
    assert await rows(database, told) == [("whk_1", check.id), ("whk_3", check.id)]


async def test_a_result_that_was_seen_from_elsewhere_ends_nothing(
    ending: Ending, database: Database
) -> None:
    check = new_check()
    await store(database, check)
    await ending.record_reports([replace(result(check), vantage_point="us-east-1")])
    assert await rows(database, "SELECT state FROM probes") == [("queued",)]
    await ending.record_reports([replace(result(check), vantage_point="eu-west-1")])
    assert await rows(database, "SELECT state FROM probes") == [("completed",)]


async def test_what_was_lost_everywhere_is_set_aside_once_and_what_somebody_saw_is_not(
    ending: Ending, database: Database
) -> None:
    lost, seen = (new_check_from("eu-west-1", "us-east-1") for _ in range(2))
    await store(database, lost, seen)
    await ending.record_reports([result(seen)])
    await ending.give_up([*ends_of(lost, lost=("It was silent.",)), *ends_of(seen, lost=("So.",))])
    assert await rows(database, "SELECT check_id, vantage_point FROM dead_letters") == [
        (lost.id, None)
    ]
    assert dict(await rows(database, "SELECT id, status FROM checks")) == {
        lost.id: "failed",
        seen.id: "completed",
    }


async def test_what_was_lost_at_one_is_set_aside_though_another_failed_last_for_other_reasons(
    ending: Ending, database: Database
) -> None:
    check = new_check_from("eu-west-1", "us-east-1")
    await store(database, check)
    first, second = ends_of(check)
    lost = attempts_failure("eu-west-1")
    await rows(database, "UPDATE probes SET lost = '{So.}' WHERE id = %s", first.probe_id)
    await ending.give_up([replace(first, failure=lost, lost=("So.", "It was silent."))])
    assert await rows(database, "SELECT id FROM dead_letters") == []
    await ending.record_reports([second])
    told = "SELECT check_id, vantage_point, reason FROM dead_letters"
    assert await rows(database, told) == [(check.id, None, "1. So.\n2. It was silent.")]


async def test_schedulers_that_end_the_probes_of_checks_at_the_same_moment_end_each_once(
    ending: Ending, database: Database, bus: Bus, offered: list[DeliveryJob]
) -> None:
    await add_webhook(database, "whk_1", "check.failed")
    checks = [new_check_from("eu-west-1", "us-east-1", "ap-south-1") for _ in range(20)]
    await store(database, *checks, *(new_check() for _ in range(5)))
    at_each = list(zip(*(ends_of(check) for check in checks), strict=True))
    elsewhere = Ending(database, bus, offered.extend, utc_now)
    both = (ending, elsewhere)
    await asyncio.gather(
        *(
            both[n % 2].record_reports(ends if n % 4 < 2 else ends[::-1])
            for n, ends in enumerate(at_each * 3)
        )
    )
    ended = "SELECT count(*) FROM checks WHERE status = 'failed'"
    assert await rows(database, ended) == [(20,)]
    assert await rows(database, "SELECT count(*) FROM webhook_deliveries") == [(20,)]
    assert len(offered) == 20


async def test_a_check_that_is_cancelled_while_its_probes_end_ends_once(
    ending: Ending, database: Database, bus: Bus, offered: list[DeliveryJob]
) -> None:
    await add_webhook(database, "whk_1", "check.*")
    checks = [new_check_from("eu-west-1", "us-east-1") for _ in range(20)]
    await store(database, *checks)
    ends = list(zip(*(ends_of(check) for check in checks), strict=True))
    await ending.record_reports(ends[0])
    elsewhere = Ending(database, bus, offered.extend, utc_now)
    await asyncio.gather(
        *(elsewhere.cancel(check.id, account_id=check.account_id) for check in checks),
        ending.record_reports(ends[1][:10]),
        ending.record_reports(ends[1][10:]),
        return_exceptions=True,
    )
    told = dict(await rows(database, "SELECT check_id, event_type FROM webhook_deliveries"))
    status = dict(await rows(database, "SELECT id, 'check.' || status FROM checks"))
    assert status == told
    assert len(offered) == 20


async def test_of_two_reports_in_one_batch_the_first_counts_and_the_fence_holds(
    ending: Ending, database: Database
) -> None:
    check = new_check()
    await store(database, check)
    await rows(database, "UPDATE probes SET attempt = 2")
    await ending.record_reports(
        [
            result(check, attempt=1, result=b"late"),
            result(check, attempt=2, result=b"first"),
            result(check, attempt=2, result=b"again"),
            result(new_check(), result=b"unknown"),
        ]
    )
    assert await rows(database, "SELECT result FROM probes") == [(b"first",)]


async def test_schedulers_side_by_side_end_a_check_once_with_one_delivery(
    ending: Ending, database: Database, offered: list[DeliveryJob]
) -> None:
    await add_webhook(database, "whk_1", "check.completed")
    checks = [new_check() for _ in range(40)]
    await store(database, *checks)
    reports = [result(check) for check in checks]
    await asyncio.gather(
        *(ending.record_reports(reports if n % 2 else reports[::-1]) for n in range(6))
    )
    assert await rows(database, "SELECT count(*) FROM checks WHERE status = 'completed'") == [(40,)]
    assert await rows(database, "SELECT count(*) FROM webhook_deliveries") == [(40,)]
    assert len(offered) == 40


async def test_each_webhook_that_wants_the_event_gets_one_delivery_held_while_it_is_disabled(
    ending: Ending, database: Database, offered: list[DeliveryJob]
) -> None:
    await add_webhook(database, "whk_both", "check.completed", "check.failed")
    await add_webhook(database, "whk_failed", "check.failed")
    await add_webhook(database, "whk_gone", "check.failed")
    await add_webhook(database, "whk_other", "check.failed", account_id="acc_b")
    async with database.session() as connection:
        await disable_webhooks(connection, {"whk_gone"}, "endpoint_gone")
    good, bad = new_check(), new_check()
    await store(database, good, bad)
    await ending.record_reports([result(good), failure(bad)])
    deliveries = await rows(
        database,
        "SELECT id, webhook_id, check_id, event_type, state, attempt FROM webhook_deliveries"
        " ORDER BY event_type, webhook_id",
    )
    assert [row[1:] for row in deliveries] == [
        ("whk_both", good.id, "check.completed", "waiting", 1),
        ("whk_both", bad.id, "check.failed", "waiting", 1),
        ("whk_failed", bad.id, "check.failed", "waiting", 1),
        ("whk_gone", bad.id, "check.failed", "held", 1),
    ]
    assert {job.delivery_id for job in offered} == {row[0] for row in deliveries[:-1]}


async def test_samples_are_kept_only_when_they_were_asked_for(
    ending: Ending, database: Database
) -> None:
    asked = new_check(include_content_sample=True, content_retention_days=9)
    unasked = new_check()
    await store(database, asked, unasked)
    await ending.record_reports([result(asked), result(unasked)])
    assert await rows(
        database,
        "SELECT check_id, path, sample, expires_at - ended_at"
        " FROM content_samples JOIN checks ON checks.id = check_id",
    ) == [(asked.id, "/", b"sample", timedelta(days=9))]


async def test_what_a_result_was_reached_from_is_kept_with_or_without_samples(
    ending: Ending, database: Database
) -> None:
    plain, sampled = new_check(content_retention_days=9), new_check(include_content_sample=True)
    too_long, again = new_check(), new_check()
    await store(database, plain, sampled, too_long, again)
    await ending.record_reports(
        [
            replace(result(plain), kept=b"plain"),
            replace(result(sampled), kept=b"sampled"),
            result(too_long),
            replace(result(again, attempt=2), kept=b"late"),
        ]
    )
    assert sorted(
        await rows(
            database,
            "SELECT check_id, kept_facts.kept, expires_at - ended_at"
            " FROM kept_facts JOIN checks ON checks.id = check_id",
        )
    ) == sorted(
        [(plain.id, b"plain", timedelta(days=9)), (sampled.id, b"sampled", timedelta(days=7))]
    )


async def test_those_who_wait_are_told_after_the_commit(
    ending: Ending, database: Database, bus: Bus
) -> None:
    check = new_check()
    await store(database, check)
    told: list[str] = []

    async def hear(payload: bytes) -> None:
        told.append(messages_pb2.CheckEnded.FromString(payload).check_id)

    async with bus.subscription(subjects.CHECK_ENDED_ALL, hear):
        await ending.record_reports([result(check)])

        async def is_told() -> bool:
            return told == [check.id]

        await eventually(is_told)


async def test_a_probe_given_up_fails_its_check(ending: Ending, database: Database) -> None:
    check = new_check()
    await store(database, check)
    await ending.give_up([failure(check)])
    assert await rows(database, "SELECT status FROM checks") == [("failed",)]


async def test_nothing_told_changes_nothing(ending: Ending, offered: list[DeliveryJob]) -> None:
    await ending.record_reports([])
    assert offered == []
