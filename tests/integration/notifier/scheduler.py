"""The scheduler's side of DeliveryService, served for real, with deliveries told by the test."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import grpc
import grpc.aio
import nats
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.errors import Forbidden, NotFound, Refusal
from outscope.rpc.metadata import SERVICE_TOKEN, value_in
from outscope.rpc.server import serve
from outscope.v1 import (
    check_pb2,
    delivery_service_pb2,
    delivery_service_pb2_grpc,
    facts_pb2,
    messages_pb2,
    verdict_pb2,
)

TOKEN: Final = "token-between-services"
SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

# Quoted: generic for the type checker only.
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


def due_delivery(url: str, *, secret: str = SECRET) -> delivery_service_pb2.GetDeliveryResponse:
    return delivery_service_pb2.GetDeliveryResponse(
        webhook_id=f"msg_{secrets.token_hex(8)}",
        url=url,
        secret=secret,
        event_type="check.completed",
        event_at=Timestamp(seconds=1_776_765_603),
        check=check_pb2.Check(
            id="chk_1",
            status=check_pb2.CHECK_STATUS_COMPLETED,
            created_at=Timestamp(seconds=1_776_765_600),
            ended_at=Timestamp(seconds=1_776_765_603),
            spec=check_pb2.CheckSpec(fqdn="example.com", ports=[443], paths=["/"]),
            result=check_pb2.CheckResult(
                analysis=verdict_pb2.Analysis(reachable=True, kind="website"),
                paths=[facts_pb2.PathFacts(path="/", status_code=200, title="Añil")],
            ),
        ),
    )


@dataclass(slots=True, kw_only=True)
class Deliveries(delivery_service_pb2_grpc.DeliveryServiceServicer):
    """Answers with the delivery, or the refusal, that stands under the id asked for."""

    known: dict[str, delivery_service_pb2.GetDeliveryResponse | Refusal] = field(
        default_factory=dict
    )
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def GetDelivery(  # noqa: N802 - named by the proto
        self, request: delivery_service_pb2.GetDeliveryRequest, context: Context
    ) -> delivery_service_pb2.GetDeliveryResponse:
        if value_in(context.invocation_metadata(), SERVICE_TOKEN) != TOKEN:
            raise Forbidden("wrong service token")
        self.asked.append((request.delivery_id, request.attempt))
        answer = self.known.get(request.delivery_id, NotFound("no such delivery"))
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def GetDeliveries(  # noqa: N802 - named by the proto
        self, request: delivery_service_pb2.GetDeliveriesRequest, context: Context
    ) -> delivery_service_pb2.GetDeliveriesResponse:
        """Answer as a scheduler does that is older than this method."""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not implemented!")
        raise AssertionError


@asynccontextmanager
async def serving(deliveries: Deliveries, port: int = 0) -> AsyncIterator[str]:
    """Serve while the context is open; yields the address."""

    def add_services(server: grpc.aio.Server) -> list[str]:
        delivery_service_pb2_grpc.add_DeliveryServiceServicer_to_server(deliveries, server)
        return ["outscope.v1.DeliveryService"]

    async with serve(("127.0.0.1", port), add_services) as server:
        yield f"127.0.0.1:{server.port}"


async def publish_job(bus: Bus, delivery_id: str, attempt: int = 1) -> None:
    job = messages_pb2.DeliveryJob(delivery_id=delivery_id, attempt=attempt)
    await bus.publish(subjects.DELIVERIES, job.SerializeToString())


async def ever_reported(nats_url: str) -> int:
    """Return how many attempts were reported, whatever became of them."""
    client = await nats.connect(nats_url)
    told = await client.jetstream().stream_info(subjects.DELIVERY_ATTEMPTS_STREAM.name)
    await client.close()
    return int(told.state.last_seq)


async def reported_attempt(bus: Bus, delivery_id: str) -> messages_pb2.DeliveryAttempt:
    """Return the first attempt reported for a delivery; others' are dropped."""
    async with bus.consumer(subjects.DELIVERY_ATTEMPTS_CONSUMER) as consumer:
        while True:
            for message in await consumer.pull(10, 1):
                await message.ack()
                attempt = messages_pb2.DeliveryAttempt.FromString(message.payload)
                if attempt.delivery_id == delivery_id:
                    return attempt
