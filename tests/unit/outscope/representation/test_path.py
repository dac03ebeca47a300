from outscope.representation.path import path_representation
from outscope.v1 import facts_pb2


def test_an_answered_path_shows_its_answer() -> None:
    path = facts_pb2.PathFacts(
        path="/docs",
        outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK, duration_ms=12),
        url="https://example.com/docs",
        status_code=302,
        reason="Found",
        content_type="text/html; charset=utf-8",
        body_bytes=10,
        truncated=True,
        body_sha256="ab",
        title="Docs",
        server="nginx",
        location="/docs/",
        headers=[facts_pb2.Header(name="server", value="nginx")],
        http_version="1.1",
        timing=facts_pb2.Timing(connect_ms=1, tls_ms=0, first_byte_ms=3, total_ms=4),
        address="192.0.2.1",
    )
    assert path_representation(path, None) == {
        "path": "/docs",
        "status_code": 302,
        "content_type": "text/html; charset=utf-8",
        "url": "https://example.com/docs",
        "reason": "Found",
        "http_version": "1.1",
        "title": "Docs",
        "server": "nginx",
        "location": "/docs/",
        "headers": [{"name": "server", "value": "nginx"}],
        "body_bytes": 10,
        "truncated": True,
        "body_sha256": "ab",
        "address": "192.0.2.1",
        "timing": {"connect_ms": 1, "tls_ms": 0, "first_byte_ms": 3, "total_ms": 4},
        "outcome": {"code": "ok", "owner": None, "duration_ms": 12},
        "redirects": [],
        "other_addresses": [],
        "sample": None,
    }


def test_a_path_without_an_answer_has_no_status() -> None:
    path = facts_pb2.PathFacts(
        path="/",
        outcome=facts_pb2.Outcome(
            code=facts_pb2.OUTCOME_CODE_HTTP_NO_ENDPOINT, owner=facts_pb2.OWNER_TARGET
        ),
    )
    shown = path_representation(path, None)
    assert shown["status_code"] is None
    assert shown["content_type"] is None
    assert shown["url"] is None
    assert shown["address"] is None
    assert shown["timing"] is None
    assert shown["outcome"] == {"code": "http_no_endpoint", "owner": "target", "duration_ms": 0}


def test_a_stored_response_stands_inside_its_path() -> None:
    sample = facts_pb2.ContentSample(path="/", body=b"hi")
    shown = path_representation(facts_pb2.PathFacts(path="/", status_code=200), sample)
    assert shown["sample"] is not None
    assert shown["sample"]["body"] == "hi"


def test_a_connection_used_again_shows_neither_connect_nor_tls_time() -> None:
    path = facts_pb2.PathFacts(path="/", timing=facts_pb2.Timing(total_ms=0))
    assert path_representation(path, None)["timing"] == {
        "connect_ms": None,
        "tls_ms": None,
        "first_byte_ms": None,
        "total_ms": 0,
    }


def test_redirects_and_other_addresses_are_shown_as_the_answers_they_are() -> None:
    hop = facts_pb2.PathFacts(path="/b", url="https://www.example.com/b", status_code=200)
    other = facts_pb2.PathFacts(path="/a", status_code=503, address="192.0.2.2")
    path = facts_pb2.PathFacts(
        path="/a",
        status_code=301,
        redirects=[
            facts_pb2.Redirect(
                answer=hop, cross_host=True, tls=facts_pb2.TlsFacts(valid=True, version="TLSv1.3")
            ),
            facts_pb2.Redirect(answer=hop, denial="loopback"),
        ],
        other_addresses=[other],
    )
    shown = path_representation(path, None)
    redirect, plain = shown["redirects"]
    assert redirect["tls"] is not None
    assert (redirect["tls"]["valid"], redirect["tls"]["version"]) == (True, "TLSv1.3")
    assert plain["tls"] is None
    assert [each["denial"] for each in shown["redirects"]] == [None, "loopback"]
    assert redirect["cross_host"]
    assert (redirect["answer"]["path"], redirect["answer"]["status_code"]) == ("/b", 200)
    assert redirect["answer"]["url"] == "https://www.example.com/b"
    assert "redirects" not in redirect["answer"]
    assert [each["address"] for each in shown["other_addresses"]] == ["192.0.2.2"]
