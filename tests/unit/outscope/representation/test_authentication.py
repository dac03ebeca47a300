from outscope.representation.authentication import authentication_representation
from outscope.v1 import verdict_pb2


def test_what_is_not_told_is_null() -> None:
    known = verdict_pb2.Authentication(
        paths=[verdict_pb2.PathAuthentication(path="/", state="open")]
    )
    assert authentication_representation(known) == {
        "paths": [
            {
                "path": "/",
                "state": "open",
                "schemes": [],
                "realm": None,
                "provider": None,
                "entry_url": None,
                "evidence": [],
            }
        ],
        "gated_share": 0.0,
        "entry_url": None,
    }


def test_a_gated_path_is_shown_with_how_and_where() -> None:
    path = verdict_pb2.PathAuthentication(
        path="/a",
        state="challenged",
        schemes=["Basic", "Bearer"],
        realm="shop",
        provider="Okta",
        entry_url="https://acme.okta.com/",
        evidence=[verdict_pb2.Evidence(rule="r", field="f", value="v")],
    )
    known = verdict_pb2.Authentication(
        paths=[path], gated_share=0.25, entry_url="https://acme.okta.com/"
    )
    shown = authentication_representation(known)
    assert (shown["gated_share"], shown["entry_url"]) == (0.25, "https://acme.okta.com/")
    assert shown["paths"][0] == {
        "path": "/a",
        "state": "challenged",
        "schemes": ["Basic", "Bearer"],
        "realm": "shop",
        "provider": "Okta",
        "entry_url": "https://acme.okta.com/",
        "evidence": [{"rule": "r", "field": "f", "value": "v"}],
    }
