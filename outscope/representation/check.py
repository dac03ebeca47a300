"""A check as GET /v1/check/{id} and webhooks show it.

Law: pending means no verdict yet: analysis and dns are null, ports and paths empty. A failed check
has a failure and no verdict: a failure that is ours says nothing about the target. A cancelled one
has neither.
"""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.limits import MAX_VANTAGE_POINTS
from outscope.representation.agreement import Agreement, agreement_representation
from outscope.representation.codes import (
    DiscoveryCode,
    QuorumCode,
    StatusCode,
    discovery_code,
    quorum_code,
    status_code,
)
from outscope.representation.dns import Dns
from outscope.representation.moments import rfc3339
from outscope.representation.path import Path
from outscope.representation.port import Port
from outscope.representation.vantage import (
    Failure,
    Observer,
    VantageView,
    failure_representation,
    seen,
    vantage_representation,
)
from outscope.representation.verdict import Analysis
from outscope.v1 import check_pb2


class Requested(TypedDict):
    """What was asked, normalised, with the defaults filled in."""

    ports: Annotated[list[int], Field(description="TCP ports, in the order asked.")]
    paths: Annotated[list[str], Field(description="Percent-encoded, in the order asked.")]
    include_content_sample: Annotated[
        bool, Field(description="Whether what each path answers is kept.")
    ]
    content_retention_days: Annotated[
        int | None, Field(description="Days until the samples are deleted.")
    ]
    dns_records: Annotated[bool, Field(description="Whether CAA, MX, NS, SPF and DMARC are asked.")]
    tls_versions: Annotated[
        bool, Field(description="Whether each port is asked which versions of TLS it accepts.")
    ]
    max_redirects: Annotated[int, Field(description="Redirects followed for each path.")]
    all_addresses: Annotated[
        bool, Field(description="Whether every path is requested on every address.")
    ]
    http2: Annotated[bool, Field(description="Whether HTTP/2 is offered beside HTTP/1.1.")]
    discovery: Annotated[
        DiscoveryCode, Field(description="How much is requested beyond the paths.")
    ]
    vantage_points: Annotated[
        list[str],
        Field(
            description="The vantage points, by name, when several were asked for; else empty.",
            max_length=MAX_VANTAGE_POINTS,
        ),
    ]
    quorum: Annotated[
        QuorumCode | None,
        Field(
            description="How many of several vantage points have to have come as far as the "
            "merged verdict says; null with one."
        ),
    ]


class Check(TypedDict):
    """A check: what was asked, how far it is, what came of it."""

    id: Annotated[str, Field(description="Begins with chk_.")]
    fqdn: Annotated[str, Field(description="Lower-case A-labels without a trailing dot.")]
    status: Annotated[
        StatusCode,
        Field(
            description=(
                "pending until there is a result, then completed; failed when we could not carry "
                "it out, cancelled when its owner no longer wanted it."
            )
        ),
    ]
    analysis: Annotated[Analysis | None, Field(description="Null until completed.")]
    dns: Annotated[Dns | None, Field(description="Null until completed.")]
    ports: Annotated[list[Port], Field(description="In the order asked; empty until completed.")]
    paths: Annotated[list[Path], Field(description="In the order asked; empty until completed.")]
    control: Annotated[
        Path | None,
        Field(
            description="What a random path answered that cannot exist; null without discovery, "
            "and where nothing was asked for it."
        ),
    ]
    discovered: Annotated[
        list[Path],
        Field(
            description="What was requested beyond the paths to find descriptions of APIs and "
            "logins, in order.",
            max_length=24,
        ),
    ]
    failure: Annotated[Failure | None, Field(description="Null unless failed.")]
    created_at: Annotated[str, Field(description="When it was accepted.")]
    completed_at: Annotated[
        str | None, Field(description="When it completed, failed or was cancelled.")
    ]
    rejudged_at: Annotated[
        str | None,
        Field(description="When the verdict was last reached anew from the facts kept, or null."),
    ]
    vantage_point: Annotated[
        str | None,
        Field(description="The region it is made from; null when it is made from several."),
    ]
    request: Annotated[Requested, Field(description="The request as it was understood.")]
    observer: Annotated[
        Observer | None,
        Field(
            description="Null until completed. Of a check from several vantage points the one "
            "whose answer stands here, as its verdict is the merged one."
        ),
    ]
    vantages: Annotated[
        list[VantageView],
        Field(
            description="What each of several vantage points saw, in the order asked; empty when "
            "the check is made from one.",
            max_length=MAX_VANTAGE_POINTS,
        ),
    ]
    agreement: Annotated[
        Agreement | None,
        Field(
            description="Whether several vantage points agree; null until completed, with one, "
            "and when none of them can be counted."
        ),
    ]


def check_representation(check: check_pb2.Check) -> dict[str, object]:
    """Return a check as the API shows it, ready for a JSON encoder."""
    return dict(_check(check))


def _check(check: check_pb2.Check) -> Check:
    spec = check.spec
    return {
        "id": check.id,
        "fqdn": spec.fqdn,
        "status": status_code(check.status),
        **seen(check.result, check.samples),
        "failure": failure_representation(check.failure) if check.HasField("failure") else None,
        "created_at": rfc3339(check.created_at),
        "completed_at": rfc3339(check.ended_at) if check.HasField("ended_at") else None,
        "rejudged_at": rfc3339(check.rejudged_at) if check.HasField("rejudged_at") else None,
        "vantage_point": spec.vantage_point or None,
        "request": _requested(spec),
        "vantages": [vantage_representation(view) for view in check.vantages],
        "agreement": (
            agreement_representation(check.agreement) if check.HasField("agreement") else None
        ),
    }


def _requested(spec: check_pb2.CheckSpec) -> Requested:
    return {
        "ports": list(spec.ports),
        "paths": list(spec.paths),
        "include_content_sample": spec.include_content_sample,
        "content_retention_days": spec.content_retention_days or None,
        "dns_records": spec.dns_records,
        "tls_versions": spec.tls_versions,
        "max_redirects": spec.max_redirects,
        "all_addresses": spec.all_addresses,
        "http2": spec.http2,
        "discovery": discovery_code(spec.discovery),
        "vantage_points": list(spec.vantage_points),
        "quorum": quorum_code(spec.quorum) if spec.vantage_points else None,
    }
