"""What one vantage point saw, or why it could not look.

Law: it is told in the words of a check made from there alone.
"""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.failures import FailureReason
from outscope.representation.codes import StatusCode, owner_code, status_code
from outscope.representation.dns import Dns, dns_representation
from outscope.representation.moments import rfc3339
from outscope.representation.path import Path, path_representation
from outscope.representation.port import Port, port_representation
from outscope.representation.verdict import Analysis, analysis_representation
from outscope.v1 import check_pb2, facts_pb2


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


class Seen(TypedDict):
    """What was seen, by the members that a check and each of its vantage points have."""

    analysis: Analysis | None
    dns: Dns | None
    ports: list[Port]
    paths: list[Path]
    control: Path | None
    discovered: list[Path]
    observer: Observer | None


class VantageView(TypedDict):
    """What came of a check at one of its vantage points, as if it were made from there alone."""

    vantage_point: Annotated[str, Field(description="The region.", examples=["eu-west-1"])]
    status: Annotated[
        StatusCode,
        Field(description="Here; the check ends when each of its vantage points has."),
    ]
    analysis: Annotated[Analysis | None, Field(description="The verdict; null until completed.")]
    dns: Annotated[Dns | None, Field(description="Null until completed.")]
    ports: Annotated[list[Port], Field(description="In the order asked; empty until completed.")]
    paths: Annotated[list[Path], Field(description="In the order asked; empty until completed.")]
    control: Annotated[Path | None, Field(description="What a random path answered, or null.")]
    discovered: Annotated[
        list[Path], Field(description="What was requested beyond the paths.", max_length=24)
    ]
    failure: Annotated[Failure | None, Field(description="Null unless failed.")]
    completed_at: Annotated[
        str | None, Field(description="When it completed, failed or was cancelled.")
    ]
    observer: Annotated[Observer | None, Field(description="Null until completed.")]


def vantage_representation(view: check_pb2.VantageView) -> VantageView:
    """Return what came of a check at one vantage point as the API shows it."""
    return {
        "vantage_point": view.vantage_point,
        "status": status_code(view.status),
        **seen(view.result, view.samples),
        "failure": failure_representation(view.failure) if view.HasField("failure") else None,
        "completed_at": rfc3339(view.ended_at) if view.HasField("ended_at") else None,
    }


def seen(result: check_pb2.CheckResult, kept: Iterable[facts_pb2.ContentSample]) -> Seen:
    """Return what was seen, each path with what was kept of it; of no result nothing."""
    samples = {sample.path: sample for sample in kept}
    has = result.HasField
    return {
        "analysis": analysis_representation(result.analysis) if has("analysis") else None,
        "dns": dns_representation(result.dns) if has("dns") else None,
        "ports": [port_representation(port) for port in result.ports],
        "paths": [path_representation(path, samples.get(path.path)) for path in result.paths],
        "control": path_representation(result.control, None) if has("control") else None,
        "discovered": [path_representation(path, None) for path in result.discovered],
        "observer": _observer(result.observer) if has("observer") else None,
    }


def failure_representation(failure: check_pb2.Failure) -> Failure:
    """Return a failure as the API shows it."""
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
