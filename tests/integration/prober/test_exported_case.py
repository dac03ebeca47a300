"""What a prober saw, exported from a review as a case, has the verdict of what was kept of it."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from services.prober.check import Checked
from services.prober.facts import CheckSpec, Discovery
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import Verdict
from tests.corpus.judging import judged
from tests.corpus.loader import cases
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.certificates import Authority, Issued
from tests.targets.hostile import says
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address
from tests.unit.scheduler.translate.corpus_cases import (
    as_exported,
    confirmed,
    exported,
    judged_again,
)

CHALLENGE: Final = response(
    403,
    b"<title>Just a moment...</title><p>Checking your browser</p>",
    headers=[("cf-mitigated", "challenge"), ("server", "cloudflare")],
)
BLOCK: Final = response(
    403,
    b"<html><head><title>Attention Required! | Cloudflare</title></head><body>"
    b"<h1>Sorry, you have been blocked</h1><p>Cloudflare Ray ID: 8a</p></body></html>",
    headers=[("server", "cloudflare"), ("cf-ray", "8a-FRA")],
)
LOGIN: Final = response(
    200,
    "<title>Anmelden: Größe</title><form method=post action=/login>"
    "<input name=user><input type=password name=p></form>".encode("latin-1"),
    headers=[("set-cookie", "sid=secret; HttpOnly")],
    content_type="text/html; charset=iso-8859-1",
)
PAGE: Final = response(
    200, b"<html><title>Shop</title><body>" + b"<p>Shoes <a href='/s'>and more</a></p>" * 20
)
OPENAPI: Final = response(
    200,
    json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "Shop"},
            "paths": {"/things": {"get": {"security": [{"bearer": []}]}}},
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        }
    ).encode(),
    content_type="application/json",
)
VIEWER: Final = response(
    200,
    b"<!doctype html><title>API</title><div id=swagger-ui></div>"
    b"<script src='/swagger-ui-bundle.js'></script>"
    b"<script>SwaggerUIBundle({url: '/openapi.json', dom_id: '#swagger-ui'})</script>",
)
ASKS: Final = response(
    401,
    b'{"error":"unauthorized"}',
    headers=[("WWW-Authenticate", 'Bearer realm="shop", scope="a, b"')],
    content_type="application/json",
)


def soft(path: str) -> bytes:
    return response(200, f"<title>Shop</title><p>No {path} here".encode() + b"x" * 40_000)


def moved(to: str) -> bytes:
    return response(302, headers=[("Location", to)])


Given = Callable[[Lab, Issued, Issued], Awaitable[CheckSpec]]


async def _challenge(lab: Lab, good: Issued, bad: Issued) -> CheckSpec:
    server = HttpServer({}, otherwise=lambda _: CHALLENGE)
    return CheckSpec(fqdn=NAME, ports=(await lab.serve(server, good),))


async def _block(lab: Lab, good: Issued, bad: Issued) -> CheckSpec:
    server = HttpServer({}, otherwise=lambda _: BLOCK)
    port = await lab.serve(server, bad)
    return CheckSpec(fqdn=NAME, ports=(port,), paths=("/", "/api"), discovery=Discovery.STANDARD)


async def _login(lab: Lab, good: Issued, bad: Issued) -> CheckSpec:
    server = HttpServer({"/": LOGIN, "/api": ASKS})
    port = await lab.serve(server, good)
    return CheckSpec(fqdn=NAME, ports=(port,), paths=("/", "/api"), discovery=Discovery.DEEP)


async def _documents(lab: Lab, good: Issued, bad: Issued) -> CheckSpec:
    server = HttpServer({"/": PAGE, "/docs": VIEWER, "/openapi.json": OPENAPI}, otherwise=soft)
    port = await lab.serve(server, good)
    return CheckSpec(fqdn=NAME, ports=(port,), paths=("/",), discovery=Discovery.STANDARD)


async def _redirects(lab: Lab, good: Issued, bad: Issued) -> CheckSpec:
    lab.zone["elsewhere.test"] = (lab.host,)
    lab.zone["inner.test"] = ("10.0.0.1",)
    there = await lab.serve(HttpServer({}, otherwise=lambda _: PAGE), bad)
    server = HttpServer(
        {
            "/": moved("/shop/"),
            "/shop/": PAGE,
            "/away": moved(f"https://elsewhere.test:{there}/?token=secret"),
            "/own": moved(f"https://{NAME}:{there}/"),
            "/in": moved("http://inner.test/"),
            "/round": moved("/round"),
            "/1": moved("/2"),
            "/2": moved("/3"),
            "/3": moved("/4"),
        }
    )
    paths = ("/", "/away", "/own", "/in", "/round", "/1")
    port = await lab.serve(server, good)
    return CheckSpec(
        fqdn=NAME, ports=(port,), paths=paths, max_redirects=2, discovery=Discovery.STANDARD
    )


async def _ports(lab: Lab, good: Issued, bad: Issued) -> CheckSpec:
    ports = (
        9,  # nobody listens
        await lab.serve(says(b"SSH-2.0-OpenSSH_9.7\r\n\xff", then="hang")),
        await lab.serve(HttpServer({}, otherwise=lambda _: ASKS)),
        await lab.serve(HttpServer({}, otherwise=lambda _: BLOCK), bad),
        await lab.serve(HttpServer({"/": PAGE}), good),
    )
    return CheckSpec(fqdn=NAME, ports=ports, tls_versions=True, discovery=Discovery.STANDARD)


async def _addresses(lab: Lab, good: Issued, bad: Issued) -> CheckSpec:
    port = await lab.serve(HttpServer({"/": PAGE}), good)
    first = lab.host
    lab.host = own_address()
    await lab.serve(HttpServer({}, otherwise=lambda _: BLOCK), good, port=port)
    lab.zone[NAME] = (first, lab.host)
    return CheckSpec(fqdn=NAME, ports=(port,), all_addresses=True)


async def _nothing(_lab: Lab, _good: Issued, _bad: Issued) -> CheckSpec:
    return CheckSpec(fqdn="missing.test", discovery=Discovery.STANDARD)


GIVEN: Final[dict[str, tuple[Given, str]]] = {
    "a challenge": (_challenge, "challenge"),
    "a block page and a certificate nobody trusts": (_block, "block"),
    "a login form and an API that asks": (_login, "login_form"),
    "documents found by discovery beside a page for every path": (_documents, "content_served"),
    "redirects": (_redirects, "content_served"),
    "several ports": (_ports, "content_served"),
    "addresses that differ": (_addresses, "conflicting_answers"),
    "a name that does not exist": (_nothing, "dns_nxdomain"),
}
# Reasons that only come about when what they are from was kept and exported.
BESIDE: Final = {
    "a block page and a certificate nobody trusts": {"certificate_invalid", "edge_present"},
    "documents found by discovery beside a page for every path": {
        *("api_documentation", "documented_security")
    },
    "redirects": {"redirect_refused", "redirect_loop", "redirect_limit", "certificate_invalid"},
    "several ports": {"certificate_invalid"},
    "addresses that differ": {"addresses_differ"},
}


def codes_in(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize("name", GIVEN)
async def test_the_verdict_on_the_case_is_that_on_what_was_kept(
    lab: Lab, good: Issued, name: str, tmp_path: Path
) -> None:
    given, decided_by = GIVEN[name]
    spec = await given(lab, good, Authority.root("Nobody's").leaf(NAME))
    checked = await lab.runner().run(spec)
    assert isinstance(checked, Checked)
    facts = judged_again(checked.facts)
    kept = verdict_for(facts)
    assert codes_in(kept) == codes_in(checked.verdict)
    assert kept.reasons[0].code == decided_by
    assert set(codes_in(kept)) >= BESIDE.get(name, set())
    answers = any(path.status is not None for path in checked.facts.paths)
    assert (checked.facts.control is not None) is (answers and spec.discovery is not Discovery.OFF)

    written = exported(checked.facts)
    file = tmp_path / "disputed" / "rev_1.json"
    file.parent.mkdir()
    file.write_text(json.dumps(confirmed(written)), "utf-8")
    (case,) = cases(tmp_path)
    one = judged(case)
    assert one.verdict == verdict_for(as_exported(facts))
    assert one.differences == ()
    assert "secret" not in json.dumps(written)
