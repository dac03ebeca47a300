import hashlib
import re
from pathlib import Path

import pytest

from tests.integration.gateway.conftest import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_document_is_served_without_a_key(gateway: Gateway) -> None:
    answer = await gateway.call("GET", "/openapi.json", headers={"x-api-key": None})
    assert answer.status == 200
    assert answer.body["openapi"].startswith("3.1")
    assert "/v1/check" in answer.body["paths"]


async def test_the_page_loads_only_files_that_are_served_here(gateway: Gateway) -> None:
    page = await gateway.call("GET", "/docs", headers={"x-api-key": None})
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    text = page.content.decode()
    references = re.findall(r'(?:src|href)="([^"]+)"', text)
    files = [each for each in references if not each.startswith("data:")]
    assert "docs/swagger-ui-bundle.js" in files
    for file in files:
        assert "//" not in file
        answer = await gateway.get(f"/{file}")
        assert answer.status == 200, file
        assert len(answer.content) > 50


async def test_the_page_runs_no_script_but_its_files(gateway: Gateway) -> None:
    page = await gateway.get("/docs")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert re.search(r"<script(?![^>]*\bsrc=)", page.content.decode()) is None
    assert re.search(r"\son\w+=", page.content.decode()) is None


@pytest.mark.parametrize(
    ("file", "media_type"),
    [
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("initializer.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_files_have_their_media_type(gateway: Gateway, file: str, media_type: str) -> None:
    answer = await gateway.get(f"/docs/{file}")
    assert answer.headers["Content-Type"] == media_type


@pytest.mark.parametrize(
    "file", ["LICENSE", "README.md", "index.html", "..%2fdocs%2findex.html", "%2e%2e", "x.js"]
)
async def test_nothing_else_is_served(gateway: Gateway, file: str) -> None:
    answer = await gateway.get(f"/docs/{file}")
    assert answer.status == 404
    assert answer.body["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/swagger-ui.css"])
async def test_what_has_not_changed_is_not_sent_again(gateway: Gateway, path: str) -> None:
    first = await gateway.get(path)
    again = await gateway.call("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert again.content == b""


async def test_the_vendored_files_are_those_of_the_release(gateway: Gateway) -> None:
    folder = Path(__file__).parents[4] / "services/gateway/assets/swagger-ui"
    readme = (folder / "README.md").read_text()
    sums = re.findall(r"\| (\S+) \| ([0-9a-f]{64}) \|", readme)
    assert {name for name, _ in sums} == {"swagger-ui-bundle.js", "swagger-ui.css"}
    for name, expected in sums:
        answer = await gateway.get(f"/docs/{name}")
        assert hashlib.sha256(answer.content).hexdigest() == expected
