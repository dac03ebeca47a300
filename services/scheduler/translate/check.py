"""Checks and what they are asked to look at, as messages and back."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from outscope.errors import InvalidRequest
from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.check import (
    ORDINARY,
    Check,
    CheckDetail,
    CheckOptions,
    CheckSpec,
    CheckStatus,
    Discovery,
    Failure,
    Owner,
    ProbeJob,
    StoredSample,
)
from services.scheduler.domain.spec import normalised_options, normalised_spec

_STATUSES: Final = {
    CheckStatus.PENDING: check_pb2.CHECK_STATUS_PENDING,
    CheckStatus.COMPLETED: check_pb2.CHECK_STATUS_COMPLETED,
    CheckStatus.FAILED: check_pb2.CHECK_STATUS_FAILED,
    CheckStatus.CANCELLED: check_pb2.CHECK_STATUS_CANCELLED,
}
_STATUSES_ASKED: Final[dict[int, CheckStatus]] = {
    message: status for status, message in _STATUSES.items()
}

_DISCOVERIES: Final = {
    Discovery.OFF: check_pb2.DISCOVERY_OFF,
    Discovery.STANDARD: check_pb2.DISCOVERY_STANDARD,
    Discovery.DEEP: check_pb2.DISCOVERY_DEEP,
}
_DISCOVERIES_ASKED: Final[dict[int, Discovery]] = {
    check_pb2.DISCOVERY_UNSPECIFIED: Discovery.STANDARD,
    **{message: discovery for discovery, message in _DISCOVERIES.items()},
}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_S: Final = 86_400
_MICROSECOND_NS: Final = 1000

_OWNERS: Final = {
    Owner.TARGET: facts_pb2.OWNER_TARGET,
    Owner.RESOLVER: facts_pb2.OWNER_RESOLVER,
    Owner.NETWORK: facts_pb2.OWNER_NETWORK,
    Owner.POLICY: facts_pb2.OWNER_POLICY,
    Owner.OURS: facts_pb2.OWNER_OURS,
}
_OWNERS_TOLD: Final = {message: owner for owner, message in _OWNERS.items()}


def spec_asked(message: check_pb2.CheckSpec, vantage_points: Collection[str]) -> CheckSpec:
    """Return the normalised spec a caller asks for; the first vantage point is the default."""
    if message.vantage_points or message.all_vantage_points:
        raise InvalidRequest(
            "A check is made from one vantage point: name it in vantage_point",
            field="vantage_points",
            value=list(message.vantage_points),
        )
    options = _options_asked(
        dns_records=message.dns_records,
        tls_versions=message.tls_versions,
        max_redirects=message.max_redirects,
        all_addresses=message.all_addresses,
        http2=message.http2,
        discovery=message.discovery,
    )
    spec = normalised_spec(
        fqdn=message.fqdn,
        ports=message.ports,
        paths=message.paths,
        vantage_point=(
            message.vantage_point
            if message.HasField("vantage_point")
            else next(iter(vantage_points))
        ),
        known_vantage_points=vantage_points,
        include_content_sample=message.include_content_sample,
        content_retention_days=(
            message.content_retention_days if message.HasField("content_retention_days") else None
        ),
    )
    return spec if options is ORDINARY else replace(spec, options=normalised_options(options))


@lru_cache(maxsize=1024)
def _options_asked(
    *,
    dns_records: bool,
    tls_versions: bool,
    max_redirects: int,
    all_addresses: bool,
    http2: bool,
    discovery: int,
) -> CheckOptions:
    """Return options, the same object for the same ones, as checks differ little in them."""
    options = CheckOptions(
        dns_records=dns_records,
        tls_versions=tls_versions,
        max_redirects=max_redirects,
        all_addresses=all_addresses,
        http2=http2,
        discovery=_discovery_asked(discovery),
    )
    return ORDINARY if options == ORDINARY else options


def _discovery_asked(message: int) -> Discovery:
    discovery = _DISCOVERIES_ASKED.get(message)
    if discovery is None:
        raise InvalidRequest(
            f"There is no such discovery; there are {', '.join(Discovery)}",
            field="discovery",
            value=message,
        )
    return discovery


def status_asked(message: int) -> CheckStatus | None:
    """Return the status to filter by, None when unspecified, or raise InvalidRequest."""
    if message == check_pb2.CHECK_STATUS_UNSPECIFIED:
        return None
    status = _STATUSES_ASKED.get(message)
    if status is None:
        raise InvalidRequest(
            f"There is no such status; there are {', '.join(CheckStatus)}",
            field="status",
            value=message,
            statuses=list(CheckStatus),
        )
    return status


def spec_message(spec: CheckSpec) -> check_pb2.CheckSpec:
    """Return a spec with every field set."""
    options = spec.options
    return check_pb2.CheckSpec(
        fqdn=spec.fqdn,
        ports=spec.ports,
        paths=spec.paths,
        vantage_point=spec.vantage_point,
        include_content_sample=spec.include_content_sample,
        content_retention_days=spec.content_retention_days,
        dns_records=options.dns_records,
        tls_versions=options.tls_versions,
        max_redirects=options.max_redirects,
        all_addresses=options.all_addresses,
        http2=options.http2,
        discovery=_DISCOVERIES[options.discovery],
    )


def check_message(check: Check) -> check_pb2.Check:
    """Return a check without its result and samples."""
    message = check_pb2.Check(
        id=check.id,
        status=_STATUSES[check.status],
        spec=spec_message(check.spec),
        created_at=_timestamp(check.created_at),
    )
    if check.ended_at is not None:
        message.ended_at.FromDatetime(check.ended_at)
    if check.rejudged_at is not None:
        message.rejudged_at.FromDatetime(check.rejudged_at)
    if check.failure is not None:
        message.failure.CopyFrom(_failure_message(check.failure))
    return message


def _timestamp(moment: datetime) -> Timestamp:
    """Return a moment, to the microsecond, for a third of what FromDatetime takes."""
    since = moment - _EPOCH
    return Timestamp(
        seconds=since.days * _DAY_S + since.seconds, nanos=since.microseconds * _MICROSECOND_NS
    )


def detail_message(detail: CheckDetail) -> check_pb2.Check:
    """Return a check with all that is known of it."""
    message = check_message(detail.check)
    if detail.result is not None:
        message.result.ParseFromString(detail.result)
    message.samples.extend(_sample_message(sample) for sample in detail.samples)
    return message


def job_payload(job: ProbeJob, budget: Budget) -> bytes:
    """Return a probe job as it travels."""
    return messages_pb2.ProbeJob(
        probe_id=job.probe_id,
        check_id=job.check_id,
        attempt=job.attempt,
        spec=spec_message(job.spec),
        budget=_budget_message(budget),
        deadline=_timestamp(job.deadline_at),
    ).SerializeToString()


def _budget_message(budget: Budget) -> messages_pb2.TargetBudget | None:
    """Return what a job tells of the budget; None when there is none."""
    if not budget.is_limited:
        return None
    return messages_pb2.TargetBudget(
        host=budget.host,
        address=budget.address,
        host_covers_opened=budget.host_covers_opened,
        address_covers_opened=budget.address_covers_opened,
    )


def failure_told(message: check_pb2.Failure) -> Failure:
    """Return the failure a prober reports; one that names no owner is ours."""
    return Failure(
        reason=message.reason or "internal",
        owner=_OWNERS_TOLD.get(message.owner, Owner.OURS),
        # Postgres stores no NUL.
        message=message.message.replace("\0", ""),
    )


def _failure_message(failure: Failure) -> check_pb2.Failure:
    return check_pb2.Failure(
        reason=failure.reason, owner=_OWNERS[failure.owner], message=failure.message
    )


def _sample_message(stored: StoredSample) -> facts_pb2.ContentSample:
    message = facts_pb2.ContentSample.FromString(stored.sample)
    message.expires_at.FromDatetime(stored.expires_at)
    return message
