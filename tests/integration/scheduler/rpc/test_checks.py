import asyncio
import json

import grpc
import pytest

from outscope.bus.connect import Bus
from outscope.bus.subjects import JOBS_STREAM
from outscope.clock import utc_now
from outscope.errors import InvalidRequest, NotFound, RateLimited, Refusal
from outscope.rpc.status import refusal_from
from outscope.v1 import check_pb2, check_service_pb2, facts_pb2, messages_pb2
from services.scheduler.domain.check import job_message_id
from services.scheduler.keyring import Keyring
from services.scheduler.rpc import callers, watching
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    PATIENCE_S,
    Caller,
    calling,
    completed,
    eventually,
    make_key,
    probing,
    rows,
)
from tests.integration.scheduler.rpc.conftest import Account

PENDING = check_pb2.CHECK_STATUS_PENDING
COMPLETED = check_pb2.CHECK_STATUS_COMPLETED
FAILED = check_pb2.CHECK_STATUS_FAILED


def refusal_in(error: grpc.aio.AioRpcError) -> Refusal:
    refusal = refusal_from(error)
    assert refusal is not None
    return refusal


async def test_a_check_is_created_normalised_and_pending(caller: Caller) -> None:
    check = await caller.create(" BÜCHER.example. ", ports=[443, 443], paths=["/a b"])
    assert check.status == PENDING
    assert check.id.startswith("chk_")
    assert check.spec == check_pb2.CheckSpec(
        fqdn="xn--bcher-kva.example",
        ports=[443],
        paths=["/a%20b"],
        vantage_point="eu-west-1",
        include_content_sample=False,
        content_retention_days=7,
        discovery=check_pb2.DISCOVERY_STANDARD,
    )
    assert await caller.find(check.id) == check


async def test_a_check_travels_to_a_prober_and_back_with_its_samples(
    caller: Caller, bus: Bus
) -> None:
    def outcome(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
        told = completed(job)
        told.result.analysis.kind = "api"
        told.samples.append(facts_pb2.ContentSample(path="/", body=b"hello"))
        return told

    async with probing(bus, outcome=outcome):
        kept = await caller.create("a.example", include_content_sample=True)
        check = (await caller.watch(kept.id))[-1]
        not_kept = await caller.create("b.example")
        other = (await caller.watch(not_kept.id))[-1]
    assert check.status == COMPLETED
    assert check.result.analysis.kind == "api"
    assert check.samples[0].body == b"hello"
    assert (check.samples[0].expires_at.seconds - check.ended_at.seconds) == 7 * 86_400
    assert not other.samples


async def test_a_failure_says_why_and_whose_fault_it_was(caller: Caller, bus: Bus) -> None:
    def outcome(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
        failure = check_pb2.Failure(
            reason="target_refused", owner=facts_pb2.OWNER_POLICY, message="It is private."
        )
        return messages_pb2.ProbeReport(
            probe_id=job.probe_id, check_id=job.check_id, attempt=job.attempt, failure=failure
        )

    async with probing(bus, outcome=outcome):
        check = (await caller.watch((await caller.create()).id))[-1]
    assert check.status == FAILED
    assert check.failure.reason == "target_refused"
    assert check.failure.owner == facts_pb2.OWNER_POLICY
    assert not check.HasField("result")


async def test_a_batch_keeps_its_order_and_its_invalid_items_stop_nobody(
    caller: Caller, database: Database
) -> None:
    response = await caller.batch(
        [
            check_pb2.CheckSpec(fqdn="a.example"),
            check_pb2.CheckSpec(fqdn="https://b.example/"),
            check_pb2.CheckSpec(fqdn="c.example", ports=[80, 99_999]),
            check_pb2.CheckSpec(fqdn="d.example"),
        ]
    )
    outcomes = [item.WhichOneof("outcome") for item in response.items]
    assert outcomes == ["check", "problem", "problem", "check"]
    assert [response.items[n].check.spec.fqdn for n in (0, 3)] == ["a.example", "d.example"]
    url, port = response.items[1].problem, response.items[2].problem
    assert (url.code, url.field, url.value) == ("invalid_request", "fqdn", "https://b.example/")
    assert (port.field, port.value) == ("ports[1]", "99999")
    assert dict(port.metadata) == {"field": '"ports[1]"', "value": "99999"}
    assert await rows(database, "SELECT count(DISTINCT xmin::text), count(*) FROM checks") == [
        (1, 2)
    ]


async def test_an_endless_value_comes_back_cut(caller: Caller) -> None:
    [item] = (await caller.batch([check_pb2.CheckSpec(fqdn="a" * 1_000_000)])).items
    assert item.problem.value == "a" * 512 + "…"
    assert item.problem.ByteSize() < 4096


async def test_an_item_of_a_batch_is_refused_as_it_would_be_alone(caller: Caller) -> None:
    spec = check_pb2.CheckSpec(fqdn="a.example", vantage_point="mars-1")
    [item] = (await caller.batch([spec])).items
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await caller.create("a.example", vantage_point="mars-1")
    alone = refusal_in(error.value)
    told = {name: json.loads(text) for name, text in item.problem.metadata.items()}
    assert told == {"field": alone.field, "value": alone.value, **alone.details}
    assert told["vantage_points"] == ["eu-west-1", "us-east-1"]


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_has_1_to_100_checks(caller: Caller, count: int) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await caller.batch([check_pb2.CheckSpec(fqdn="a.example")] * count)
    refusal = refusal_in(error.value)
    assert isinstance(refusal, InvalidRequest)
    assert (refusal.field, refusal.value) == ("checks", count)


async def test_a_batch_of_invalid_items_only_stores_and_counts_nothing(
    address: str, database: Database
) -> None:
    key, _, _ = await make_key(database, rate_limit=5)
    async with calling(address, key) as caller:
        response = await caller.batch([check_pb2.CheckSpec(fqdn="nope")] * 50)
        assert all(item.HasField("problem") for item in response.items)
        assert response.rate_limit.remaining == 5
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await caller.batch([check_pb2.CheckSpec(fqdn="a.example")] * 6)
        refusal = refusal_in(error.value)
        assert isinstance(refusal, InvalidRequest)
        assert refusal.details["limit"] == 5
        assert "send at most 5 at once" in refusal.message
        assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        await caller.create()
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await caller.batch([check_pb2.CheckSpec(fqdn="a.example")] * 5)
        refusal = refusal_in(error.value)
        assert isinstance(refusal, RateLimited)
        assert refusal.details["remaining"] == 4
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        mixed = [check_pb2.CheckSpec(fqdn=name) for name in ["a.example", "nope"] * 4]
        assert (await caller.batch(mixed)).rate_limit.remaining == 0
    assert await rows(database, "SELECT count(*) FROM checks") == [(5,)]


async def test_another_account_s_check_looks_like_none_at_all(
    caller: Caller, stranger: Caller
) -> None:
    check = await caller.create()
    absent = check.id[:-1] + ("0" if check.id[-1] != "0" else "1")
    messages = set()
    for who, check_id in (
        (stranger, check.id),
        (caller, absent),
        (caller, "chk_abc123"),
        (caller, ""),
        (caller, "\0"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await who.find(check_id)
        assert isinstance(refusal_in(error.value), NotFound)
        messages.add(error.value.details())
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await who.watch(check_id)
        assert isinstance(refusal_in(error.value), NotFound)
    assert messages == {"There is no such check"}
    assert not (await stranger.page()).checks


async def test_pages_are_followed_by_their_cursors(caller: Caller) -> None:
    response = await caller.batch(
        [check_pb2.CheckSpec(fqdn=f"h{n % 2}.example") for n in range(70)]
    )
    newest_first = [item.check for item in response.items][::-1]
    assert len((await caller.page()).checks) == 30
    seen: list[check_pb2.Check] = []
    cursor = ""
    while True:
        page = await caller.page(page_size=25, cursor=cursor)
        seen += page.checks
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == newest_first
    exact = await caller.page(page_size=35, fqdn="H1.EXAMPLE.")
    assert len(exact.checks) == 35
    assert not exact.next_cursor
    assert not (await caller.page(status=FAILED)).checks
    assert len((await caller.page(status=PENDING, page_size=100)).checks) == 70


async def test_a_cursor_is_ours_and_belongs_to_its_account(
    caller: Caller, stranger: Caller
) -> None:
    await caller.batch([check_pb2.CheckSpec(fqdn="a.example")] * 3)
    cursor = (await caller.page(page_size=1)).next_cursor
    flipped = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for who, text in ((caller, flipped), (caller, "cur_x"), (caller, "x"), (stranger, cursor)):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await who.page(cursor=text)
        assert refusal_in(error.value).field == "cursor"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"page_size": 0}, "page_size"),
        ({"page_size": 101}, "page_size"),
        ({"fqdn": "https://x.example"}, "fqdn"),
        ({"status": 77}, "status"),
    ],
)
async def test_a_list_asked_for_wrongly_is_refused(
    caller: Caller, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await caller.page(**fields)
    assert refusal_in(error.value).field == field


async def test_a_watch_sends_the_check_as_it_is_and_as_it_ended(caller: Caller, bus: Bus) -> None:
    check = await caller.create()
    watching = asyncio.create_task(caller.watch(check.id))
    await asyncio.sleep(0.2)
    async with probing(bus):
        seen = await watching
    assert [each.status for each in seen] == [PENDING, COMPLETED]
    assert seen[0] == check
    assert seen[1] == await caller.find(check.id)
    assert [each.status for each in await caller.watch(check.id)] == [COMPLETED]


async def test_many_watch_at_once_and_one_that_leaves_harms_no_other(
    caller: Caller, bus: Bus
) -> None:
    check = await caller.create()
    watching = [asyncio.create_task(caller.watch(check.id)) for _ in range(30)]
    await asyncio.sleep(0.3)
    for watch in watching[::3]:
        watch.cancel()
    async with probing(bus):
        outcomes = await asyncio.gather(*watching, return_exceptions=True)
    stayed = [each for number, each in enumerate(outcomes) if number % 3]
    assert all(isinstance(each, list) and each[-1].status == COMPLETED for each in stayed)


async def test_an_end_that_nobody_announced_is_seen_within_seconds(
    caller: Caller, database: Database
) -> None:
    check = await caller.create()
    watching = asyncio.create_task(caller.watch(check.id))
    await asyncio.sleep(0.2)
    await rows(database, "UPDATE checks SET status = 'failed', ended_at = now()")
    async with asyncio.timeout(4):
        assert (await watching)[-1].status == FAILED


@pytest.fixture
def quick_revocation(monkeypatch: pytest.MonkeyPatch) -> None:
    # The promise is 30 seconds everywhere.
    assert callers._KNOWN_S + watching._AUTHENTICATE_EVERY_S < 30  # noqa: SLF001 - as above
    monkeypatch.setattr(callers, "_KNOWN_S", 0.1)
    monkeypatch.setattr(watching, "_AUTHENTICATE_EVERY_S", 0.2)


async def test_a_watch_ends_when_its_key_is_revoked(
    caller: Caller, account: Account, database: Database, quick_revocation: None
) -> None:
    check = await caller.create()
    watching = asyncio.create_task(caller.watch(check.id))
    await asyncio.sleep(0.5)  # it goes on as long as the key is valid
    assert not watching.done()
    await Keyring(database, utc_now).revoke(account.key_id)
    async with asyncio.timeout(3):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await watching
    assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_watch_does_not_tell_an_end_to_a_key_that_was_revoked(
    caller: Caller,
    account: Account,
    database: Database,
    bus: Bus,
    quick_revocation: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "_AUTHENTICATE_EVERY_S", 60)
    check = await caller.create()
    request = check_service_pb2.WatchCheckRequest(id=check.id)
    stream = caller.checks.WatchCheck(request, metadata=caller.metadata, timeout=PATIENCE_S)
    assert (await anext(aiter(stream))).check.status == PENDING
    await Keyring(database, utc_now).revoke(account.key_id)
    await asyncio.sleep(0.2)
    async with probing(bus):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await anext(aiter(stream))
    assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_created_check_is_on_the_bus_at_once(caller: Caller, database: Database) -> None:
    check = await caller.create()
    assert check.id

    async def is_published() -> bool:
        return await rows(database, "SELECT state FROM probes") == [("published",)]

    await eventually(is_published, patience_s=1.5)  # before a sweep would look at it


async def cancel(caller: Caller, check_id: str) -> check_pb2.Check:
    request = check_service_pb2.CancelCheckRequest(id=check_id)
    return (await caller.checks.CancelCheck(request, metadata=caller.metadata)).check


async def test_a_check_is_cancelled_shown_listed_and_its_watchers_told(
    caller: Caller, stranger: Caller
) -> None:
    check, other = await caller.create("a.example"), await caller.create("a.example")
    watching = asyncio.create_task(caller.watch(check.id))
    await asyncio.sleep(0.2)
    cancelled = await cancel(caller, check.id)
    assert cancelled.status == check_pb2.CHECK_STATUS_CANCELLED
    assert cancelled.HasField("ended_at")
    assert not cancelled.HasField("result")
    assert not cancelled.HasField("failure")
    async with asyncio.timeout(PATIENCE_S):
        assert await watching == [check, cancelled]
    assert await caller.find(check.id) == cancelled
    only = await caller.page(status=check_pb2.CHECK_STATUS_CANCELLED)
    assert [each.id for each in only.checks] == [check.id]
    named = await caller.page(fqdn="a.example")
    assert [each.id for each in named.checks] == [other.id, check.id]
    for who, check_id, code in (
        (caller, check.id, "conflict"),
        (stranger, other.id, "not_found"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await cancel(who, check_id)
        assert refusal_in(error.value).code == code


async def test_a_check_cancelled_before_anybody_took_it_is_never_taken(
    caller: Caller, bus: Bus, database: Database
) -> None:
    check = await caller.create("a.example")

    async def is_published() -> bool:
        # Where on the bus its job is, is noted a moment after it was handed out.
        told = await rows(database, "SELECT state, stream_sequence IS NULL FROM probes")
        return told == [("published", False)]

    await eventually(is_published)
    ((sequence, probe_id),) = await rows(database, "SELECT stream_sequence, id FROM probes")
    await cancel(caller, check.id)

    async def is_deleted() -> bool:
        return not await bus.holds(JOBS_STREAM.name, sequence, job_message_id(probe_id, 1))

    # A bus that is slow is not waited for by the caller.
    await eventually(is_deleted)
    async with probing(bus) as taken:
        other = await caller.create("b.example")
        await caller.watch(other.id)
    assert [job.check_id for job in taken] == [other.id]
