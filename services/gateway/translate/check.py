"""A check request as the scheduler's message, and a created check as its answer."""

from typing import Final

from outscope.representation.codes import status_code
from outscope.representation.moments import rfc3339
from outscope.v1 import check_pb2
from services.gateway.schemas.check import ALL_VANTAGE_POINTS, CheckRequest, CreatedCheck

_DISCOVERIES: Final = {
    "off": check_pb2.DISCOVERY_OFF,
    "standard": check_pb2.DISCOVERY_STANDARD,
    "deep": check_pb2.DISCOVERY_DEEP,
}

_QUORUMS: Final = {
    "majority": check_pb2.QUORUM_MAJORITY,
    "any": check_pb2.QUORUM_ANY,
    "all": check_pb2.QUORUM_ALL,
}


def spec_message(check: CheckRequest) -> check_pb2.CheckSpec:
    """Return what was asked, defaults included; vantage points only when they were named."""
    spec = check_pb2.CheckSpec(
        fqdn=check.fqdn,
        ports=check.ports,
        paths=check.paths,
        include_content_sample=check.include_content_sample,
        content_retention_days=check.content_retention_days,
        dns_records=check.dns_records,
        tls_versions=check.tls_versions,
        max_redirects=check.max_redirects,
        all_addresses=check.all_addresses,
        http2=check.http2,
        discovery=_DISCOVERIES[check.discovery],
    )
    if "vantage_point" in check.model_fields_set:
        spec.vantage_point = check.vantage_point
    if check.vantage_points == [ALL_VANTAGE_POINTS]:
        spec.all_vantage_points = True
    else:
        spec.vantage_points.extend(check.vantage_points)
    if "quorum" in check.model_fields_set:
        spec.quorum = _QUORUMS[check.quorum]
    return spec


def created_check(check: check_pb2.Check) -> CreatedCheck:
    """Return the four documented fields of a check; pages list them too."""
    return {
        "id": check.id,
        "fqdn": check.spec.fqdn,
        "status": status_code(check.status),
        "created_at": rfc3339(check.created_at),
    }
