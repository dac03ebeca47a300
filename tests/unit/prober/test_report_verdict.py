from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from itertools import chain
from json import dumps
from typing import Any

import pytest

from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import (
    ApiDocument,
    Authentication,
    AuthState,
    DocumentState,
    Evidence,
    PathAuthentication,
)
from services.prober.report_verdict import analysis_message, cited_headers
from tests.unit.prober.judge.shapes import host, json
from tests.unit.prober.reporting import VERDICT

CHALLENGE = Evidence(rule="auth.challenge", field="paths[0].headers.www-authenticate", value="x")
LINK = Evidence(
    rule="documentation.link", field="paths[1].redirects[0].answer.headers.link", value="</o>"
)
LOGIN = "https://user:pw@site.test/login?token=secret&next=/"
MAP = Authentication(
    paths=(
        PathAuthentication(path="/", state=AuthState.OPEN),
        PathAuthentication(
            path="/a",
            state=AuthState.CHALLENGED,
            schemes=("Bearer", "DPoP"),
            realm="shop",
            provider="Okta",
            entry_url=LOGIN,
            evidence=(CHALLENGE,),
        ),
    ),
    gated_share=0.5,
    entry_url=LOGIN,
)
DOCUMENT = ApiDocument(
    type="openapi",
    state=DocumentState.UNPROVEN,
    version="3.1.0",
    title="Shop",
    url="https://site.test/o?api_key=secret",
    operations=0,
    security_schemes=("jwt",),
    servers=("https://site.test/v1?token=secret",),
    complete=True,
    ui="ReDoc",
    evidence=(LINK,),
)


def test_the_map_of_authentication_is_reported_without_credentials() -> None:
    known = analysis_message(replace(VERDICT, authentication=MAP)).authentication
    assert known.gated_share == 0.5
    assert known.entry_url == "https://[redacted]@site.test/login?token=[redacted]&next=/"
    first, second = known.paths
    assert (first.path, first.state, list(first.schemes)) == ("/", "open", [])
    assert (second.state, second.realm, second.provider) == ("challenged", "shop", "Okta")
    assert list(second.schemes) == ["Bearer", "DPoP"]
    assert second.entry_url == known.entry_url
    assert second.evidence[0].rule == "auth.challenge"


def test_a_verdict_without_a_map_is_reported_without_one() -> None:
    assert not analysis_message(VERDICT).HasField("authentication")


def test_documents_are_reported_without_credentials() -> None:
    told = replace(
        VERDICT, documents=(DOCUMENT, replace(DOCUMENT, operations=None, complete=False))
    )
    whole, cut = analysis_message(told).documents
    assert (whole.type, whole.version, whole.title, whole.ui) == (
        "openapi",
        "3.1.0",
        "Shop",
        "ReDoc",
    )
    assert whole.url == "https://site.test/o?api_key=[redacted]"
    assert list(whole.servers) == ["https://site.test/v1?token=[redacted]"]
    assert list(whole.security_schemes) == ["jwt"]
    assert (whole.operations, whole.HasField("operations"), whole.complete) == (0, True, True)
    assert (cut.HasField("operations"), cut.complete) == (False, False)


def test_headers_are_cited_wherever_they_are_evidence() -> None:
    cited = cited_headers(replace(VERDICT, authentication=MAP, documents=(DOCUMENT,)))
    assert cited == {
        "paths[0]": frozenset({"server", "set-cookie", "www-authenticate"}),
        "paths[1]": frozenset({"link"}),
    }


# One description of each kind; in turn each of its values is replaced by any other.
DESCRIPTIONS: tuple[Any, ...] = (
    {
        "openapi": "3.0.0",
        "info": {"title": "Shop"},
        "paths": {"/a": {"get": {"security": [{"key": []}]}}},
        "servers": [{"url": "/v1"}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "basic"}}},
    },
    {
        "swagger": "2.0",
        "info": {"title": "Shop"},
        "paths": {},
        "host": "a.test",
        "basePath": "/",
        "schemes": ["https"],
        "securityDefinitions": {"key": {"type": "basic"}},
    },
    {
        "asyncapi": "3.0.0",
        "info": {"title": "Shop"},
        "channels": {"c": {"publish": {}}},
        "servers": {"s": {"host": "a.test", "protocol": "ws", "pathname": "/x"}},
    },
    {
        "data": {
            "__typename": "Query",
            "__schema": {
                "queryType": {"name": "Query"},
                "types": [{"name": "Query", "fields": [{"name": "x"}]}],
            },
        }
    },
    {
        "info": {"schema": "https://schema.postman.com/json/collection/v2", "name": "x"},
        "item": [{}],
    },
    {"linkset": [{"anchor": "/a", "item": [{"href": "/b"}], "service-desc": [{"href": "/c"}]}]},
)
ODD: tuple[Any, ...] = (
    *(None, True, 5, -1.5, "", "x", "//", "https://[", "http://a:b/", "\0\x1b", "\ud800"),
    *([], [[]], [None, 1, {}], ["\udfff"], {}, {"name": []}, {"url": {"a": 1}}, {"\ud800": {}}),
)


def _replaced(value: Any, odd: object) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """Yield a value once for each place in it, with something odd there."""
    yield odd
    for key in value if isinstance(value, dict) else range(len(value) * isinstance(value, list)):
        for inner in _replaced(value[key], odd):
            made = copy(value)
            made[key] = inner
            yield made


@pytest.mark.parametrize("described", DESCRIPTIONS)
def test_whatever_stands_where_in_a_description_its_verdict_can_be_told(described: object) -> None:
    for made in chain.from_iterable(_replaced(described, odd) for odd in ODD):
        facts = host(json(200, dumps(made), path="/graphql"))
        analysis = analysis_message(verdict_for(facts))
        assert analysis.analyzable, made


def test_half_a_character_in_a_description_is_told_as_what_it_is() -> None:
    text = r'{"openapi": "3.0.0", "info": {"title": "\ud83d \ud83d\ude00 \\ud800"}, "paths": {}}'
    (document,) = analysis_message(verdict_for(host(json(200, text)))).documents
    assert document.title == "\ufffd \U0001f600 \\ud800"
