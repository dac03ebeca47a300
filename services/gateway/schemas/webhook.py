"""Where the events of an account are sent."""

from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from outscope.limits import MAX_URL_CHARS, MAX_WEBHOOK_EVENTS
from outscope.representation.check import Check
from services.gateway.schemas.request import RequestModel

WEBHOOK_EXAMPLE: Final = {
    "url": "https://your-app.com/webhook",
    "events": ["check.completed", "check.failed"],
}
WEBHOOK_CREATED_EXAMPLE: Final = {
    "id": "whk_01kprq4e00c5s6h9m2t8v4x3za",
    **WEBHOOK_EXAMPLE,
    "created_at": "2026-04-21T10:00:00Z",
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
}

Event = Literal["check.completed", "check.failed", "check.cancelled"]


class WebhookRequest(RequestModel):
    """Where to send which events."""

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_URL_CHARS,
            description=(
                "https; no user name, no fragment, no address the network policy forbids. http is "
                "delivered only toward networks opened with --allow-net: an address outside them "
                "is refused, and a name is accepted with a warning."
            ),
            json_schema_extra={"format": "uri"},
        ),
    ]
    events: Annotated[
        list[Event],
        Field(min_length=1, max_length=MAX_WEBHOOK_EVENTS, description="Duplicates are dropped."),
    ]


class CreatedWebhook(TypedDict):
    """A webhook that has just been created, with the secret that is never shown again."""

    id: Annotated[str, Field(description="Begins with whk_.")]
    url: Annotated[str, Field(description="Where events are sent.")]
    events: Annotated[list[str], Field(description="Which events are sent, each once.")]
    created_at: Annotated[
        str, Field(description="When it was created.", json_schema_extra={"format": "date-time"})
    ]
    secret: Annotated[
        str, Field(description="Signs every delivery (Standard Webhooks); shown this once.")
    ]
    warnings: NotRequired[
        Annotated[
            list[str],
            Field(description="What may keep events from arriving; absent when there is nothing."),
        ]
    ]


class EventBody(TypedDict):
    """What a webhook receives (Standard Webhooks)."""

    type: Annotated[Event, Field(description="What happened.")]
    timestamp: Annotated[str, Field(description="When the event happened.")]
    data: Annotated[Check, Field(description="The check, as GET /v1/check/{id} shows it.")]
