"""The API documentation of a host."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.evidence import Evidence, evidence_representation
from outscope.v1 import verdict_pb2


class ApiDocument(TypedDict):
    """A description of an API, or where one is said to be."""

    type: Annotated[
        str,
        Field(
            description=(
                "openapi, swagger, asyncapi, graphql, api_catalog, postman, wsdl, wadl or odata; "
                "service_desc or service_doc of one that is only linked (RFC 8631); unknown of one "
                "that is protected."
            )
        ),
    ]
    state: Annotated[
        str | None,
        Field(
            description=(
                "parsed: it was read; protected: it is denied where a random path is not; "
                "unproven: something shows or speaks of it, and it was not seen itself, or it was "
                "and does not parse; linked: it is only named. Null in verdicts of rules before "
                "version 12."
            )
        ),
    ]
    version: Annotated[
        str | None, Field(description="Of the format, such as 3.1.0; null when not told.")
    ]
    title: Annotated[str | None, Field(description="What the document calls its API, or null.")]
    url: Annotated[
        str | None,
        Field(description="Where it is; null when it stands in the page of its viewer."),
    ]
    operations: Annotated[
        int | None,
        Field(description="How many it describes; null when it was not read to its end.", ge=0),
    ]
    security_schemes: Annotated[
        list[str], Field(description="By the names that the document gives them.")
    ]
    servers: Annotated[
        list[str], Field(description="Where the API is, as absolute URLs where they can be told.")
    ]
    complete: Annotated[
        bool,
        Field(
            description="False when it was cut by the size limit, or was named and not seen itself."
        ),
    ]
    ui: Annotated[
        str | None,
        Field(description="The viewer that shows it: Swagger UI, ReDoc, … null without one."),
    ]
    evidence: Annotated[list[Evidence], Field(description="What shows it.")]


def document_representation(document: verdict_pb2.ApiDocument) -> ApiDocument:
    """Return a document as the API shows it."""
    return {
        "type": document.type,
        "state": document.state or None,
        "version": document.version or None,
        "title": document.title or None,
        "url": document.url or None,
        "operations": document.operations if document.HasField("operations") else None,
        "security_schemes": list(document.security_schemes),
        "servers": list(document.servers),
        "complete": document.complete,
        "ui": document.ui or None,
        "evidence": [evidence_representation(item) for item in document.evidence],
    }
