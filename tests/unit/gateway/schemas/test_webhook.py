from typing import Any

import pytest

from outscope.errors import InvalidRequest
from services.gateway.schemas.request import validated
from services.gateway.schemas.webhook import RotationRequest, WebhookChange, WebhookRequest

DOCUMENTED: dict[str, Any] = {"url": "https://a.test", "events": ["check.failed"]}


def test_what_is_left_out_is_as_usual_and_nobody_else_s() -> None:
    one, two = (validated(WebhookRequest, DOCUMENTED) for _ in range(2))
    assert (one.description, one.fqdn, one.payload) == ("", None, "full")
    assert (one.vantage_points, one.signatures, one.headers) == ([], ["v1"], {})
    one.headers["X-A"] = "1"
    one.signatures.append("v1a")
    one.vantage_points.append("eu-west-1")
    assert (two.vantage_points, two.signatures, two.headers) == ([], ["v1"], {})


def test_the_schema_tells_what_is_as_usual() -> None:
    properties = WebhookRequest.model_json_schema()["properties"]
    told = {name: properties[name].get("default", "none") for name in properties}
    assert told == {
        "url": "none",
        "events": "none",
        "description": "",
        "fqdn": None,
        "vantage_points": [],
        "payload": "full",
        "signatures": ["v1"],
        "headers": {},
    }


@pytest.mark.parametrize("field", [*WebhookChange.model_fields])
def test_null_changes_nothing_but_the_filter_by_name(field: str) -> None:
    if field == "fqdn":
        assert validated(WebhookChange, {field: None}).model_fields_set == {"fqdn"}
        return
    with pytest.raises(InvalidRequest, match="must not be null") as refusal:
        validated(WebhookChange, {field: None})
    assert refusal.value.field == field


def test_a_change_may_leave_out_everything_and_shows_no_null_but_that_of_the_filter() -> None:
    schema = WebhookChange.model_json_schema()
    assert "required" not in schema
    may_be_null = {name for name, field in schema["properties"].items() if "anyOf" in field}
    assert may_be_null == {"fqdn"}
    assert not any("default" in field for field in schema["properties"].values())


def test_a_change_and_a_creation_are_held_to_the_same() -> None:
    created = WebhookRequest.model_json_schema()["properties"]
    changed = WebhookChange.model_json_schema()["properties"]
    assert set(changed) == {*created, "enabled"}
    for name in created:
        assert {**created[name], "default": 0} == {**changed[name], "default": 0}


@pytest.mark.parametrize("hours", [-1, 169])
def test_an_overlap_beyond_a_week_is_refused(hours: int) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        validated(RotationRequest, {"overlap_hours": hours})
    assert refusal.value.field == "overlap_hours"


@pytest.mark.parametrize(
    "headers", ["Bearer x", ["Bearer x"], {"A": ["Bearer x"]}, {"A": {"b": "Bearer x"}}, {"A": 7}]
)
@pytest.mark.parametrize("model", [WebhookRequest, WebhookChange])
def test_what_stands_in_headers_is_never_shown(
    model: type[WebhookRequest | WebhookChange], headers: object
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validated(model, {"url": "https://a.example/", "events": ["*"], "headers": headers})
    assert caught.value.field in {"headers", "headers.A"}
    assert caught.value.value is None


def test_what_stands_in_headers_misspelt_is_never_shown() -> None:
    with pytest.raises(InvalidRequest, match='did you mean "headers"') as caught:
        validated(WebhookChange, {"header": {"Authorization": "Bearer x"}})
    assert (caught.value.field, caught.value.value) == ("header", None)
