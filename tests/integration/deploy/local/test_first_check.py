import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from deploy.local.endpoints import Endpoints
from deploy.local.first_check import FirstCheckError, Target, perform_check
from deploy.local.ports import LOOPBACK, free_port

TARGET = Target(fqdn="shop.example", ports=(8443,), paths=("/",))


class Gateway:
    """Answers like the REST API, with a check that is pending at first."""

    def __init__(self, *, refusal: dict[str, Any] | None = None, polls: int = 2) -> None:
        self.requested: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self._refusal = refusal
        self._polls = polls

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[Endpoints]:
        app = web.Application()
        app.router.add_post("/v1/check", self._create)
        app.router.add_get("/v1/check/chk_1", self._show)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, LOOPBACK, 0).start()
        try:
            yield endpoints(int(runner.addresses[0][1]))
        finally:
            await runner.cleanup()

    async def _create(self, request: web.Request) -> web.Response:
        self.keys.add(request.headers.get("x-api-key"))
        self.requested.append(await request.json())
        if self._refusal is not None:
            return web.json_response(self._refusal, status=400)
        return web.json_response({"id": "chk_1", "status": "pending"}, status=201)

    async def _show(self, request: web.Request) -> web.Response:
        self.keys.add(request.headers.get("x-api-key"))
        self._polls -= 1
        status = "pending" if self._polls > 0 else "completed"
        return web.json_response({"id": "chk_1", "status": status})


def endpoints(port: int) -> Endpoints:
    return Endpoints(
        rest=f"http://{LOOPBACK}:{port}",
        grpc="",
        api_key="svc_key",
        postgres="",
        nats="",
        pids=lambda _: [],
    )


async def test_a_check_is_returned_once_it_has_ended() -> None:
    gateway = Gateway()
    async with gateway.served() as where:
        check = await perform_check(where, TARGET)
    assert check["status"] == "completed"
    assert gateway.requested == [{"fqdn": "shop.example", "ports": [8443], "paths": ["/"]}]
    assert gateway.keys == {"svc_key"}


def test_without_ports_the_default_ones_are_asked_for() -> None:
    assert "ports" not in Target(fqdn="shop.example").as_request()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "Invalid FQDN format"}}, "refused with 400: Invalid FQDN format"),
        ({"unknown": 1}, "refused with 400: no reason given"),
    ],
)
async def test_a_refusal_says_why(body: dict[str, Any], said: str) -> None:
    async with Gateway(refusal=body).served() as where:
        with pytest.raises(FirstCheckError, match=said):
            await perform_check(where, TARGET)


async def test_a_check_that_does_not_end_is_given_up() -> None:
    async with Gateway(polls=10_000).served() as where:
        with pytest.raises(FirstCheckError, match=r"no result within 0\.3 s"):
            await perform_check(where, TARGET, patience_s=0.3)


async def test_nobody_there_is_told() -> None:
    with pytest.raises(FirstCheckError, match="did not answer"):
        await perform_check(endpoints(free_port()), TARGET)
