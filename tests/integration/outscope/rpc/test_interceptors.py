import asyncio
import gc

import grpc
import grpc.aio
import pytest
from prometheus_client import REGISTRY

from outscope.errors import InvalidRequest, NotFound, Overloaded
from outscope.ids import is_id
from outscope.rpc.interceptors import Places
from outscope.rpc.metadata import value_in
from outscope.rpc.status import refusal_from
from outscope.telemetry import metrics
from outscope.v1 import check_service_pb2 as pb
from outscope.v1 import check_service_pb2_grpc as pb_grpc
from tests.integration.outscope.rpc.conftest import Answers


async def failure(channel: grpc.aio.Channel, check_id: str) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await pb_grpc.CheckServiceStub(channel).GetCheck(
            pb.GetCheckRequest(id=check_id), metadata=(("x-request-id", "req_mine"),)
        )
    return caught.value


async def test_a_refusal_reaches_the_caller_with_its_field(channel: grpc.aio.Channel) -> None:
    refusal = refusal_from(await failure(channel, "refused"))
    assert isinstance(refusal, InvalidRequest)
    assert (refusal.field, refusal.value) == ("id", "refused")


async def test_a_defect_shows_the_request_id_and_no_detail(
    channel: grpc.aio.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    error = await failure(channel, "broken")
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "req_mine" in (error.details() or "")
    assert "secret detail" not in str(error)
    assert [record.message for record in caplog.records] == ["call failed"]


async def test_a_call_is_logged_with_the_trace_of_its_caller(
    channel: grpc.aio.Channel, caplog: pytest.LogCaptureFixture
) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    metadata = (("traceparent", f"00-{trace_id}-b7ad6b7169203331-01"),)
    with pytest.raises(grpc.aio.AioRpcError):
        await pb_grpc.CheckServiceStub(channel).GetCheck(
            pb.GetCheckRequest(id="broken"), metadata=metadata
        )
    assert [vars(record)["fields"]["trace_id"] for record in caplog.records] == [trace_id]


async def test_a_call_ends_with_the_account_it_was_known_as_be_it_answered_or_refused(
    channel: grpc.aio.Channel,
) -> None:
    stub = pb_grpc.CheckServiceStub(channel)
    for check_id, expected in (("of_an_account", "acc_mine"), ("of_nobody", None)):
        call = stub.GetCheck(pb.GetCheckRequest(id=check_id))
        await call
        assert value_in(await call.trailing_metadata(), "x-account-id") == expected
    for check_id, expected in (("refused_of_an_account", "acc_mine"), ("refused", None)):
        error = await failure(channel, check_id)
        assert value_in(error.trailing_metadata(), "x-account-id") == expected


@pytest.mark.parametrize("sent", ["a b", "", "x" * 129])
async def test_a_request_id_that_would_break_a_line_is_replaced(
    channel: grpc.aio.Channel, caplog: pytest.LogCaptureFixture, sent: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await pb_grpc.CheckServiceStub(channel).GetCheck(
            pb.GetCheckRequest(id="broken"), metadata=(("x-request-id", sent),)
        )
    (told,) = [vars(record)["fields"]["request_id"] for record in caplog.records]
    assert is_id("req", told)


async def test_a_stream_that_is_refused_midway_ends_with_its_status(
    channel: grpc.aio.Channel,
) -> None:
    answers = aiter(pb_grpc.CheckServiceStub(channel).WatchCheck(pb.WatchCheckRequest()))
    assert await anext(answers) == pb.WatchCheckResponse()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(answers)
    assert isinstance(refusal_from(caught.value), NotFound)


async def test_every_call_is_measured_by_method_and_code(channel: grpc.aio.Channel) -> None:
    await failure(channel, "refused")
    body, _ = metrics.render()
    assert b'code="INVALID_ARGUMENT",method="/outscope.v1.CheckService/GetCheck"' in body


@pytest.mark.parametrize("request_bytes", [b"\xff\xff\xff", b"\x0a\x02\xc3\x28"])
@pytest.mark.parametrize("method", ["GetCheck", "WatchCheck"])
async def test_a_request_nobody_can_read_is_the_callers_fault_and_no_defect(
    channel: grpc.aio.Channel, caplog: pytest.LogCaptureFixture, method: str, request_bytes: bytes
) -> None:
    call = channel.unary_stream(
        f"/outscope.v1.CheckService/{method}", request_serializer=bytes, response_deserializer=bytes
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await anext(aiter(call(request_bytes)))
    assert isinstance(refusal_from(caught.value), InvalidRequest)
    assert not caplog.records


def test_places_are_taken_up_to_their_number_and_left_again() -> None:
    places = Places(2, "tested")

    def measured(name: str) -> float | None:
        return REGISTRY.get_sample_value(f"outscope_rpc_server_{name}", {"kind": "tested"})

    assert measured("places") == 2
    with places.taken(), places.taken():
        assert measured("active_calls") == 2
        with pytest.raises(Overloaded) as refused, places.taken():
            pass
        assert refused.value.details["retry_after_s"] == 1
    with pytest.raises(ValueError, match="broken"), places.taken():
        raise ValueError("broken")
    assert measured("active_calls") == 0
    with places.taken(), places.taken():
        pass


async def test_a_stream_whose_caller_does_not_read_is_left_at_once_and_as_it_was_entered(
    channel: grpc.aio.Channel, answers: Answers
) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    for _ in range(20):
        call = pb_grpc.CheckServiceStub(channel).WatchCheck(
            pb.WatchCheckRequest(id="much"), metadata=(("x-request-id", "req_mine"),)
        )
        await anext(aiter(call))
        await asyncio.sleep(0.02)
        call.cancel()
        async with asyncio.timeout(5):
            assert await answers.left_with.get() == "req_mine"
    gc.collect()
    await asyncio.sleep(0.05)
    assert not faults
