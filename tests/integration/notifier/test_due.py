"""What is due, asked of a scheduler that tells several at once, and of one that does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from deploy.local.ports import free_port
from outscope.bus.work import GiveBack
from outscope.errors import Refusal, Unavailable
from outscope.rpc.channel import open_channel
from outscope.v1 import delivery_service_pb2
from services.notifier.due import Due, DueDeliveries
from services.notifier.payload import payload_for
from tests.integration.notifier.scheduler import TOKEN, Context, Deliveries, due_delivery, serving

URL = "https://a.example/"
Told = delivery_service_pb2.DeliveryTold


@dataclass(slots=True, kw_only=True)
class Together(Deliveries):
    """Tells several at once, whose check they share; nothing of those that are refused."""

    groups: list[int] = field(default_factory=list)
    refused: Refusal | None = None

    async def GetDeliveries(  # noqa: N802 - named by the proto
        self, request: delivery_service_pb2.GetDeliveriesRequest, context: Context
    ) -> delivery_service_pb2.GetDeliveriesResponse:
        if self.refused is not None:
            raise self.refused
        self.groups.append(len(request.deliveries))
        answer = delivery_service_pb2.GetDeliveriesResponse()
        for asked in request.deliveries:
            known = self.known.get(asked.delivery_id)
            if known is None:
                answer.told.append(Told(not_due=True))
            elif isinstance(known, Refusal):
                answer.told.append(Told())
            else:
                if not answer.checks:
                    answer.checks.append(known.check)
                told = Told(delivery=known, check_index=0)
                told.delivery.ClearField("check")
                answer.told.append(told)
        return answer


@asynccontextmanager
async def asking(scheduler: Deliveries) -> AsyncIterator[DueDeliveries]:
    async with serving(scheduler) as address, open_channel(address) as channel:
        yield DueDeliveries(channel, TOKEN)


async def found(due: DueDeliveries, *delivery_ids: str) -> list[Due | None]:
    return await asyncio.gather(*(due.find(each, 1) for each in delivery_ids))


async def test_deliveries_asked_for_at_once_are_told_in_one_call_and_share_their_check() -> None:
    scheduler = Together(known={"dlv_1": due_delivery(URL), "dlv_2": due_delivery(URL)})
    async with asking(scheduler) as due:
        first, second, none = await found(due, "dlv_1", "dlv_2", "dlv_none")
    assert scheduler.groups == [3]
    assert scheduler.asked == []
    assert none is None
    for each, delivery_id in ((first, "dlv_1"), (second, "dlv_2")):
        known = scheduler.known[delivery_id]
        assert each is not None
        assert isinstance(known, delivery_service_pb2.GetDeliveryResponse)
        assert each.delivery.webhook_id == known.webhook_id
        assert payload_for(each.delivery, each.check) == payload_for(known)
    assert first is not None
    assert second is not None
    assert first.check is second.check


async def test_a_scheduler_that_tells_but_one_at_a_time_is_asked_so() -> None:
    scheduler = Deliveries(known={"dlv_1": due_delivery(URL), "dlv_2": due_delivery(URL)})
    async with asking(scheduler) as due:
        first, second, none = await found(due, "dlv_1", "dlv_2", "dlv_none")
    assert sorted(scheduler.asked) == [("dlv_1", 1), ("dlv_2", 1), ("dlv_none", 1)]
    assert first is not None
    assert second is not None
    assert first.delivery == scheduler.known["dlv_1"]
    assert none is None


async def test_one_that_cannot_be_told_now_is_given_back_and_the_other_told() -> None:
    scheduler = Together(
        known={"dlv_1": due_delivery(URL), "dlv_2": Unavailable("cannot be read at present")}
    )
    async with asking(scheduler) as due:
        second = asyncio.create_task(due.find("dlv_2", 1))
        assert await due.find("dlv_1", 1) is not None
        with pytest.raises(GiveBack, match="cannot be read"):
            await second


async def test_while_the_scheduler_cannot_read_anything_all_are_given_back() -> None:
    scheduler = Together(known={"dlv_1": due_delivery(URL)}, refused=Unavailable("no database"))
    async with asking(scheduler) as due:
        results = await asyncio.gather(
            due.find("dlv_1", 1), due.find("dlv_2", 1), return_exceptions=True
        )
    assert [type(each) for each in results] == [GiveBack, GiveBack]
    assert scheduler.asked == []


async def test_a_scheduler_that_restarts_is_waited_for() -> None:
    port = free_port()
    async with open_channel(f"127.0.0.1:{port}") as channel:
        asked = asyncio.create_task(DueDeliveries(channel, TOKEN).find("dlv_1", 1))
        await asyncio.sleep(0.3)
        assert not asked.done()
        async with serving(Together(known={"dlv_1": due_delivery(URL)}), port):
            assert await asked is not None


def test_lines_about_a_delivery_have_what_is_told_of_it() -> None:
    told = due_delivery(URL)
    told.check.spec.vantage_point = "eu-west-1"
    # A scheduler of a version before tells neither account nor request.
    of_check = {"check_id": told.check.id, "vantage_point": "eu-west-1"}
    assert Due(delivery=told).log_fields() == of_check
    told.account_id, told.request_id = "acc_a", "req_a"
    known = {"account_id": "acc_a", "request_id": "req_a"}
    assert Due(delivery=told).log_fields() == {**known, **of_check}
    told.ClearField("check")
    told.request_id = ""
    assert Due(delivery=told).log_fields() == {"account_id": "acc_a"}
