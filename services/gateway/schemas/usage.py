"""What an account has used of what it may."""

from typing import Annotated, Final, Literal

from pydantic import Field
from typing_extensions import TypedDict

USAGE_EXAMPLE: Final = {
    "rate": {
        "limit": 600,
        "used": 120,
        "remaining": 480,
        "reset_at": "2026-04-21T10:00:41Z",
        "scope": "account",
    },
    "in_flight": {
        "limit": 1000,
        "used": 12,
        "remaining": 988,
        "reset_at": "2026-04-21T10:05:00Z",
        "scope": "account",
    },
    "monthly": {
        "limit": 50000,
        "used": 18400,
        "remaining": 31600,
        "reset_at": "2026-05-01T00:00:00Z",
        "scope": "key",
    },
    "webhooks": {
        "limit": 100,
        "enabled": 3,
        "disabled": [
            {
                "id": "whk_01kprq4e00c5s6h9m2t8v4x3za",
                "disabled_reason": "failing",
                "disabled_at": "2026-04-27T10:00:00Z",
            }
        ],
    },
}


class LimitUse(TypedDict):
    """One limit, and what has been used of it."""

    limit: Annotated[int | None, Field(description="Null when there is none.")]
    used: Annotated[
        int | None,
        Field(
            description=(
                "Null when it is not counted: the minute without a limit, and the month without "
                "any limit."
            )
        ),
    ]
    remaining: Annotated[int | None, Field(description="Null without a limit.")]
    reset_at: Annotated[
        str | None,
        Field(
            description="When all of it is left again at the latest; null when all of it is.",
            json_schema_extra={"format": "date-time"},
        ),
    ]
    scope: Annotated[
        Literal["account", "key"],
        Field(description="Whether all keys of the account share it, or it is this key's own."),
    ]


class DisabledWebhook(TypedDict):
    """A webhook that gets nothing."""

    id: Annotated[str, Field(description="Begins with whk_.")]
    disabled_reason: Annotated[
        str, Field(description="disabled_by_user, endpoint_gone or failing, as the webhook says.")
    ]
    disabled_at: Annotated[
        str, Field(description="Since when.", json_schema_extra={"format": "date-time"})
    ]


class WebhookUse(TypedDict):
    """The webhooks of the account."""

    limit: Annotated[int, Field(description="How many may be enabled at once.")]
    enabled: Annotated[int, Field(description="How many are.")]
    disabled: Annotated[
        list[DisabledWebhook],
        Field(description="Those that are not, the latest first, at most 100."),
    ]


class Usage(TypedDict):
    """What the key is held to, and what has been used of it."""

    rate: Annotated[LimitUse, Field(description="Checks created in the running minute.")]
    in_flight: Annotated[LimitUse, Field(description="Checks that are pending.")]
    monthly: Annotated[
        LimitUse, Field(description="Checks created in the running calendar month, UTC.")
    ]
    webhooks: Annotated[
        WebhookUse, Field(description="How many webhooks there are, and which are disabled.")
    ]
