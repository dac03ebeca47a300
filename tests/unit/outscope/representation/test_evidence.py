from outscope.representation.evidence import evidence_representation
from outscope.v1 import verdict_pb2


def test_evidence_is_shown_as_it_is() -> None:
    evidence = verdict_pb2.Evidence(rule="r", field="paths[0].title", value="T")
    assert evidence_representation(evidence) == {
        "rule": "r",
        "field": "paths[0].title",
        "value": "T",
    }
