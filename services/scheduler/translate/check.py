"""Checks and what they are asked to look at, as messages and back."""

from collections.abc import Collection, Mapping
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
    CheckOptions,
    CheckSpec,
    CheckStatus,
    Discovery,
    Failure,
    Owner,
    ProbeJob,
    Quorum,
    StoredSample,
)
from services.scheduler.domain.spec import normalised_options, normalised_spec
from services.scheduler.domain.vantage_choice import all_vantage_points, chosen_vantage_points

STATUSES: Final = {
    CheckStatus.PENDING: check_pb2.CHECK_STATUS_PENDING,
    CheckStatus.COMPLETED: check_pb2.CHECK_STATUS_COMPLETED,
    CheckStatus.FAILED: check_pb2.CHECK_STATUS_FAILED,
    CheckStatus.CANCELLED: check_pb2.CHECK_STATUS_CANCELLED,
}
_STATUSES_ASKED: Final[dict[int, CheckStatus]] = {
    message: status for status, message in STATUSES.items()
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

_QUORUMS: Final = {
    Quorum.MAJORITY: check_pb2.QUORUM_MAJORITY,
    Quorum.ANY: check_pb2.QUORUM_ANY,
    Quorum.ALL: check_pb2.QUORUM_ALL,
}
_QUORUMS_ASKED: Final[dict[int, Quorum]] = {
    check_pb2.QUORUM_UNSPECIFIED: Quorum.MAJORITY,
    **{message: quorum for quorum, message in _QUORUMS.items()},
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
OWNERS_TOLD: Final = {message: owner for owner, message in _OWNERS.items()}


def spec_asked(
    message: check_pb2.CheckSpec, vantage_points: Mapping[str, Collection[str]]
) -> CheckSpec:
    """Return the normalised spec a caller asks for.

    The vantage points are all there are, each with its tags; the first is the default.
    """
    several = _several_asked(message, vantage_points)
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
            else next(iter(several or vantage_points), "")
        ),
        known_vantage_points=vantage_points,
        include_content_sample=message.include_content_sample,
        content_retention_days=(
            message.content_retention_days if message.HasField("content_retention_days") else None
        ),
    )
    if several:
        options = replace(options, vantage_points=several, quorum=_quorum_asked(message.quorum))
    return spec if options is ORDINARY else replace(spec, options=normalised_options(options))


def is_for_several(message: check_pb2.CheckSpec) -> bool:
    """Tell whether a caller asks for several vantage points, be it one in a list."""
    return bool(message.vantage_points) or message.all_vantage_points


def spec_as_asked(
    message: check_pb2.CheckSpec, vantage_points: Mapping[str, Collection[str]]
) -> check_pb2.CheckSpec:
    """Return a spec for several vantage points normalised, these left as they are asked for.

    One that is refused for anything but which vantage points there are is returned as it came.
    """
    alone = check_pb2.CheckSpec()
    alone.CopyFrom(message)
    for name in ("vantage_points", "all_vantage_points", "quorum"):
        alone.ClearField(name)
    try:
        normalised = spec_message(spec_asked(alone, vantage_points))
    except InvalidRequest:
        return message
    if not message.HasField("vantage_point"):
        normalised.ClearField("vantage_point")
    normalised.vantage_points.extend(message.vantage_points)
    normalised.all_vantage_points = message.all_vantage_points
    normalised.quorum = message.quorum or check_pb2.QUORUM_MAJORITY
    return normalised


def _several_asked(
    message: check_pb2.CheckSpec, known: Mapping[str, Collection[str]]
) -> tuple[str, ...]:
    """Return the vantage points asked for in the place of one; empty when that is none."""
    if not is_for_several(message):
        if message.quorum:
            raise InvalidRequest(
                "quorum is of several vantage points; name them in vantage_points, or leave it out",
                field="quorum",
            )
        return ()
    if message.HasField("vantage_point"):
        raise InvalidRequest(
            "vantage_points and vantage_point exclude each other; leave one of them out",
            field="vantage_points",
        )
    if message.all_vantage_points and message.vantage_points:
        raise InvalidRequest(
            "All vantage points are asked for, and some of them; leave one of both out",
            field="vantage_points",
        )
    if message.all_vantage_points:
        return all_vantage_points(known)
    return chosen_vantage_points(message.vantage_points, known)


def _quorum_asked(message: int) -> Quorum:
    quorum = _QUORUMS_ASKED.get(message)
    if quorum is None:
        raise InvalidRequest(
            f"There is no such quorum; there are {', '.join(Quorum)}", field="quorum", value=message
        )
    return quorum


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
    """Return a spec with every field set; of vantage_point and vantage_points one."""
    options = spec.options
    message = check_pb2.CheckSpec(
        fqdn=spec.fqdn,
        ports=spec.ports,
        paths=spec.paths,
        vantage_point=None if spec.is_from_several else spec.vantage_point,
        include_content_sample=spec.include_content_sample,
        content_retention_days=spec.content_retention_days,
        dns_records=options.dns_records,
        tls_versions=options.tls_versions,
        max_redirects=options.max_redirects,
        all_addresses=options.all_addresses,
        http2=options.http2,
        discovery=_DISCOVERIES[options.discovery],
    )
    if spec.is_from_several:
        message.vantage_points.extend(options.vantage_points)
        message.quorum = _QUORUMS[options.quorum]
    return message


def check_message(check: Check) -> check_pb2.Check:
    """Return a check without its result and samples."""
    message = check_pb2.Check(
        id=check.id,
        status=STATUSES[check.status],
        spec=spec_message(check.spec),
        created_at=_timestamp(check.created_at),
    )
    if check.ended_at is not None:
        message.ended_at.FromDatetime(check.ended_at)
    if check.rejudged_at is not None:
        message.rejudged_at.FromDatetime(check.rejudged_at)
    if check.failure is not None:
        message.failure.CopyFrom(failure_message(check.failure))
    return message


def _timestamp(moment: datetime) -> Timestamp:
    """Return a moment, to the microsecond, for a third of what FromDatetime takes."""
    since = moment - _EPOCH
    return Timestamp(
        seconds=since.days * _DAY_S + since.seconds, nanos=since.microseconds * _MICROSECOND_NS
    )


def job_payload(job: ProbeJob, budget: Budget) -> bytes:
    """Return a probe job as it travels."""
    return messages_pb2.ProbeJob(
        probe_id=job.probe_id,
        check_id=job.check_id,
        attempt=job.attempt,
        spec=spec_message(job.spec),
        budget=_budget_message(budget),
        deadline=_timestamp(job.deadline_at),
        account_id=job.account_id,
        request_id=job.request_id,
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
        owner=OWNERS_TOLD.get(message.owner, Owner.OURS),
        # Postgres stores no NUL.
        message=message.message.replace("\0", ""),
    )


def failure_message(failure: Failure) -> check_pb2.Failure:
    """Return a failure."""
    return check_pb2.Failure(
        reason=failure.reason, owner=_OWNERS[failure.owner], message=failure.message
    )


def sample_message(stored: StoredSample) -> facts_pb2.ContentSample:
    """Return a sample with the time at which it is deleted."""
    message = facts_pb2.ContentSample.FromString(stored.sample)
    message.expires_at.FromDatetime(stored.expires_at)
    return message
