"""What the notifier sends is what the OpenAPI document says of each event, nothing beside it."""

import json
from typing import Any, Final

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from jsonschema import Draft202012Validator

from outscope.v1 import check_pb2, delivery_service_pb2
from services.gateway.examples import completed_check
from services.gateway.openapi import openapi_document
from services.gateway.routes import OPERATIONS
from services.notifier.payload import payload_for
from services.scheduler.domain.subscription import disabled_event, sample_detail
from services.scheduler.domain.webhook import DisabledReason

Json = dict[str, Any]

DOCUMENT: Final[Json] = openapi_document(OPERATIONS)
WEBHOOK_ID: Final = "whk_01kprq4e00c5s6h9m2t8v4x3za"


def large_check() -> check_pb2.Check:
    check = completed_check()
    check.samples.add(path="/", body=b"x" * 300_000)
    return check


def delivery(event_type: str, **fields: Any) -> delivery_service_pb2.GetDeliveryResponse:  # noqa: ANN401 - any field
    return delivery_service_pb2.GetDeliveryResponse(
        event_type=event_type, event_at=Timestamp(seconds=1_776_765_600), sequence=42, **fields
    )


def disabled_detail() -> str:
    event = disabled_event(
        event_id="occ_1",
        account_id="acc_1",
        webhook_id=WEBHOOK_ID,
        url="https://a.example/",
        reason=DisabledReason.FAILING,
    )
    return event.detail or ""


SENT: Final = {
    "full": delivery("check.completed", check=completed_check()),
    "thin": delivery("check.completed", check=completed_check(), is_thin=True),
    "too large": delivery("check.completed", check=large_check()),
    "disabled": delivery("webhook.disabled", detail=disabled_detail()),
    "test": delivery("webhook.test", detail=sample_detail(WEBHOOK_ID)),
}


def body_schema(event_type: str) -> Json:
    content = DOCUMENT["webhooks"][event_type]["post"]["requestBody"]["content"]
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    found: Json = DOCUMENT["components"]["schemas"][name]
    return found


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_fits_what_is_documented(name: str) -> None:
    sent = SENT[name]
    body = json.loads(payload_for(sent))
    schema = body_schema(sent.event_type)
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(body)
    assert set(body) <= set(schema["properties"])


@pytest.mark.parametrize("name", ["disabled", "test"])
def test_all_that_is_told_of_a_webhook_is_documented(name: str) -> None:
    sent = SENT[name]
    reference = body_schema(sent.event_type)["properties"]["data"]["$ref"].rpartition("/")[2]
    documented = DOCUMENT["components"]["schemas"][reference]["properties"]
    assert set(json.loads(payload_for(sent))["data"]) == set(documented)


def test_a_body_that_would_be_too_large_says_so() -> None:
    body = json.loads(payload_for(SENT["too large"]))
    assert (body["payload"], body["payload_reason"]) == ("thin", "too_large")
    assert set(body["data"]) == {"id", "fqdn", "status"}
