from outscope.representation.documents import document_representation
from outscope.v1 import verdict_pb2


def test_what_is_not_told_of_a_document_is_null() -> None:
    assert document_representation(
        verdict_pb2.ApiDocument(type="service_desc", url="https://x/")
    ) == {
        "type": "service_desc",
        "state": None,
        "version": None,
        "title": None,
        "url": "https://x/",
        "operations": None,
        "security_schemes": [],
        "servers": [],
        "complete": False,
        "ui": None,
        "evidence": [],
    }


def test_a_document_without_operations_says_none_are_there() -> None:
    document = verdict_pb2.ApiDocument(
        type="openapi",
        state="parsed",
        version="3.1.0",
        title="Shop",
        operations=0,
        security_schemes=["jwt"],
        servers=["https://x/v1"],
        complete=True,
        ui="ReDoc",
        evidence=[verdict_pb2.Evidence(rule="r", field="f", value="v")],
    )
    assert document_representation(document) == {
        "type": "openapi",
        "state": "parsed",
        "version": "3.1.0",
        "title": "Shop",
        "url": None,
        "operations": 0,
        "security_schemes": ["jwt"],
        "servers": ["https://x/v1"],
        "complete": True,
        "ui": "ReDoc",
        "evidence": [{"rule": "r", "field": "f", "value": "v"}],
    }
