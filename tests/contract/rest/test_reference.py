"""The examples of the API reference, each held against the document and the code that answers."""

from collections.abc import Mapping
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from jsonschema import Draft202012Validator

from outscope.errors import ERROR_TABLE, InvalidRequest
from outscope.representation.check import check_representation
from outscope.v1 import check_pb2, check_service_pb2, facts_pb2, verdict_pb2
from services.gateway.openapi import openapi_document
from services.gateway.routes import OPERATIONS
from services.gateway.schemas.batch import BatchRequest
from services.gateway.schemas.check import CheckRequest
from services.gateway.schemas.request import RequestModel, validated
from services.gateway.schemas.webhook import WebhookRequest
from services.gateway.translate.batch import batch_result, reading_of
from services.gateway.translate.check import created_check
from services.gateway.translate.check_list import check_list
from services.gateway.translate.problem import error_body

Json = dict[str, Any]

DOCUMENT: Json = openapi_document(OPERATIONS)
CREATED_AT = Timestamp(seconds=1_776_765_600)

CREATE_REQUEST = {
    "fqdn": "example.com",
    "ports": [80, 443],
    "paths": ["/", "/api", "/docs"],
    "vantage_point": "eu-west-1",
    "include_content_sample": False,
    "content_retention_days": 7,
}
CREATE_ANSWER = {
    "id": "chk_abc123",
    "fqdn": "example.com",
    "status": "pending",
    "created_at": "2026-04-21T10:00:00Z",
}
CHECK_ANSWER = {
    "id": "chk_abc123",
    "fqdn": "example.com",
    "status": "completed",
    "analysis": {
        "reachable": True,
        "speaks_http": True,
        "analyzable": True,
        "kind": "api",
        "auth_detected": False,
        "api_doc_detected": True,
    },
    "dns": {"a_records": ["93.184.216.34"], "aaaa_records": []},
    "ports": [
        {
            "port": 443,
            "tcp_open": True,
            "tls": {"valid": True, "expires_at": "2027-01-01T00:00:00Z"},
        }
    ],
    "paths": [{"path": "/", "status_code": 200, "content_type": "application/json"}],
}
LIST_ANSWER = {
    "data": [{**CREATE_ANSWER, "status": "completed"}],
    "pagination": {"next_cursor": "cur_xyz789", "has_more": True},
}
BATCH_REQUEST = {
    "checks": [
        {"fqdn": "example1.com", "ports": [443]},
        {"fqdn": "example2.com", "ports": [80, 443]},
    ]
}
BATCH_ANSWER = {
    "created": [
        {"id": "chk_abc123", "fqdn": "example1.com"},
        {"id": "chk_abc124", "fqdn": "example2.com"},
    ],
    "stats": {"total": 2, "created": 2, "failed": 0},
}
ERROR_ANSWER = {
    "error": {
        "code": "invalid_request",
        "message": "Invalid FQDN format",
        "details": {"field": "fqdn", "value": "not-a-valid-domain"},
    }
}
WEBHOOK_REQUEST = {
    "url": "https://your-app.com/webhook",
    "events": ["check.completed", "check.failed"],
}


def lacking(documented: object, answered: object, place: str = "") -> list[str]:
    """Return the places where an answer lacks what is documented, or says something else."""
    if isinstance(documented, Mapping) and isinstance(answered, Mapping):
        return [
            finding
            for name, value in documented.items()
            for finding in (
                lacking(value, answered[name], f"{place}.{name}")
                if name in answered
                else [f"{place}.{name} is missing"]
            )
        ]
    if isinstance(documented, list) and isinstance(answered, list):
        if len(documented) != len(answered):
            return [f"{place} has {len(answered)} items"]
        return [
            finding
            for index, (one, other) in enumerate(zip(documented, answered, strict=True))
            for finding in lacking(one, other, f"{place}[{index}]")
        ]
    is_same = type(documented) is type(answered) and documented == answered
    return [] if is_same else [f"{place} is {answered!r}, not {documented!r}"]


def a_check(check_id: str, fqdn: str) -> check_pb2.Check:
    return check_pb2.Check(
        id=check_id,
        status=check_pb2.CHECK_STATUS_PENDING,
        created_at=CREATED_AT,
        spec=check_pb2.CheckSpec(fqdn=fqdn),
    )


def completed() -> check_pb2.Check:
    check = a_check("chk_abc123", "example.com")
    check.status = check_pb2.CHECK_STATUS_COMPLETED
    leaf = facts_pb2.Certificate(not_after=Timestamp(seconds=1_798_761_600))
    check.result.CopyFrom(
        check_pb2.CheckResult(
            analysis=verdict_pb2.Analysis(
                reachable=True,
                speaks_http=True,
                analyzable=True,
                kind="api",
                api_doc_detected=True,
            ),
            dns=facts_pb2.DnsFacts(a_records=["93.184.216.34"]),
            ports=[
                facts_pb2.PortFacts(
                    port=443,
                    state=facts_pb2.TCP_STATE_OPEN,
                    tls=facts_pb2.TlsFacts(valid=True, chain=[leaf]),
                )
            ],
            paths=[facts_pb2.PathFacts(path="/", status_code=200, content_type="application/json")],
        )
    )
    return check


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (CheckRequest, CREATE_REQUEST),
        (BatchRequest, BATCH_REQUEST),
        (WebhookRequest, WEBHOOK_REQUEST),
    ],
)
def test_every_documented_request_is_accepted(model: type[RequestModel], example: Json) -> None:
    read = validated(model, example).model_dump(exclude_unset=True, warnings="none")
    assert read == example
    schema = DOCUMENT["components"]["schemas"][model.__name__]
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(example)


def test_a_check_is_created_as_documented() -> None:
    assert created_check(a_check("chk_abc123", "example.com")) == CREATE_ANSWER


def test_a_check_is_shown_as_documented() -> None:
    assert lacking(CHECK_ANSWER, check_representation(completed())) == []


def test_checks_are_listed_as_documented() -> None:
    page = check_service_pb2.ListChecksResponse(checks=[completed()], next_cursor="cur_xyz789")
    assert check_list(page) == LIST_ANSWER


def test_a_batch_is_answered_as_documented() -> None:
    items = BATCH_REQUEST["checks"]
    outcomes = [
        check_service_pb2.BatchItem(check=a_check("chk_abc123", "example1.com")),
        check_service_pb2.BatchItem(check=a_check("chk_abc124", "example2.com")),
    ]
    result = batch_result(items, [reading_of(item) for item in items], outcomes)
    assert result == {**BATCH_ANSWER, "errors": []}


def test_an_error_is_told_as_documented() -> None:
    refusal = InvalidRequest("Invalid FQDN format", field="fqdn", value="not-a-valid-domain")
    answered = error_body(refusal, "req_1")
    assert lacking(ERROR_ANSWER, answered) == []
    assert set(answered["error"]) == {*ERROR_ANSWER["error"], "request_id"}


def test_the_documented_statuses_are_in_the_error_table() -> None:
    documented = {400, 401, 404, 429, 500}
    assert documented <= {row.http_status for row in ERROR_TABLE}


def test_what_an_answer_lacks_is_found() -> None:
    assert lacking({"a": [1], "b": 1, "c": True}, {"a": [1, 2], "c": 1}) == [
        ".a has 2 items",
        ".b is missing",
        ".c is 1, not True",
    ]
