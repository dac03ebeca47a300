"""Requests under an idempotency key over gRPC: done once, whoever asks and wherever."""

import asyncio
from collections.abc import Sequence

import grpc.aio
import pytest

from outscope.bus.connect import Bus
from outscope.errors import Refusal
from outscope.rpc.metadata import IDEMPOTENCY_BESIDE, IDEMPOTENCY_KEY
from outscope.rpc.status import refusal_from
from outscope.v1 import (
    check_pb2,
    check_service_pb2,
    judgement_service_pb2,
    messages_pb2,
    review_pb2,
    webhook_service_pb2,
)
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    Caller,
    calling,
    completed,
    make_key,
    probing,
    rows,
    running_scheduler,
)
from tests.integration.scheduler.rpc.conftest import Account

Created = check_service_pb2.CreateCheckResponse
BatchCreated = check_service_pb2.BatchCreateChecksResponse


def under(caller: Caller, key: str, beside: str = "") -> tuple[tuple[str, str], ...]:
    return (*caller.metadata, (IDEMPOTENCY_KEY, key), (IDEMPOTENCY_BESIDE, beside))


async def create(caller: Caller, key: str, fqdn: str = "a.example", **fields: object) -> Created:
    spec = check_pb2.CheckSpec(fqdn=fqdn, **fields)  # type: ignore[arg-type]  # any field
    request = check_service_pb2.CreateCheckRequest(spec=spec)
    return await caller.checks.CreateCheck(request, metadata=under(caller, key))


async def batch(caller: Caller, key: str, names: Sequence[str], beside: str = "") -> BatchCreated:
    request = check_service_pb2.BatchCreateChecksRequest(
        specs=[check_pb2.CheckSpec(fqdn=name) for name in names]
    )
    return await caller.checks.BatchCreateChecks(request, metadata=under(caller, key, beside))


async def webhook(
    caller: Caller, key: str, url: str = "https://a.example/"
) -> webhook_service_pb2.CreateWebhookResponse:
    request = webhook_service_pb2.CreateWebhookRequest(url=url, events=["check.failed"])
    return await caller.webhooks.CreateWebhook(request, metadata=under(caller, key))


async def review(
    caller: Caller, key: str, check_id: str, comment: str = ""
) -> judgement_service_pb2.ReviewCheckResponse:
    request = judgement_service_pb2.ReviewCheckRequest(
        id=check_id, reason=review_pb2.REVIEW_REASON_WRONG_KIND, comment=comment
    )
    return await caller.judgements.ReviewCheck(request, metadata=under(caller, key))


def refusal_in(error: object) -> Refusal:
    assert isinstance(error, grpc.aio.AioRpcError)
    refusal = refusal_from(error)
    assert refusal is not None
    return refusal


async def refused(call: object) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call  # type: ignore[misc]  # any call
    return refusal_in(raised.value)


async def count(database: Database, table: str = "checks") -> int:
    ((number,),) = await rows(database, f"SELECT count(*) FROM {table}")
    return int(number)


async def test_the_same_request_is_done_once_and_answered_alike(
    caller: Caller, database: Database, bus: Bus
) -> None:
    first = await create(caller, "k", "BÜCHER.example", ports=[443])
    async with probing(bus):
        await caller.watch(first.check.id)
    # Another spelling of the same; and the answer is that of then.
    again = await create(caller, "k", "bücher.example.", ports=[443, 443], paths=["/"])
    assert not first.replayed
    assert again.replayed
    assert again.check == first.check
    assert again.check.status == check_pb2.CHECK_STATUS_PENDING
    assert await count(database) == await count(database, "probes") == 1


async def test_another_request_under_the_key_is_a_conflict_and_does_nothing(
    caller: Caller, database: Database
) -> None:
    await create(caller, "k")
    refusal = await refused(create(caller, "k", dns_records=True))
    assert (refusal.code, refusal.field) == ("idempotency_conflict", "Idempotency-Key")
    assert await count(database) == 1


async def test_a_key_stands_for_one_operation_of_one_account(
    caller: Caller, stranger: Caller, database: Database
) -> None:
    mine, theirs = await create(caller, "k"), await create(stranger, "k")
    assert mine.check.id != theirs.check.id
    assert not (await batch(caller, "k", ["a.example"])).replayed
    assert not (await webhook(caller, "k")).replayed
    assert await count(database) == 3


async def test_a_second_key_of_the_account_finds_what_the_first_did(
    address: str, account: Account, caller: Caller, database: Database
) -> None:
    first = await create(caller, "k")
    key, _, _ = await make_key(database, account_id=account.id, rate_limit=1)
    async with calling(address, key) as other:
        assert (await create(other, "k")).check == first.check


async def test_a_batch_is_done_once_with_its_refused_items(
    caller: Caller, database: Database
) -> None:
    names = ["a.example", "https://no.example/", "b.example"]
    first, again = await batch(caller, "k", names), await batch(caller, "k", names)
    assert list(again.items) == list(first.items)
    assert (first.replayed, again.replayed) == (False, True)
    assert await count(database) == 2
    for other in (names[:1], [*names[:1], "https://other.example/", names[2]], names[::-1]):
        assert (await refused(batch(caller, "k", other))).code == "idempotency_conflict"
    # Items that were refused before they came here count, too.
    assert (await refused(batch(caller, "k", names, "digest"))).code == "idempotency_conflict"


async def test_a_batch_of_which_nothing_is_created_uses_up_no_key(
    caller: Caller, database: Database
) -> None:
    await batch(caller, "k", ["https://no.example/"])
    assert not (await batch(caller, "k", ["a.example"])).replayed
    assert await count(database) == 1


async def test_another_request_under_the_key_is_a_conflict_even_when_nothing_of_it_is_valid(
    caller: Caller, database: Database
) -> None:
    await create(caller, "k")
    await batch(caller, "k", ["a.example"])
    others = (
        create(caller, "k", "https://no.example/"),
        batch(caller, "k", ["https://no.example/"]),
        # Of which every item was refused before it came here.
        batch(caller, "k", [], "digest"),
    )
    for other in others:
        refusal = await refused(other)
        assert (refusal.code, refusal.field) == ("idempotency_conflict", "Idempotency-Key")
    assert list((await batch(caller, "new", [], "digest")).items) == []
    assert (await refused(batch(caller, "k", []))).code == "invalid_request"
    assert await count(database) == await count(database, "idempotency_keys") == 2


async def test_a_webhook_is_made_once_and_its_secret_told_again_without_a_second_copy(
    caller: Caller, database: Database
) -> None:
    first, again = await webhook(caller, "k"), await webhook(caller, "k")
    assert again.replayed
    assert (again.webhook, again.secret) == (first.webhook, first.secret)
    assert await count(database, "webhooks") == 1
    ((kept,),) = await rows(database, "SELECT answer FROM idempotency_keys")
    assert first.secret.encode() not in kept
    refusal = await refused(webhook(caller, "k", "https://b.example/"))
    assert refusal.code == "idempotency_conflict"


async def test_a_webhook_that_is_gone_is_named(caller: Caller, database: Database) -> None:
    first = await webhook(caller, "k")
    await rows(database, "DELETE FROM webhooks")
    refusal = await refused(webhook(caller, "k"))
    assert (refusal.code, refusal.field, refusal.value) == ("not_found", "id", first.webhook.id)
    assert "take a new key" in refusal.message


async def test_a_review_is_opened_once_and_answered_after_its_facts_are_gone(
    caller: Caller, database: Database, bus: Bus
) -> None:
    def told(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
        report = completed(job)
        report.kept = b"facts"
        return report

    async with probing(bus, outcome=told):
        check = (await caller.watch((await caller.create()).id))[-1]
    outcomes = await asyncio.gather(*(review(caller, "k", check.id) for _ in range(20)))
    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert {outcome.review.id for outcome in outcomes} == {outcomes[0].review.id}
    await rows(database, "DELETE FROM kept_facts")
    await rows(database, "UPDATE reviews SET state = 'rejected', closed_at = now()")
    again = await review(caller, "k", check.id)
    assert again.review == outcomes[0].review
    assert (await refused(review(caller, "k", check.id, "no"))).code == "idempotency_conflict"


async def test_a_refused_request_uses_up_no_key(
    address: str, database: Database, bus: Bus, caller: Caller
) -> None:
    assert (await refused(create(caller, "k", "https://no.example/"))).code == "invalid_request"
    check = await caller.create()
    assert (await refused(review(caller, "r", check.id))).code == "conflict"
    assert await count(database, "idempotency_keys") == 0
    key, key_id, _ = await make_key(database, rate_limit=1)
    async with calling(address, key) as limited:
        await create(limited, "first")
        assert (await refused(create(limited, "k"))).code == "rate_limited"
        await rows(database, "UPDATE rate_windows SET used = 0 WHERE key_id = %s", key_id)
        assert not (await create(limited, "k")).replayed


async def test_a_replay_uses_up_no_allowance(address: str, database: Database, bus: Bus) -> None:
    key, _, _ = await make_key(database, rate_limit=2)
    async with calling(address, key) as limited:
        first = await create(limited, "k")
        assert first.rate_limit.remaining == 1
        for _ in range(5):
            again = await create(limited, "k")
            assert again.replayed
            assert not again.HasField("rate_limit")
        assert (await create(limited, "l")).rate_limit.remaining == 0
        assert (await create(limited, "k")).replayed


@pytest.mark.parametrize("key", ["", "a" * 256])
async def test_what_can_be_no_key_is_refused_by_name(caller: Caller, key: str) -> None:
    refusal = await refused(create(caller, key))
    assert (refusal.code, refusal.field) == ("invalid_request", "Idempotency-Key")


async def test_a_hundred_at_once_at_two_schedulers_make_one_check(
    database_url: str, nats_url: str, database: Database, bus: Bus, account: Account
) -> None:
    async with (
        running_scheduler(database_url, nats_url) as first,
        running_scheduler(database_url, nats_url) as second,
        calling(first, account.key) as here,
        calling(second, account.key) as there,
    ):
        both = (here, there)
        answers = await asyncio.gather(*(create(both[n % 2], "k") for n in range(100)))
        assert {answer.check.id for answer in answers} == {answers[0].check.id}
        assert sum(not answer.replayed for answer in answers) == 1
        # Several keys, two bodies each: one body of each key is created, the other a conflict.
        outcomes = await asyncio.gather(
            *(
                create(both[n % 2], f"key{n % 10}", f"{'ab'[n // 10 % 2]}.example")
                for n in range(100)
            ),
            return_exceptions=True,
        )
        conflicts = [refusal_in(each).code for each in outcomes if not isinstance(each, Created)]
        assert conflicts == ["idempotency_conflict"] * 50
        # Batches, and webhooks that both have limits to lock.
        names = [f"h{number}.example" for number in range(20)]
        batches = await asyncio.gather(*(batch(both[n % 2], "b", names) for n in range(30)))
        assert sum(not each.replayed for each in batches) == 1
        hooks = await asyncio.gather(*(webhook(both[n % 2], "w") for n in range(30)))
        assert len({each.secret for each in hooks}) == 1
    assert await count(database) == 1 + 10 + 20
    assert await count(database, "webhooks") == 1


async def test_under_a_limit_a_hundred_at_once_at_two_schedulers_count_once(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    key, _, _ = await make_key(database, rate_limit=3)
    async with (
        running_scheduler(database_url, nats_url) as first,
        running_scheduler(database_url, nats_url) as second,
        calling(first, key) as here,
        calling(second, key) as there,
    ):
        outcomes = await asyncio.gather(
            *(create((here, there)[n % 2], f"key{n % 5}") for n in range(100)),
            return_exceptions=True,
        )
    created = {each.check.id for each in outcomes if isinstance(each, Created)}
    assert len(created) == await count(database) == 3
    codes = {refusal_in(each).code for each in outcomes if not isinstance(each, Created)}
    assert codes == {"rate_limited"}
    assert await count(database, "idempotency_keys") == 3
