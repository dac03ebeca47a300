"""What the scheduler's tests drive it with: rows, a running scheduler, a caller, a prober."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import grpc.aio

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.clock import utc_now
from outscope.config import Environment
from outscope.ids import CHECK_PREFIX, PROBE_PREFIX, new_id
from outscope.rpc.channel import open_channel
from outscope.rpc.metadata import SERVICE_TOKEN, X_API_KEY
from outscope.v1 import (
    api_key_service_pb2_grpc,
    check_pb2,
    check_service_pb2,
    check_service_pb2_grpc,
    delivery_service_pb2_grpc,
    judgement_service_pb2_grpc,
    messages_pb2,
    vantage_service_pb2_grpc,
    webhook_service_pb2_grpc,
)
from services.scheduler.__main__ import scheduler
from services.scheduler.config import config_from
from services.scheduler.domain.check import CheckSpec, NewCheck
from services.scheduler.keyring import Keyring
from services.scheduler.store.checks import insert_checks
from services.scheduler.store.database import Database

TOKEN = "the-service-token"
PATIENCE_S = 15.0

SPEC = CheckSpec(
    fqdn="example.com",
    ports=(80, 443),
    paths=("/",),
    vantage_point="eu-west-1",
    include_content_sample=False,
    content_retention_days=7,
)


def new_check(account_id: str = "acc_a", **changes: Any) -> NewCheck:  # noqa: ANN401 - any field
    unix_ms = int(utc_now().timestamp() * 1000)
    return NewCheck(
        id=new_id(CHECK_PREFIX, unix_ms),
        probe_id=new_id(PROBE_PREFIX, unix_ms),
        account_id=account_id,
        spec=replace(SPEC, **changes),
    )


def new_check_from(*vantage_points: str, account_id: str = "acc_a") -> NewCheck:
    """Return a check from several vantage points."""
    check = new_check(account_id)
    options = replace(check.spec.options, vantage_points=vantage_points)
    return replace(
        check,
        spec=replace(check.spec, vantage_point=vantage_points[0], options=options),
        further_probe_ids=tuple(f"{check.probe_id}_{at}" for at in vantage_points[1:]),
    )


async def store(
    database: Database, *checks: NewCheck, grace_s: float = 60.0, deadline_s: float = 300.0
) -> datetime:
    async with database.transaction() as connection:
        return await insert_checks(connection, checks, grace_s=grace_s, deadline_s=deadline_s)


async def rows(database: Database, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    async with database.session() as connection:
        cursor = await connection.execute(statement, parameters)
        return await cursor.fetchall() if cursor.description else []


async def eventually(
    claim: Callable[[], Awaitable[bool]], *, patience_s: float = PATIENCE_S
) -> None:
    async with asyncio.timeout(patience_s):
        while not await claim():
            await asyncio.sleep(0.02)


async def stop(task: asyncio.Task[Any]) -> None:
    """End a task; asked again, as Python 3.11's wait_for may swallow a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Calls a scheduler over gRPC."""

    channel: grpc.aio.Channel
    metadata: tuple[tuple[str, str], ...]

    @property
    def checks(self) -> "check_service_pb2_grpc.CheckServiceAsyncStub":
        return check_service_pb2_grpc.CheckServiceStub(self.channel)

    @property
    def judgements(self) -> "judgement_service_pb2_grpc.JudgementServiceAsyncStub":
        return judgement_service_pb2_grpc.JudgementServiceStub(self.channel)

    @property
    def webhooks(self) -> "webhook_service_pb2_grpc.WebhookServiceAsyncStub":
        return webhook_service_pb2_grpc.WebhookServiceStub(self.channel)

    @property
    def keys(self) -> "api_key_service_pb2_grpc.ApiKeyServiceAsyncStub":
        return api_key_service_pb2_grpc.ApiKeyServiceStub(self.channel)

    @property
    def vantages(self) -> "vantage_service_pb2_grpc.VantageServiceAsyncStub":
        return vantage_service_pb2_grpc.VantageServiceStub(self.channel)

    @property
    def deliveries(self) -> "delivery_service_pb2_grpc.DeliveryServiceAsyncStub":
        return delivery_service_pb2_grpc.DeliveryServiceStub(self.channel)

    async def create(self, fqdn: str = "example.com", **fields: Any) -> check_pb2.Check:  # noqa: ANN401 - any field
        spec = check_pb2.CheckSpec(fqdn=fqdn, **fields)
        request = check_service_pb2.CreateCheckRequest(spec=spec)
        return (await self.checks.CreateCheck(request, metadata=self.metadata)).check

    async def batch(
        self, specs: Sequence[check_pb2.CheckSpec]
    ) -> check_service_pb2.BatchCreateChecksResponse:
        request = check_service_pb2.BatchCreateChecksRequest(specs=specs)
        return await self.checks.BatchCreateChecks(request, metadata=self.metadata)

    async def find(self, check_id: str) -> check_pb2.Check:
        request = check_service_pb2.GetCheckRequest(id=check_id)
        return (await self.checks.GetCheck(request, metadata=self.metadata)).check

    async def page(self, **fields: Any) -> check_service_pb2.ListChecksResponse:  # noqa: ANN401 - any field
        request = check_service_pb2.ListChecksRequest(**fields)
        return await self.checks.ListChecks(request, metadata=self.metadata)

    async def watch(self, check_id: str) -> list[check_pb2.Check]:
        request = check_service_pb2.WatchCheckRequest(id=check_id)
        call = self.checks.WatchCheck(request, metadata=self.metadata, timeout=PATIENCE_S)
        return [answer.check async for answer in call]


@asynccontextmanager
async def running_scheduler(
    database_url: str, nats_url: str, **settings: str
) -> AsyncIterator[str]:
    """Run a scheduler; yields its gRPC address."""
    environment = Environment(
        {
            "DATABASE_URL": database_url,
            "NATS_URL": nats_url,
            "OUTSCOPE_SERVICE_TOKEN": TOKEN,
            "OUTSCOPE_GRPC_LISTEN": "127.0.0.1:0",
            "OUTSCOPE_RATE_LIMIT": "0",
            **settings,
        }
    )
    async with scheduler(config_from(environment)) as server:
        yield f"127.0.0.1:{server.port}"


@asynccontextmanager
async def calling(address: str, key: str) -> AsyncIterator[Caller]:
    async with open_channel(address) as channel:
        yield Caller(channel=channel, metadata=((X_API_KEY, key),))


@asynccontextmanager
async def calling_as_service(address: str, token: str = TOKEN) -> AsyncIterator[Caller]:
    async with open_channel(address) as channel:
        yield Caller(channel=channel, metadata=((SERVICE_TOKEN, token),))


async def make_key(
    database: Database, *, account_id: str | None = None, rate_limit: int | None = None
) -> tuple[str, str, str]:
    """Return a fresh key, its id and its account."""
    key, secret = await Keyring(database, utc_now).create(
        name="test", account_id=account_id, expires_at=None, rate_limit=rate_limit
    )
    return secret, key.id, key.account_id


Outcome = Callable[[messages_pb2.ProbeJob], messages_pb2.ProbeReport]


def completed(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
    result = check_pb2.CheckResult(
        observer=check_pb2.Observer(vantage_point=job.spec.vantage_point)
    )
    return messages_pb2.ProbeReport(
        probe_id=job.probe_id, check_id=job.check_id, attempt=job.attempt, result=result
    )


async def report(bus: Bus, told: messages_pb2.ProbeReport, message_id: str | None = None) -> None:
    await bus.publish(subjects.REPORTS, told.SerializeToString(), message_id)


@asynccontextmanager
async def probing(
    bus: Bus, vantage: str = "eu-west-1", outcome: Outcome = completed
) -> AsyncIterator[list[messages_pb2.ProbeJob]]:
    """Play the part of the probers of a vantage point; yields the jobs taken so far."""
    taken: list[messages_pb2.ProbeJob] = []

    async def work() -> None:
        async with bus.consumer(subjects.jobs_consumer(vantage)) as consumer:
            while True:
                for message in await consumer.pull(100, 5.0):
                    job = messages_pb2.ProbeJob.FromString(message.payload)
                    taken.append(job)
                    await report(bus, outcome(job))
                    await message.ack()

    working = asyncio.create_task(work())
    try:
        yield taken
    finally:
        await stop(working)
