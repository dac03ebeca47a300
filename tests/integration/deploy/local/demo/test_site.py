import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from deploy.local.demo.authority import Authority
from deploy.local.demo.pages import PAGES
from deploy.local.demo.site import web_servers
from deploy.local.demo.zone import SITE_NAME
from deploy.local.ports import LOOPBACK, free_port
from outscope.clock import utc_now

Served = tuple[aiohttp.ClientSession, str, str]


@contextlib.asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Served]:
    authority = Authority(folder, utc_now())
    http, https = free_port(), free_port()
    trust = ssl.create_default_context(cafile=str(authority.certificate_file))
    context = authority.server_context(SITE_NAME)
    async with (
        web_servers(SITE_NAME, (LOOPBACK, http), (LOOPBACK, https), context),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session,
    ):
        yield session, f"http://{LOOPBACK}:{http}", f"https://{LOOPBACK}:{https}"


async def test_every_page_is_shown_over_tls(tmp_path: Path) -> None:
    async with site(tmp_path) as (session, _, https):
        for path, page in PAGES.items():
            async with session.get(f"{https}{path}", server_hostname=SITE_NAME) as answer:
                assert answer.status == page.status
                assert answer.headers["Content-Type"] == page.content_type
                assert await answer.text() == page.body
                assert page.headers.items() <= dict(answer.headers).items()


async def test_plain_http_sends_visitors_to_the_site_with_path_and_query(tmp_path: Path) -> None:
    async with (
        site(tmp_path) as (session, http, https),
        session.get(URL(f"{http}/a%2Fb?c=d", encoded=True), allow_redirects=False) as answer,
    ):
        port = https.rpartition(":")[2]
        assert answer.status == 301
        assert answer.headers["Location"] == f"https://{SITE_NAME}:{port}/a%2Fb?c=d"


async def test_it_says_when_it_is_ready(tmp_path: Path) -> None:
    async with site(tmp_path) as (session, http, _), session.get(f"{http}/readyz") as answer:
        assert answer.status == 200


async def test_its_ports_are_free_again_at_the_end(tmp_path: Path) -> None:
    async with site(tmp_path) as (_, http, _):
        pass
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as session, session.get(f"{http}/readyz"):
            pass
