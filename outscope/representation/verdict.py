"""What the judge concluded, with its reasons and their evidence."""

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.authentication import (
    Authentication,
    authentication_representation,
)
from outscope.representation.documents import ApiDocument, document_representation
from outscope.representation.evidence import Evidence, evidence_representation
from outscope.v1 import verdict_pb2


class Reason(TypedDict):
    """Why the verdict is what it is."""

    code: Annotated[str, Field(description="Stable, snake_case.")]
    category: Annotated[
        str | None,
        Field(
            description=(
                "Security Blocks, Network, TLS, Content, Redirect or Policy; null in verdicts of "
                "rules before version 4."
            )
        ),
    ]
    message: Annotated[str, Field(description="One sentence a person can act on.")]
    evidence: Annotated[list[Evidence], Field(description="What the reason rests on.")]


class Layer(TypedDict):
    """One of those who stand in front of the application; its presence decides nothing."""

    vendor: Annotated[str, Field(description="Its name for people.")]
    role: Annotated[
        str, Field(description="cdn, waf, bot_defence, access_proxy, load_balancer or hosting.")
    ]
    action: Annotated[
        str,
        Field(
            description="What it did with our requests: present, challenge, block or rate_limit."
        ),
    ]
    evidence: Annotated[list[Evidence], Field(description="What shows it.")]


class Analysis(TypedDict):
    """The verdict about what the target serves."""

    reachable: Annotated[bool, Field(description="At least one port accepted a connection.")]
    speaks_http: Annotated[bool, Field(description="At least one port answered HTTP.")]
    analyzable: Annotated[
        bool,
        Field(
            description=(
                "Application content is served: no bot wall, block or parking page. True exactly "
                "when analyzability is analyzable."
            )
        ),
    ]
    analyzability: Annotated[
        str,
        Field(
            description=(
                "analyzable, not_analyzable, or unknown where the facts leave both open: one "
                "ambiguous 403 or 5xx, answers that contradict each other or broke off."
            )
        ),
    ]
    confidence: Annotated[str, Field(description="Of the analyzability: high, medium or low.")]
    kind: Annotated[
        str,
        Field(
            description=(
                "api, website, spa, login_app, redirector, default_page, parked, static_files, "
                "other_service or none."
            )
        ),
    ]
    kind_confidence: Annotated[str, Field(description="Of the kind: high, medium or low.")]
    kind_runner_up: Annotated[
        str | None, Field(description="The next likely kind; null when there is none.")
    ]
    layers: Annotated[
        list[Layer],
        Field(description="Who stands in front of the application, the one that did most first."),
    ]
    auth_detected: Annotated[
        bool,
        Field(
            description=(
                "Something asks who one is: a login form, a challenge, a redirect to an identity "
                "provider; it follows from authentication."
            )
        ),
    ]
    api_doc_detected: Annotated[
        bool,
        Field(
            description=(
                "A description of an API is served to anybody: one of the documents was parsed. "
                "The page of a viewer alone is none."
            )
        ),
    ]
    authentication: Annotated[
        Authentication | None,
        Field(
            description=(
                "Which paths ask for credentials, how, and where to log in; null when no path "
                "answered, and in verdicts of rules before version 6."
            )
        ),
    ]
    documents: Annotated[
        list[ApiDocument],
        Field(
            description=(
                "API documentation, each once; those parsed first, then what is shown, protected "
                "or only named. api_doc_detected counts those parsed."
            )
        ),
    ]
    reasons: Annotated[list[Reason], Field(description="Why the verdict is what it is.")]
    rules_version: Annotated[str, Field(description="The rules that reached this verdict.")]


# What a verdict of rules before version 4 says by false: no, or not known.
_UNTOLD: Final = "unknown"
_UNSURE: Final = "low"


def analysis_representation(analysis: verdict_pb2.Analysis) -> Analysis:
    """Return a verdict as the API shows it."""
    return {
        "reachable": analysis.reachable,
        "speaks_http": analysis.speaks_http,
        "analyzable": analysis.analyzable,
        "analyzability": analysis.analyzability or _by_claim(analysis),
        "confidence": analysis.confidence or _UNSURE,
        "kind": analysis.kind,
        "kind_confidence": analysis.kind_confidence or _UNSURE,
        "kind_runner_up": analysis.kind_runner_up or None,
        "layers": [_layer(layer) for layer in analysis.layers],
        "auth_detected": analysis.auth_detected,
        "api_doc_detected": analysis.api_doc_detected,
        "authentication": (
            authentication_representation(analysis.authentication)
            if analysis.HasField("authentication")
            else None
        ),
        "documents": [document_representation(document) for document in analysis.documents],
        "reasons": [_reason(reason) for reason in analysis.reasons],
        "rules_version": analysis.rules_version,
    }


def _by_claim(analysis: verdict_pb2.Analysis) -> str:
    return "analyzable" if analysis.analyzable else _UNTOLD


def _layer(layer: verdict_pb2.Layer) -> Layer:
    return {
        "vendor": layer.vendor,
        "role": layer.role,
        "action": layer.action,
        "evidence": [evidence_representation(item) for item in layer.evidence],
    }


def _reason(reason: verdict_pb2.Reason) -> Reason:
    return {
        "code": reason.code,
        "category": reason.category or None,
        "message": reason.message,
        "evidence": [evidence_representation(item) for item in reason.evidence],
    }
