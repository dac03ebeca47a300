from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.prober.facts import Discovery, OutcomeCode, PathFacts
from services.prober.observe.candidates import MOST, Known, is_same, next_path, wants_control
from services.prober.observe.exchange import Endpoint
from tests.unit.prober.judge.shapes import answer, followed, json, redirect, text, unanswered

HERE = Endpoint(scheme="https", fqdn="shop.example.com", port=443)
RANDOM = "/k3v9x0q2m7t5w8r1b6zd"
PAGE = answer(200, "<title>Shop</title>")
MISSING = answer(404, "gone", path=RANDOM)
OPENAPI = '{"openapi": "3.1.0", "paths": {}}'
STANDARD, DEEP = Discovery.STANDARD, Discovery.DEEP

CATALOG, METADATA = "/.well-known/api-catalog", "/.well-known/openid-configuration"
RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = "/.well-known/oauth-authorization-server"
ALL = [
    *(CATALOG, "/openapi.json", METADATA, "/v3/api-docs", "/swagger.json"),
    *("/swagger/v1/swagger.json", "/docs", "/api-docs"),
]


def walk(
    *paths: PathFacts,
    control: PathFacts = MISSING,
    answers: dict[str, PathFacts] | None = None,
    discovery: Discovery = STANDARD,
) -> list[str]:
    """Return what is asked one after the other, where all else is answered as the control is."""
    known = Known.of(HERE, paths or (PAGE,), control)
    while (path := next_path(known, discovery)) is not None:
        found = (answers or {}).get(path, control)
        location = found.location.replace(RANDOM, path)
        found = replace(found, path=path, url=HERE.url(path), location=location)
        known = known.with_answer(found)
    return [each.path for each in known.discovered]


def with_header(name: str, value: str, status: int = 200) -> PathFacts:
    return answer(status, "<title>Shop</title>", headers={name: value})


SOAP_FAULT = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>'
BEARER = with_header("www-authenticate", "Bearer", 401)
SPRING = json(404, '{"timestamp":1,"status":404,"error":"Not Found","path":"/"}')

FIRSTS: dict[str, tuple[tuple[PathFacts, ...], PathFacts, Sequence[str | None]]] = {
    "nothing known": ((PAGE,), MISSING, ALL),
    "kestrel": ((with_header("server", "Kestrel"),), MISSING, [CATALOG, ALL[5], METADATA]),
    "asp.net": ((with_header("x-powered-by", "ASP.NET"),), MISSING, [CATALOG, ALL[5], METADATA]),
    "express": ((with_header("x-powered-by", "Express"),), MISSING, [CATALOG, "/api-docs"]),
    "spring": ((SPRING,), MISSING, [CATALOG, "/v3/api-docs", METADATA, "/openapi.json"]),
    "litestar": (
        (text(200, "Hello, world!"),),
        json(404, '{"status_code":404,"detail":"Not Found"}', path=RANDOM),
        [CATALOG, "/schema/openapi.json", METADATA, *ALL[1:2], *ALL[3:7], None],
    ),
    "django rest framework": (
        (json(200, "{}", headers={"allow": "GET, HEAD, OPTIONS"}),),
        MISSING,
        [CATALOG, "/api/schema/", METADATA, *ALL[1:2], *ALL[3:7], None],
    ),
    "a method that is not allowed": ((with_header("allow", "GET", 405),), MISSING, ALL),
    "soap": (
        (answer(405, SOAP_FAULT, kind="text/xml", path="/orders?x=1"),),
        answer(405, SOAP_FAULT, kind="text/xml", path=RANDOM),
        [CATALOG, "/orders?wsdl", METADATA],
    ),
    "servlets": ((with_header("set-cookie", "JSESSIONID=1"),), MISSING, [CATALOG, "/v3/api-docs"]),
    "a description was asked for": (
        (json(200, OPENAPI, path="/a.json"),),
        MISSING,
        [METADATA, None],
    ),
    "some path wants a token": ((PAGE, BEARER), MISSING, [RESOURCE, SERVER, METADATA, CATALOG]),
    "all want a token": ((BEARER,), BEARER, [RESOURCE, SERVER, METADATA, None]),
    "all want a password": (
        (with_header("www-authenticate", "Basic realm=x", 401),),
        with_header("www-authenticate", "Basic realm=x", 401),
        [None],
    ),
    "all is denied": ((answer(403, "no"),), answer(403, "no", path=RANDOM), [None]),
    "denied where it is missing": ((PAGE,), answer(403, "no", path=RANDOM), ALL),
    "another denial": ((answer(401, "x"),), answer(403, "no", path=RANDOM), [RESOURCE]),
    "failing": ((PAGE,), answer(500, "no", path=RANDOM), [None]),
    "failing, with a lead": (
        (with_header("link", '</d>; rel="service-desc"'),),
        answer(500, "no", path=RANDOM),
        ["/d", None],
    ),
    "limited": ((PAGE,), answer(429, "no", path=RANDOM), [None]),
    "challenged": (
        (PAGE,),
        answer(202, "", path=RANDOM, headers={"x-amzn-waf-action": "challenge"}),
        [None],
    ),
    "unanswered": ((PAGE,), unanswered(OutcomeCode.HTTP_RESET, RANDOM), [None]),
    "everything is the same page": ((PAGE,), replace(PAGE, path=RANDOM), [*ALL[:5], None]),
    "everything is sent elsewhere": (
        (redirect("https://www.example.com/"),),
        redirect(f"https://www.example.com{RANDOM}", path=RANDOM),
        [*ALL[:2], None],
    ),
    "a lead": (
        (with_header("link", '</d>; rel="service-desc"'),),
        MISSING,
        ["/d", *ALL[:7], None],
    ),
    "a hop was the same path": (
        (followed(redirect("/docs"), answer(200, "x", path="/docs")),),
        MISSING,
        [*ALL[:6], "/api-docs", None],
    ),
    "a hop elsewhere was not": (
        (
            followed(
                redirect("https://other.org/docs"),
                answer(200, "x", path="/docs", base="https://other.org"),
            ),
        ),
        MISSING,
        ALL,
    ),
}


@pytest.mark.parametrize("name", FIRSTS)
def test_what_is_asked_after_what_is_known(name: str) -> None:
    paths, control, expected = FIRSTS[name]
    asked: list[str | None] = [*walk(*paths, control=control), None]
    assert asked[: len(expected)] == expected


@pytest.mark.parametrize("body", [OPENAPI, "\n\nopenapi: 3.0.1\npaths:\n", '{"swagger": "2.0"}'])
def test_once_a_description_was_found_no_other_is_looked_for(body: str) -> None:
    asked = walk(answers={"/openapi.json": json(200, body)})
    assert asked == [CATALOG, "/openapi.json", METADATA]
    assert walk(answers={"/openapi.json": json(404, body)}) == ALL


SCRIPT = 'window.onload = function() {\n  var options = {\n  "swaggerDoc": {\n'


def test_a_description_in_the_script_of_its_viewer_is_found_too() -> None:
    page = answer(200, '<i id=swagger-ui></i><script src="./swagger-ui-init.js"></script>')
    init = "/swagger-ui-init.js"
    held = answer(200, SCRIPT + f'"openapi": "3.0.0"{" " * 70_000}', kind="text/javascript")
    assert walk(page, answers={init: held}) == [init, METADATA]
    for nothing in (SCRIPT, SCRIPT + '"info": {}', '"openapi": "3.0.0" {'):
        none = answer(200, nothing, kind="text/javascript")
        assert len(walk(page, answers={init: none})) == 8


def test_a_description_that_is_served_everywhere_is_none() -> None:
    everywhere = json(200, OPENAPI, path=RANDOM)
    assert walk(everywhere, control=everywhere) == ALL[:5]


def test_once_metadata_was_found_no_other_is_looked_for() -> None:
    metadata = json(200, '{"issuer": "https://shop.example.com"}')
    asked = walk(answers={METADATA: metadata}, discovery=DEEP)
    assert METADATA in asked
    assert not {RESOURCE, SERVER} & set(asked)
    assert {RESOURCE, SERVER} < set(walk(discovery=DEEP))


def test_leads_are_taken_from_what_was_discovered() -> None:
    page = answer(200, "<div id='swagger-ui'></div><script>SwaggerUIBundle({url:'/d.json'})")
    asked = walk(answers={"/docs": page, "/d.json": json(200, OPENAPI)})
    assert asked == [*ALL[:7], "/d.json"]


@pytest.mark.parametrize(
    ("location", "is_followed"),
    [
        ("/docs/", True),
        ("docs/index.html", True),
        ("/swagger/", True),
        ("/login?next=/docs", False),
        ("/", False),
        ("https://docs.example.com/docs/", False),
    ],
)
def test_a_guess_is_followed_to_documentation_only(location: str, *, is_followed: bool) -> None:
    asked = walk(answers={"/docs": redirect(location, path="/docs")})
    assert (asked != ALL) is is_followed
    assert len(asked) == len(ALL)


def test_who_limits_us_on_the_way_is_asked_no_more() -> None:
    asked = walk(answers={"/openapi.json": answer(429, "slow down")})
    assert asked == ALL[:2]


@pytest.mark.parametrize("discovery", Discovery)
def test_never_more_is_asked_than_there_may_be(discovery: Discovery) -> None:
    endless = answer(
        200, "".join(f"<a href='/swagger/{number}'>" for number in range(4)), path="/swagger/"
    )
    asked = walk(endless, discovery=discovery)
    assert len(asked) == MOST[discovery]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ((PAGE,), True),
        ((answer(404, "x"), unanswered(OutcomeCode.HTTP_TIMEOUT)), True),
        ((answer(403, "x"),), True),
        ((unanswered(OutcomeCode.HTTP_NO_ENDPOINT),), False),
        ((PAGE, answer(429, "x")), False),
        ((answer(503, "x"),), True),
        ((answer(503, "x", headers={"retry-after": "9"}),), False),
        ((answer(403, "x", headers={"cf-mitigated": "challenge"}),), False),
    ],
)
def test_when_a_random_path_is_worth_a_request(
    paths: tuple[PathFacts, ...], *, expected: bool
) -> None:
    assert wants_control(paths) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (answer(200, "a"), answer(200, "a", path=RANDOM), True),
        (answer(200, "a"), answer(200, "b", path=RANDOM), False),
        (answer(200, "a"), answer(404, "a", path=RANDOM), False),
        (redirect("/in", path="/a"), redirect("/in", path=RANDOM), True),
        (redirect("/in?n=/a", path="/a"), redirect(f"/in?n={RANDOM}", path=RANDOM), True),
        (redirect("/in?n=%2Fa", path="/a"), redirect(f"/in?n=%2F{RANDOM[1:]}", path=RANDOM), True),
        (redirect("/a/", path="/a"), redirect("/in", path=RANDOM), False),
        (redirect("/in?state=a", path="/a"), redirect("/in?state=b", path=RANDOM), True),
        (redirect("/in?to=a", path="/a"), redirect("/in", path=RANDOM), False),
    ],
)
def test_an_answer_is_that_of_a_random_path(
    one: PathFacts, other: PathFacts, *, expected: bool
) -> None:
    assert is_same(one, other) is expected
