"""From a job on the bus to the attempt reported, with a real bus, scheduler side and receiver."""

import asyncio
import base64
import gc
import json
import logging
import secrets
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from standardwebhooks.webhooks import Webhook

from deploy.local.ports import free_port
from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.work import Worker
from outscope.clock import utc_now
from outscope.errors import Conflict
from outscope.representation.check import check_representation
from outscope.rpc.channel import open_channel
from outscope.webhook_keys import private_key, signing_key_text
from services.notifier.deliver import Deliverer
from services.notifier.due import Due
from services.notifier.worker import DeliveryTask
from tests.backends import nats_process
from tests.integration.notifier.receivers import answering, receiver, saying_nothing
from tests.integration.notifier.scheduler import (
    SECRET,
    TOKEN,
    Deliveries,
    due_delivery,
    ever_reported,
    publish_job,
    reported_attempt,
    serving,
)

PATIENCE_S = 10.0
NEW_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SIGNING_KEY = signing_key_text(bytes(range(32, 64)))


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    async with connect_bus(nats_url, "test") as connected:
        await connected.ensure_streams()
        yield connected


@pytest.fixture
def deliveries() -> Deliveries:
    return Deliveries()


@pytest.fixture
def delivery_id() -> str:
    return f"dlv_{secrets.token_hex(8)}"


@pytest.fixture
async def scheduler(deliveries: Deliveries) -> AsyncIterator[str]:
    async with serving(deliveries) as address:
        yield address


def delivery_task(bus: Bus, scheduler: str, deliverer: Deliverer) -> DeliveryTask:
    return DeliveryTask(
        bus=bus,
        channel=open_channel(scheduler),
        service_token=TOKEN,
        deliverer=deliverer,
        clock=utc_now,
    )


def notifying(bus: Bus, task: DeliveryTask) -> Worker:
    return Worker(bus, subjects.DELIVERIES_CONSUMER, task, concurrency=5, drain_s=2)


@pytest.fixture
async def notifier(bus: Bus, scheduler: str, deliverer: Deliverer) -> AsyncIterator[None]:
    async with notifying(bus, delivery_task(bus, scheduler, deliverer)):
        yield


async def until_done(bus: Bus) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await bus.backlog(subjects.DELIVERIES_CONSUMER):
            await asyncio.sleep(0.02)


@pytest.mark.usefixtures("notifier")
async def test_an_event_arrives_signed_and_its_success_is_reported(
    bus: Bus, deliveries: Deliveries, delivery_id: str, certificate: ssl.SSLContext
) -> None:
    async with receiver(answering("200 OK"), certificate=certificate) as endpoint:
        delivery = deliveries.known[delivery_id] = due_delivery(endpoint.url)
        before = utc_now()
        await publish_job(bus, delivery_id, attempt=3)
        attempt = await reported_attempt(bus, delivery_id)
    (request,) = endpoint.received
    event = Webhook(SECRET).verify(request.body, request.headers)
    assert event == {
        "type": "check.completed",
        "timestamp": "2026-04-21T10:00:03Z",
        "data": json.loads(json.dumps(check_representation(delivery.check))),
    }
    assert request.headers["webhook-id"] == delivery.webhook_id
    assert deliveries.asked.count((delivery_id, 3)) == 1
    assert (attempt.attempt, attempt.status_code, attempt.error) == (3, 200, "")
    assert not attempt.HasField("retry_after_s")
    assert before <= attempt.attempted_at.ToDatetime(tzinfo=UTC) <= utc_now()
    await until_done(bus)


@pytest.mark.usefixtures("notifier")
async def test_deliveries_in_work_are_measured(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    def in_work() -> float | None:
        return REGISTRY.get_sample_value("outscope_deliveries_in_work")

    async with receiver(saying_nothing) as endpoint:
        deliveries.known[delivery_id] = due_delivery(endpoint.url)
        await publish_job(bus, delivery_id)
        async with asyncio.timeout(PATIENCE_S):
            while in_work() != 1:
                await asyncio.sleep(0.01)
        await reported_attempt(bus, delivery_id)
    await until_done(bus)
    assert in_work() == 0


@pytest.mark.usefixtures("notifier")
async def test_each_attempt_keeps_its_id_and_has_a_signature_of_its_own(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    async with receiver(answering("503 Later")) as endpoint:
        deliveries.known[delivery_id] = due_delivery(endpoint.url)
        for number in (1, 2):
            await publish_job(bus, delivery_id, attempt=number)
            attempt = await reported_attempt(bus, delivery_id)
            assert (attempt.attempt, attempt.status_code) == (number, 503)
            assert attempt.error == "http_status"
            await asyncio.sleep(1)
    first, second = (request.headers for request in endpoint.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] < second["webhook-timestamp"]
    assert first["webhook-signature"] != second["webhook-signature"]
    for request in endpoint.received:
        Webhook(SECRET).verify(request.body, request.headers)


@pytest.mark.usefixtures("notifier")
async def test_a_scheduler_older_than_several_secrets_is_served_with_its_one(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    async with receiver(answering("200 OK")) as endpoint:
        delivery = deliveries.known[delivery_id] = due_delivery(endpoint.url)
        assert not delivery.secrets
        await publish_job(bus, delivery_id)
        await reported_attempt(bus, delivery_id)
    (request,) = endpoint.received
    Webhook(SECRET).verify(request.body, request.headers)
    assert " " not in request.headers["webhook-signature"]


@pytest.mark.usefixtures("notifier")
async def test_each_secret_and_the_signing_key_sign_the_bytes_that_arrive(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    async with receiver(answering("200 OK")) as endpoint:
        delivery = deliveries.known[delivery_id] = due_delivery(endpoint.url)
        delivery.secrets.extend([NEW_SECRET, SECRET])
        delivery.signing_key = SIGNING_KEY
        await publish_job(bus, delivery_id)
        await reported_attempt(bus, delivery_id)
    (request,) = endpoint.received
    for secret in (NEW_SECRET, SECRET):
        Webhook(secret).verify(request.body, request.headers)
    first, _, asymmetric = request.headers["webhook-signature"].split(" ")
    Webhook(NEW_SECRET).verify(request.body, {**request.headers, "webhook-signature": first})
    stamp = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
    private_key(SIGNING_KEY).public_key().verify(
        base64.b64decode(asymmetric.removeprefix("v1a,")), stamp + request.body
    )


@pytest.mark.usefixtures("notifier")
async def test_headers_of_the_endpoint_arrive_and_replace_none_of_ours(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    async with receiver(answering("200 OK")) as endpoint:
        delivery = deliveries.known[delivery_id] = due_delivery(endpoint.url)
        delivery.headers.update(
            {
                "Authorization": "Bearer t0ken",
                "Content-Type": "text/plain",
                "Webhook-Id": "msg_forged",
                "WEBHOOK-SIGNATURE": "v1,forged",
            }
        )
        await publish_job(bus, delivery_id)
        assert (await reported_attempt(bus, delivery_id)).status_code == 200
    (request,) = endpoint.received
    assert request.headers["authorization"] == "Bearer t0ken"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == delivery.webhook_id
    assert b"forged" not in request.head
    Webhook(SECRET).verify(request.body, request.headers)


@pytest.mark.usefixtures("notifier")
@pytest.mark.parametrize("is_date", [False, True])
async def test_a_wish_to_wait_is_reported_in_seconds(
    bus: Bus, deliveries: Deliveries, delivery_id: str, *, is_date: bool
) -> None:
    in_two_minutes = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    wish = in_two_minutes if is_date else "120"
    async with receiver(answering("429 Slow", f"Retry-After: {wish}")) as endpoint:
        deliveries.known[delivery_id] = due_delivery(endpoint.url)
        await publish_job(bus, delivery_id)
        attempt = await reported_attempt(bus, delivery_id)
    assert attempt.status_code == 429
    assert 118 <= attempt.retry_after_s <= 120


@pytest.mark.usefixtures("notifier")
@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://10.0.0.1/", "target_refused"),
        ("http://8.8.8.8/", "target_refused"),
        ("https://169.254.169.254/latest/meta-data/", "target_refused"),
        ("https://127.0.0.1:1/", "connect_failed"),
        ("gopher://127.0.0.1/", "invalid_url"),
    ],
)
async def test_a_delivery_without_an_answer_is_reported_with_its_error(
    *,
    bus: Bus,
    deliveries: Deliveries,
    delivery_id: str,
    url: str,
    error: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="services.notifier")
    deliveries.known[delivery_id] = due_delivery(url)
    await publish_job(bus, delivery_id)
    attempt = await reported_attempt(bus, delivery_id)
    assert attempt.error == error
    assert not attempt.HasField("status_code")
    # The log does not call it delivered.
    lines = [each for each in caplog.records if each.name == "services.notifier.worker"]
    assert [line.getMessage() for line in lines] == ["delivery attempted"]
    assert [vars(line)["fields"]["check_id"] for line in lines] == ["chk_1"]


@pytest.mark.usefixtures("notifier")
async def test_the_beginning_of_an_answer_is_reported_as_text(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    body = b"No: \x00\xff" + b"x" * 3000
    async with receiver(answering("500 Broken", body=body)) as endpoint:
        deliveries.known[delivery_id] = due_delivery(endpoint.url)
        await publish_job(bus, delivery_id)
        attempt = await reported_attempt(bus, delivery_id)
    assert attempt.answer == "No: \ufffd\ufffd" + "x" * 1018


@pytest.mark.usefixtures("notifier")
async def test_a_secret_that_cannot_sign_is_reported_and_nothing_is_sent(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    async with receiver(answering("200 OK")) as endpoint:
        deliveries.known[delivery_id] = due_delivery(endpoint.url, secret="broken")
        await publish_job(bus, delivery_id)
        attempt = await reported_attempt(bus, delivery_id)
    assert attempt.error == "internal"
    assert endpoint.connections == 0


@pytest.mark.usefixtures("notifier")
async def test_a_slow_receiver_delays_no_other(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    slow_id = f"{delivery_id}-slow"
    async with receiver(saying_nothing) as slow, receiver(answering("200 OK")) as good:
        deliveries.known |= {slow_id: due_delivery(slow.url), delivery_id: due_delivery(good.url)}
        await publish_job(bus, slow_id)
        await slow.arrived.wait()
        await publish_job(bus, delivery_id)
        assert (await reported_attempt(bus, delivery_id)).status_code == 200
        assert (await reported_attempt(bus, slow_id)).error == "timeout"


@pytest.mark.usefixtures("notifier")
@pytest.mark.parametrize("is_known", [False, True])
async def test_a_delivery_that_is_not_due_any_more_is_forgotten(
    bus: Bus, deliveries: Deliveries, delivery_id: str, nats_url: str, *, is_known: bool
) -> None:
    if is_known:
        deliveries.known[delivery_id] = Conflict("not the current attempt")
    reported = await ever_reported(nats_url)
    await publish_job(bus, delivery_id)
    await until_done(bus)
    assert deliveries.asked.count((delivery_id, 1)) == 1
    assert await ever_reported(nats_url) == reported


@pytest.mark.usefixtures("notifier")
async def test_an_unreadable_job_is_dropped_and_the_next_is_delivered(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    async with receiver(answering("200 OK")) as endpoint:
        deliveries.known[delivery_id] = due_delivery(endpoint.url)
        await bus.publish(subjects.DELIVERIES, b"\xff\xff\xff")
        await publish_job(bus, delivery_id)
        assert (await reported_attempt(bus, delivery_id)).status_code == 200
    await until_done(bus)


@pytest.mark.usefixtures("notifier")
async def test_while_an_endpoint_takes_long_what_was_told_of_the_event_is_let_go(
    bus: Bus, deliveries: Deliveries, delivery_id: str
) -> None:
    answer = asyncio.Event()

    async def take_long(writer: asyncio.StreamWriter) -> None:
        await answer.wait()
        await answering("200 OK")(writer)

    async with receiver(take_long) as endpoint:
        due = due_delivery(endpoint.url)
        deliveries.known[delivery_id] = due
        await publish_job(bus, delivery_id)
        async with asyncio.timeout(PATIENCE_S):
            await endpoint.arrived.wait()
        gc.collect()
        told = [each.delivery.webhook_id for each in gc.get_objects() if isinstance(each, Due)]
        assert due.webhook_id not in told
        answer.set()
        assert (await reported_attempt(bus, delivery_id)).status_code == 200


async def test_a_scheduler_that_starts_later_is_waited_for(
    bus: Bus, deliveries: Deliveries, delivery_id: str, deliverer: Deliverer
) -> None:
    port = free_port()
    task = delivery_task(bus, f"127.0.0.1:{port}", deliverer)
    async with receiver(answering("200 OK")) as endpoint, notifying(bus, task):
        deliveries.known[delivery_id] = due_delivery(endpoint.url)
        await publish_job(bus, delivery_id)
        await asyncio.sleep(0.5)
        async with serving(deliveries, port):
            assert (await reported_attempt(bus, delivery_id)).status_code == 200
    assert len(endpoint.received) == 1


async def test_the_bus_going_away_while_posting_costs_no_second_post(
    deliveries: Deliveries,
    delivery_id: str,
    scheduler: str,
    deliverer: Deliverer,
    tmp_path: Path,
) -> None:
    is_bus_away = asyncio.Event()

    async def wait_for_the_bus_to_go(writer: asyncio.StreamWriter) -> None:
        await is_bus_away.wait()
        await answering("200 OK")(writer)

    with nats_process(tmp_path) as server:
        async with (
            receiver(wait_for_the_bus_to_go) as endpoint,
            connect_bus(server.server.url(), "test") as bus,
            notifying(bus, delivery_task(bus, scheduler, deliverer)),
        ):
            deliveries.known[delivery_id] = due_delivery(endpoint.url)
            await publish_job(bus, delivery_id)
            await endpoint.arrived.wait()
            server.kill()
            is_bus_away.set()
            await asyncio.sleep(0.5)
            server.start()
            assert (await reported_attempt(bus, delivery_id)).status_code == 200
            await until_done(bus)
    assert len(endpoint.received) == 1
