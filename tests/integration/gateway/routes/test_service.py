import pytest
from prometheus_client.parser import text_string_to_metric_families

from outscope.clock import utc_now
from outscope.rpc.channel import open_channel
from services.gateway.app import build_app
from services.gateway.scheduler import Scheduler
from services.gateway.server import served
from tests.integration.gateway.conftest import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_process_says_that_it_is_alive_without_a_key(gateway: Gateway) -> None:
    answer = await gateway.call("GET", "/healthz", headers={"x-api-key": None})
    assert (answer.status, answer.body) == (200, {"status": "ok"})


async def test_it_is_ready_when_the_scheduler_serves(gateway: Gateway) -> None:
    answer = await gateway.call("GET", "/readyz", headers={"x-api-key": None})
    assert answer.status == 200
    assert answer.body == {"status": "ready", "dependencies": {"scheduler": True}}


async def test_it_is_alive_and_not_ready_without_a_scheduler(gateway: Gateway) -> None:
    async with (
        open_channel("127.0.0.1:1") as channel,
        served(
            build_app(Scheduler(channel, deadline_s=1), utc_now), ("127.0.0.1", 0), drain_s=1
        ) as port,
    ):
        alone = Gateway(port, gateway.session, gateway.scheduler)
        ready = await alone.get("/readyz")
        alive = await alone.get("/healthz")
    assert ready.status == 503
    assert ready.body == {"status": "not_ready", "dependencies": {"scheduler": False}}
    assert alive.status == 200


async def test_metrics_are_readable_and_need_no_key(gateway: Gateway) -> None:
    await gateway.get("/healthz")
    answer = await gateway.call("GET", "/metrics", headers={"x-api-key": None})
    assert answer.status == 200
    families = {
        family.name: family for family in text_string_to_metric_families(answer.content.decode())
    }
    [sample] = [
        sample
        for sample in families["outscope_http_server_requests"].samples
        if sample.name.endswith("_total") and sample.labels["route"] == "/healthz"
    ]
    assert sample.labels == {"method": "GET", "route": "/healthz", "status": "200"}
    assert sample.value >= 1
