"""What anybody can learn of the server without credentials: its services, and its health."""

import asyncio

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from outscope.rpc.channel import open_channel

SERVICES = {
    "outscope.v1.ApiKeyService",
    "outscope.v1.BadgeService",
    "outscope.v1.CheckService",
    "outscope.v1.DeliveryService",
    "outscope.v1.JudgementService",
    "outscope.v1.UsageService",
    "outscope.v1.VantageService",
    "outscope.v1.WebhookService",
}


async def test_reflection_lists_the_services_and_describes_them(address: str) -> None:
    def described() -> tuple[set[str], set[str]]:
        with grpc.insecure_channel(address) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            names = set(database.get_services())
            service = DescriptorPool(database).FindServiceByName("outscope.v1.CheckService")
            return names, set(service.methods_by_name)

    names, methods = await asyncio.to_thread(described)
    assert names >= SERVICES | {"grpc.health.v1.Health"}
    assert methods == {
        "BatchCreateChecks",
        "CancelCheck",
        "CreateCheck",
        "GetCheck",
        "GetLatestCheck",
        "ListChecks",
        "WatchCheck",
    }


async def test_health_is_told_of_the_whole_and_of_each_service(address: str) -> None:
    async with open_channel(address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", *SERVICES):
            request = health_pb2.HealthCheckRequest(service=name)
            answer = await health.Check(request)  # type: ignore[attr-defined]  # its stubs lag
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
