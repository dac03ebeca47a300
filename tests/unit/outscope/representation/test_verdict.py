from outscope.representation.verdict import analysis_representation
from outscope.v1 import verdict_pb2


def test_a_verdict_shows_its_reasons_with_evidence() -> None:
    analysis = verdict_pb2.Analysis(
        reachable=True,
        speaks_http=True,
        analyzable=False,
        kind="website",
        auth_detected=False,
        api_doc_detected=True,
        reasons=[
            verdict_pb2.Reason(
                code="challenge",
                message="A bot challenge is served",
                evidence=[verdict_pb2.Evidence(rule="cf", field="paths[0]", value="challenge")],
            )
        ],
        rules_version="3",
    )
    assert analysis_representation(analysis) == {
        "reachable": True,
        "speaks_http": True,
        "analyzable": False,
        "kind": "website",
        "auth_detected": False,
        "api_doc_detected": True,
        "reasons": [
            {
                "code": "challenge",
                "message": "A bot challenge is served",
                "evidence": [{"rule": "cf", "field": "paths[0]", "value": "challenge"}],
            }
        ],
        "rules_version": "3",
    }
