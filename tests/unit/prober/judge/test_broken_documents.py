from dataclasses import replace

import pytest

from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import DocumentState
from tests.unit.prober.judge.shapes import answer, host, json, text

OPENAPI = '{"openapi":"3.1.0","info":{"title":"Shop"},"paths":{"/a":{"get":{},"put":{}}}}'
YAML = "openapi: 3.1.0\ninfo:\n  title: Shop\npaths:\n  /a: {get: {}, put: {}}\n"
WSDL = '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" name="Shop"><types/></definitions>'


@pytest.mark.parametrize(
    "broken",
    [
        '{"openapi":"3.1.0","info":{},"paths":{"/a":{"get": oops',
        OPENAPI + "<html>a warning of the server</html>",
        OPENAPI[:-1],
        WSDL.removesuffix("</definitions>"),
        WSDL + "<p>",
        WSDL.replace("<types/>", "<types>"),
        YAML + "  /b: {get: {}\n",
        YAML + "   /b: {}\n",
        YAML + "\tx: y\n",
        YAML.replace("Shop", "Shop: of all"),
        YAML + "tags: *all\n",
    ],
)
def test_what_was_read_to_its_end_and_does_not_parse_proves_nothing(broken: str) -> None:
    page = text(200, broken, path="/openapi.json")
    verdict = verdict_for(host(page))
    assert not verdict.api_doc_detected
    (document,) = verdict.documents
    assert (document.state, document.complete) == (DocumentState.UNPROVEN, False)
    told = {reason.code: reason.message for reason in verdict.reasons}
    assert "does not parse" in told["documentation_unproven"]
    assert "api_documentation" not in told
    # What is longer than what is read of it may well end as it should.
    assert verdict_for(host(replace(page, truncated=True))).api_doc_detected


def test_a_description_that_does_not_parse_asks_for_no_credentials() -> None:
    declared = '"components":{"securitySchemes":{"k":{"type":"http","scheme":"bearer"}}}'
    whole = f'{{"openapi":"3.1.0","security":[{{"k":[]}}],{declared},"paths":{{}}}}'
    assert verdict_for(host(json(200, whole))).auth_detected
    assert not verdict_for(host(json(200, whole + "}"))).auth_detected


def test_a_viewer_that_holds_what_does_not_parse_is_told_as_the_viewer() -> None:
    held = '{"openapi":"3.1.0","info":{},"paths":{"/a":{} oops'
    page = f"<div id='swagger-ui'></div><script>SwaggerUIBundle({{spec: {held}}})</script>"
    (document,) = verdict_for(host(answer(200, page, path="/docs"))).documents
    assert (document.state, document.ui) == (DocumentState.UNPROVEN, "Swagger UI")
