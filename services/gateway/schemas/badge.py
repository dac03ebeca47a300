"""What is said of a badge to the account that publishes it."""

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

BADGE_EXAMPLE: Final = {
    "fqdn": "example.com",
    "published_at": "2026-04-21T10:00:00Z",
    "path": "/v1/badge/example.com.svg",
}


class PublishedBadge(TypedDict):
    """A name whose verdict everybody may see."""

    fqdn: Annotated[str, Field(description="The name, normalised as when creating a check.")]
    published_at: Annotated[
        str,
        Field(
            description="Since when this account publishes it.",
            json_schema_extra={"format": "date-time"},
        ),
    ]
    path: Annotated[str, Field(description="Where anybody gets the badge, on this server.")]
