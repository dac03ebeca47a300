import logging

import pytest
from prometheus_client import REGISTRY

from outscope.clock import utc_now
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from outscope.telemetry.metrics import render
from services.gateway.app import build_app
from services.gateway.scheduler import Scheduler
from services.gateway.server import served
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import RecordedScheduler

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


async def test_being_not_ready_is_told_once_and_not_at_every_question(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_channel("127.0.0.1:1") as channel:
        app = build_app(Scheduler(channel, deadline_s=1), utc_now)
        async with served(app, ("127.0.0.1", 0), drain_s=1) as port:
            alone = Gateway(port, gateway.session, gateway.scheduler)
            with caplog.at_level(logging.INFO, logger="services.gateway"):
                answers = [await alone.get("/readyz") for _ in range(3)]
    assert [answer.status for answer in answers] == [503] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "not ready: the scheduler does not serve"
    ]


async def test_being_ready_again_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        serve(("127.0.0.1", 0), RecordedScheduler().add_to) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
    ):
        scheduler = Scheduler(channel, deadline_s=5)
        with caplog.at_level(logging.INFO, logger="services.gateway"):
            for is_ready in (False, False, True, True):
                await rpc.told_ready(is_ready=is_ready)
                assert await scheduler.is_serving() is is_ready
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "not ready: the scheduler does not serve"),
        ("INFO", "ready"),
    ]


async def test_a_success_is_not_worth_a_line(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="services.gateway"):
        await gateway.get("/healthz")
    assert caplog.records == []
