import pytest

from outscope.errors import Unavailable
from outscope.telemetry.tracing import Kind
from outscope.v1 import check_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.spans import kept_spans

pytestmark = pytest.mark.asyncio(loop_scope="session")

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"


async def test_a_request_is_a_span_of_the_callers_trace_and_parent_of_the_call(
    gateway: Gateway,
) -> None:
    gateway.scheduler.will_answer(check_service_pb2.ListChecksResponse())
    with kept_spans() as spans:
        answer = await gateway.get("/v1/checks?fqdn=secret.example", traceparent=SENT)
    assert answer.status == 200
    (request,) = (each for each in spans if each.name.startswith("GET"))
    assert (request.name, request.kind, request.parent) == ("GET /v1/checks", Kind.SERVER, SENT)
    assert request.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/v1/checks",
        "url.scheme": "http",
    }
    assert gateway.scheduler.last.metadata["traceparent"] == request.traceparent


async def test_a_failure_of_ours_marks_the_span_and_a_refusal_does_not(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Unavailable("away"))
    with kept_spans() as spans:
        await gateway.get("/v1/checks")
        await gateway.get("/v1/secret-of-a-caller")
    failed, unknown = (each for each in spans if each.name.startswith("GET"))
    assert (failed.error_type, failed.attributes["http.response.status_code"]) == ("503", 503)
    assert (unknown.name, unknown.error_type) == ("GET", "")
    assert unknown.attributes["http.response.status_code"] == 404
    assert "secret" not in repr(spans)


async def test_machines_that_poll_leave_no_span(gateway: Gateway) -> None:
    with kept_spans() as spans:
        await gateway.get("/healthz")
    assert spans == []
