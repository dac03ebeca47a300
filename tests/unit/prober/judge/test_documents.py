from dataclasses import replace

import pytest

from services.prober.facts import PathFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import ApiDocument, DocumentState
from tests.unit.prober.judge.shapes import HOST, answer, host, json, text

BASE = f"https://{HOST}"
OPENAPI = (
    '{"openapi":"3.1.0","info":{"title":"Shop"},"servers":[{"url":"/v1"}],'
    '"paths":{"/a":{"get":{},"put":{}}},'
    '"components":{"securitySchemes":{"jwt":{"type":"http","scheme":"bearer"}}},'
    '"security":[{"jwt":[]}]}'
)
YAML = """openapi: 3.0.3
info:
  title: Shop
  description: |
    get: it
servers:
- url: https://api.example.com/v1
security:
- key: []
paths:
  /a:
    get:
      summary: x
    post:
      requestBody: {}
  /b/{id}:
    parameters: []
    delete:
      security: []
components:
  securitySchemes:
    key:
      type: apiKey
    basic:
      type: http
      scheme: basic
"""
UI = (
    '<title>Shop - Swagger UI</title><div id="swagger-ui"></div>'
    "<script>SwaggerUIBundle({url: '/openapi.json'})</script>"
)
REDOC = "<title>ReDoc</title><redoc spec-url='/openapi.json'></redoc>"


def listed(*paths: PathFacts) -> tuple[ApiDocument, ...]:
    return verdict_for(host(*paths)).documents


def spec(status: int = 200, body: str = OPENAPI) -> PathFacts:
    return json(status, body, path="/openapi.json")


def test_a_description_is_told_with_what_a_scanner_is_set_up_with() -> None:
    (document,) = listed(spec())
    assert replace(document, evidence=()) == ApiDocument(
        type="openapi",
        state=DocumentState.PARSED,
        version="3.1.0",
        title="Shop",
        url=f"{BASE}/openapi.json",
        operations=2,
        security_schemes=("jwt",),
        servers=(f"{BASE}/v1",),
        complete=True,
        evidence=(),
    )
    (evidence,) = document.evidence
    assert (evidence.rule, evidence.value) == ("documentation.openapi", "openapi: 3.1.0")


def test_one_in_yaml_is_told_alike() -> None:
    verdict = verdict_for(host(text(200, YAML, path="/openapi.yaml")))
    (document,) = verdict.documents
    assert (document.type, document.version, document.title) == ("openapi", "3.0.3", "Shop")
    assert (document.operations, document.complete) == (3, True)
    assert document.security_schemes == ("key", "basic")
    assert document.servers == ("https://api.example.com/v1",)
    assert verdict.auth_detected
    assert verdict.authentication is not None
    assert verdict.authentication.paths[0].schemes == ("Basic",)


@pytest.mark.parametrize(
    ("security", "asks"),
    [
        ("security:\n      - key: []", True),
        ("security: [{key: []}]", True),
        ("security: []", False),
        ("x-security: [key]", False),
    ],
)
def test_security_of_one_operation_in_yaml_counts(security: str, *, asks: bool) -> None:
    body = (
        "openapi: 3.0.0\ninfo: {}\ncomponents:\n  securitySchemes:\n    key:\n      type: apiKey\n"
        f"paths:\n  /a:\n    get:\n      {security}\n"
    )
    assert verdict_for(host(text(200, body))).auth_detected is asks


@pytest.mark.parametrize("body", [OPENAPI, YAML])
def test_a_cut_one_is_not_complete_and_counts_nothing(body: str) -> None:
    cut = replace(text(200, body[:200], path="/openapi"), truncated=True)
    (document,) = listed(cut)
    assert (document.type, document.complete, document.operations) == ("openapi", False, None)


def test_one_whose_answer_broke_off_after_it_is_not_complete() -> None:
    whole = replace(spec(), truncated=True)
    (document,) = listed(whole)
    assert (document.complete, document.operations) == (False, None)


VERSIONS = {
    "2.0": json(200, '{"swagger":"2.0","info":{},"paths":{}}'),
    "2.6.0": json(200, '{"asyncapi":"2.6.0","info":{},"channels":{}}'),
    "2.1.0": json(
        200, '{"info":{"schema":"https://schema.getpostman.com/json/collection/v2.1.0/c.json"}}'
    ),
    "1.1": answer(200, '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', kind="text/xml"),
    "2009/02": text(200, '<application xmlns="http://wadl.dev.java.net/2009/02"/>'),
    "": json(200, '{"data":{"__schema":{"types":[]}}}'),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_is_that_of_the_format(version: str) -> None:
    (document,) = listed(VERSIONS[version])
    assert document.version == version


def test_a_viewer_and_its_document_are_one() -> None:
    (document,) = listed(answer(200, UI, path="/docs"), spec())
    assert (document.ui, document.operations, document.title) == ("Swagger UI", 2, "Shop")
    assert [item.field for item in document.evidence] == ["paths[1].body", "paths[0].body"]


def test_a_viewer_names_a_document_that_was_not_asked_for() -> None:
    verdict = verdict_for(host(answer(200, UI, path="/docs"), answer(200, REDOC, path="/redoc")))
    (document,) = verdict.documents
    assert (document.type, document.url) == ("openapi", f"{BASE}/openapi.json")
    assert (document.ui, document.complete, document.operations) == ("Swagger UI", False, None)
    assert document.state is DocumentState.UNPROVEN
    assert not verdict.api_doc_detected


EMBEDDED = {
    "Swagger UI": '<div id="swagger-ui"></div><script>SwaggerUIBundle({spec: %s, a: 1})</script>',
    "ReDoc": '<div id="redoc"></div><script>const __redoc_state = {"spec":{"data":%s}};</script>',
    "Scalar": '<script id="api-reference" type="application/json">%s</script>'
    '<script src="/@scalar/api-reference"></script>',
}


@pytest.mark.parametrize("ui", EMBEDDED)
def test_a_document_in_the_page_of_its_viewer_is_read_there(ui: str) -> None:
    verdict = verdict_for(host(answer(200, EMBEDDED[ui] % OPENAPI, path="/docs")))
    (document,) = verdict.documents
    assert verdict.api_doc_detected
    # It asks for credentials as one that is served by itself does.
    assert verdict.auth_detected
    assert (document.type, document.ui, document.url) == ("openapi", ui, "")
    assert (document.title, document.operations, document.complete) == ("Shop", 2, True)


def test_the_script_that_starts_a_viewer_names_its_document() -> None:
    page = '<div id="swagger-ui"></div><script src="swagger-ui-bundle.js"></script>'
    script = answer(
        200,
        "window.ui = SwaggerUIBundle({ url: '/v3/api-docs' })",
        path="/ui/swagger-initializer.js",
        kind="application/javascript",
    )
    (document,) = listed(answer(200, page, path="/ui/"), script)
    assert (document.ui, document.url) == ("Swagger UI", f"{BASE}/v3/api-docs")


EXPRESS = """
window.onload = function() {
  var url = window.location.search.match(/url=([^&]+)/);
  var options = {
  "swaggerDoc": %s,
  "customOptions": {}
};
  var spec1 = options.swaggerDoc
  var ui = SwaggerUIBundle({spec: spec1, url: url, dom_id: '#swagger-ui'})
}
"""
EXPRESS_PAGE = '<div id="swagger-ui"></div><script src="./swagger-ui-init.js"> </script>'


def express(body: str, path: str = "/docs/swagger-ui-init.js") -> PathFacts:
    return answer(200, body, path=path, kind="application/javascript")


def test_a_description_in_the_script_of_its_viewer_is_one_with_the_page() -> None:
    page = answer(200, EXPRESS_PAGE, path="/docs/")
    verdict = verdict_for(host(page, express(EXPRESS % OPENAPI)))
    (document,) = verdict.documents
    assert (document.type, document.version, document.ui) == ("openapi", "3.1.0", "Swagger UI")
    # Where it is, nobody can import it from.
    assert document.url == ""
    assert (document.title, document.operations, document.complete) == ("Shop", 2, True)
    assert document.servers == (f"{BASE}/v1",)
    assert document.evidence[0].field == "paths[1].body"
    told = {reason.code: reason for reason in verdict.reasons}
    assert "save it from there for the scanner" in told["api_documentation"].message
    assert "documented_security" in told
    assert verdict.auth_detected


def test_a_description_that_was_cut_in_its_script_counts_as_far_as_it_was_read() -> None:
    whole = EXPRESS % OPENAPI
    cut = whole[: whole.index("components")]
    (document,) = listed(replace(express(cut), truncated=True))
    assert (document.type, document.ui, document.complete) == ("openapi", "Swagger UI", False)
    assert document.operations is None


@pytest.mark.parametrize(
    ("body", "path", "kind"),
    [
        (EXPRESS % '{"openapi": "3.0.0"}', "/docs/swagger-ui-init.js", "application/javascript"),
        (EXPRESS % '{"title": "Shop"}', "/docs/swagger-ui-init.js", "application/javascript"),
        (EXPRESS % '{"linkset": [{"item": []}]}', "/swagger-ui-init.js", "text/javascript"),
        (EXPRESS % ("[" * 9000), "/docs/swagger-ui-init.js", "application/javascript"),
        (EXPRESS % ('{"a":' * 9000), "/docs/swagger-ui-init.js", "application/javascript"),
    ],
)
def test_what_does_not_parse_as_a_description_leaves_the_viewer(
    body: str, path: str, kind: str
) -> None:
    (document,) = listed(answer(200, body, path=path, kind=kind))
    assert (document.version, document.title, document.operations) == ("", "", None)
    assert [item.rule for item in document.evidence] == ["documentation.swagger_ui"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/docs/app.js", "application/javascript"), ("/docs/swagger-ui-init.js", "text/plain")],
)
def test_a_script_of_another_name_or_type_is_no_documentation(path: str, kind: str) -> None:
    verdict = verdict_for(host(answer(200, EXPRESS % OPENAPI, path=path, kind=kind)))
    assert not verdict.api_doc_detected
    assert verdict.documents == ()


def test_a_script_that_any_path_gets_is_no_documentation() -> None:
    same = EXPRESS % OPENAPI
    everywhere = host(express(same), control=express(same, path="/k3v9x0q2m7t5w8r1b6zd"))
    assert not verdict_for(everywhere).api_doc_detected


PAGE = answer(200, "<title>Shop</title><p>Shoes for everybody.</p>")
DENIED = json(401, "{}", path="/openapi.json")
MISSING = answer(404, "<p>gone</p>", path="/k3v9x0q2m7t5w8r1b6zd")


def protected(*paths: PathFacts, control: PathFacts = MISSING) -> list[tuple[str, str, str]]:
    verdict = verdict_for(host(*paths, control=control))
    assert not verdict.api_doc_detected
    return [(str(one.state), one.type, one.url) for one in verdict.documents]


def test_documentation_that_is_denied_is_told_as_protected() -> None:
    url = f"{BASE}/openapi.json"
    assert protected(PAGE, DENIED) == [("protected", "unknown", url)]
    assert protected(answer(200, UI, path="/docs"), DENIED) == [("protected", "openapi", url)]


def test_an_address_that_a_viewer_or_a_link_names_may_be_called_anything() -> None:
    hidden = replace(DENIED, path="/v7.json", url=f"{BASE}/v7.json")
    page = answer(200, UI.replace("openapi.json", "v7.json"), path="/docs")
    assert protected(page, hidden) == [("protected", "openapi", f"{BASE}/v7.json")]
    link = json(200, "{}", headers={"link": "</v7.json>; rel=service-desc"})
    assert protected(link, hidden) == [("protected", "unknown", f"{BASE}/v7.json")]
    assert protected(PAGE, hidden) == []


def test_what_is_denied_as_everything_is_tells_of_no_documentation() -> None:
    everywhere = json(401, '{"a": 1}', path=MISSING.path)
    assert protected(PAGE, DENIED, control=everywhere) == []
    assert protected(answer(200, UI, path="/docs"), DENIED, control=everywhere) == [
        ("unproven", "openapi", f"{BASE}/openapi.json")
    ]


LINK = {"link": "</openapi.json>; rel=service-desc"}


def test_a_link_that_was_not_followed_is_told_and_proves_nothing() -> None:
    verdict = verdict_for(host(json(200, "{}", headers=LINK)))
    (document,) = verdict.documents
    assert (document.type, document.url) == ("service_desc", f"{BASE}/openapi.json")
    assert not document.complete
    assert not verdict.api_doc_detected
    (told,) = [one for one in verdict.reasons if one.code == "documentation_linked"]
    assert f"{BASE}/openapi.json" in told.message


def test_a_link_to_a_document_that_was_seen_shows_it_too() -> None:
    verdict = verdict_for(host(json(200, "{}", headers=LINK), spec()))
    (document,) = verdict.documents
    assert document.type == "openapi"
    assert {item.rule for item in document.evidence} == {
        "documentation.openapi",
        "documentation.link",
    }
    assert "documentation_linked" not in {reason.code for reason in verdict.reasons}


@pytest.mark.parametrize("answered", [spec(401), spec(404), spec(200, "{}")])
def test_a_link_to_an_address_without_a_document_is_none(answered: PathFacts) -> None:
    assert listed(json(200, "{}", headers=LINK), answered) == ()


GRAPHQL = {
    "its name": json(200, '{"data":{"__typename":"Query"}}', path="/graphql?query={__typename}"),
    "graphql-http": json(400, '{"errors":[{"message":"Must provide query string."}]}'),
    "Apollo": json(
        400, '{"errors":[{"message":"GraphQL operations must contain a non-empty `query` or a"}]}'
    ),
}


@pytest.mark.parametrize("name", GRAPHQL)
def test_an_address_that_speaks_graphql_is_told_and_proves_nothing(name: str) -> None:
    verdict = verdict_for(host(GRAPHQL[name]))
    (document,) = verdict.documents
    assert (document.type, document.complete, document.operations) == ("graphql", False, None)
    assert "?" not in document.url
    assert not verdict.api_doc_detected


@pytest.mark.parametrize(
    "facts",
    [
        json(200, '{"data":{"__typename":5}}'),
        json(200, '{"help":"ask for \\"__typename\\""}'),
        json(400, '{"errors":[{"message":"Bad request"}]}'),
        answer(200, '<p>{"data":{"__typename":"Query"}}'),
    ],
)
def test_other_answers_speak_no_graphql(facts: PathFacts) -> None:
    assert listed(facts) == ()


def test_documents_are_bounded() -> None:
    paths = [json(200, OPENAPI, path=f"/{n}") for n in range(20)]
    assert len(listed(*paths)) == 12


def test_a_viewer_is_no_reason_of_its_own_beside_what_it_shows() -> None:
    both = verdict_for(host(answer(200, UI, path="/docs"), spec()))
    told = [reason.message for reason in both.reasons if reason.code == "api_documentation"]
    assert len(told) == 1
    assert "(openapi)" in told[0]
    assert both.api_doc_detected
    assert "documentation_unproven" not in {reason.code for reason in both.reasons}
    alone = verdict_for(host(answer(200, UI, path="/docs")))
    codes = [reason.code for reason in alone.reasons]
    assert codes.count("documentation_unproven") == 1
    assert "api_documentation" not in codes
