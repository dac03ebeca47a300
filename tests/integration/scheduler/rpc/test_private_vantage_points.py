"""A vantage point of one account: to another account it is as one that there is not."""

import grpc.aio
import pytest
from google.rpc import error_details_pb2, status_pb2

from outscope.bus.connect import Bus
from outscope.bus.subjects import presence
from outscope.v1 import check_pb2, messages_pb2, vantage_service_pb2
from services.scheduler.loops import presence as presence_loop
from services.scheduler.store.database import Database
from services.scheduler.store.vantage_points import give
from tests.integration.scheduler.driving import Caller, eventually, probing
from tests.integration.scheduler.rpc.conftest import Account
from tests.integration.scheduler.rpc.hooking import create

PRIVATE = "office-1"


@pytest.fixture(autouse=True)
def noting_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence_loop, "_NOTE_EVERY_S", 0.1)


@pytest.fixture
async def owner(caller: Caller, account: Account, database: Database, bus: Bus) -> Caller:
    """The account that the vantage point was given to, once it is listed with its prober's tag."""
    async with database.session() as connection:
        assert await give(connection, PRIVATE, account.id)
    word = messages_pb2.ProberPresence(
        vantage_point=PRIVATE, prober_id="p", owner=account.id, tags=["site:office"]
    ).SerializeToString()

    async def is_listed() -> bool:
        await bus.send(presence(PRIVATE), word)
        return [list(each.tags) for each in await listed(caller)][-1] == ["site:office"]

    await eventually(is_listed)
    return caller


async def listed(caller: Caller) -> list[vantage_service_pb2.VantagePoint]:
    answer = await caller.vantages.ListVantagePoints(
        vantage_service_pb2.ListVantagePointsRequest(), metadata=caller.metadata
    )
    return list(answer.vantage_points)


async def refusal(caller: Caller, vantage_point: str) -> tuple[object, ...]:
    """How a check from there is refused, without the name that was asked for."""
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await caller.create(vantage_point=vantage_point)
    details = dict(raised.value.trailing_metadata() or ())["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    told = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(details).details[0].Unpack(told)
    assert told.metadata.pop("value") == f'"{vantage_point}"'
    return raised.value.code(), raised.value.details(), told


async def test_its_account_sees_and_uses_it(owner: Caller, bus: Bus) -> None:
    *public, private = await listed(owner)
    assert (private.name, private.is_private) == (PRIVATE, True)
    assert not any(each.is_private for each in public)
    async with probing(bus, PRIVATE) as taken:
        check = await owner.create(vantage_point=PRIVATE)
        (*_, ended) = await owner.watch(check.id)
    assert ended.status == check_pb2.CHECK_STATUS_COMPLETED
    assert [job.check_id for job in taken] == [check.id]
    assert list((await create(owner, vantage_points=[PRIVATE])).webhook.vantage_points) == [PRIVATE]


async def test_to_another_account_it_does_not_exist(owner: Caller, stranger: Caller) -> None:
    assert PRIVATE in [each.name for each in await listed(owner)]
    assert [each.name for each in await listed(stranger)] == ["eu-west-1", "us-east-1"]
    assert await refusal(stranger, PRIVATE) == await refusal(stranger, "nothing-1")


async def test_a_batch_and_a_webhook_of_another_account_do_not_tell_of_it(
    owner: Caller, stranger: Caller
) -> None:
    assert PRIVATE in [each.name for each in await listed(owner)]
    specs = [check_pb2.CheckSpec(fqdn="a.example", vantage_point=PRIVATE)]
    (item,) = (await stranger.batch(specs)).items
    assert item.problem.field == "vantage_point"
    assert item.problem.metadata["vantage_points"] == '["eu-west-1", "us-east-1"]'
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await create(stranger, vantage_points=[PRIVATE])
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "office" not in str(raised.value.details())


async def test_without_a_word_of_which_one_nobody_gets_it(owner: Caller, stranger: Caller) -> None:
    assert (await owner.create()).spec.vantage_point == "eu-west-1"
    assert (await stranger.create()).spec.vantage_point == "eu-west-1"


async def test_all_and_tags_stand_for_it_for_its_own_account_alone(
    owner: Caller, stranger: Caller
) -> None:
    public = ["eu-west-1", "us-east-1"]
    all_of_owner = await owner.create(all_vantage_points=True)
    assert list(all_of_owner.spec.vantage_points) == [*public, PRIVATE]
    all_of_stranger = await stranger.create(all_vantage_points=True)
    assert list(all_of_stranger.spec.vantage_points) == public
    by_tag = await owner.create(vantage_points=["site:office"])
    assert list(by_tag.spec.vantage_points) == [PRIVATE]
    for asked in (PRIVATE, "site:office"):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stranger.create(vantage_points=["eu-west-1", asked])
        assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "eu-west-1, us-east-1" in str(raised.value.details())
        assert "office" not in str(raised.value.details())


async def test_who_may_use_none_is_refused_and_nothing_breaks(
    owner: Caller, account: Account, database: Database, stranger: Caller
) -> None:
    assert PRIVATE in [each.name for each in await listed(owner)]
    async with database.session() as connection:
        for name in ("eu-west-1", "us-east-1"):
            await give(connection, name, account.id)

    async def none_is_listed() -> bool:
        return not await listed(stranger)

    await eventually(none_is_listed)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stranger.create()
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
