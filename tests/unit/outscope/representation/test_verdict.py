import pytest
from google.protobuf.json_format import ParseDict

from outscope.representation.verdict import analysis_representation
from outscope.v1 import verdict_pb2

CHALLENGED = {"rule": "cf", "field": "paths[0]", "value": "challenge"}
CLAIMS = {
    "reachable": True,
    "speaks_http": True,
    "analyzable": False,
    "analyzability": "not_analyzable",
    "confidence": "high",
    "kind": "website",
    "kind_confidence": "medium",
    "kind_runner_up": "api",
    "auth_detected": False,
    "api_doc_detected": True,
    "rules_version": "7",
}
REASON = {
    "code": "challenge",
    "category": "Security Blocks",
    "message": "A bot challenge is served",
    "evidence": [CHALLENGED],
}
LAYER = {"vendor": "Cloudflare", "role": "waf", "action": "challenge", "evidence": [CHALLENGED]}
AUTHENTICATION = {
    "paths": [
        {
            "path": "/",
            "state": "challenged",
            "schemes": ["Basic"],
            "realm": "shop",
            "provider": "Okta",
            "entry_url": "https://shop.example/",
            "evidence": [CHALLENGED],
        }
    ],
    "gated_share": 1.0,
    "entry_url": "https://shop.example/",
}
DOCUMENT = {
    "type": "openapi",
    "state": "unproven",
    "version": "3.1.0",
    "title": "Shop",
    "url": "https://shop.example/o",
    "operations": 2,
    "security_schemes": ["jwt"],
    "servers": ["https://shop.example/v1"],
    "complete": True,
    "ui": "ReDoc",
    "evidence": [CHALLENGED],
}


def test_a_verdict_shows_its_reasons_and_layers_with_evidence() -> None:
    shown = {
        **CLAIMS,
        "reasons": [REASON],
        "layers": [LAYER],
        "authentication": AUTHENTICATION,
        "documents": [DOCUMENT],
    }
    analysis = ParseDict(shown, verdict_pb2.Analysis())
    assert analysis.layers[0].evidence[0].value == "challenge"
    assert analysis_representation(analysis) == shown


@pytest.mark.parametrize(("analyzable", "shown"), [(True, "analyzable"), (False, "unknown")])
def test_a_verdict_of_older_rules_says_no_more_than_they_told(
    *, analyzable: bool, shown: str
) -> None:
    old = verdict_pb2.Analysis(
        speaks_http=True, analyzable=analyzable, kind="website", rules_version="2"
    )
    old.reasons.add(code="ambiguous", message="Unclear.")
    analysis = analysis_representation(old)
    assert (analysis["analyzable"], analysis["analyzability"]) == (analyzable, shown)
    assert (analysis["confidence"], analysis["kind_confidence"]) == ("low", "low")
    assert analysis["kind_runner_up"] is None
    assert analysis["layers"] == []
    assert (analysis["authentication"], analysis["documents"]) == (None, [])
    assert analysis["reasons"][0]["category"] is None
