import pytest

from services.prober.facts import PathFacts
from services.prober.judge.documentation_links import (
    addresses_in_settings,
    addresses_of_viewer,
    links_in,
)
from tests.unit.prober.judge.shapes import HOST, answer, json, ready, text

BASE = f"https://{HOST}"
# viewer, page, what it names.
NAMED = {
    "FastAPI": (
        "swagger_ui",
        "<script>const ui = SwaggerUIBundle({url: '/openapi.json', dom_id: '#x'})</script>",
        "/openapi.json",
    ),
    "drf-spectacular": ("swagger_ui", '<script>{url: "/api/schema/",}</script>', "/api/schema/"),
    "Swashbuckle": (
        "swagger_ui",
        """<script>JSON.parse('{"urls":[{"url":"v1/swagger.json","name":"V1"}]}')</script>""",
        "/docs/v1/swagger.json",
    ),
    "escaped": (
        "swagger_ui",
        '<script>x = "{\\"url\\":\\"/o.json\\"}"</script>',
        "/o.json",
    ),
    "springdoc": (
        "swagger_ui",
        '<script>{"configUrl" : "/v3/api-docs/swagger-config"}</script>',
        "/v3/api-docs/swagger-config",
    ),
    "another setting before": (
        "swagger_ui",
        '<script>{validatorUrl: "https://v.example", oauth2RedirectUrl: "/r", url: "/o"}</script>',
        "/o",
    ),
    "the demo before": (
        "swagger_ui",
        '<script>{url: "https://petstore.swagger.io/v2/swagger.json"} {url: "/mine"}</script>',
        "/mine",
    ),
    "ReDoc": ("redoc", "<redoc spec-url='/openapi.json?a=1&amp;b=2'>", "/openapi.json?a=1&b=2"),
    "ReDoc by call": ("redoc", "<script>Redoc.init('/Spec.yaml', {})</script>", "/Spec.yaml"),
    "Scalar": ("scalar", '<script id="api-reference" data-url="/o.json"></script>', "/o.json"),
    "Scalar by call": (
        "scalar",
        "<script>Scalar.createApiReference('#app', { url: '/o.yaml' })</script>",
        "/o.yaml",
    ),
    "Elements": ("stoplight_elements", '<elements-api apiDescriptionUrl="o.yaml">', "/docs/o.yaml"),
    "RapiDoc": ("rapidoc", '<rapi-doc spec-url="/o.json">', "/o.json"),
    "GraphiQL": ("graphiql", "<script>fetch('/api/graphql', {})</script>", "/api/graphql"),
    "GraphiQL by fetcher": (
        "graphiql",
        "<script>GraphiQL.createFetcher({ url: '/gql' })</script>",
        "/gql",
    ),
    "GraphiQL at its endpoint": ("graphiql", '<div id="graphiql"></div>', "/docs/ui"),
    "Playground": (
        "graphql_playground",
        "<script>GraphQLPlayground.init(root, {endpoint: '/g'})</script>",
        "/g",
    ),
    "Sandbox": ("apollo_sandbox", '<script>{initialEndpoint: "/g"}</script>', "/g"),
    "Altair": ("altair", "<script>AltairGraphQL.init({endpointURL: `/g`})</script>", "/g"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_viewer_names_the_document_it_shows(name: str) -> None:
    viewer, body, url = NAMED[name]
    page = ready(answer(200, body, path="/docs/ui?x=1"))
    assert addresses_of_viewer(viewer, page)[0] == f"{BASE}{url}"


def test_a_viewer_that_names_its_document_in_no_known_way_leads_nowhere() -> None:
    page = ready(answer(200, "<wall-api url='/o.json'></wall-api>", path="/docs"))
    assert addresses_of_viewer("wall", page) == ()


def test_the_address_of_swagger_ui_may_name_it() -> None:
    page = ready(answer(200, "<p>", path="/swagger-ui/index.html?configUrl=/c&url=/v3/api-docs"))
    assert addresses_of_viewer("swagger_ui", page)[0] == f"{BASE}/v3/api-docs"


@pytest.mark.parametrize(
    "body",
    [
        "<script>SwaggerUIBundle({spec: x})</script>",
        "<script>{url: 'javascript:alert(1)'}</script>",
        "<script>{url: 'https://petstore.swagger.io/v2/swagger.json'}</script>",
        "<script>{url: 'http://[x'}</script>",
    ],
    ids=["none", "no web address", "the demo", "broken"],
)
def test_what_names_none_of_its_own_leads_nowhere(body: str) -> None:
    assert addresses_of_viewer("swagger_ui", ready(answer(200, body))) == ()


def test_each_of_several_documents_of_a_viewer_is_named() -> None:
    urls = ",".join(f'{{"url":"\\/{name}.json"}}' for name in "ab")
    page = ready(answer(200, f"<script>SwaggerUIBundle({{urls: [{urls}]}})</script>"))
    assert addresses_of_viewer("swagger_ui", page) == (f"{BASE}/a.json", f"{BASE}/b.json")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"configUrl": "/c", "url": "/a"}', ["/a"]),
        (
            '{"configUrl": "/c", "urls": [{"url": "a", "name": "A"}, {"url": "/b"}, 3]}',
            ["/a", "/b"],
        ),
        ('{"openapi": "3.0.0", "servers": [{"url": "/a"}]}', []),
        ('{"swagger": "2.0", "url": "/a"}', []),
        ('{"url": 5, "urls": "/a"}', []),
        ('["url"]', []),
    ],
)
def test_the_settings_of_a_viewer_name_its_documents(body: str, named: list[str]) -> None:
    found = addresses_in_settings(ready(json(200, body, path="/c")))
    assert found == tuple(f"{BASE}{path}" for path in named)
    assert addresses_in_settings(ready(json(404, body, path="/c"))) == ()


LINKED: dict[str, tuple[PathFacts, list[tuple[str, str]]]] = {
    "a header": (
        json(200, "{}", headers={"link": '</openapi.json>; rel="service-desc"; type="x/y"'}),
        [("service_desc", f"{BASE}/openapi.json")],
    ),
    "several in one": (
        json(
            200,
            "{}",
            headers={
                "link": '</a,b>; title="x, y"; rel=service-doc, <https://o.example/>; '
                'rel="next SERVICE-DESC", </c>; rel=help, </.well-known/api-catalog>; '
                'rel="api-catalog"'
            },
        ),
        [
            ("service_doc", f"{BASE}/a,b"),
            ("service_desc", "https://o.example/"),
            ("api_catalog", f"{BASE}/.well-known/api-catalog"),
        ],
    ),
    "with a denial": (
        text(401, "no", headers={"link": "</o>;rel=service-desc"}),
        [("service_desc", f"{BASE}/o")],
    ),
    "an element": (
        answer(200, '<LINK Rel="service-desc" HREF="/OpenAPI.json"><link rel=x href=/y>'),
        [("service_desc", f"{BASE}/OpenAPI.json")],
    ),
    "a catalogue": (
        answer(
            200,
            '{"linkset":[{"anchor":"/","service-desc":[{"href":"/o"},{}],'
            '"service-doc":[{"href":"/d"}]},5]}',
            kind="application/linkset+json",
        ),
        [("service_desc", f"{BASE}/o"), ("service_doc", f"{BASE}/d")],
    ),
    "talk": (answer(200, "<p>A link with rel=service-desc leads to one."), []),
    "another relation": (json(200, "{}", headers={"link": '</x>; rel="service-descr"'}), []),
    "no web address": (json(200, "{}", headers={"link": "<mailto:a@b>; rel=service-doc"}), []),
    "a broken header": (json(200, "{}", headers={"link": "</x; rel=service-desc"}), []),
}


@pytest.mark.parametrize("name", LINKED)
def test_documentation_is_linked_by_relation(name: str) -> None:
    facts, links = LINKED[name]
    assert [(link.type, link.url) for link in links_in(ready(facts))] == links


def test_links_are_bounded() -> None:
    many = ", ".join(f"</{n}>; rel=service-desc" for n in range(200))
    assert len(links_in(ready(json(200, "{}", headers={"link": many})))) == 16
