import grpc
import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.errors import Conflict, InvalidRequest, NotFound, Refusal
from outscope.rpc.status import refusal_from
from outscope.v1 import delivery_service_pb2, messages_pb2, webhook_service_pb2
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, eventually, probing, rows


async def ask(
    service: Caller, delivery_id: str, attempt: int
) -> delivery_service_pb2.GetDeliveryResponse:
    request = delivery_service_pb2.GetDeliveryRequest(delivery_id=delivery_id, attempt=attempt)
    return await service.deliveries.GetDelivery(request, metadata=service.metadata)


async def refusal_of(service: Caller, delivery_id: str, attempt: int) -> Refusal | None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await ask(service, delivery_id, attempt)
    return refusal_from(error.value)


@pytest.fixture
async def job(caller: Caller, bus: Bus) -> messages_pb2.DeliveryJob:
    """The delivery job of a check that has completed."""
    request = webhook_service_pb2.CreateWebhookRequest(
        url="https://your-app.com/webhook", events=["check.completed"]
    )
    await caller.webhooks.CreateWebhook(request, metadata=caller.metadata)
    async with probing(bus):
        await caller.watch((await caller.create()).id)
    async with bus.consumer(subjects.DELIVERIES_CONSUMER) as consumer:
        (message,) = await consumer.pull(1, 5.0)
        await message.ack()
    return messages_pb2.DeliveryJob.FromString(message.payload)


async def test_the_notifier_is_told_what_to_send_and_how_to_sign_it(
    service: Caller, caller: Caller, job: messages_pb2.DeliveryJob, database: Database
) -> None:
    delivery = await ask(service, job.delivery_id, job.attempt)
    assert delivery.webhook_id.startswith("msg_")
    assert delivery.url == "https://your-app.com/webhook"
    assert [(delivery.secret,)] == await rows(database, "SELECT secret FROM webhooks")
    assert delivery.event_type == "check.completed"
    assert delivery.check == await caller.find(delivery.check.id)
    assert delivery.event_at == delivery.check.ended_at


async def test_an_attempt_that_is_no_longer_due_is_refused(
    service: Caller, job: messages_pb2.DeliveryJob, database: Database, bus: Bus
) -> None:
    assert isinstance(await refusal_of(service, job.delivery_id, 2), Conflict)
    attempt = messages_pb2.DeliveryAttempt(
        delivery_id=job.delivery_id, attempt=job.attempt, status_code=204
    )
    await bus.publish(subjects.DELIVERY_ATTEMPTS, attempt.SerializeToString())

    async def is_delivered() -> bool:
        return await rows(database, "SELECT state FROM webhook_deliveries") == [("delivered",)]

    await eventually(is_delivered)
    assert isinstance(await refusal_of(service, job.delivery_id, job.attempt), Conflict)


async def test_a_disabled_webhook_gets_nothing(
    service: Caller, job: messages_pb2.DeliveryJob, database: Database
) -> None:
    await rows(database, "UPDATE webhooks SET disabled_at = now()")
    assert isinstance(await refusal_of(service, job.delivery_id, job.attempt), Conflict)


@pytest.mark.parametrize("delivery_id", ["", "dlv_none", "\0", "dlv_" + "0" * 26])
async def test_an_unknown_delivery_is_not_found(service: Caller, delivery_id: str) -> None:
    assert isinstance(await refusal_of(service, delivery_id, 1), NotFound)


async def test_no_account_learns_a_secret(caller: Caller, job: messages_pb2.DeliveryJob) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await ask(caller, job.delivery_id, job.attempt)
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def ask_together(
    service: Caller, *asked: tuple[str, int]
) -> delivery_service_pb2.GetDeliveriesResponse:
    request = delivery_service_pb2.GetDeliveriesRequest(
        deliveries=[
            delivery_service_pb2.GetDeliveryRequest(delivery_id=delivery_id, attempt=attempt)
            for delivery_id, attempt in asked
        ]
    )
    return await service.deliveries.GetDeliveries(request, metadata=service.metadata)


async def test_several_are_told_as_each_alone_and_their_check_once(
    service: Caller, job: messages_pb2.DeliveryJob
) -> None:
    alone = await ask(service, job.delivery_id, job.attempt)
    answer = await ask_together(
        service,
        (job.delivery_id, job.attempt),
        (job.delivery_id, 2),
        ("dlv_none", 1),
        (job.delivery_id, job.attempt),
    )
    first, late, unknown, again = answer.told
    assert list(answer.checks) == [alone.check]
    assert (first.check_index, again.check_index) == (0, 0)
    assert (late.not_due, unknown.not_due) == (True, True)
    first.delivery.check.CopyFrom(answer.checks[first.check_index])
    assert first.delivery == alone


async def test_a_disabled_webhook_gets_nothing_among_several(
    service: Caller, job: messages_pb2.DeliveryJob, database: Database
) -> None:
    await rows(database, "UPDATE webhooks SET disabled_at = now()")
    (told,) = (await ask_together(service, (job.delivery_id, job.attempt))).told
    assert told.not_due


async def test_no_more_than_a_hundred_are_told_at_once(service: Caller) -> None:
    assert not (await ask_together(service)).told
    assert len((await ask_together(service, *[("dlv_none", 1)] * 100)).told) == 100
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await ask_together(service, *[("dlv_none", 1)] * 101)
    assert isinstance(refusal_from(error.value), InvalidRequest)


async def test_no_account_learns_a_secret_among_several(
    caller: Caller, job: messages_pb2.DeliveryJob
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await ask_together(caller, (job.delivery_id, job.attempt))
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
