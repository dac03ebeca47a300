"""What a webhook receives (Standard Webhooks)."""

from typing import Annotated, Final, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.check import Check

_DATE_TIME: Final = {"format": "date-time"}

Timestamp = Annotated[
    str, Field(description="When the event happened.", json_schema_extra=_DATE_TIME)
]
Sequence = Annotated[
    int,
    Field(
        description=(
            "Rises by one from event to event of this webhook; absent when it is not known."
        )
    ),
]


class ThinCheck(TypedDict):
    """Which check has ended; GET /v1/check/{id} shows it."""

    id: Annotated[str, Field(description="Begins with chk_.")]
    fqdn: Annotated[str, Field(description="The name that was checked.")]
    status: Annotated[str, Field(description="How it ended: completed, failed or cancelled.")]


class CheckEventBody(TypedDict):
    """A check has ended."""

    type: Annotated[
        Literal["check.completed", "check.failed", "check.cancelled"],
        Field(description="How it ended."),
    ]
    timestamp: Timestamp
    sequence: NotRequired[Sequence]
    payload: NotRequired[
        Annotated[Literal["thin"], Field(description="That data is thin; absent when it is full.")]
    ]
    payload_reason: NotRequired[
        Annotated[
            Literal["too_large"],
            Field(description="Why it is thin although full was asked for: over 256 KiB."),
        ]
    ]
    data: Annotated[
        Check | ThinCheck,
        Field(
            description=(
                "The check, as GET /v1/check/{id} shows it; of a thin payload, which it is."
            )
        ),
    ]


class DisabledWebhookEvent(TypedDict):
    """Which webhook was disabled, and why."""

    webhook_id: Annotated[str, Field(description="Begins with whk_.")]
    url: Annotated[str, Field(description="Where its events were sent.")]
    disabled_reason: Annotated[
        str, Field(description="endpoint_gone or failing, as the webhook itself says.")
    ]


class DisabledEventBody(TypedDict):
    """Another webhook of the account was disabled."""

    type: Annotated[Literal["webhook.disabled"], Field(description="What happened.")]
    timestamp: Timestamp
    sequence: NotRequired[Sequence]
    data: Annotated[DisabledWebhookEvent, Field(description="Which one, and why.")]


class TestEvent(TypedDict):
    """What a sample says."""

    webhook_id: Annotated[str, Field(description="The webhook that is tested, whk_….")]
    message: Annotated[str, Field(description="That it is a sample, for people.")]


class TestEventBody(TypedDict):
    """A sample, to see whether deliveries arrive."""

    type: Annotated[Literal["webhook.test"], Field(description="What happened.")]
    timestamp: Timestamp
    sequence: NotRequired[Sequence]
    data: Annotated[TestEvent, Field(description="Which webhook.")]
