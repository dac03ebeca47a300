"""No log of any service, at debug, has a secret, a body, or what a stranger's server wrote."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from outscope.ids import ACCOUNT_PREFIX
from tests.e2e.conftest import Town
from tests.e2e.running import Json, System, running_system

MARK = "zqmark"
SERVICES = {"gateway", "scheduler", "prober", "notifier"}
PAGE = f"""<!doctype html><html><head><title>{MARK}-title</title></head>
<body><h1>{MARK}-body</h1><a href="/{MARK}-link">x</a></body></html>"""
ARRIVED = web.AppKey("arrived", asyncio.Event)
HEADERS = {
    "Server": f"{MARK}-server",
    "X-Thing": f"{MARK}-header",
    "WWW-Authenticate": f'Bearer realm="{MARK}-realm"',
    "Set-Cookie": f"session={MARK}-cookie; Path=/",
}


async def site(request: web.Request) -> web.Response:
    """Answer with marks wherever a server may write something."""
    if request.path.endswith("moved"):
        raise web.HTTPFound(f"/{MARK}-location?token={MARK}-token")
    if request.path.endswith("data"):
        return web.json_response({f"{MARK}-member": f"{MARK}-value"}, headers=HEADERS)
    status = 401 if request.path.endswith("private") else 200
    return web.Response(status=status, text=PAGE, content_type="text/html", headers=HEADERS)


async def hook(request: web.Request) -> web.Response:
    """Take a delivery, and answer with a mark that it failed."""
    request.app[ARRIVED].set()
    return web.Response(status=500, text=f"{MARK}-answer", headers=HEADERS)


async def broken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Greet with a mark, and answer with what is no HTTP."""
    writer.write(f"HTTP/1.1 2{MARK}-status\r\n{MARK}-line\r\n\r\n{MARK}-rest".encode())
    await writer.drain()
    writer.close()


@asynccontextmanager
async def stranger() -> AsyncIterator[tuple[int, int, asyncio.Event]]:
    """Serve the site with its hook, and what is broken; their ports, and when the hook was hit."""
    app = web.Application()
    arrived = app[ARRIVED] = asyncio.Event()
    app.router.add_post("/hook", hook)
    app.router.add_get("/{path:.*}", site)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server = await asyncio.start_server(broken, "127.0.0.1", 0)
    try:
        async with server:
            yield runner.addresses[0][1], server.sockets[0].getsockname()[1], arrived
    finally:
        await runner.cleanup()


@pytest.fixture
def telling(town: Town, tmp_path: Path) -> Iterator[System]:
    """A system that logs all it ever logs."""
    logs = {"OUTSCOPE_LOG_FORMAT": "json", "OUTSCOPE_LOG_LEVEL": "DEBUG"}
    with running_system(tmp_path, *town.options(), **logs) as system:
        yield system


async def ask_badly(system: System) -> None:
    """Make requests that are refused, with marks in each part."""
    async with aiohttp.ClientSession(system.rest) as session:
        for key, path, body in (
            (f"svc_{MARK}-key", "/v1/check", "{}"),
            (system.api_key, f"/v1/{MARK}-path?x={MARK}-query", "{}"),
            (system.api_key, "/v1/check", f'{{"{MARK}-json": '),
            (system.api_key, "/v1/check", f'{{"fqdn": "{MARK}-fqdn bad"}}'),
            (system.api_key, "/v1/check", f'{{"fqdn": "a.test", "{MARK}-field": 1}}'),
        ):
            headers = {"x-api-key": key, "content-type": "application/json"}
            async with session.post(path, data=body, headers=headers) as answer:
                assert 400 <= answer.status < 500


def secrets_of(system: System, *told: str) -> set[str]:
    """Everything that opens a door of this system."""
    found = {system.api_key, *told}
    for name in ("api-key.json", "secret-keys.json", "secrets.json"):
        found |= set(texts(json.loads((system.folder / name).read_text("utf-8"))))
    # An account's id opens nothing, and belongs into the logs.
    return {each for each in found if len(each) >= 16 and not each.startswith(ACCOUNT_PREFIX)}


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


async def test_no_log_has_a_secret_or_a_body_or_a_word_of_a_stranger(telling: System) -> None:
    async with stranger() as (port, broken_port, arrived):
        url = f"http://127.0.0.1:{port}/hook?token={MARK}-hooktoken"
        headers = {"Authorization": f"Bearer {MARK}-custom"}
        wanted: Json = {"url": url, "events": ["check.completed"], "headers": headers}
        status, webhook = await telling.call("POST", "/v1/webhooks", wanted)
        assert status == 201, webhook
        await ask_badly(telling)
        check_id = await telling.create(
            "marked.town.test",
            ports=[port, broken_port],
            paths=["/", "/moved", "/private", "/data", f"/x?token={MARK}-pathtoken"],
            include_content_sample=True,
        )
        answer = await telling.ended(check_id)
        assert MARK in json.dumps(answer)  # it was seen, and is told to whoever asked
        async with asyncio.timeout(30):
            await arrived.wait()
        await telling.call("GET", f"/v1/check/{check_id}")
        await asyncio.sleep(1)
    secrets = secrets_of(telling, webhook["secret"])
    log = (telling.folder / "system.log").read_text("utf-8")
    services = set(re.findall(r'"service": "(\w+)"', log))
    assert services == SERVICES
    assert check_id in log
    assert [line for line in log.splitlines() if MARK in line] == []
    assert [secret for secret in secrets if secret in log] == []
