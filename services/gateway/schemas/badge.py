"""What is said of a badge to the account that publishes it."""

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from services.gateway.schemas.check_list import Pagination
from services.gateway.schemas.paging import PageQuery

BADGE_EXAMPLE: Final = {
    "fqdn": "example.com",
    "published_at": "2026-04-21T10:00:00Z",
    "path": "/v1/badge/example.com.svg",
}
BADGE_LIST_EXAMPLE: Final = {
    "data": [BADGE_EXAMPLE],
    "pagination": {"next_cursor": None, "has_more": False},
}


class BadgeListQuery(PageQuery):
    """How many badges at a time."""


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


class BadgeList(TypedDict):
    """One page of published names."""

    data: Annotated[
        list[PublishedBadge],
        Field(description="The names of this page, in order of the alphabet."),
    ]
    pagination: Annotated[Pagination, Field(description="How to ask for the next page.")]
