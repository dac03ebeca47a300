from time import process_time

import pytest

from services.prober.facts import PathFacts
from services.prober.observe.exchange import Endpoint
from services.prober.observe.leads import Topic, leads_in, path_on
from tests.unit.prober.judge.shapes import answer, json

HERE = Endpoint(scheme="https", fqdn="shop.example.com", port=443)


def documents(facts: PathFacts) -> list[str]:
    return [lead.path for lead in leads_in(facts, HERE) if lead.topic is Topic.DOCUMENTS]


def linked(value: str, status: int = 200, path: str = "/v1/") -> PathFacts:
    return answer(status, "x", path=path, headers={"link": value})


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ('</openapi.json>; rel="service-desc"', ["/openapi.json"]),
        ("<desc>; rel=service-desc", ["/v1/desc"]),
        ('<../a?b=1#c>;rel="next service-doc"', ["/a?b=1"]),
        ('<https://shop.example.com/c>; rel="api-catalog"', ["/c"]),
        # From behind what ends TLS for it.
        ('<http://shop.example.com/c>; rel="api-catalog"', ["/c"]),
        ('</a>; rel="SERVICE-DESC"; type="x", </b>; rel="service-doc"', ["/a", "/b"]),
        ('</a>; title="a, b"; rel="service-desc"', ["/a"]),
        ('</a>; rel="next", </b>; rel="stylesheet"', []),
        ('</a>; notrel="service-desc"', []),
        ("</a>", []),
        ("rel=service-desc", []),
        ('<https://other.example.com/c>; rel="service-desc"', []),
        ('<https://shop.example.com:8443/c>; rel="service-desc"', []),
        ('<http://shop.example.com:8080/c>; rel="service-desc"', []),
        ('<//shop.example.com.evil.test/c>; rel="service-desc"', []),
        ('<urn:x>; rel="service-desc"', []),
        ('<https://[>; rel="service-desc"', []),
    ],
)
def test_link_headers_lead_to_descriptions_on_the_same_endpoint(
    value: str, paths: list[str]
) -> None:
    assert documents(linked(value)) == paths
    assert documents(linked(value, status=404)) == paths


def test_a_challenge_leads_to_the_metadata_of_its_resource() -> None:
    challenge = {"www-authenticate": 'Bearer a="b", resource_metadata="/.well-known/x"'}
    leads = list(leads_in(answer(401, headers=challenge), HERE))
    assert [(lead.topic, lead.path) for lead in leads] == [(Topic.LOGINS, "/.well-known/x")]


SWAGGER = "<div id='swagger-ui'></div><script>"


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (SWAGGER + "SwaggerUIBundle({url: '/openapi.json', oauth2RedirectUrl: '/o'})", 1),
        (SWAGGER + 'SwaggerUIBundle({"url": "/openapi.json", "validatorUrl": ""})', 1),
        (SWAGGER + "SwaggerUIBundle({configUrl: '/openapi.json'})", 1),
        (SWAGGER + 'SwaggerUIBundle({urls: [{url:"/openapi.json",name:"a"}]})', 1),
        ("<redoc spec-url='/openapi.json'></redoc><script src=redoc.standalone.js>", 1),
        ("<script>Redoc.init('/openapi.json', {})", 1),
        ('<script id="api-reference" data-url="/openapi.json">', 1),
        ('<elements-api apiDescriptionUrl="/openapi.json" />', 1),
        ('<rapi-doc spec-url = "/openapi.json"></rapi-doc>', 1),
        ('<link rel="service-desc" type="a/b" href="/openapi.json">', 1),
        ("<LINK HREF=/openapi.json REL=service-desc>", 1),
        ("<a href='/openapi.json'>Description</a>", 1),
        ("<p>url: '/openapi.json'", 0),
        ("<a href='https://swagger.io/openapi.json'>", 0),
        (SWAGGER + "SwaggerUIBundle({url: 'https://petstore.swagger.io/v2/swagger.json'})", 0),
        (SWAGGER + "SwaggerUIBundle({url: window.location.origin + '/openapi.json'})", 1),
        ('<link rel="stylesheet" href="/swagger-ui.css"><img src="/openapi.json">', 0),
    ],
)
def test_a_page_leads_to_the_document_it_shows(body: str, paths: int) -> None:
    assert documents(answer(200, body, path="/docs")) == ["/openapi.json"] * paths
    assert documents(answer(404, body, path="/docs")) == []


def test_the_script_that_sets_swagger_ui_up_is_a_lead() -> None:
    page = answer(200, '<script src="./swagger-initializer.js">', path="/swagger-ui/index.html")
    assert documents(page) == ["/swagger-ui/swagger-initializer.js"]
    page = answer(200, '<script src="./swagger-ui-init.js"> </script>', path="/api-docs/")
    assert documents(page) == ["/api-docs/swagger-ui-init.js"]
    script = answer(200, 'window.ui = SwaggerUIBundle({url: "/d"})', kind="text/javascript")
    assert documents(script) == ["/d"]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ('{"linkset": [{"service-desc": [{"href": "/a"}], "service-doc": [{"href": "b"}]}]}', 2),
        ('{"linkset": [{"api-catalog": [{"href": "/a"}]}, 7, {"service-desc": "/b"}]}', 1),
        ('{"linkset": {"service-desc": [{"href": "/a"}]}}', 0),
        ('{"linkset": [{"item": [{"href": "/a"}]}]}', 0),
        ('{"configUrl": "/c", "url": "/a", "swagger-ui": 1}', 1),
        ('{"configUrl": "/c", "urls": [{"url": "/a"}, {"url": "/b"}, 3]}', 2),
        ('{"swagger": "2.0", "url": "/a"}', 0),
        ('{"linkset": [', 0),
        ('{"linkset": ' + "[" * 60_000, 0),
        ("[]", 0),
        ('{"url": "/a"}', 0),
    ],
)
def test_linksets_and_the_configuration_of_swagger_ui_lead_on(body: str, paths: int) -> None:
    assert documents(json(200, body)) == ["/a", "/b"][:paths]


def test_one_answer_leads_to_few_places() -> None:
    links = "".join(f"<a href='/swagger/{number}'>" for number in range(50))
    assert len(documents(answer(200, links))) == 4


def test_what_is_not_ascii_is_encoded() -> None:
    body = '{"linkset": [{"service-desc": [{"href": "/é\\u20ac"}]}]}'
    assert documents(json(200, body)) == ["/%C3%A9%E2%82%AC"]
    page = answer(200, "<a href='/swagger/é'>".encode("latin-1"))
    assert documents(page) == ["/swagger/%E9"]


@pytest.mark.parametrize("reference", ["/" + "a" * 2048, "\x01", "http://[", "http://a b/"])
def test_what_cannot_be_asked_leads_nowhere(reference: str) -> None:
    assert path_on(HERE, reference, "/") is None


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "href=",
        "<link ",
        "url='",
        "<a href='/swagger",
        "swagger url: ",
        "rel=",
        '{"linkset": [',
    ],
)
def test_no_body_takes_long(piece: str) -> None:
    body = ("swagger " + piece * 65536)[:65536]
    began = process_time()
    list(leads_in(answer(200, body), HERE))
    list(leads_in(linked(body[:16384]), HERE))
    assert process_time() - began < 0.5


def test_a_script_leads_to_where_the_page_leads_that_it_runs_in() -> None:
    body = "h.endsWith('/'); SwaggerUIBundle({url: resolveUrl('./json')})"
    script = answer(200, body, path="/docs/static/swagger-initializer.js", kind="text/javascript")
    assert [lead.path for lead in leads_in(script, HERE, "/docs")] == ["/docs/json"]
