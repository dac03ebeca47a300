"""Where the events of an account are sent."""

from copy import copy
from typing import Annotated, Any, Final, Literal, NotRequired

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from outscope.limits import (
    DEFAULT_OVERLAP_HOURS,
    MAX_DESCRIPTION_CHARS,
    MAX_FQDN_CHARS,
    MAX_OVERLAP_HOURS,
    MAX_URL_CHARS,
    MAX_WEBHOOK_EVENTS,
    MAX_WEBHOOK_VANTAGE_POINTS,
)
from services.gateway.schemas.check_list import Pagination
from services.gateway.schemas.paging import PageQuery
from services.gateway.schemas.request import RequestModel, absent_by_default

# What a webhook may subscribe to.
EventPattern = Literal[
    "check.completed",
    "check.failed",
    "check.cancelled",
    "webhook.disabled",
    "check.*",
    "webhook.*",
    "*",
]
Payload = Literal["full", "thin"]
Signature = Literal["v1", "v1a"]

_DATE_TIME: Final = {"format": "date-time"}

Url = Annotated[
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
Events = Annotated[
    list[EventPattern],
    Field(
        min_length=1,
        max_length=MAX_WEBHOOK_EVENTS,
        description=(
            "Events by name; check.* and webhook.* stand for all of a kind, * for all. "
            "Duplicates are dropped."
        ),
    ),
]
Description = Annotated[
    str,
    Field(
        max_length=MAX_DESCRIPTION_CHARS,
        description="Whatever helps you to tell it from others.",
        json_schema_extra={"pattern": "^[^\\u0000]*$"},
    ),
]
Fqdn = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=MAX_FQDN_CHARS + 2,
        description=(
            "Events of checks of this name only, or of every name under it: *.example.com. "
            "Null: of all."
        ),
    ),
]
VantagePoints = Annotated[
    list[str],
    Field(
        max_length=MAX_WEBHOOK_VANTAGE_POINTS,
        description="Events of checks from these vantage points only. Empty: from all.",
    ),
]
PayloadChoice = Annotated[
    Payload,
    Field(
        description=(
            "full: the check as GET /v1/check/{id} shows it, and thin, saying so, when that is "
            "over 256 KiB. thin: which check it is and how it ended."
        )
    ),
]
Signatures = Annotated[
    list[Signature],
    Field(
        max_length=2,
        description=(
            "v1 is HMAC-SHA256 with the secret, and always there; v1a is ed25519, which anybody "
            "verifies with the public key."
        ),
    ),
]
Headers = Annotated[
    dict[str, str],
    Field(
        description=(
            "Sent with every delivery, such as an Authorization of yours: at most 20. Values are "
            "kept encrypted where the operator has set a key for that, and shown by no answer."
        ),
    ),
]


def _default(value: Any) -> Any:  # noqa: ANN401 - of any field
    """Give a field that may be left out a fresh value of its own."""
    return Field(default_factory=lambda: copy(value), json_schema_extra={"default": value})


class WebhookRequest(RequestModel):
    """Where to send which events."""

    url: Url
    events: Events
    description: Description = ""
    fqdn: Fqdn = None
    vantage_points: Annotated[VantagePoints, _default([])]
    payload: PayloadChoice = "full"
    signatures: Annotated[Signatures, _default(["v1"])]
    headers: Annotated[Headers, _default({})]


def _may_be_absent(schema: dict[str, Any]) -> None:
    """Show a field that may be left out without the null that stands for its absence."""
    schema.update(schema.pop("anyOf")[0])
    schema.pop("default", None)


_Absent: Final = Field(json_schema_extra=_may_be_absent)


class WebhookChange(RequestModel):
    """What to change of a webhook; what is left out stays."""

    url: Annotated[Url | None, _Absent] = None
    events: Annotated[Events | None, _Absent] = None
    description: Annotated[Description | None, _Absent] = None
    fqdn: Annotated[Fqdn, Field(json_schema_extra=absent_by_default)] = None
    vantage_points: Annotated[VantagePoints | None, _Absent] = None
    payload: Annotated[PayloadChoice | None, _Absent] = None
    signatures: Annotated[Signatures | None, _Absent] = None
    headers: Annotated[Headers | None, _Absent] = None
    enabled: Annotated[
        bool | None,
        Field(
            description=(
                "false keeps events for later instead of sending them; true sends again, whatever "
                "disabled it."
            ),
            json_schema_extra=_may_be_absent,
        ),
    ] = None

    @field_validator(
        "url",
        "events",
        "description",
        "vantage_points",
        "payload",
        "signatures",
        "headers",
        "enabled",
        mode="before",
    )
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        """Refuse null: what is not changed is left out."""
        if value is None:
            raise PydanticCustomError("null", "must not be null")
        return value


class RotationRequest(RequestModel):
    """How long the secret until now still signs."""

    overlap_hours: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_OVERLAP_HOURS,
            description=(
                "For so many hours deliveries are signed with both; with 0 only with the new one, "
                "and no older one either."
            ),
        ),
    ] = DEFAULT_OVERLAP_HOURS


class WebhookListQuery(PageQuery):
    """How many webhooks at a time."""


class Webhook(TypedDict):
    """Where events are sent, and whether they are."""

    id: Annotated[str, Field(description="Begins with whk_.")]
    url: Annotated[str, Field(description="Where events are sent.")]
    events: Annotated[list[str], Field(description="Which events are sent, each once.")]
    description: Annotated[str, Field(description="What its owner wrote; mostly empty.")]
    fqdn: Annotated[
        str | None, Field(description="Of which name's checks events are sent; null: of all.")
    ]
    vantage_points: Annotated[
        list[str], Field(description="From which vantage points; empty: from all.")
    ]
    payload: Annotated[Payload, Field(description="What a delivery carries of a check.")]
    signatures: Annotated[list[Signature], Field(description="How deliveries are signed.")]
    header_names: Annotated[
        list[str], Field(description="The names of the headers sent along; never their values.")
    ]
    enabled: Annotated[
        bool, Field(description="Whether events are sent; while not, they are kept for a replay.")
    ]
    disabled_reason: Annotated[
        str | None,
        Field(
            description=(
                "disabled_by_user; endpoint_gone: it answered 410; failing: for five days nothing "
                "else. Null while enabled."
            )
        ),
    ]
    disabled_at: Annotated[
        str | None, Field(description="Null while enabled.", json_schema_extra=_DATE_TIME)
    ]
    failing_since: Annotated[
        str | None,
        Field(
            description="The first failure since the last success; null after a success.",
            json_schema_extra=_DATE_TIME,
        ),
    ]
    slowed_until: Annotated[
        str | None,
        Field(
            description=(
                "Attempts wait until then, because the receiver is overloaded or asked for it; "
                "null when they don't."
            ),
            json_schema_extra=_DATE_TIME,
        ),
    ]
    old_secret_signs_until: Annotated[
        str | None,
        Field(
            description="Until when a secret rotated away still signs, too; null when none does.",
            json_schema_extra=_DATE_TIME,
        ),
    ]
    unreadable: Annotated[
        list[str],
        Field(
            description=(
                "What of it cannot be read any more, because its operator lost a key: secret, "
                "old_secrets, signing_key, headers. Its deliveries wait until it is set anew. "
                "Mostly empty."
            )
        ),
    ]
    created_at: Annotated[
        str, Field(description="When it was created.", json_schema_extra=_DATE_TIME)
    ]
    updated_at: Annotated[
        str, Field(description="When its owner changed it last.", json_schema_extra=_DATE_TIME)
    ]


Warnings = Annotated[
    list[str],
    Field(description="What may keep events from arriving; absent when there is nothing."),
]


class CreatedWebhook(Webhook):
    """A webhook that has just been created, with its secret."""

    secret: Annotated[str, Field(description="Signs every delivery (Standard Webhooks): keep it.")]
    warnings: NotRequired[Warnings]


class ChangedWebhook(Webhook):
    """A webhook as it is after a change."""

    warnings: NotRequired[Warnings]


class WebhookList(TypedDict):
    """One page of webhooks, newest first."""

    data: Annotated[list[Webhook], Field(description="The webhooks of this page, newest first.")]
    pagination: Annotated[Pagination, Field(description="How to ask for the next page.")]


class RotatedSecret(TypedDict):
    """The secret that signs from now on."""

    secret: Annotated[str, Field(description="whsec_…, the new one.")]
    old_secret_signs_until: Annotated[
        str | None,
        Field(
            description="Until when the one before signs, too; null: not any more.",
            json_schema_extra=_DATE_TIME,
        ),
    ]


class SecretAccess(TypedDict):
    """Who read or rotated a secret."""

    action: Annotated[Literal["read", "rotated"], Field(description="What was done.")]
    at: Annotated[str, Field(description="When.", json_schema_extra=_DATE_TIME)]
    key_id: Annotated[str, Field(description="The API key that did it, key_…")]


class Secret(TypedDict):
    """The signing secret, and who has asked for it."""

    secret: Annotated[str, Field(description="whsec_…")]
    accesses: Annotated[
        list[SecretAccess],
        Field(
            description="The latest 20 times it was read or rotated, newest first, this one too."
        ),
    ]


class PublicKey(TypedDict):
    """What v1a signatures are verified with."""

    public_key: Annotated[str, Field(description="whpk_ and the base64 of an ed25519 key.")]
