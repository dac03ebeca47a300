"""The query and the pages of the list of checks."""

from typing import Annotated, Final, get_args

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.codes import StatusCode
from services.gateway.schemas.check import CREATED_EXAMPLE, CreatedCheck
from services.gateway.schemas.paging import PageQuery
from services.gateway.schemas.request import absent_by_default

STATUSES: Final[tuple[str, ...]] = get_args(StatusCode)

LIST_EXAMPLE: Final = {
    "data": [{**CREATED_EXAMPLE, "status": "completed"}],
    "pagination": {"next_cursor": "cur_xyz789", "has_more": True},
}


class CheckListQuery(PageQuery):
    """Which checks, and how many at a time."""

    fqdn: Annotated[
        str,
        Field(
            min_length=1,
            description="Only checks of this name; normalised as when creating.",
            json_schema_extra=absent_by_default,
        ),
    ] = ""
    status: Annotated[
        StatusCode | None,
        Field(
            description="Only checks with this status.",
            json_schema_extra=lambda schema: schema.update(_status_schema(schema)),
        ),
    ] = None


def _status_schema(schema: dict[str, object]) -> dict[str, object]:
    """Return the schema without the null that stands for absence."""
    for keyword in ("anyOf", "default"):
        schema.pop(keyword, None)
    return {"type": "string", "enum": list(STATUSES)}


class Pagination(TypedDict):
    """Where the next page begins."""

    next_cursor: Annotated[str | None, Field(description="Null on the last page.")]
    has_more: Annotated[bool, Field(description="Whether there is a page after this one.")]


class CheckList(TypedDict):
    """One page of checks, newest first."""

    data: Annotated[list[CreatedCheck], Field(description="The checks of this page, newest first.")]
    pagination: Annotated[Pagination, Field(description="How to ask for the next page.")]
