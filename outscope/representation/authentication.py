"""Which paths ask for credentials, how, and where to log in."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.evidence import Evidence, evidence_representation
from outscope.v1 import verdict_pb2


class PathAuthentication(TypedDict):
    """What one path answered to a visitor without credentials."""

    path: Annotated[str, Field(description="As requested, percent-encoded.")]
    state: Annotated[
        str,
        Field(
            description=(
                "open, challenged (a 401), form (a login instead of content), redirected (to log "
                "in elsewhere), api_error (an error that asks for credentials), or unknown where "
                "a block, an error or a missing path does not say."
            )
        ),
    ]
    schemes: Annotated[
        list[str],
        Field(description="Schemes as registered: Basic, Bearer, Digest, Negotiate, DPoP, …"),
    ]
    realm: Annotated[str | None, Field(description="The realm of the challenge, or null.")]
    provider: Annotated[
        str | None,
        Field(
            description=(
                "The identity provider or access proxy by name, or by host where it is not known; "
                "null when there is none."
            )
        ),
    ]
    entry_url: Annotated[
        str | None,
        Field(description="Where to log in, or where it is told how; null when nothing says."),
    ]
    evidence: Annotated[
        list[Evidence],
        Field(
            description=(
                "What shows it; of an open path, what says that credentials are asked for "
                "elsewhere."
            )
        ),
    ]


class Authentication(TypedDict):
    """Which paths ask for credentials, and how."""

    paths: Annotated[
        list[PathAuthentication],
        Field(
            description=(
                "Every path of the check that answered; then what asks for credentials in another "
                "way on another port, or beside the paths."
            )
        ),
    ]
    gated_share: Annotated[
        float,
        Field(
            description="Gated ones of the check's paths that answered, from 0 to 1.", ge=0, le=1
        ),
    ]
    entry_url: Annotated[
        str | None, Field(description="Where to log in first; null when nothing says where.")
    ]


def authentication_representation(known: verdict_pb2.Authentication) -> Authentication:
    """Return the map of authentication as the API shows it."""
    return {
        "paths": [_path(path) for path in known.paths],
        "gated_share": known.gated_share,
        "entry_url": known.entry_url or None,
    }


def _path(path: verdict_pb2.PathAuthentication) -> PathAuthentication:
    return {
        "path": path.path,
        "state": path.state,
        "schemes": list(path.schemes),
        "realm": path.realm or None,
        "provider": path.provider or None,
        "entry_url": path.entry_url or None,
        "evidence": [evidence_representation(item) for item in path.evidence],
    }
