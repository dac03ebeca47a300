from typing import Any

import pytest

from tests.corpus.change import changed

FACTS: dict[str, Any] = {
    "fqdn": "shop.example.com",
    "max_redirects": 2,
    "deadline_hit": True,
    "ports": [{"port": 80, "tcp_outcome": "tcp_refused"}],
    "paths": [
        {
            "path": "/a",
            "status": 403,
            "headers": [["Server", "guard"], ["Set-Cookie", "wall=1"], ["Set-Cookie", "b=2"]],
            "body": ["<title>No</title>", "Blocked"],
        }
    ],
    "control": {"status": 404},
}


@pytest.mark.parametrize(
    ("change", "member", "value"),
    [
        ({"field": "paths[0].status_code", "to": 200}, "status", 200),
        ({"field": "paths[0].path", "to": "/b"}, "path", "/b"),
        ({"field": "paths[0].title", "to": r"On \1"}, "body", "<title>On \\1</title>\nBlocked"),
        ({"field": "paths[0].body", "to": "x"}, "body", "x"),
        (
            {"field": "paths[0].body", "from": "Bl", "to": "Cl"},
            "body",
            "<title>No</title>\nClocked",
        ),
        (
            {"field": "paths[0].headers.server", "to": "x"},
            "headers",
            [["Server", "x"], ["Set-Cookie", "wall=1"], ["Set-Cookie", "b=2"]],
        ),
        (
            {"field": "paths[0].headers.server", "to_name": "Via"},
            "headers",
            [["Via", "guard"], ["Set-Cookie", "wall=1"], ["Set-Cookie", "b=2"]],
        ),
        (
            {"field": "paths[0].headers.set-cookie", "from": "wall", "to": "mall"},
            "headers",
            [["Server", "guard"], ["Set-Cookie", "mall=1"], ["Set-Cookie", "b=2"]],
        ),
    ],
)
def test_one_field_of_an_answer_is_changed(
    change: dict[str, Any], member: str, value: object
) -> None:
    answer = changed(FACTS, [change])["paths"][0]
    assert answer == {**FACTS["paths"][0], member: value}


def test_a_body_is_made_longer_than_asked_by_talk() -> None:
    body = changed(FACTS, [{"field": "paths[0].body", "longer_by": 4000}])["paths"][0]["body"]
    assert body.startswith("<title>No</title>\nBlocked<p>We wrote")
    assert 4000 < len(body) < 4300


def test_what_is_no_answer_is_changed_too_and_one_after_the_other() -> None:
    result = changed(
        FACTS,
        [
            {"field": "ports[0].tcp_outcome", "to": "ok"},
            {"field": "control.status_code", "to": 200},
            {"field": "max_redirects", "to": 3},
            {"field": "deadline_hit", "to": False},
            {"field": "paths[0].path", "from": "a", "to": "b"},
            {"field": "paths[0].path", "from": "b", "to": "c"},
        ],
    )
    assert result["ports"][0]["tcp_outcome"] == "ok"
    assert result["control"] == {"status": 200}
    assert (result["max_redirects"], result["deadline_hit"]) == (3, False)
    assert result["paths"][0]["path"] == "/c"


def test_the_facts_themselves_stay_as_they_are() -> None:
    before = repr(FACTS)
    changed(FACTS, [{"field": "paths[0].headers.server", "to": "x"}])
    assert repr(FACTS) == before


@pytest.mark.parametrize(
    "change",
    [
        {"field": "paths[1].body", "to": "x"},
        {"field": "paths[0].headers.via", "to": "x"},
        {"field": "paths[0].headers.server", "from": "wall", "to": "x"},
        {"field": "paths[0].body", "from": "wall", "to": "x"},
    ],
)
def test_a_change_of_what_is_not_there_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(LookupError, match=r"have no|has no"):
        changed(FACTS, [change])
