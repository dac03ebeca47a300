"""What subscribed URLs receive, for the OpenAPI document: an entry for each event."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.gateway.event_examples import CHECK_EVENTS, DISABLED_EVENT, TEST_EVENT
from services.gateway.schemas.event_body import CheckEventBody, DisabledEventBody, TestEventBody

Json = dict[str, Any]

_DESCRIPTION: Final = (
    "Signed as Standard Webhooks says; answer 2xx within 15 seconds to accept it. A redirect is a "
    "failure, 410 disables the webhook, and Retry-After is honoured. Events may come out of order: "
    "sequence tells which was first."
)
_HEADERS: Final[Mapping[str, str]] = {
    "webhook-id": "The same on every attempt, resend and replay of this event: drop what you have.",
    "webhook-timestamp": "When this attempt was signed, in Unix seconds.",
    "webhook-signature": "Signatures, separated by spaces: v1,… and, on wish, v1a,…",
    "traceparent": "The trace of the check (W3C), where it has one: join it if you trace.",
}
_OPTIONAL: Final = frozenset({"traceparent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEntry:
    """One event as the document describes it."""

    type: str
    name: str
    summary: str
    # A typed dictionary.
    body: Any
    # By name.
    examples: Mapping[str, object]


EVENT_ENTRIES: Final = (
    *(
        EventEntry(
            type=f"check.{status}",
            name=f"check{status.title()}",
            summary=f"A check has ended: {status}",
            body=CheckEventBody,
            examples=CHECK_EVENTS[status],
        )
        for status in ("completed", "failed", "cancelled")
    ),
    EventEntry(
        type="webhook.disabled",
        name="webhookDisabled",
        summary="Another webhook of the account was disabled",
        body=DisabledEventBody,
        examples={"failing": DISABLED_EVENT},
    ),
    EventEntry(
        type="webhook.test",
        name="webhookTest",
        summary="A sample, sent by POST /v1/webhooks/{id}/test only",
        body=TestEventBody,
        examples={"sample": TEST_EVENT},
    ),
)


def webhook_entries(schemas: Mapping[Any, Json]) -> Json:
    """Return what a subscribed URL receives, by event."""
    return {each.type: {"post": _operation(each, schemas)} for each in EVENT_ENTRIES}


def _operation(entry: EventEntry, schemas: Mapping[Any, Json]) -> Json:
    content = {
        "schema": schemas[entry.body],
        "examples": {name: {"value": example} for name, example in entry.examples.items()},
    }
    return {
        "operationId": entry.name,
        "tags": ["Webhooks"],
        "summary": entry.summary,
        "description": _DESCRIPTION,
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": name not in _OPTIONAL,
                "description": description,
                "schema": {"type": "string"},
            }
            for name, description in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {"2XX": {"description": "Accepted; not sent again."}},
    }
