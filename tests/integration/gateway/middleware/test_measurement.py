import logging

import pytest
from prometheus_client import REGISTRY

from outscope.telemetry.metrics import render
from tests.integration.gateway.conftest import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


def counted(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return REGISTRY.get_sample_value("outscope_http_server_requests_total", labels) or 0.0


async def test_requests_are_counted_by_template_and_status(gateway: Gateway) -> None:
    before = counted("GET", "/v1/check/{id}", 404)
    await gateway.get("/v1/check/one")
    await gateway.get("/v1/check/two")
    assert counted("GET", "/v1/check/{id}", 404) == before + 2


async def test_what_callers_invent_makes_no_label(gateway: Gateway) -> None:
    before = counted("other", "unmatched", 404)
    await gateway.get("/invented-path-1")
    await gateway.call("BREW", "/invented-path-2")
    shown = render()[0].decode()
    assert "invented" not in shown
    assert "BREW" not in shown
    assert counted("other", "unmatched", 404) in {before, before + 1}


async def test_a_wrong_method_is_counted_for_its_route(gateway: Gateway) -> None:
    before = counted("DELETE", "/v1/check", 405)
    await gateway.call("DELETE", "/v1/check")
    assert counted("DELETE", "/v1/check", 405) == before + 1


async def test_a_refusal_is_logged_with_its_request_id_and_no_key(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        await gateway.call("POST", "/v1/check", json={}, headers={"x-request-id": "find-me"})
    [fields] = [
        fields
        for record in caplog.records
        if (fields := getattr(record, "fields", {})).get("request_id") == "find-me"
    ]
    assert fields["status"] == 400
    assert fields["code"] == "invalid_request"
    assert fields["route"] == "/v1/check"
    assert "svc_" not in str([record.__dict__ for record in caplog.records])


async def test_a_success_is_not_worth_a_line(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="services.gateway"):
        await gateway.get("/healthz")
    assert caplog.records == []
