from collections import Counter
from dataclasses import replace

import pytest

from services.prober.facts import OutcomeCode, TcpState
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.shapes import answer, dns, host, json, port, redirect, text

SITE = '<html><head><title>Shop</title></head><body><a href="/a">Shoes</a></body></html>'
SHELL = '<title>App</title><div id="root"></div><script src="/a.js"></script>'
LOGIN = '<title>Login</title><form action="/login"><input name=u><input type=password></form>'
OPENAPI = '{"openapi":"3.1.0","info":{"title":"x"},"paths":{}}'

KINDS = {
    "website high None: a front page": host(answer(200, SITE)),
    "website medium None: a page that is not the front": host(answer(200, SITE, path="/a")),
    "website low None: only a missing page": host(answer(404, "<h1>404 Not Found</h1>")),
    "website medium api: a front page and an API below": host(
        answer(200, SITE), json(200, "{}", path="/api")
    ),
    "website high None: documentation alone makes no API": host(
        answer(200, SITE), json(200, OPENAPI, path="/openapi.json")
    ),
    "spa high website: a shell with documentation": host(
        answer(200, SHELL), json(200, OPENAPI, path="/openapi.json")
    ),
    "website medium spa: a shell below a page": host(
        answer(200, SITE), answer(200, SHELL, path="/app")
    ),
    "spa medium website: a page below a shell": host(
        answer(200, SHELL), answer(200, SITE, path="/about")
    ),
    "spa medium api: a shell and its API": host(answer(200, SHELL), json(200, "{}", path="/api/")),
    "api high None: JSON at the front": host(json(200, '{"a":1}')),
    "api medium None: bearer tokens": host(answer(401, "", headers={"www-authenticate": "Bearer"})),
    "api low None: a JSON 404": host(json(404, '{"detail":"Not Found"}')),
    "api high website: an API with a missing front": host(
        answer(404, "<h1>404</h1>"), json(200, "{}", path="/a"), json(200, "{}", path="/b")
    ),
    "login_app high website: a login at the front": host(answer(200, LOGIN)),
    "login_app high None: a redirect to the login": host(redirect("/login")),
    "login_app medium None: an access proxy": host(
        redirect("https://x.cloudflareaccess.com/cdn-cgi/access/login")
    ),
    "default_page high None: a server's default page": host(
        answer(200, "<title>Welcome to nginx!</title>")
    ),
    "parked high None: for sale": host(answer(200, "<h1>This domain is for sale</h1>")),
    "redirector high None: every path leads away": host(redirect("https://elsewhere.org/")),
    "website low redirector: www": host(redirect("https://www.example.com/")),
    "none low None: a challenge": host(answer(403, "x", headers={"cf-mitigated": "challenge"})),
    "none high None: closed": host(
        ports=(port(state=TcpState.REFUSED, tcp=OutcomeCode.TCP_REFUSED),)
    ),
    "none high None: no such name": host(ports=(), name=dns(OutcomeCode.DNS_NXDOMAIN)),
    "none low None: no resolver": host(ports=(), name=dns(OutcomeCode.DNS_TIMEOUT)),
    "none low None: no time to look": replace(host(ports=()), deadline_hit=True),
    "other_service high None: another protocol": host(
        ports=(port(22, http=OutcomeCode.HTTP_NOT_HTTP),)
    ),
    "other_service low None: silence": host(ports=(port(22, http=OutcomeCode.HTTP_TIMEOUT),)),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_has_the_confidence_and_the_runner_up_of_its_points(name: str) -> None:
    verdict = verdict_for(KINDS[name])
    said = f"{verdict.kind} {verdict.kind_confidence} {verdict.kind_runner_up}"
    assert said == name.partition(":")[0]


def test_a_shell_says_that_it_needs_a_browser() -> None:
    verdict = verdict_for(host(answer(200, SHELL)))
    (reason,) = [one for one in verdict.reasons if one.code == "drawn_by_scripts"]
    assert reason.evidence[0].rule == "spa.app_root"
    page = verdict_for(host(answer(200, SITE), answer(200, SHELL, path="/app")))
    assert Counter(one.code for one in page.reasons)["drawn_by_scripts"] == 0


def test_a_tie_between_pages_and_an_api_is_a_website_of_low_confidence() -> None:
    paths = (answer(404, "<h1>404", path="/a"), text(404, "x", path="/b"))
    verdict = verdict_for(host(*paths, fqdn="www.example.com"))
    assert (verdict.kind, verdict.kind_runner_up) == ("website", "api")
    assert verdict.kind_confidence == "low"
