"""What the judge concluded, with its reasons and their evidence."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.v1 import verdict_pb2


class Evidence(TypedDict):
    """One thing a rule looked at and what it saw."""

    rule: Annotated[str, Field(description="The rule that looked.")]
    field: Annotated[
        str,
        Field(
            description=(
                "The path of the fact in this check, such as paths[0].headers.server; a body is "
                "shown only with include_content_sample."
            )
        ),
    ]
    value: Annotated[str, Field(description="What matched, at most 256 characters.")]


class Reason(TypedDict):
    """Why the verdict is what it is."""

    code: Annotated[str, Field(description="Stable, snake_case.")]
    message: Annotated[str, Field(description="One sentence a person can act on.")]
    evidence: Annotated[list[Evidence], Field(description="What the reason rests on.")]


class Analysis(TypedDict):
    """The verdict about what the target serves."""

    reachable: Annotated[bool, Field(description="At least one port accepted a connection.")]
    speaks_http: Annotated[bool, Field(description="At least one port answered HTTP.")]
    analyzable: Annotated[
        bool,
        Field(description="Application content is served: no bot wall, block or parking page."),
    ]
    kind: Annotated[
        str,
        Field(
            description=(
                "api, website, login_app, redirector, default_page, parked, other_service or none."
            )
        ),
    ]
    auth_detected: Annotated[
        bool,
        Field(
            description=(
                "Something asks who one is: a login form, a challenge, a redirect to an identity "
                "provider."
            )
        ),
    ]
    api_doc_detected: Annotated[
        bool,
        Field(
            description="A description of an API, or a page that shows one, is served to anybody."
        ),
    ]
    reasons: Annotated[list[Reason], Field(description="Why the verdict is what it is.")]
    rules_version: Annotated[str, Field(description="The rules that reached this verdict.")]


def analysis_representation(analysis: verdict_pb2.Analysis) -> Analysis:
    """Return a verdict as the API shows it."""
    return {
        "reachable": analysis.reachable,
        "speaks_http": analysis.speaks_http,
        "analyzable": analysis.analyzable,
        "kind": analysis.kind,
        "auth_detected": analysis.auth_detected,
        "api_doc_detected": analysis.api_doc_detected,
        "reasons": [_reason(reason) for reason in analysis.reasons],
        "rules_version": analysis.rules_version,
    }


def _reason(reason: verdict_pb2.Reason) -> Reason:
    return {
        "code": reason.code,
        "message": reason.message,
        "evidence": [evidence_representation(item) for item in reason.evidence],
    }


def evidence_representation(evidence: verdict_pb2.Evidence) -> Evidence:
    """Return what a rule looked at as the API shows it."""
    return {"rule": evidence.rule, "field": evidence.field, "value": evidence.value}
