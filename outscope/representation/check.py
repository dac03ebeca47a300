"""A check as GET /v1/check/{id} and webhooks show it.

Law: pending means no verdict yet: analysis and dns are null, ports and paths empty. A failed check
has a failure and no verdict: a failure that is ours says nothing about the target. A cancelled one
has neither.
"""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.failures import FailureReason
from outscope.representation.codes import (
    DiscoveryCode,
    StatusCode,
    discovery_code,
    owner_code,
    status_code,
)
from outscope.representation.dns import Dns, dns_representation
from outscope.representation.moments import rfc3339
from outscope.representation.path import Path, path_representation
from outscope.representation.port import Port, port_representation
from outscope.representation.verdict import Analysis, analysis_representation
from outscope.v1 import check_pb2


class Failure(TypedDict):
    """Why we could not carry the check out."""

    reason: Annotated[
        str,
        Field(
            description=f"Stable, snake_case, and the list may grow: {', '.join(FailureReason)}."
        ),
    ]
    owner: Annotated[str, Field(description="target, resolver, network, policy or ours.")]
    message: Annotated[
        str, Field(description="One sentence for people: what happened, and what to do.")
    ]


class Observer(TypedDict):
    """From where, by whom and when the result was observed."""

    vantage_point: Annotated[str, Field(description="The region the target was looked at from.")]
    prober_id: Annotated[
        str, Field(description="The process that carried the check out, one of several.")
    ]
    prober_version: Annotated[str, Field(description="The version of OutScope it ran.")]
    started_at: Annotated[str | None, Field(description="When it began.")]
    duration_ms: Annotated[int, Field(description="How long it took, queueing not counted.")]
    egress_addresses: Annotated[
        list[str],
        Field(description="Addresses the requests came from; empty where the prober is not told."),
    ]
    has_ipv6: Annotated[
        bool | None, Field(description="False where IPv6 addresses could not be tried.")
    ]
    user_agent: Annotated[str | None, Field(description="What the requests were signed with.")]
    report_shortened: Annotated[
        bool,
        Field(
            description="There was too much to report: headers, samples, certificates, addresses "
            "or further answers are missing. The verdict was reached with them."
        ),
    ]


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
    vantage_point: Annotated[str | None, Field(description="The region it is made from.")]
    request: Annotated[Requested, Field(description="The request as it was understood.")]
    observer: Annotated[Observer | None, Field(description="Null until completed.")]


def check_representation(check: check_pb2.Check) -> dict[str, object]:
    """Return a check as the API shows it, ready for a JSON encoder."""
    return dict(_check(check))


def _check(check: check_pb2.Check) -> Check:
    result = check.result
    samples = {sample.path: sample for sample in check.samples}
    spec, has = check.spec, result.HasField
    return {
        "id": check.id,
        "fqdn": spec.fqdn,
        "status": status_code(check.status),
        "analysis": analysis_representation(result.analysis) if has("analysis") else None,
        "dns": dns_representation(result.dns) if has("dns") else None,
        "ports": [port_representation(port) for port in result.ports],
        "paths": [path_representation(path, samples.get(path.path)) for path in result.paths],
        "control": path_representation(result.control, None) if has("control") else None,
        "discovered": [path_representation(path, None) for path in result.discovered],
        "failure": _failure(check.failure) if check.HasField("failure") else None,
        "created_at": rfc3339(check.created_at),
        "completed_at": rfc3339(check.ended_at) if check.HasField("ended_at") else None,
        "rejudged_at": rfc3339(check.rejudged_at) if check.HasField("rejudged_at") else None,
        "vantage_point": spec.vantage_point or None,
        "request": _requested(spec),
        "observer": _observer(result.observer) if has("observer") else None,
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
    }


def _failure(failure: check_pb2.Failure) -> Failure:
    return {
        "reason": failure.reason,
        "owner": owner_code(failure.owner),
        "message": failure.message,
    }


def _observer(observer: check_pb2.Observer) -> Observer:
    return {
        "vantage_point": observer.vantage_point,
        "prober_id": observer.prober_id,
        "prober_version": observer.prober_version,
        "started_at": rfc3339(observer.started_at) if observer.HasField("started_at") else None,
        "duration_ms": observer.duration_ms,
        "egress_addresses": list(observer.egress_addresses),
        "has_ipv6": observer.has_ipv6 if observer.HasField("has_ipv6") else None,
        "user_agent": observer.user_agent or None,
        "report_shortened": observer.report_shortened,
    }
