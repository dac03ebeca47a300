"""The real application on a real socket, in front of a scheduler with recorded answers."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio

from outscope.apikey import new_api_key
from outscope.clock import utc_now
from outscope.rpc.channel import open_channel
from outscope.rpc.server import serve
from services.gateway.app import build_app
from services.gateway.console.session import Sessions
from services.gateway.console.site import Site
from services.gateway.scheduler import Scheduler
from services.gateway.server import served
from services.gateway.waits import Waits
from tests.integration.gateway.recorded import RecordedScheduler

API_KEY = new_api_key()
DEADLINE_S = 5.0
SESSIONS = Sessions((), utc_now)

Json = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """An answer as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    body: Json


@dataclass(frozen=True)
class Gateway:
    """A gateway that is listening, and the scheduler behind it."""

    port: int
    session: aiohttp.ClientSession
    scheduler: RecordedScheduler
    waits: Waits = field(default_factory=Waits)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def call(
        self,
        method: str,
        path: str,
        *,
        headers: Json | None = None,
        json: object = None,
        body: bytes | AsyncIterator[bytes] | None = None,
    ) -> Answered:
        """Make a request with the key, unless headers say otherwise."""
        all_headers = {"x-api-key": API_KEY, **(headers or {})}
        chosen = {name: value for name, value in all_headers.items() if value is not None}
        async with self.session.request(
            method,
            self.url + path,
            headers=chosen,
            json=json,
            data=io.BytesIO(body) if isinstance(body, bytes) else body,
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            is_json = answer.content_type == "application/json" and content
            decoded = await answer.json() if is_json else {}
            return Answered(answer.status, answer.headers, content, decoded)

    async def get(self, path: str, **headers: str) -> Answered:
        return await self.call("GET", path, headers=headers)

    async def post(self, path: str, body: object) -> Answered:
        return await self.call("POST", path, json=body)

    async def visit(self, path: str, form: Json | None = None, **headers: str) -> Answered:
        """Ask for a page as the browser of who has signed in does; with a form, send it."""
        as_browsers_do = {
            "x-api-key": None,
            "accept": "text/html,*/*;q=0.8",
            "cookie": f"outscope_session={SESSIONS.sealed(API_KEY)}",
            "sec-fetch-site": "same-origin",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if form is None:
            return await self.call("GET", path, headers=as_browsers_do)
        as_browsers_do.setdefault("content-type", "application/x-www-form-urlencoded")
        body = urlencode(form).encode()
        return await self.call("POST", path, headers=as_browsers_do, body=body)

    async def raw(self, *pieces: bytes, wait_s: float = 5.0) -> bytes:
        """Send bytes as they are on a connection of their own; what came until it was closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(wait_s):
                return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def a_gateway(
    scheduler: RecordedScheduler, *, deadline_s: float, most_waits: int = 100
) -> AsyncIterator[Gateway]:
    waits = Waits(most_waits)
    async with (
        serve(("127.0.0.1", 0), scheduler.add_to) as rpc,
        open_channel(f"127.0.0.1:{rpc.port}") as channel,
        served(
            Site(
                build_app(Scheduler(channel, deadline_s=deadline_s), utc_now, waits=waits),
                SESSIONS,
                utc_now,
            ),
            ("127.0.0.1", 0),
            drain_s=5,
        ) as port,
        aiohttp.ClientSession() as session,
    ):
        yield Gateway(port, session, scheduler, waits)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_gateway() -> AsyncIterator[Gateway]:
    async with a_gateway(RecordedScheduler(), deadline_s=DEADLINE_S) as gateway:
        yield gateway


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Iterator[Gateway]:
    """The gateway all tests share, its scheduler with nothing recorded yet."""
    shared_gateway.scheduler.reset()
    yield shared_gateway
    shared_gateway.scheduler.reset()
