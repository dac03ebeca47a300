from services.prober.facts import PathFacts
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.shapes import HOST, answer, host, json

BASE = f"https://{HOST}"
OPENAPI = '{"openapi":"3.1.0","info":{"title":"Shop"},"paths":{"/a":{"get":{}}}}'
UI = "<title>Swagger UI</title><div id='swagger-ui'></div><script>SwaggerUIBundle({%s})</script>"
GRAPHIQL = '<title>G</title><script src="/graphiql.min.js"></script>'
CATALOGUE = '{"linkset":[{"anchor":"/","service-desc":[{"href":"/openapi.json"}]}]}'


def told(*paths: PathFacts, code: str = "api_documentation") -> str:
    reasons = verdict_for(host(*paths)).reasons
    (message,) = [one.message for one in reasons if one.code == code]
    return message


def untold(*paths: PathFacts) -> str:
    """Return what is told of a viewer that proves nothing."""
    verdict = verdict_for(host(*paths))
    assert not verdict.api_doc_detected
    assert "api_documentation" not in {one.code for one in verdict.reasons}
    return told(*paths, code="documentation_unproven")


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


def test_a_viewer_whose_document_was_not_seen_is_told_as_that() -> None:
    page = answer(200, UI % "url: '/spec.json'", path="/docs")
    message = (
        f"/docs is a page of Swagger UI, which shows API documentation, of {BASE}/spec.json, where "
        "this check saw no document; check that address."
    )
    assert untold(page) == message
    assert untold(page, json(404, "{}", path="/spec.json")) == message
    assert untold(page, json(200, '{"a": 1}', path="/spec.json")) == message
    assert untold(answer(200, GRAPHIQL, path="/graphql")) == (
        f"/graphql is a page of GraphiQL, which shows API documentation, and asks {BASE}/graphql "
        "for a schema that this check did not see; see whether introspection is meant to be open "
        "there."
    )


def test_a_viewer_that_names_no_document_says_so() -> None:
    assert untold(answer(200, UI % "url: there", path="/docs")) == (
        "/docs is a page of Swagger UI, which shows API documentation, and does not say where its "
        "document is; look there with a browser for its address."
    )


def test_a_viewer_of_another_document_than_the_one_that_was_seen_is_told_beside_it() -> None:
    other = answer(200, UI % "url: '/other.json'", path="/docs")
    seen = json(200, OPENAPI, path="/openapi.json")
    assert "/openapi.json (openapi)" in told(other, seen)
    assert f"of {BASE}/other.json" in told(other, seen, code="documentation_unproven")


def test_a_viewer_that_names_no_document_is_no_finding_beside_one_that_was_seen() -> None:
    page = answer(200, UI % "url: there", path="/docs")
    reasons = verdict_for(host(page, json(200, OPENAPI, path="/openapi.json"))).reasons
    assert "documentation_unproven" not in {reason.code for reason in reasons}


def test_of_several_documents_of_a_viewer_the_one_that_was_seen_is_its_own() -> None:
    page = answer(200, UI % "urls: [{url: '/gone.json'}, {url: '/openapi.json'}]", path="/docs")
    verdict = verdict_for(host(page, json(200, OPENAPI, path="/openapi.json")))
    (document,) = verdict.documents
    assert (document.url, document.ui) == (f"{BASE}/openapi.json", "Swagger UI")


def test_a_description_in_the_page_of_its_viewer_is_saved_from_there() -> None:
    assert told(answer(200, UI % f"spec: {OPENAPI}", path="/docs")) == (
        "/docs shows API documentation of “Shop” with Swagger UI and holds it (openapi); save it "
        "from there for the scanner."
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
