"""The OpenAPI document: valid, complete, and true of the answers."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from outscope.errors import ERROR_TABLE
from outscope.limits import (
    WEBHOOK_EVENT_PATTERNS,
    WEBHOOK_EVENTS,
    WEBHOOK_OPERATIONAL_EVENTS,
)
from services.gateway.openapi import openapi_document
from services.gateway.operation import Operation
from services.gateway.routes import OPERATIONS

Json = dict[str, Any]

DOCUMENT: Json = openapi_document(OPERATIONS)
# The only paths of the API without a key.
OPEN_TO_ALL: Final = {"/v1/badge/{fqdn}.svg"}


def described(operation: Operation) -> Json:
    found: Json = DOCUMENT["paths"][operation.path][operation.method.lower()]
    return found


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def resolved(reference: str) -> Json:
    node: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    found: Json = node
    return found


def validator(schema: Json) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


def test_the_document_is_openapi_3_1() -> None:
    Draft202012Validator(OPENAPI_31).validate(DOCUMENT)


def test_every_schema_is_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolved(reference)


def test_every_documented_route_is_there() -> None:
    documented = {
        ("POST", "/v1/check"),
        ("GET", "/v1/check/{id}"),
        ("DELETE", "/v1/check/{id}"),
        ("GET", "/v1/checks"),
        ("POST", "/v1/checks/batch"),
        ("GET", "/v1/check/{id}/explain"),
        ("POST", "/v1/check/{id}/rejudge"),
        ("POST", "/v1/checks/rejudge"),
        ("POST", "/v1/check/{id}/review"),
        ("GET", "/v1/check/{id}/review"),
        ("POST", "/v1/webhooks"),
        ("GET", "/v1/webhooks"),
        ("GET", "/v1/webhooks/{id}"),
        ("PATCH", "/v1/webhooks/{id}"),
        ("DELETE", "/v1/webhooks/{id}"),
        ("POST", "/v1/webhooks/{id}/test"),
        ("POST", "/v1/webhooks/{id}/rotate-secret"),
        ("GET", "/v1/webhooks/{id}/secret"),
        ("GET", "/v1/webhooks/{id}/public-key"),
        ("GET", "/v1/webhooks/{id}/deliveries"),
        ("GET", "/v1/webhooks/{id}/deliveries/{delivery_id}"),
        ("POST", "/v1/webhooks/{id}/deliveries/{delivery_id}/resend"),
        ("POST", "/v1/webhooks/{id}/recover"),
        ("POST", "/v1/webhooks/{id}/replay-missing"),
        ("GET", "/v1/usage"),
        ("GET", "/v1/vantage-points"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
    }
    present = {
        (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item
    }
    assert documented <= present


def test_every_row_of_the_error_table_has_its_answer() -> None:
    answers = DOCUMENT["components"]["responses"]
    assert set(answers) == {row.code for row in ERROR_TABLE}
    for row in ERROR_TABLE:
        content = answers[row.code]["content"]["application/json"]
        assert content["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
        assert content["example"]["error"]["code"] == row.code


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_error_status_has_the_code_of_its_row(operation: Operation) -> None:
    statuses = {row.code: str(row.http_status) for row in ERROR_TABLE}
    for status, answer in described(operation)["responses"].items():
        if "$ref" in answer:
            assert statuses[answer["$ref"].rpartition("/")[2]] == status


@pytest.mark.parametrize(
    "operation",
    [
        operation
        for operation in OPERATIONS
        if operation.path.startswith("/v1/") and operation.path not in OPEN_TO_ALL
    ],
    ids=lambda operation: operation.name,
)
def test_each_operation_of_the_api_needs_a_key_and_tells_its_errors(operation: Operation) -> None:
    answer = described(operation)
    assert {"ApiKey": []} in answer["security"]
    assert {"Bearer": []} in answer["security"]
    expected = {"401", "500", "503", "504"}
    if operation.body is not None:
        expected |= {"400", "413", "415"}
    assert expected <= set(answer["responses"])


@pytest.mark.parametrize("path", sorted(OPEN_TO_ALL))
def test_what_is_shown_to_everybody_asks_for_no_key_and_tells_its_errors(path: str) -> None:
    (operation,) = (operation for operation in OPERATIONS if operation.path == path)
    answer = described(operation)
    assert answer["security"] == []
    assert set(answer["responses"]) == {"200", "304", "404", "500", "503", "504"}


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("/v1/check", {"idempotency_conflict"}),
        ("/v1/checks/batch", {"idempotency_conflict"}),
        ("/v1/check/{id}/review", {"conflict", "idempotency_conflict"}),
        ("/v1/webhooks", {"conflict", "idempotency_conflict"}),
        ("/v1/webhooks/{id}/rotate-secret", {"conflict", "idempotency_conflict"}),
    ],
)
def test_every_post_that_creates_takes_an_idempotency_key(path: str, codes: set[str]) -> None:
    operation = DOCUMENT["paths"][path]["post"]
    (parameter,) = [each for each in operation["parameters"] if each["in"] == "header"]
    assert parameter["name"] == "Idempotency-Key"
    assert not parameter["required"]
    assert "Idempotent-Replayed" in operation["responses"]["201"]["headers"]
    conflict = operation["responses"]["409"]
    told = conflict.get("$ref", "").rpartition("/")[2]
    content = conflict.get("content", {}).get("application/json", {"examples": {told: None}})
    assert set(content["examples"]) == codes


def test_what_creates_nothing_takes_none() -> None:
    takers = {
        (method, path)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", []))
    }
    assert {method for method, _ in takers} == {"post"}
    assert len(takers) == 5


def test_creating_tells_of_the_rate_limit() -> None:
    for path in ("/v1/check", "/v1/checks/batch"):
        answers = DOCUMENT["paths"][path]["post"]["responses"]
        assert "429" in answers
        assert "RateLimit-Remaining" in answers["201"]["headers"]
        over = answers["429"]
        assert {"Retry-After", "RateLimit-Limit"} <= set(over["headers"])
        assert set(over["content"]["application/json"]["examples"]) == {
            "rate_limited",
            "inflight_limit",
            "quota_exceeded",
        }
    assert "Retry-After" in DOCUMENT["components"]["responses"]["rate_limited"]["headers"]


def test_names_of_operations_are_unique() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_example_fits_its_schema(operation: Operation) -> None:
    body = described(operation).get("requestBody", {}).get("content", {})
    answers = [answer.get("content", {}) for answer in described(operation)["responses"].values()]
    for content in (body, *answers):
        for media_type in content.values():
            examples = [each["value"] for each in media_type.get("examples", {}).values()]
            if "example" in media_type:
                examples.append(media_type["example"])
            for example in examples:
                validator(media_type["schema"]).validate(example)


@pytest.mark.parametrize(
    "operation",
    [operation for operation in OPERATIONS if operation.body is not None],
    ids=lambda operation: operation.name,
)
def test_every_request_body_has_an_example(operation: Operation) -> None:
    content = described(operation)["requestBody"]["content"]["application/json"]
    assert content["example"] is not None


def test_requests_are_closed_and_tell_their_limits() -> None:
    schema = DOCUMENT["components"]["schemas"]["CheckRequest"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["fqdn"]
    properties = schema["properties"]
    # Duplicates are dropped first, which no keyword of a schema can say.
    assert "at most 20 different" in properties["ports"]["description"]
    assert "at most 20 different" in properties["paths"]["description"]
    assert properties["ports"]["items"] == {"type": "integer", "minimum": 1, "maximum": 65535}
    assert properties["ports"]["default"] == [80, 443]
    assert properties["paths"]["default"] == ["/"]
    assert properties["paths"]["items"]["maxLength"] == 2048
    assert properties["content_retention_days"]["minimum"] == 7
    assert properties["content_retention_days"]["maximum"] == 30
    batch = DOCUMENT["components"]["schemas"]["BatchRequest"]["properties"]["checks"]
    assert (batch["minItems"], batch["maxItems"]) == (1, 100)
    assert batch["items"] == {"$ref": "#/components/schemas/CheckRequest"}


def test_the_list_tells_its_parameters() -> None:
    parameters = {
        parameter["name"]: parameter
        for parameter in DOCUMENT["paths"]["/v1/checks"]["get"]["parameters"]
        if parameter["in"] == "query"
    }
    assert set(parameters) == {"limit", "cursor", "fqdn", "status"}
    assert parameters["limit"]["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 30,
    }
    assert parameters["status"]["schema"]["enum"] == [
        "pending",
        "completed",
        "failed",
        "cancelled",
    ]
    assert not any(parameter["required"] for parameter in parameters.values())


def test_how_long_to_wait_has_its_range_and_a_latest_check_needs_a_name() -> None:
    (wait,) = [
        parameter
        for parameter in DOCUMENT["paths"]["/v1/check/{id}"]["get"]["parameters"]
        if parameter["in"] == "query"
    ]
    assert (wait["name"], wait["required"]) == ("wait", False)
    assert wait["schema"] == {"type": "integer", "minimum": 0, "maximum": 60, "default": 0}
    (fqdn, vantage_point) = [
        parameter
        for parameter in DOCUMENT["paths"]["/v1/check/latest"]["get"]["parameters"]
        if parameter["in"] == "query"
    ]
    assert (fqdn["name"], fqdn["required"]) == ("fqdn", True)
    assert (vantage_point["name"], vantage_point["required"]) == ("vantage_point", False)
    assert "default" not in vantage_point["schema"]


def test_a_read_without_parameters_says_that_it_refuses_them() -> None:
    for path in ("/v1/vantage-points", "/v1/usage"):
        assert "400" in DOCUMENT["paths"][path]["get"]["responses"]
    assert "400" not in DOCUMENT["paths"]["/openapi.json"]["get"]["responses"]


@pytest.mark.parametrize("path", ["/v1/check/{id}", "/v1/check/latest", "/v1/checks"])
def test_a_read_that_is_repeated_has_a_validator(path: str) -> None:
    read = DOCUMENT["paths"][path]["get"]
    assert "If-None-Match" in {parameter["name"] for parameter in read["parameters"]}
    assert "ETag" in read["responses"]["200"]["headers"]
    assert "ETag" in read["responses"]["304"]["headers"]
    assert "content" not in read["responses"]["304"]


def test_a_stream_of_events_is_no_json() -> None:
    stream = DOCUMENT["paths"]["/v1/check/{id}/events"]["get"]
    assert set(stream["responses"]["200"]["content"]) == {"text/event-stream"}
    assert "content" not in stream["responses"]["204"]
    assert {"429", "503"} <= set(stream["responses"])
    assert "Last-Event-ID" in {parameter["name"] for parameter in stream["parameters"]}


EVENTS = ("check.completed", "check.failed", "check.cancelled", "webhook.disabled", "webhook.test")


def test_every_event_has_its_entry() -> None:
    assert tuple(DOCUMENT["webhooks"]) == EVENTS
    told = {*WEBHOOK_EVENTS, *WEBHOOK_OPERATIONAL_EVENTS, "webhook.test"}
    assert set(EVENTS) == told


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_shows_examples_that_fit_and_are_of_its_type(event: str) -> None:
    content = DOCUMENT["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]
    assert content["examples"]
    for each in content["examples"].values():
        validator(content["schema"]).validate(each["value"])
        assert each["value"]["type"] == event


def test_what_may_be_subscribed_to_is_what_the_scheduler_takes() -> None:
    items = DOCUMENT["components"]["schemas"]["WebhookRequest"]["properties"]["events"]["items"]
    subscribable = (*WEBHOOK_EVENTS, *WEBHOOK_OPERATIONAL_EVENTS, *WEBHOOK_EVENT_PATTERNS)
    assert items["enum"] == list(subscribable)


@pytest.mark.parametrize("name", ["Webhook", "WebhookList", "Delivery", "DeliveryList", "Usage"])
def test_no_secret_has_a_place_in_a_list_or_in_what_is_shown(name: str) -> None:
    shown = [name, *models({"$ref": f"#/components/schemas/{name}"})]
    fields = {
        field
        for each in shown
        for field in DOCUMENT["components"]["schemas"][each].get("properties", {})
    }
    assert fields
    assert not fields & {"secret", "signing_key", "headers"}


def models(schema: object) -> Iterator[str]:
    """Yield the names of the schemas that one refers to, directly or not."""
    for reference in references(schema):
        yield reference.rpartition("/")[2]
        yield from models({**resolved(reference)})


def test_the_document_names_no_title_that_is_only_a_field_name() -> None:
    port = DOCUMENT["components"]["schemas"]["Port"]["properties"]["tcp_open"]
    assert port["type"] == "boolean"
    assert "title" not in port


def test_a_verdict_tells_its_states_layers_and_categories() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    analysis = schemas["Analysis"]
    told = {
        "analyzability": ("analyzable", "not_analyzable", "unknown"),
        "confidence": ("high", "medium", "low"),
        "kind": ("spa", "static_files", "website", "api"),
        "kind_confidence": ("high", "medium", "low"),
    }
    for name, words in told.items():
        assert analysis["properties"][name]["type"] == "string"
        assert all(word in analysis["properties"][name]["description"] for word in words)
    runner_up = analysis["properties"]["kind_runner_up"]
    assert runner_up["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert set(analysis["properties"]) == set(analysis["required"])
    assert analysis["properties"]["layers"]["items"] == {"$ref": "#/components/schemas/Layer"}
    layer = schemas["Layer"]["properties"]
    assert set(layer) == {"vendor", "role", "action", "evidence"}
    assert "access_proxy" in layer["role"]["description"]
    assert "rate_limit" in layer["action"]["description"]
    category = schemas["Reason"]["properties"]["category"]
    assert "Security Blocks, Network, TLS, Content, Redirect or Policy" in category["description"]


def test_the_example_of_a_check_shows_a_layer_and_a_runner_up() -> None:
    content = DOCUMENT["paths"]["/v1/check/{id}"]["get"]["responses"]["200"]["content"]
    analysis = content["application/json"]["examples"]["usual"]["value"]["analysis"]
    assert analysis["analyzability"] == "analyzable"
    assert analysis["kind_runner_up"] == "website"
    assert analysis["layers"][0]["vendor"] == "CloudFront"
    assert analysis["reasons"][0]["category"] == "Content"
