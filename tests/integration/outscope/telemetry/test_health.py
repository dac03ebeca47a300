import aiohttp
import pytest

from outscope.config import ConfigError
from outscope.telemetry.health import health_server

ANYWHERE = ("127.0.0.1", 0)


async def status_of(port: int | None, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def test_a_service_is_ready_when_all_it_depends_on_answers() -> None:
    parts = {"postgres": True, "nats": False}

    async def ready() -> dict[str, bool]:
        return parts

    async with health_server(ANYWHERE, ready) as port:
        assert (await status_of(port, "/healthz"))[0] == 200
        status, body = await status_of(port, "/readyz")
        assert status == 503
        assert '"nats": false' in body
        assert await status_of(port, "/readyz/postgres") == (200, '{"status": "ready"}')
        assert await status_of(port, "/readyz/nats") == (503, '{"status": "not_ready"}')
        assert (await status_of(port, "/readyz/unheard-of"))[0] == 404
        parts["nats"] = True
        assert (await status_of(port, "/readyz"))[0] == 200


async def test_metrics_are_served_as_text() -> None:
    async def ready() -> dict[str, bool]:
        return {}

    async with health_server(ANYWHERE, ready) as port:
        status, body = await status_of(port, "/metrics")
    assert status == 200
    assert "process_resident_memory_bytes" in body


async def test_without_an_address_nothing_listens() -> None:
    async def ready() -> dict[str, bool]:
        return {}

    async with health_server(None, ready) as port:
        assert port is None


async def test_a_port_in_use_is_told_by_its_setting() -> None:
    async def ready() -> dict[str, bool]:
        return {}

    async with health_server(ANYWHERE, ready) as port:
        assert port is not None
        with pytest.raises(ConfigError, match="OUTSCOPE_HEALTH_LISTEN"):
            async with health_server(("127.0.0.1", port), ready):
                pass
