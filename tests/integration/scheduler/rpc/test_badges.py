"""Names are published and withdrawn by a running scheduler, and shown to anybody."""

from collections.abc import Awaitable

import grpc
import pytest

from outscope.bus.connect import Bus
from outscope.rpc.status import refusal_from
from outscope.v1 import badge_service_pb2, badge_service_pb2_grpc, messages_pb2
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, completed, probing, rows

NAME = "example.com"


def analyzable(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
    report = completed(job)
    report.result.analysis.reachable = True
    report.result.analysis.analyzability = "analyzable"
    return report


def badges(caller: Caller) -> "badge_service_pb2_grpc.BadgeServiceAsyncStub":
    return badge_service_pb2_grpc.BadgeServiceStub(caller.channel)


async def publish(caller: Caller, fqdn: str = NAME) -> badge_service_pb2.PublishBadgeResponse:
    request = badge_service_pb2.PublishBadgeRequest(fqdn=fqdn)
    return await badges(caller).PublishBadge(request, metadata=caller.metadata)


async def withdraw(caller: Caller, fqdn: str = NAME) -> None:
    request = badge_service_pb2.WithdrawBadgeRequest(fqdn=fqdn)
    await badges(caller).WithdrawBadge(request, metadata=caller.metadata)


async def shown(caller: Caller, fqdn: str = NAME) -> badge_service_pb2.Badge:
    """Return the badge as anybody gets it: without a key."""
    request = badge_service_pb2.GetBadgeRequest(fqdn=fqdn)
    return (await badges(caller).GetBadge(request)).badge


async def listed(
    caller: Caller, *, page_size: int = 30, cursor: str = ""
) -> badge_service_pb2.ListBadgesResponse:
    request = badge_service_pb2.ListBadgesRequest(page_size=page_size, cursor=cursor)
    return await badges(caller).ListBadges(request, metadata=caller.metadata)


async def refused(call: Awaitable[object]) -> tuple[str, str]:
    """Return code and message."""
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    refusal = refusal_from(error.value)
    assert refusal is not None
    return refusal.code, refusal.message


async def checked(caller: Caller, bus: Bus, fqdn: str = NAME) -> None:
    async with probing(bus, outcome=analyzable):
        await caller.watch((await caller.create(fqdn)).id)


async def test_what_is_published_is_shown_to_anybody_until_it_is_withdrawn(
    caller: Caller, bus: Bus
) -> None:
    await checked(caller, bus)
    assert (await refused(shown(caller)))[0] == "not_found"
    published = await publish(caller, "EXAMPLE.com.")
    assert (published.fqdn, published.HasField("published_at")) == (NAME, True)
    assert await publish(caller) == published
    badge = await shown(caller, "Example.COM")
    assert (badge.fqdn, badge.verdict) == (NAME, badge_service_pb2.BADGE_VERDICT_ANALYZABLE)
    assert badge.HasField("checked_at")
    await withdraw(caller)
    assert (await refused(shown(caller)))[0] == "not_found"
    await withdraw(caller)


async def test_a_name_is_held_by_who_publishes_it_first_until_it_is_withdrawn(
    caller: Caller, stranger: Caller, bus: Bus
) -> None:
    await checked(caller, bus)
    await checked(stranger, bus)
    await publish(caller)
    code, message = await refused(publish(stranger))
    assert code == "conflict"
    assert "withdrawn" in message
    await withdraw(stranger)  # is none of its own
    assert (await shown(caller)).fqdn == NAME
    await withdraw(caller)
    assert (await publish(stranger)).fqdn == NAME


async def test_only_a_name_that_the_account_has_checked_is_published(
    caller: Caller, stranger: Caller, bus: Bus
) -> None:
    await checked(stranger, bus)
    await caller.create()  # is pending
    code, message = await refused(publish(caller))
    assert (code, "No check of example.com has completed" in message) == ("not_found", True)
    assert (await refused(publish(caller, "https://example.com/")))[0] == "invalid_request"
    assert (await refused(withdraw(caller, "localhost")))[0] == "invalid_request"


async def test_names_that_are_not_shown_are_told_alike_whatever_they_are(
    caller: Caller, bus: Bus
) -> None:
    await checked(caller, bus)
    told = {await refused(shown(caller, name)) for name in (NAME, "nobody.example", "no name", "")}
    assert told == {("not_found", "There is no such badge")}


async def test_publishing_and_withdrawing_need_a_key(caller: Caller) -> None:
    nobody = Caller(channel=caller.channel, metadata=())
    assert (await refused(publish(nobody)))[0] == "unauthorized"
    assert (await refused(withdraw(nobody)))[0] == "unauthorized"


async def test_of_checks_that_are_gone_nothing_is_told_but_that(
    caller: Caller, bus: Bus, database: Database
) -> None:
    await checked(caller, bus)
    await publish(caller)
    await rows(database, "DELETE FROM checks")
    assert await shown(caller) == badge_service_pb2.Badge(
        fqdn=NAME, verdict=badge_service_pb2.BADGE_VERDICT_UNKNOWN
    )


async def test_an_account_is_told_of_its_own_names_alone_page_by_page(
    caller: Caller, stranger: Caller, bus: Bus
) -> None:
    names = ["a.example", "b.example", "c.example"]
    for name in reversed(names):
        await checked(caller, bus, name)
        await publish(caller, name)
    await checked(stranger, bus, "bb.example")
    await publish(stranger, "bb.example")
    found, cursor = [], ""
    for _ in range(2):
        page = await listed(caller, page_size=2, cursor=cursor)
        found += [badge.fqdn for badge in page.badges]
        cursor = page.next_cursor
    assert (found, cursor) == (names, "")
    assert page.badges[0].HasField("published_at")
    first = await listed(caller, page_size=2)
    assert (await refused(listed(stranger, cursor=first.next_cursor)))[0] == "invalid_request"
    assert (await refused(listed(caller, page_size=101)))[0] == "invalid_request"
