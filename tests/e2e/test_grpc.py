"""gRPC as a public surface: what REST can do, it can do."""

import secrets

import grpc
import grpc.aio
import pytest
from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from outscope.rpc.status import refusal_from
from outscope.v1 import check_pb2, check_service_pb2, check_service_pb2_grpc
from tests.e2e.conftest import Town
from tests.e2e.running import System


def key_of(system: System) -> tuple[tuple[str, str], ...]:
    return (("x-api-key", system.api_key),)


def spec(port: int) -> check_pb2.CheckSpec:
    return check_pb2.CheckSpec(fqdn=f"{secrets.token_hex(4)}.town.test", ports=[port])


async def test_a_watched_check_is_told_as_it_is_and_once_it_has_ended(
    system: System, town: Town
) -> None:
    async with grpc.aio.insecure_channel(system.grpc) as channel:
        stub = check_service_pb2_grpc.CheckServiceStub(channel)
        request = check_service_pb2.CreateCheckRequest(spec=spec(town.slow))
        created = await stub.CreateCheck(request, metadata=key_of(system))
        watch = check_service_pb2.WatchCheckRequest(id=created.check.id)
        seen = [
            each.check.status
            async for each in stub.WatchCheck(watch, metadata=key_of(system), timeout=60)
        ]
    assert seen == [check_pb2.CHECK_STATUS_PENDING, check_pb2.CHECK_STATUS_COMPLETED]


async def test_a_call_without_a_key_is_unauthenticated(system: System, town: Town) -> None:
    async with grpc.aio.insecure_channel(system.grpc) as channel:
        stub = check_service_pb2_grpc.CheckServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.CreateCheck(check_service_pb2.CreateCheckRequest(spec=spec(town.http)))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_grpc_and_rest_refuse_alike(system: System) -> None:
    async with grpc.aio.insecure_channel(system.grpc) as channel:
        stub = check_service_pb2_grpc.CheckServiceStub(channel)
        request = check_service_pb2.CreateCheckRequest(
            spec=check_pb2.CheckSpec(fqdn="not-a-valid-domain")
        )
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.CreateCheck(request, metadata=key_of(system))
    refusal = refusal_from(caught.value)
    status, answer = await system.call("POST", "/v1/check", {"fqdn": "not-a-valid-domain"})
    assert refusal is not None
    assert status == refusal.http_status == 400
    assert answer["error"]["message"] == refusal.message
    assert answer["error"]["details"]["field"] == refusal.field == "fqdn"
    assert answer["error"]["details"]["value"] == refusal.value == "not-a-valid-domain"


async def test_reflection_describes_every_method(system: System) -> None:
    async with grpc.aio.insecure_channel(system.grpc) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type] # typed for sync channels only
        asked = reflection_pb2.ServerReflectionRequest(
            file_containing_symbol="outscope.v1.CheckService"
        )
        answers = [each async for each in stub.ServerReflectionInfo(iter([asked]))]  # type: ignore[operator] # its stubs are partial
    methods = {
        method.name
        for wire in answers[0].file_descriptor_response.file_descriptor_proto
        for service in descriptor_pb2.FileDescriptorProto.FromString(wire).service
        for method in service.method
    }
    assert methods == {
        "CancelCheck",
        "CreateCheck",
        "BatchCreateChecks",
        "GetCheck",
        "GetLatestCheck",
        "ListChecks",
        "WatchCheck",
    }
