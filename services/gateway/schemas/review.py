"""A verdict that its owner disputes."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from outscope.limits import MAX_COMMENT_CHARS
from services.gateway.schemas.request import RequestModel, absent_by_default

REVIEW_EXAMPLE: Final = {
    "reason": "wrong_analyzable",
    "comment": "The page has a captcha in its search form; it is no challenge.",
    "expected": {"analyzable": True, "kind": "website"},
}
REVIEW_CREATED_EXAMPLE: Final = {
    "id": "rev_01kprq4e00c5s6h9m2t8v4x3za",
    "check_id": "chk_01kprq4e00c5s6h9m2t8v4x3za",
    "state": "open",
    **REVIEW_EXAMPLE,
    "created_at": "2026-04-21T10:00:00Z",
    "closed_at": None,
    "answer": None,
}

ReviewReason = Literal["wrong_analyzable", "wrong_kind", "wrong_auth", "wrong_api_doc", "other"]
ReviewState = Literal["open", "accepted", "rejected"]


def _not_null(schema: dict[str, Any]) -> None:
    """Show a field that may be left out without the null that stands for its absence."""
    schema.update(schema.pop("anyOf")[0])
    schema.pop("default", None)


# That the scheduler refuses otherwise; here it is told.
_OTHER_IN_WORDS: Final[dict[str, Any]] = {
    "if": {"properties": {"reason": {"const": "other"}}},
    "then": {"required": ["comment"], "properties": {"comment": {"pattern": "\\S"}}},
}


class ExpectedAnalysis(RequestModel):
    """The fields of the analysis that should be otherwise, with the value they should have."""

    reachable: Annotated[
        bool | None,
        Field(description="Whether any port accepts a connection.", json_schema_extra=_not_null),
    ] = None
    speaks_http: Annotated[
        bool | None,
        Field(description="Whether any port answers HTTP.", json_schema_extra=_not_null),
    ] = None
    analyzable: Annotated[
        bool | None,
        Field(
            description="Whether content of the application is served.", json_schema_extra=_not_null
        ),
    ] = None
    kind: Annotated[
        str | None,
        Field(
            description="A kind as in Analysis, such as website.",
            max_length=32,
            pattern="^[a-z][a-z_]*$",
            json_schema_extra=_not_null,
        ),
    ] = None
    auth_detected: Annotated[
        bool | None,
        Field(description="Whether anything asks who one is.", json_schema_extra=_not_null),
    ] = None
    api_doc_detected: Annotated[
        bool | None,
        Field(
            description="Whether a description of an API is served to anybody.",
            json_schema_extra=_not_null,
        ),
    ] = None

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        """Refuse null: what is not disputed is left out."""
        if value is None:
            raise PydanticCustomError("null", "must not be null")
        return value


class ReviewRequest(RequestModel):
    """What is wrong with a verdict, and what it should be."""

    model_config = ConfigDict(json_schema_extra=_OTHER_IN_WORDS)

    reason: Annotated[ReviewReason, Field(description="What of the verdict is disputed.")]
    comment: Annotated[
        str,
        Field(
            max_length=MAX_COMMENT_CHARS,
            description=(
                "What a person sees there, for whoever looks into it; required with the reason "
                "other."
            ),
            json_schema_extra={"pattern": "^[^\\u0000]*$"},
        ),
    ] = ""
    expected: Annotated[
        ExpectedAnalysis,
        Field(
            description="What the verdict should be; what is left out is not disputed.",
            default_factory=ExpectedAnalysis,
            json_schema_extra=absent_by_default,
        ),
    ]


class Review(TypedDict):
    """A review and how far it is."""

    id: Annotated[str, Field(description="Begins with rev_.")]
    check_id: Annotated[str, Field(description="The check whose verdict is disputed.")]
    state: Annotated[
        ReviewState,
        Field(description="accepted: the verdict was wrong. rejected: it stands."),
    ]
    reason: Annotated[ReviewReason, Field(description="What of the verdict is disputed.")]
    comment: Annotated[
        str, Field(description="What whoever disputes it sees there; empty when nothing was said.")
    ]
    expected: Annotated[
        dict[str, bool | str],
        Field(description="The fields of the analysis that should be otherwise."),
    ]
    created_at: Annotated[
        str, Field(description="When it was opened.", json_schema_extra={"format": "date-time"})
    ]
    closed_at: Annotated[str | None, Field(description="Null while it is open.")]
    answer: Annotated[str | None, Field(description="What whoever closed it says.")]
