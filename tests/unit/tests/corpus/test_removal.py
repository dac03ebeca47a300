import base64
from typing import Any

import pytest

from tests.corpus.removal import is_there, without

FACTS: dict[str, Any] = {
    "fqdn": "shop.example.com",
    "dns": {"outcome": "dns_nxdomain"},
    "ports": [
        {"port": 443, "state": "refused", "tcp_outcome": "tcp_refused"},
        {"port": 80, "probe": {"status": 200, "body": "x"}, "tls_outcome": "tls_alert"},
    ],
    "paths": [
        {
            "path": "/a",
            "status": 403,
            "reason": "Denied",
            "headers": [["Server", "guard"], ["Location", "/b"], ["Set-Cookie", "a=1"]],
            "body": ["<title>No</title>", "Blocked"],
        },
        {"outcome": "http_timeout"},
    ],
    "deadline_hit": True,
}
LEFT: dict[str, dict[str, Any]] = {
    "paths[0].headers.server": {"headers": [["Location", "/b"], ["Set-Cookie", "a=1"]]},
    "paths[0].server": {"headers": [["Location", "/b"], ["Set-Cookie", "a=1"]]},
    "paths[0].location": {"headers": [["Server", "guard"], ["Set-Cookie", "a=1"]]},
    "paths[0].title": {"body": "\nBlocked"},
    "paths[0].path": {"path": "/"},
}


@pytest.mark.parametrize("field", LEFT)
def test_a_field_is_taken_out_and_the_rest_stays(field: str) -> None:
    assert without(FACTS, field)["paths"][0] == {**FACTS["paths"][0], **LEFT[field]}


@pytest.mark.parametrize("field", ["reason", "body"])
def test_a_member_is_taken_out_whole(field: str) -> None:
    left = without(FACTS, f"paths[0].{field}")["paths"][0]
    assert left == {name: value for name, value in FACTS["paths"][0].items() if name != field}


def test_an_answer_without_its_status_never_came() -> None:
    left = without(FACTS, "paths[0].status_code")["paths"][0]
    assert "status" not in left
    assert left["outcome"] == "http_closed"


def test_a_failure_taken_out_leaves_an_answer_or_an_open_port() -> None:
    left = without(FACTS, "paths[1].outcome", "ports[0].tcp_outcome", "ports[1].tls_outcome")
    assert left["paths"][1] == {"status": 599}
    assert left["ports"][0] == {"port": 443}
    assert "tls_outcome" not in left["ports"][1]
    assert without(FACTS, "dns.outcome")["dns"] == {}
    assert "deadline_hit" not in without(FACTS, "observer.duration_ms")


def test_what_another_port_answered_can_be_taken_out() -> None:
    assert without(FACTS, "ports[1].probe.body")["ports"][1]["probe"] == {"status": 200}


def test_nothing_is_taken_out_of_the_facts_themselves() -> None:
    before = repr(FACTS)
    without(FACTS, "paths[0].headers.server", "paths[0].body", "dns.outcome")
    assert repr(FACTS) == before


@pytest.mark.parametrize("field", [*LEFT, "paths[0].body", "dns.outcome", "observer.duration_ms"])
def test_a_field_is_there_until_it_is_taken_out(field: str) -> None:
    assert is_there(FACTS, field)
    is_path = field.endswith(".path")  # there is always one
    assert is_there(without(FACTS, field), field) is is_path


@pytest.mark.parametrize(
    "field", ["paths[2].body", "paths[0].headers.x", "paths[0].content_type", "hosts[0].x", "a b"]
)
def test_a_field_that_is_not_there_is_told(field: str) -> None:
    assert not is_there(FACTS, field)


def test_taking_out_of_what_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"no paths\[2\]\.body"):
        without(FACTS, "paths[2].body")


def test_what_is_written_beside_headers_and_body_goes_with_them() -> None:
    written = {
        "status": 200,
        "headers": [["Location", "/b"]],
        "location": "/c",
        "title": "T",
        "body_sha256": "00",
        "body": "x",
    }
    facts = {"control": written, "paths": [{}]}
    for field in ("location", "title"):
        assert is_there(facts, f"control.{field}")
        left = without(facts, f"control.{field}")
        assert field not in left["control"]
        assert not is_there(left, f"control.{field}")
    assert without(facts, "control.location")["control"]["headers"] == []
    assert without(facts, "control.body")["control"].keys() == written.keys() - {
        *("body", "body_sha256")
    }


def test_the_answers_of_discovery_can_be_taken_out() -> None:
    facts = {"control": {"status": 404}, "discovered": [{"outcome": "http_timeout"}]}
    assert without(facts, "control.status_code")["control"] == {"outcome": "http_closed"}
    assert without(facts, "discovered[0].outcome")["discovered"] == [{"status": 599}]


def test_a_title_is_taken_out_of_bytes_too() -> None:
    body = base64.b64encode(b"<title>caf\xe9</title>\xff").decode()
    facts = {"paths": [{"status": 200, "body_base64": body}]}
    assert is_there(facts, "paths[0].title")
    left = without(facts, "paths[0].title")
    assert base64.b64decode(left["paths"][0]["body_base64"]) == b"\xff"
    assert not is_there(left, "paths[0].title")


def test_without_any_of_the_paths_there_are_answers_that_say_nothing() -> None:
    left = without({"fqdn": "a.example.com", "paths": [{"outcome": "http_no_endpoint"}]}, "paths")
    assert left["paths"] == [{"status": 599}]
