from services.prober.facts import PathFacts
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.shapes import HOST, answer, host, json

BASE = f"https://{HOST}"
OPENAPI = '{"openapi":"3.1.0","info":{"title":"Shop"},"paths":{"/a":{"get":{}}}}'
UI = "<title>Swagger UI</title><div id='swagger-ui'></div><script>SwaggerUIBundle({%s})</script>"
GRAPHIQL = '<title>G</title><script src="/graphiql.min.js"></script>'
CATALOGUE = '{"linkset":[{"anchor":"/","service-desc":[{"href":"/openapi.json"}]}]}'


def told(*paths: PathFacts) -> str:
    reasons = verdict_for(host(*paths)).reasons
    (message,) = [one.message for one in reasons if one.code == "api_documentation"]
    return message


def test_a_description_is_told_with_where_scanners_import_it_from() -> None:
    assert told(json(200, OPENAPI, path="/openapi.json?key=1")) == (
        f"API documentation of “Shop” is public at {BASE}/openapi.json (openapi); "
        "scanners can import it."
    )


def test_a_viewer_is_told_with_the_description_it_shows() -> None:
    page = answer(200, UI % "url: '/openapi.json'", path="/docs")
    verdict = verdict_for(host(page, json(200, OPENAPI, path="/openapi.json")))
    (reason,) = [one for one in verdict.reasons if one.code == "api_documentation"]
    assert "/openapi.json (openapi)" in reason.message
    assert [item.rule for item in reason.evidence] == [
        "documentation.openapi",
        "documentation.swagger_ui",
    ]


def test_a_viewer_alone_gives_nothing_to_import_but_an_address() -> None:
    assert told(answer(200, UI % "url: '/spec.json'", path="/docs")) == (
        f"/docs shows API documentation with Swagger UI, of {BASE}/spec.json, where this check saw "
        "no document; give the scanner that address."
    )
    assert told(answer(200, GRAPHIQL, path="/graphql")) == (
        f"/graphql shows API documentation with GraphiQL, of {BASE}/graphql, where this check saw "
        "no document; give the scanner that address."
    )


def test_a_viewer_that_names_no_document_says_so() -> None:
    assert told(answer(200, UI % "url: there", path="/docs")) == (
        "/docs shows API documentation with Swagger UI and does not say where it is; look there "
        "with a browser for its address."
    )


def test_a_description_in_the_page_of_its_viewer_is_saved_from_there() -> None:
    assert told(answer(200, UI % f"spec: {OPENAPI}", path="/docs")) == (
        "/docs shows API documentation with Swagger UI and holds it (openapi); save it from there "
        "for the scanner."
    )


def test_a_description_in_the_script_of_its_viewer_is_saved_from_there() -> None:
    script = f"var options = {{swaggerDoc: {OPENAPI}}}; SwaggerUIBundle({{spec: spec1}})"
    path = "/docs/swagger-ui-init.js"
    assert told(answer(200, script, path=path, kind="application/javascript")) == (
        f"API documentation of “Shop” is public in a script of Swagger UI at {BASE}{path} "
        "(openapi); save it from there for the scanner."
    )


def test_a_catalogue_alone_leads_to_what_it_lists() -> None:
    path = "/.well-known/api-catalog"
    assert told(json(200, CATALOGUE, path=path)) == (
        f"A catalogue of APIs is public at {BASE}{path}; give the scanner what it lists."
    )
