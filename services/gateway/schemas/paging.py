"""The query of a list that is read page by page."""

from typing import Annotated

from pydantic import Field

from outscope.limits import DEFAULT_PAGE, MAX_PAGE
from services.gateway.schemas.request import RequestModel, absent_by_default


class PageQuery(RequestModel):
    """Where a page begins, and how long it is."""

    member = "parameter"

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="Results per page.")] = DEFAULT_PAGE
    cursor: Annotated[
        str,
        Field(
            min_length=1,
            description="pagination.next_cursor of the page before, unchanged.",
            json_schema_extra=absent_by_default,
        ),
    ] = ""
