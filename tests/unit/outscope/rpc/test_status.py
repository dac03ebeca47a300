import grpc
import grpc.aio
import pytest
from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import BadRequest, QuotaFailure, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status

from outscope.errors import (
    REFUSALS,
    InflightLimited,
    InvalidRequest,
    QuotaExceeded,
    RateLimited,
    Refusal,
    Unavailable,
)
from outscope.rpc.status import STATUS_DETAILS_KEY, internal_status, refusal_from, status_of


def as_call_error(status: Status) -> grpc.aio.AioRpcError:
    code = next(code for code in grpc.StatusCode if code.value[0] == status.code)
    trailers = grpc.aio.Metadata((STATUS_DETAILS_KEY, status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, status.message)


def unpacked(details: list[Any], kind: type) -> object:
    return next(found for each in details if each.Unpack(found := kind()))


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.code)
def test_every_refusal_comes_back_as_it_went(kind: type[Refusal]) -> None:
    sent = kind("Not that", field="ports[2]", value=70000, limit=65535, names=["a", "b"])
    got = refusal_from(as_call_error(status_of(sent, "req_1")))
    assert type(got) is kind
    assert (got.message, got.field, got.value) == ("Not that", "ports[2]", 70000)
    assert got.details == {"limit": 65535, "names": ["a", "b"]}


def test_a_field_at_fault_is_a_field_violation() -> None:
    status = status_of(InvalidRequest("Too many", field="ports", value="x"), "req_1")
    violation = unpacked(status.details, BadRequest).field_violations[0]  # type: ignore[attr-defined] # google.rpc carries no types
    assert (violation.field, violation.description) == ("ports", "Too many")


def test_a_rate_limit_tells_when_to_retry() -> None:
    status = status_of(RateLimited("Slow down", retry_after_s=17), "req_1")
    assert unpacked(status.details, RetryInfo).retry_delay.seconds == 17  # type: ignore[attr-defined] # google.rpc carries no types


def test_whatever_is_over_a_limit_is_a_quota_failure() -> None:
    for kind in (RateLimited, InflightLimited, QuotaExceeded):
        failure = unpacked(status_of(kind("Too many", scope="key"), "r").details, QuotaFailure)
        (violation,) = failure.violations  # type: ignore[attr-defined] # google.rpc carries no types
        assert (violation.subject, violation.description) == ("key", "Too many")
    others = status_of(Unavailable("No"), "r").details
    assert not any(each.Unpack(QuotaFailure()) for each in others)


def test_the_request_id_travels_with_every_status() -> None:
    for status in (status_of(InvalidRequest("No"), "req_1"), internal_status("req_1")):
        assert unpacked(status.details, RequestInfo).request_id == "req_1"  # type: ignore[attr-defined] # google.rpc carries no types


def test_a_defect_is_no_refusal() -> None:
    assert refusal_from(as_call_error(internal_status("req_1"))) is None


def test_a_server_that_is_away_is_unavailable() -> None:
    empty = grpc.aio.Metadata()
    error = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, empty, empty, "connect failed")
    assert isinstance(refusal_from(error), Unavailable)


def test_a_huge_value_is_cut_so_that_it_fits_into_trailers() -> None:
    status = status_of(InvalidRequest("No", field="fqdn", value="x" * 100_000), "req_1")
    assert status.ByteSize() < 4096
