"""Secrets that are sealed in the database are plain for the notifier, and for nobody else."""

from collections.abc import AsyncIterator

import grpc
import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.rpc.metadata import IDEMPOTENCY_KEY
from outscope.v1 import delivery_service_pb2, messages_pb2, webhook_service_pb2
from services.scheduler.domain.webhook_headers import headers_text
from services.scheduler.sealing import Seal, new_key
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    calling,
    calling_as_service,
    eventually,
    make_key,
    probing,
    rows,
    running_scheduler,
)

KEY, NEWER, OTHER = new_key(), new_key(), new_key()
HEADERS = {"Authorization": "Bearer t0ken", "X-Tenant": "1"}


@pytest.fixture
async def secret(database_url: str, nats_url: str, bus: Bus, database: Database) -> str:
    """The secret of a webhook that a scheduler with KEY has made, and an event waits for."""
    key, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url, OUTSCOPE_SECRET_KEYS=KEY) as address,
        calling(address, key) as caller,
    ):
        request = webhook_service_pb2.CreateWebhookRequest(
            url="https://your-app.com/webhook", events=["check.completed"]
        )
        metadata = (*caller.metadata, (IDEMPOTENCY_KEY, "once"))
        made, again = [
            await caller.webhooks.CreateWebhook(request, metadata=metadata) for _ in range(2)
        ]
        assert again.replayed
        assert again.secret == made.secret
        async with probing(bus):
            await caller.watch((await caller.create()).id)

        async def is_handed_out() -> bool:
            found = await rows(database, "SELECT state FROM webhook_deliveries")
            return found == [("published",)]

        await eventually(is_handed_out)
        return str(made.secret)


@pytest.fixture
async def job(secret: str, bus: Bus) -> AsyncIterator[messages_pb2.DeliveryJob]:
    async with bus.consumer(subjects.DELIVERIES_CONSUMER) as consumer:
        (message,) = await consumer.pull(1, 5.0)
        yield messages_pb2.DeliveryJob.FromString(message.payload)
        await message.ack()


async def ask(
    database_url: str, nats_url: str, job: messages_pb2.DeliveryJob, keys: str
) -> delivery_service_pb2.GetDeliveryResponse:
    request = delivery_service_pb2.GetDeliveryRequest(
        delivery_id=job.delivery_id, attempt=job.attempt
    )
    async with (
        running_scheduler(database_url, nats_url, OUTSCOPE_SECRET_KEYS=keys) as address,
        calling_as_service(address) as service,
    ):
        return await service.deliveries.GetDelivery(request, metadata=service.metadata)


async def test_a_secret_is_stored_sealed_and_told_the_notifier_in_plain(
    secret: str,
    job: messages_pb2.DeliveryJob,
    database: Database,
    database_url: str,
    nats_url: str,
) -> None:
    ((stored,),) = await rows(database, "SELECT secret FROM webhooks")
    assert secret.removeprefix("whsec_") not in stored
    assert Seal([KEY]).opened(stored) == secret
    delivery = await ask(database_url, nats_url, job, f"{NEWER},{KEY}")
    assert delivery.secret == secret
    assert list(delivery.secrets) == [secret]


@pytest.mark.parametrize("is_sealed", [False, True])
async def test_all_that_signs_and_all_that_is_sent_along_is_told_however_it_is_stored(
    job: messages_pb2.DeliveryJob,
    database: Database,
    database_url: str,
    nats_url: str,
    *,
    is_sealed: bool,
) -> None:
    seal = Seal([KEY] if is_sealed else ())
    await rows(
        database,
        "UPDATE webhooks SET secret = %s, signing_key = %s, headers = %s",
        *map(seal.sealed, ("whsec_bmV3", "whsk_a2V5", headers_text(HEADERS))),
    )
    for old, until in (("whsec_b2xk", "1 hour"), ("whsec_b3Zlcg", "-1 second")):
        await rows(
            database,
            "INSERT INTO webhook_old_secrets SELECT id, %s, now() + %s::interval FROM webhooks",
            *(seal.sealed(old), until),
        )
    delivery = await ask(database_url, nats_url, job, KEY)
    # The one whose time is over signs no more; an older notifier signs with the current one.
    assert list(delivery.secrets) == ["whsec_bmV3", "whsec_b2xk"]
    assert delivery.secret == "whsec_bmV3"
    assert delivery.signing_key == "whsk_a2V5"
    assert dict(delivery.headers) == HEADERS


@pytest.mark.parametrize("keys", ["", OTHER])
async def test_without_its_key_a_delivery_waits(
    job: messages_pb2.DeliveryJob, database: Database, database_url: str, nats_url: str, keys: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await ask(database_url, nats_url, job, keys)
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    assert await rows(database, "SELECT attempt FROM webhook_deliveries") == [(1,)]
    assert await rows(database, "SELECT count(*) FROM delivery_attempts") == [(0,)]


async def test_one_whose_key_is_missing_is_left_to_be_asked_for_alone(
    job: messages_pb2.DeliveryJob, database_url: str, nats_url: str
) -> None:
    asked = delivery_service_pb2.GetDeliveryRequest(
        delivery_id=job.delivery_id, attempt=job.attempt
    )
    async with (
        running_scheduler(database_url, nats_url, OUTSCOPE_SECRET_KEYS=OTHER) as address,
        calling_as_service(address) as service,
    ):
        answer = await service.deliveries.GetDeliveries(
            delivery_service_pb2.GetDeliveriesRequest(deliveries=[asked]),
            metadata=service.metadata,
        )
    (told,) = answer.told
    assert told.WhichOneof("told") is None
