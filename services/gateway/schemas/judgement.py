"""What can be asked about the verdict of a completed check, and how it is answered."""

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from outscope.limits import DEFAULT_PAGE, MAX_PAGE
from outscope.representation.check import Check
from outscope.representation.evidence import Evidence
from outscope.representation.verdict import Analysis
from services.gateway.schemas.check_list import Pagination
from services.gateway.schemas.error import Problem
from services.gateway.schemas.request import RequestModel, absent_by_default

REJUDGE_EXAMPLE: Final = {"fqdn": "example.com", "limit": 30}


class RejudgeRequest(RequestModel):
    """Which completed checks to judge anew, and how many at a time."""

    fqdn: Annotated[
        str,
        Field(
            min_length=1,
            description="Only checks of this name; normalised as when creating.",
            json_schema_extra=absent_by_default,
        ),
    ] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="Checks per page.")] = DEFAULT_PAGE
    cursor: Annotated[
        str,
        Field(
            min_length=1,
            description="pagination.next_cursor of the page before, unchanged.",
            json_schema_extra=absent_by_default,
        ),
    ] = ""


class Difference(TypedDict):
    """The verdict that was stored, and the one that the current rules reach."""

    before: Annotated[Analysis, Field(description="The verdict that was stored.")]
    after: Annotated[
        Analysis,
        Field(description="The verdict that the current rules reach, and that is stored now."),
    ]
    changed: Annotated[
        list[str], Field(description="The names of the fields that differ; empty when none does.")
    ]


class RejudgedCheck(TypedDict):
    """A check with its new verdict."""

    check: Annotated[Check, Field(description="The check with its new verdict.")]
    difference: Annotated[Difference, Field(description="What the current rules changed.")]


class RejudgedItem(TypedDict):
    """One check of a page: exactly one of difference and error is not null."""

    id: Annotated[str, Field(description="Begins with chk_.")]
    fqdn: Annotated[str, Field(description="Lower-case A-labels without a trailing dot.")]
    difference: Annotated[
        Difference | None,
        Field(description="What the current rules changed; null when it was not judged."),
    ]
    error: Annotated[Problem | None, Field(description="Why it was not judged.")]


class RejudgedList(TypedDict):
    """One page of completed checks, newest first, each judged anew where it could be."""

    data: Annotated[list[RejudgedItem], Field(description="The checks of this page, newest first.")]
    pagination: Annotated[Pagination, Field(description="How to ask for the next page.")]


class ConsideredRule(TypedDict):
    """One rule that was asked, and what came of it."""

    rule: Annotated[
        str,
        Field(description="Its id, such as cloudflare.challenge; docs/rules.md lists them all."),
    ]
    role: Annotated[
        str,
        Field(
            description=(
                "decided: it fired on the answer that decided. "
                "fired: it made an answer what it is, or is told beside; it did not decide. "
                "outranked: it fits, but something before it had decided what the answer is. "
                "gated: what it looks for was seen, but not under its conditions. "
                "present: it shows who stands in front, which never decides. "
                "considered: it was asked, and nothing of what it looks for was seen."
            )
        ),
    ]
    where: Annotated[
        str | None,
        Field(description="The answer it looked at, such as paths[0]; null when it was no one."),
    ]
    message: Annotated[str, Field(description="One sentence for people.")]
    evidence: Annotated[
        list[Evidence], Field(description="What it saw; empty when it saw nothing.")
    ]


class Explanation(TypedDict):
    """What the current rules say of a check's facts."""

    id: Annotated[str, Field(description="The check; begins with chk_.")]
    analysis: Annotated[
        Analysis, Field(description="What they conclude; the check keeps the verdict it has.")
    ]
    is_current: Annotated[bool, Field(description="The check's verdict is the same.")]
    rules: Annotated[
        list[ConsideredRule],
        Field(
            description=(
                "Those that had something to say, at most 200, by role; then every other that was "
                "asked. Within a role they are in the order in which the judge looks."
            )
        ),
    ]
