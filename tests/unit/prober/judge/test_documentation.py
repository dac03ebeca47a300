import json as jsonlib
from dataclasses import replace

import pytest

from services.prober.facts import PathFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.documentation import documentation_in
from tests.unit.prober.judge.shapes import answer, host, json, ready, text

OPENAPI = '{"openapi":"3.1.0","info":{"title":"Shop","version":"1"},"paths":{"/a":{"get":{}}}}'
WSDL = (
    "<?xml version='1.0'?>\n<!-- made by hand -->\n"
    '<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" name="x"></wsdl:definitions>'
)
YAML = 'openapi: "3.0.3"\n# ours\ninfo:\n  title: Shop\npaths:\n  /a: {}\n'
BIG = {
    "openapi": "3.0.1",
    "info": {"title": "Big"},
    "paths": {f"/p{i}": {"get": {"summary": "x" * 80}} for i in range(1000)},
}


def kind_of(facts: PathFacts) -> str | None:
    found = documentation_in(ready(facts))
    return found.type if found else None


DOCUMENTS = {
    "openapi": json(200, OPENAPI, path="/openapi.json"),
    "openapi declared as text": text(200, OPENAPI),
    "openapi declared as bytes": answer(200, OPENAPI, kind="application/octet-stream"),
    "openapi of webhooks": json(200, '{"openapi":"3.1.0","info":{},"webhooks":{}}'),
    "openapi with a byte order mark": answer(
        200, b"\xef\xbb\xbf" + OPENAPI.encode(), kind="application/json"
    ),
    "swagger": json(200, '{"swagger":"2.0","info":{},"paths":{}}'),
    "asyncapi": json(200, '{"asyncapi":"3.0.0","info":{},"channels":{}}'),
    "graphql": json(200, '{"data":{"__schema":{"queryType":{"name":"Query"}}}}'),
    "api_catalog": answer(
        200,
        '{"linkset":[{"anchor":"https://x/","service-desc":[{"href":"/o.json"}]}]}',
        path="/.well-known/api-catalog",
        kind="application/linkset+json",
    ),
    "postman": json(
        200,
        '{"info":{"schema":"https://schema.getpostman.com/json/collection/v2.1.0/c.json"},"item":[]}',
    ),
    "wsdl": answer(200, WSDL, path="/?wsdl", kind="text/xml"),
    "wsdl declared as text": text(200, WSDL),
    "wadl": answer(
        200,
        '<application xmlns="http://wadl.dev.java.net/2009/02"><resources/></application>',
        kind="application/vnd.sun.wadl+xml",
    ),
    "odata": answer(
        200,
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"></edmx:Edmx>',
        kind="application/xml",
    ),
    "openapi in yaml": answer(200, YAML, kind="application/yaml"),
    "openapi in yaml as text": text(200, YAML),
    "swagger in yaml": text(200, "swagger: '2.0'\ninfo:\n  title: x\npaths: {}\n"),
}
NONE = {
    "a shell for every path": answer(200, "<html><title>App</title>", path="/openapi.json"),
    "openapi without paths": json(200, '{"openapi":"3.1.0","info":{}}'),
    "an old version": json(200, '{"openapi":"1.0","info":{},"paths":{}}'),
    "a package list": json(200, '{"name":"x","dependencies":{"swagger":"2.0","openapi":"3.0.0"}}'),
    "openapi as a number": json(200, '{"openapi":3,"paths":{}}'),
    "a list": json(200, '[{"openapi":"3.0.0","paths":{}}]'),
    "a 404 with the document": json(404, OPENAPI),
    "a 401 with the document": json(401, OPENAPI),
    "graphql that answers its name": json(200, '{"data":{"__typename":"Query"}}'),
    "graphql that refuses": json(200, '{"data":{"__schema":null},"errors":[]}'),
    "a linkset of something else": json(200, '{"linkset":[{"anchor":"x","author":[]}]}'),
    "other xml": answer(200, "<definitions><a/></definitions>", kind="text/xml"),
    "wsdl in an article": answer(200, f"<html><title>WSDL</title><pre>{WSDL}</pre>"),
    "yaml in an article": answer(200, f"<html><title>x</title><pre>\n{YAML}</pre>"),
    "a text that begins so": text(200, "openapi: 3.0 is a format.\nIt is good.\ninfo:\npaths:\n"),
    "settings": text(200, "openapi: 3.0.0\nother: x\n"),
    "nested yaml": text(200, "tools:\n  openapi: 3.0.0\n  info: x\n  paths: y\n"),
    "nothing": json(200, ""),
    "binary": answer(200, b"\0" + OPENAPI.encode(), kind="application/octet-stream"),
    "deep nesting": json(200, '{"openapi":' + "[" * 60000),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_description_is_known_by_its_content(name: str) -> None:
    assert kind_of(DOCUMENTS[name]) == name.split(maxsplit=1)[0]
    verdict = verdict_for(host(DOCUMENTS[name]))
    assert verdict.api_doc_detected
    assert verdict.analyzable


@pytest.mark.parametrize("name", NONE)
def test_what_does_not_parse_as_one_is_no_description(name: str) -> None:
    assert kind_of(NONE[name]) is None


def test_a_description_cut_at_the_limit_is_still_known() -> None:
    whole = jsonlib.dumps(BIG)
    assert len(whole) > 65536
    assert kind_of(replace(json(200, whole[:65536]), truncated=True)) == "openapi"


def test_a_yaml_description_cut_before_its_paths_is_still_known() -> None:
    cut = "openapi: 3.0.0\ninfo:\n  description: |\n" + "    long\n" * 7000
    assert kind_of(text(200, cut)) is None
    assert kind_of(replace(text(200, cut[:60000]), truncated=True)) == "openapi"


def test_evidence_names_the_format_and_version() -> None:
    found = documentation_in(ready(json(200, OPENAPI)))
    assert found is not None
    assert found.title == "Shop"
    (evidence,) = found.evidence
    assert (evidence.rule, evidence.field, evidence.value) == (
        "documentation.openapi",
        "paths[0].body",
        "openapi: 3.1.0",
    )


SCHEMES = '"components":{"securitySchemes":{"key":{"type":"apiKey"}}}'


@pytest.mark.parametrize(
    ("extra", "asks"),
    [
        (f',{SCHEMES},"security":[{{"key":[]}}]', True),
        (f',{SCHEMES},"x":1', False),
        (',"components":{},"security":[{"key":[]}]', False),
        (',"components":{"securitySchemes":{}}', False),
    ],
    ids=["applied to all", "declared only", "applied and not declared", "empty"],
)
def test_security_counts_when_declared_and_applied(extra: str, *, asks: bool) -> None:
    body = '{"openapi":"3.0.0","info":{},"paths":{}' + extra + "}"
    assert verdict_for(host(json(200, body))).auth_detected is asks


def test_security_applied_to_one_operation_counts() -> None:
    paths = '{"/a":{"parameters":[],"get":{"security":[{"key":[]}]}}}'
    body = '{"openapi":"3.0.0","info":{},"paths":' + paths + "," + SCHEMES + "}"
    assert verdict_for(host(json(200, body))).auth_detected
