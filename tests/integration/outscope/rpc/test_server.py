import asyncio

import grpc
import grpc.aio
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from outscope.config import ConfigError
from outscope.rpc import interceptors
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.v1 import check_service_pb2, check_service_pb2_grpc
from tests.integration.outscope.rpc.conftest import add_answers


async def test_health_names_the_server_and_each_service(channel: grpc.aio.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    for name in ("", "outscope.v1.CheckService"):
        answer = await stub.Check(  # type: ignore[attr-defined] # its stubs are partial
            health_pb2.HealthCheckRequest(service=name)
        )
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_lists_the_services(channel: grpc.aio.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type] # typed for sync channels only
    call = stub.ServerReflectionInfo(  # type: ignore[operator] # its stubs are partial
        iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    )
    names = [
        service.name async for answer in call for service in answer.list_services_response.service
    ]
    assert {"outscope.v1.CheckService", "grpc.health.v1.Health"} <= set(names)


async def test_whoever_looks_and_stays_takes_no_more_than_there_is_for_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interceptors, "MAX_LOOKERS", 3)
    async with (
        serve(("127.0.0.1", 0), add_answers) as server,
        open_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        health = health_pb2_grpc.HealthStub(channel)
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[arg-type] # typed for sync channels only
        looking = [
            *(health.Watch(health_pb2.HealthCheckRequest()) for _ in range(2)),  # type: ignore[attr-defined] # its stubs are partial
            reflection.ServerReflectionInfo(),  # type: ignore[operator] # its stubs are partial
        ]
        await looking[2].write(reflection_pb2.ServerReflectionRequest(list_services=""))
        for each in looking:
            await each.read()
        for more in (
            health.Watch(health_pb2.HealthCheckRequest()),  # type: ignore[attr-defined] # its stubs are partial
            reflection.ServerReflectionInfo(),  # type: ignore[operator] # its stubs are partial
        ):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await asyncio.wait_for(more.read(), 3)
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert await health.Check(health_pb2.HealthCheckRequest())  # type: ignore[attr-defined] # its stubs are partial
        looking[0].cancel()
        await asyncio.sleep(0.2)
        assert await health.Watch(health_pb2.HealthCheckRequest()).read()  # type: ignore[attr-defined] # its stubs are partial


async def test_replicas_share_one_address() -> None:
    async with (
        serve(("127.0.0.1", 0), add_answers) as first,
        serve(("127.0.0.1", first.port), add_answers) as second,
    ):
        assert second.port == first.port


async def test_an_address_that_cannot_be_bound_is_told_by_its_setting() -> None:
    with pytest.raises(ConfigError, match="OUTSCOPE_GRPC_LISTEN"):
        async with serve(("203.0.113.1", 50051), add_answers):
            pass


async def test_a_request_over_4_mib_is_refused(channel: grpc.aio.Channel) -> None:
    stub = check_service_pb2_grpc.CheckServiceStub(channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetCheck(check_service_pb2.GetCheckRequest(id="x" * (4 * 1024 * 1024)))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
