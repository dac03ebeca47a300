import pytest

from services.prober.facts import Outcome, OutcomeCode, PathFacts, TcpState
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.shapes import answer, host, json, port, redirect, text

SITE = '<html><head><title>Shop</title></head><body><a href="/a">Shoes</a></body></html>'
LOGIN = (
    '<html><title>Login</title><form action="/login"><input name="user">'
    '<input type="password" name="p"><button>Login</button></form></html>'
)
BOX = '<input name="user"><input type="password" name="p"><button>Log in</button>'
LOGIN_BOX = f'<form action="/login">{BOX}</form>'
PROSE = "<p>" + "We lend books of every kind, to all who live here, and read to children." * 3
OPTIONS = "<option>Some country of the world</option>" * 100
OPENAPI = '{"openapi":"3.1.0","info":{"title":"x"},"paths":{}}'
SWAGGER_UI = (
    '<title>x</title><div id="swagger-ui"></div><script src="/swagger-ui-bundle.js"></script>'
)
MANY_LINKS = '<a href="/x">x</a>' * 40
NOT_FOUND = "<html><title>404 Not Found</title></html>"

KINDS = {
    "website: a page": host(answer(200, SITE)),
    "website: a page that exposes a description": host(
        answer(200, SITE), json(200, OPENAPI, path="/openapi.json")
    ),
    "website: a page with an API below": host(answer(200, SITE), json(200, "{}", path="/api")),
    "website: a page with a login in its head": host(answer(200, LOGIN + MANY_LINKS)),
    "website: a small public page with a login box": host(
        answer(200, f"<title>Library</title>{LOGIN_BOX}<h1>Library</h1>{PROSE * 3}")
    ),
    "website: a public page of few words and many ways on, with a login box": host(
        answer(200, f"<title>Club</title>{LOGIN_BOX}" + '<a href="/x">x</a>' * 15)
    ),
    "website: a page inside one form, as ASP.NET makes them": host(
        answer(200, f"<title>Shop</title><form id=aspnetform>{BOX}{PROSE * 3}</form>")
    ),
    "login_app: a login without a title": host(answer(200, LOGIN_BOX)),
    "login_app: a login with terms of use": host(answer(200, LOGIN + PROSE * 4)),
    "login_app: a login with a long footer": host(
        answer(200, LOGIN + '<a href="/x">Language</a>' * 25)
    ),
    "login_app: a login with a list of countries": host(
        answer(200, f"<title>x</title>{LOGIN_BOX}<select>{OPTIONS}</select>")
    ),
    "website: a page whose login is elsewhere": host(
        answer(200, SITE), answer(200, LOGIN, path="/login")
    ),
    "website: a feed beside a page": host(
        answer(200, SITE), answer(200, "<rss/>", path="/feed", kind="application/rss+xml")
    ),
    "spa: an application shell": host(
        answer(200, '<title>App</title><div id="root"></div><script src="/a.js"></script>'),
        answer(
            200, '<title>App</title><div id="root"></div><script src="/a.js"></script>', path="/x"
        ),
    ),
    "website: basic authentication": host(
        answer(401, "<h1>401", headers={"www-authenticate": "Basic"})
    ),
    "website: a 404 page": host(answer(404, NOT_FOUND)),
    "api: JSON": host(json(200, '{"name":"x"}')),
    "api: JSON declared as HTML": host(answer(200, '{"name":"x"}')),
    "api: a JSON 404": host(json(404, '{"detail":"Not Found"}')),
    "api: a JSON 404 and documentation pages": host(
        json(404, '{"detail":"Not Found"}'),
        answer(200, SWAGGER_UI, path="/docs"),
        json(200, OPENAPI, path="/openapi.json"),
    ),
    "api: an HTML 404 and a documentation page": host(
        answer(404, "<pre>Cannot GET /</pre>"), answer(200, SWAGGER_UI, path="/docs")
    ),
    "api: an HTML 404 and a health check": host(
        answer(404, NOT_FOUND), json(200, '{"status":"UP"}', path="/health")
    ),
    "api: bearer tokens": host(answer(401, "", headers={"www-authenticate": "Bearer"})),
    "api: a JSON 401": host(json(401, '{"message":"Unauthorized"}')),
    "api: XML": host(answer(200, "<?xml version='1.0'?><r/>", kind="application/xml")),
    "api: a problem document": host(answer(404, "{}", kind="application/problem+json")),
    "api: an empty health check": host(answer(200, "", path="/healthz", kind=None)),
    "website: a document": host(answer(200, b"%PDF-1.7", kind="application/pdf")),
    "none: a port that spoke HTTP and did not answer": host(
        PathFacts(path="/", outcome=Outcome(code=OutcomeCode.HTTP_TIMEOUT))
    ),
    "api: a text 404 of a Go server": host(text(404, "404 page not found\n")),
    "api: a Docker registry": host(
        text(200, ""), json(401, '{"errors":[{"code":"UNAUTHORIZED"}]}', path="/v2/")
    ),
    "login_app: a login at the front": host(answer(200, LOGIN)),
    "login_app: a redirect to the login": host(redirect("/login")),
    "login_app: a redirect to the login and the login": host(
        redirect("/login"), answer(200, LOGIN, path="/login")
    ),
    "login_app: a front that is missing and a login": host(
        answer(404, NOT_FOUND), answer(200, LOGIN, path="/admin")
    ),
    "login_app: an access proxy": host(
        redirect("https://x.cloudflareaccess.com/cdn-cgi/access/login")
    ),
    "redirector: every path leads away": host(
        redirect("https://elsewhere.org/"), redirect("https://elsewhere.org/a", path="/a")
    ),
    "website: one path leads away": host(
        redirect("https://elsewhere.org/"), answer(200, SITE, path="/a")
    ),
    "website: www": host(redirect("https://www.example.com/")),
    "none: a challenge": host(answer(403, "x", headers={"cf-mitigated": "challenge"})),
    "none: closed": host(
        ports=(port(state=TcpState.REFUSED, tcp=OutcomeCode.TCP_REFUSED),),
    ),
    "other_service: no HTTP": host(ports=(port(22, http=OutcomeCode.HTTP_NOT_HTTP),)),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_host_is_what_a_person_would_say(name: str) -> None:
    assert str(verdict_for(KINDS[name]).kind) == name.partition(":")[0]


def test_the_name_of_the_host_breaks_a_tie() -> None:
    paths = (answer(404, NOT_FOUND, path="/a"), text(404, "x", path="/b"))
    assert str(verdict_for(host(*paths, fqdn="www.example.com")).kind) == "website"
    assert str(verdict_for(host(*paths, fqdn="api.example.com")).kind) == "api"
