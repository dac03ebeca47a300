"""The page of a viewer is followed to its document, however it names it."""

import json
from typing import Final

import pytest

from services.prober.facts import Discovery
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import DocumentState, Verdict
from tests.integration.prober.conftest import Lab
from tests.targets.http import HttpServer, response

OPENAPI: Final = response(
    200,
    b'{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/a": {}}}',
    content_type="application/json",
)
SWAGGER: Final = '<div id="swagger-ui"></div><script src="./swagger-ui-bundle.js"></script>'
WHERE: Final = "/hidden/v7.json"
SCRIPT: Final = "text/javascript"


def page(body: str) -> bytes:
    return response(200, f"<title>API</title>{body}".encode())


def script(body: str) -> bytes:
    return response(200, body.encode(), content_type=SCRIPT)


def setting(**settings: object) -> bytes:
    return response(200, json.dumps(settings).encode(), content_type="application/json")


INITIALIZER: Final = page(SWAGGER + '<script src="./swagger-initializer.js"></script>')
CONFIGURED: Final = script("window.ui = SwaggerUIBundle({ 'configUrl': '/conf/swagger-config' })")
FORMS: Final = {
    "in its page": {"/help": page(SWAGGER + f"<script>SwaggerUIBundle({{url: '{WHERE}'}})")},
    "relative": {"/help": page(SWAGGER + "<script>SwaggerUIBundle({url: 'hidden/v7.json'})")},
    "in its script": {
        "/help": INITIALIZER,
        "/swagger-initializer.js": script(f"SwaggerUIBundle({{ url: '{WHERE}' }})"),
    },
    "in its configuration": {
        "/help": INITIALIZER,
        "/swagger-initializer.js": CONFIGURED,
        "/conf/swagger-config": setting(configUrl="/conf/swagger-config", url=WHERE),
    },
    "as one of several": {
        "/help": INITIALIZER,
        "/swagger-initializer.js": CONFIGURED,
        "/conf/swagger-config": setting(
            configUrl="/conf/swagger-config",
            urls=[{"url": "/hidden/gone.json", "name": "a"}, {"url": WHERE, "name": "b"}],
        ),
    },
    "in the script of Swashbuckle": {
        "/help": page(SWAGGER + '<script src="index.js"></script>'),
        "/index.js": script(
            'var configObject = JSON.parse(\'{"urls":[{"url":"hidden/v7.json","name":"V7"}]}\');'
            "SwaggerUIBundle(configObject) // swagger-ui"
        ),
    },
    "in an attribute": {"/help": page(f'<redoc spec-url="{WHERE}"></redoc>')},
    "in a bare attribute": {"/help": page(f"<rapi-doc spec-url={WHERE} ></rapi-doc>")},
    "of Scalar": {"/help": page(f'<script id="api-reference" data-url="{WHERE}"></script>')},
    "of Elements": {"/help": page(f'<elements-api apiDescriptionUrl="{WHERE}"></elements-api>')},
    "after a redirect": {
        "/help": response(302, headers=[("Location", "/help/docs/")]),
        "/help/docs/": page(SWAGGER + f"<script>SwaggerUIBundle({{url: '{WHERE}'}})"),
    },
}


async def judged(lab: Lab, server: HttpServer, path: str = "/help") -> Verdict:
    port = await lab.serve(server, port=8080)
    facts = await lab.observe(port, paths=(path,), discovery=Discovery.STANDARD)
    return verdict_for(facts)


@pytest.mark.parametrize("form", FORMS)
async def test_the_document_of_a_viewer_is_found_and_is_the_proof(lab: Lab, form: str) -> None:
    server = HttpServer({**FORMS[form], WHERE: OPENAPI})
    verdict = await judged(lab, server)
    assert verdict.api_doc_detected
    parsed = [one for one in verdict.documents if one.state is DocumentState.PARSED]
    assert [(one.title, one.url.partition(":8080")[2]) for one in parsed] == [("Shop", WHERE)]
    assert "documentation_unproven" not in {reason.code for reason in verdict.reasons}


@pytest.mark.parametrize("form", FORMS)
async def test_a_viewer_whose_document_is_not_there_proves_nothing(lab: Lab, form: str) -> None:
    verdict = await judged(lab, HttpServer(FORMS[form]))
    assert not verdict.api_doc_detected
    assert {one.state for one in verdict.documents} <= {DocumentState.UNPROVEN}
    assert "documentation_unproven" in {reason.code for reason in verdict.reasons}


async def test_a_document_that_a_viewer_names_and_that_is_denied_is_protected(lab: Lab) -> None:
    denied = response(401, headers=[("WWW-Authenticate", 'Bearer realm="spec"')])
    verdict = await judged(lab, HttpServer({**FORMS["in its page"], WHERE: denied}))
    assert not verdict.api_doc_detected
    (document,) = verdict.documents
    assert (document.state, document.ui) == (DocumentState.PROTECTED, "Swagger UI")
    codes = {reason.code for reason in verdict.reasons}
    assert "documentation_protected" in codes
    assert "documentation_unproven" not in codes


async def test_a_viewer_of_graphql_is_followed_to_its_schema(lab: Lab) -> None:
    schema = response(
        200,
        b'{"data": {"__schema": {"queryType": {"name": "Query", "fields": [{"name": "user"}]}}}}',
        content_type="application/json",
    )
    shown = page('<script src="/graphiql.min.js"></script>')

    def answer(path: str) -> bytes:
        if path.partition("?")[0] != "/graphql":
            return response(404)
        return schema if "?query=" in path else shown

    verdict = await judged(lab, HttpServer({}, otherwise=answer), "/graphql")
    assert verdict.api_doc_detected
    (document,) = verdict.documents
    assert (document.type, document.ui, document.operations) == ("graphql", "GraphiQL", 1)
    assert document.state is DocumentState.PARSED
    assert document.url.endswith(":8080/graphql")
