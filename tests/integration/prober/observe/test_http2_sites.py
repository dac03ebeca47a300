"""What is told of a site is the same in either version of HTTP, and nginx speaks the one."""

import asyncio
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from services.prober.check import Checked
from services.prober.facts import (
    CheckSpec,
    HostFacts,
    PathFacts,
)
from services.prober.observe.limits import BODY_BYTES
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response
from tests.targets.http2 import (
    Http2Server,
    Page,
)

H2 = ("h2",)


SITES = {
    "a page": Page(
        body=b"<html><title>Shop</title><body><p>Welcome</p></body></html>",
        headers=(("content-type", "text/html"), ("server", "demo")),
    ),
    "a login": Page(status=401, body=b"{}", headers=(("www-authenticate", 'Basic realm="x"'),)),
    "a challenge": Page(
        status=403,
        body=b"<html><title>Just a moment...</title></html>",
        headers=(("content-type", "text/html"), ("cf-mitigated", "challenge")),
    ),
    "a redirect": Page(status=301, headers=(("location", "https://elsewhere.test/"),)),
    "an error": Page(status=503, body=b"down", headers=(("retry-after", "5"),)),
    "an API": Page(
        body=b'{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}',
        headers=(("content-type", "application/json"),),
    ),
}


def facts_of(path: PathFacts) -> tuple[object, ...]:
    # Content-Length and the like say how it came, and are left out.
    told = {name: value for name, value in path.headers if name != "content-length"}
    return path.status, told, path.body, path.title, path.charset, path.location, path.outcome.code


@pytest.mark.parametrize("name", SITES)
async def test_the_verdict_is_the_same_in_either_version(lab: Lab, good: Issued, name: str) -> None:
    page = SITES[name]
    kind = dict(page.headers).get("content-type", "text/plain")
    rest = [(key, value) for key, value in page.headers if key != "content-type"]
    in1 = response(page.status, page.body, content_type=kind, headers=rest)
    page = Page(status=page.status, body=page.body, headers=(("content-type", kind), *rest))
    verdicts, shown = [], []
    for server, alpn in (
        (HttpServer({"/": in1}), ("http/1.1",)),
        (Http2Server({"/": page}), H2),
    ):
        port = await lab.serve(server, good, alpn=alpn)
        checked = await lab.runner().run(CheckSpec(fqdn=NAME, ports=(port,)))
        assert isinstance(checked, Checked)
        verdicts.append(repr(checked.verdict).replace(str(port), "port"))
        shown.append(facts_of(checked.facts.paths[0]))
    assert shown[0] == shown[1]
    assert verdicts[0] == verdicts[1]


async def test_an_ordinary_check_loads_nothing_of_http2() -> None:
    code = (
        "import sys; import services.prober.check; "
        "print([name for name in sys.modules if name.split('.')[0] in {'h2', 'hpack'}])"
    )
    ran = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, check=True
    )
    assert ran.stdout.strip() == b"[]"


NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
CONFIGURATION = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log {folder}/access.log; types {{ text/html html; }} default_type text/html;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; gzip on; gzip_min_length 1;
  log_format protocol "$server_protocol $request_uri $connection"; access_log {folder}/log protocol;
  server {{
    listen {host}:{port} ssl http2;
    ssl_certificate {folder}/chain.pem; ssl_certificate_key {folder}/key.pem;
    root {folder}/site;
  }}
}}
"""


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
async def test_nginx_is_asked_in_http2(lab: Lab, good: Issued, tmp_path: Path) -> None:
    port = 18443
    body = "<html><title>nginx</title>" + "<p>text</p>" * 20_000
    await asyncio.to_thread(_prepare, tmp_path, good, body)
    configuration = CONFIGURATION.format(folder=tmp_path, host=lab.host, port=port)
    await asyncio.to_thread((tmp_path / "conf").write_text, configuration)
    process = await asyncio.create_subprocess_exec(
        *(str(NGINX), "-p", str(tmp_path), "-c", str(tmp_path / "conf")),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_open(lab.host, port)
        facts = await lab.observe(port, paths=("/", "/a.html", "/none"), http2=True)
    finally:
        process.terminate()
        await process.wait()
    assert isinstance(facts, HostFacts)
    assert [path.http_version for path in facts.paths] == ["2"] * 3
    assert [path.status for path in facts.paths] == [200, 200, 404]
    assert facts.paths[0].title == "nginx"
    assert facts.paths[0].body == body.encode()[:BODY_BYTES]
    log = await asyncio.to_thread((tmp_path / "log").read_text)
    lines = [line.split() for line in log.splitlines()]
    assert {line[0] for line in lines} == {"HTTP/2.0"}
    assert len({line[2] for line in lines}) == 1


def _prepare(folder: Path, issued: Issued, body: str) -> None:
    (folder / "site").mkdir()
    for name in ("index.html", "a.html"):
        (folder / "site" / name).write_text(body)
    (folder / "chain.pem").write_bytes(issued.pem)
    (folder / "key.pem").write_bytes(issued.key_pem)


async def _until_open(host: str, port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                with closing(writer):
                    return
