"""The deliveries of a webhook, and the events that they carry."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field
from typing_extensions import TypedDict

from services.gateway.schemas.check_list import Pagination
from services.gateway.schemas.paging import PageQuery
from services.gateway.schemas.request import RequestModel

DeliveryStatus = Literal["pending", "delivered", "failed", "held"]

_DATE_TIME: Final = {"format": "date-time"}


def _one_status(schema: dict[str, Any]) -> None:
    """Show the schema without the null that stands for absence."""
    schema.pop("default", None)
    schema.update(schema.pop("anyOf")[0])


class DeliveryListQuery(PageQuery):
    """Which deliveries, and how many at a time."""

    status: Annotated[
        DeliveryStatus | None,
        Field(description="Only deliveries with this status.", json_schema_extra=_one_status),
    ] = None


class SinceQuery(RequestModel):
    """From when on."""

    member = "parameter"

    since: Annotated[
        str,
        Field(
            min_length=1,
            max_length=40,
            description="Events that happened at this moment (RFC 3339) or later.",
            json_schema_extra={**_DATE_TIME, "examples": ["2026-04-21T10:00:00Z"]},
        ),
    ]


class DeliveryAttempt(TypedDict):
    """One attempt at a delivery."""

    attempt: Annotated[int, Field(description="From 1.")]
    attempted_at: Annotated[str, Field(description="When.", json_schema_extra=_DATE_TIME)]
    duration_ms: Annotated[int, Field(description="How long it took.")]
    status_code: Annotated[int | None, Field(description="Null when no HTTP answer came.")]
    error: Annotated[
        str | None, Field(description="Why it failed, stable and snake_case; null on success.")
    ]
    answer: Annotated[
        str | None,
        Field(description="The first 1 KiB of what the receiver answered, as text; null if none."),
    ]


class Delivery(TypedDict):
    """An event on its way to a webhook."""

    id: Annotated[str, Field(description="Begins with dlv_.")]
    message_id: Annotated[
        str,
        Field(description="The webhook-id header, msg_…: the same on every attempt and resend."),
    ]
    event_type: Annotated[str, Field(description="Such as check.completed.")]
    event_at: Annotated[
        str, Field(description="When the event happened.", json_schema_extra=_DATE_TIME)
    ]
    check_id: Annotated[
        str | None,
        Field(description="The check whose event it is, chk_…; null for events of webhooks."),
    ]
    sequence: Annotated[
        int | None,
        Field(description="Rises with each event of this webhook; null for early ones."),
    ]
    status: Annotated[
        DeliveryStatus,
        Field(
            description=(
                "pending: an attempt is due, now or later. failed: none is made by itself any "
                "more. held: it happened while the webhook was disabled, and can be replayed."
            )
        ),
    ]
    attempts: Annotated[
        list[DeliveryAttempt], Field(description="The latest 20 attempts, newest first.")
    ]
    next_attempt_at: Annotated[
        str | None, Field(description="Null when none is due.", json_schema_extra=_DATE_TIME)
    ]
    ended_at: Annotated[
        str | None, Field(description="Null until it has.", json_schema_extra=_DATE_TIME)
    ]


class DeliveryList(TypedDict):
    """One page of deliveries, newest first."""

    data: Annotated[list[Delivery], Field(description="The deliveries, newest first.")]
    pagination: Annotated[Pagination, Field(description="How to ask for the next page.")]


class Replayed(TypedDict):
    """How much is sent."""

    deliveries: Annotated[int, Field(description="How many deliveries are on their way.")]
