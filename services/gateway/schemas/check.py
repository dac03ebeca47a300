"""What may be asked of a check, and the answer to creating one."""

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from outscope.limits import (
    DEFAULT_PATHS,
    DEFAULT_PORTS,
    MAX_PATH_CHARS,
    MAX_PATHS,
    MAX_PORT,
    MAX_PORTS,
    MAX_REDIRECTS,
    MAX_RETENTION_DAYS,
    MAX_VANTAGE_POINTS,
    MIN_RETENTION_DAYS,
)
from outscope.representation.codes import QuorumCode, StatusCode
from services.gateway.schemas.request import RequestModel, absent_by_default

Item = TypeVar("Item", int, str)

# Takes the place of a list of vantage points.
ALL_VANTAGE_POINTS: Final = "all"

REQUEST_EXAMPLE: Final = {
    "fqdn": "example.com",
    "ports": [80, 443],
    "paths": ["/", "/api", "/docs"],
    "vantage_point": "eu-west-1",
    "include_content_sample": False,
    "content_retention_days": 7,
    "dns_records": True,
    "tls_versions": True,
    "max_redirects": 3,
    "all_addresses": True,
    "http2": True,
    "discovery": "standard",
}
SEVERAL_EXAMPLE: Final = {
    "fqdn": "example.com",
    "vantage_points": ["eu-west-1", "us-east-1"],
    "quorum": "majority",
}
CREATED_EXAMPLE: Final = {
    "id": "chk_01kprq4e00c5s6h9m2t8v4x3za",
    "fqdn": "example.com",
    "status": "pending",
    "created_at": "2026-04-21T10:00:00Z",
}

PortNumber = Annotated[int, Field(ge=1, le=MAX_PORT)]
# How a path must begin and what it must not contain is the scheduler's rule; here it is told.
PathText = Annotated[
    str,
    Field(
        max_length=MAX_PATH_CHARS,
        json_schema_extra={"pattern": "^/[^\\u0000-\\u001f\\u007f-\\u009f#]*$"},
    ),
]


def _without_repeats(items: list[Item]) -> list[Item]:
    return list(dict.fromkeys(items))


def _at_most_ports(ports: list[int]) -> list[int]:
    """Refuse more different ones than can be checked at once."""
    if len(ports) > MAX_PORTS:
        raise PydanticCustomError("too_many", "too many", {"most": MAX_PORTS})
    return ports


def _listed(value: object) -> object:
    """Return all vantage points as a list, too."""
    return [value] if value == ALL_VANTAGE_POINTS else value


def _list_or_all(schema: dict[str, Any]) -> None:
    """Show the one word that is taken in the place of a list."""
    listed = {name: schema.pop(name) for name in ("type", "items", "minItems", "maxItems")}
    schema["anyOf"] = [listed, {"type": "string", "const": ALL_VANTAGE_POINTS}]
    absent_by_default(schema)


class CheckRequest(RequestModel):
    """What to look at, and from where."""

    fqdn: Annotated[
        str,
        Field(
            description=(
                "The host name to check: no URL, no address, no port. Any spelling is accepted and "
                "normalised: trimmed, lower case, no trailing dot, A-labels (UTS 46)."
            ),
            examples=["example.com"],
        ),
    ]
    ports: Annotated[
        list[PortNumber],
        Field(
            default_factory=lambda: list(DEFAULT_PORTS),
            min_length=1,
            description=f"TCP ports: at most {MAX_PORTS} different ones; duplicates are dropped.",
            json_schema_extra={"default": list(DEFAULT_PORTS)},
        ),
        AfterValidator(_without_repeats),
        AfterValidator(_at_most_ports),
    ]
    paths: Annotated[
        list[PathText],
        Field(
            default_factory=lambda: list(DEFAULT_PATHS),
            min_length=1,
            description=(
                f"HTTP paths: at most {MAX_PATHS} different ones; percent-encoded where needed, "
                "duplicates are dropped."
            ),
            json_schema_extra={"default": list(DEFAULT_PATHS)},
        ),
        # Which of them are the same is the scheduler's to say; here only what is written alike.
        AfterValidator(_without_repeats),
    ]
    vantage_point: Annotated[
        str,
        Field(
            description="Region to check from; the first configured one when left out.",
            examples=["eu-west-1"],
            json_schema_extra=absent_by_default,
        ),
    ] = ""
    vantage_points: Annotated[
        list[str],
        Field(
            default_factory=list,
            min_length=1,
            max_length=MAX_VANTAGE_POINTS,
            description=(
                "In the place of vantage_point: several regions that look at the same time, by "
                "name or by tags such as continent:eu, each of which stands for all that have it; "
                f'or "all". At most {MAX_VANTAGE_POINTS} in the end, and each counts as a check '
                "by the minute and the month. GET /v1/vantage-points lists them."
            ),
            examples=[["eu-west-1", "us-east-1"], ALL_VANTAGE_POINTS],
            json_schema_extra=_list_or_all,
        ),
        BeforeValidator(_listed),
    ]
    quorum: Annotated[
        QuorumCode,
        Field(
            description=(
                "Of several vantage points, how many have to have come as far as the merged "
                "verdict says: more than half of those that are counted, any, or all."
            ),
            examples=["majority"],
        ),
    ] = "majority"
    include_content_sample: Annotated[
        bool, Field(description="Keep what each path answers, with credentials redacted.")
    ] = False
    content_retention_days: Annotated[
        int,
        Field(
            ge=MIN_RETENTION_DAYS,
            le=MAX_RETENTION_DAYS,
            description="Days until the samples are deleted.",
        ),
    ] = MIN_RETENTION_DAYS
    dns_records: Annotated[
        bool, Field(description="Ask for CAA, MX, NS, SPF and DMARC records too.")
    ] = False
    tls_versions: Annotated[
        bool,
        Field(
            description="Find out which of TLS 1.0 to 1.3 each port that speaks TLS accepts, by "
            "one more connection for each."
        ),
    ] = False
    max_redirects: Annotated[
        int, Field(ge=0, le=MAX_REDIRECTS, description="Redirects followed for each path.")
    ] = 0
    all_addresses: Annotated[
        bool,
        Field(description="Request every path on every address, not only the first that answers."),
    ] = False
    http2: Annotated[
        bool,
        Field(
            description="Offer HTTP/2 beside HTTP/1.1. A server that speaks nothing else is asked "
            "in it in any case."
        ),
    ] = False
    discovery: Annotated[
        Literal["off", "standard", "deep"],
        Field(
            description="What is requested beyond the paths, with GET and on this host only: a "
            "random path, and at most 8 (deep: 24) where APIs are described and logins announced; "
            "off requests nothing more."
        ),
    ] = "standard"


class CreatedCheck(TypedDict):
    """A check that has just been created."""

    id: Annotated[str, Field(description="Begins with chk_.")]
    fqdn: Annotated[str, Field(description="Normalised.")]
    status: Annotated[StatusCode, Field(description="pending until the check has ended.")]
    created_at: Annotated[
        str, Field(description="When it was accepted.", json_schema_extra={"format": "date-time"})
    ]
