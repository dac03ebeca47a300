"""Vantage points as the scheduler tells of them, as an answer."""

from outscope.v1 import vantage_service_pb2
from services.gateway.schemas.vantage_point import VantagePoint, VantagePointList


def vantage_point_list(
    answer: vantage_service_pb2.ListVantagePointsResponse,
) -> VantagePointList:
    """Return every vantage point."""
    return {"data": [_vantage_point(each) for each in answer.vantage_points]}


def _vantage_point(told: vantage_service_pb2.VantagePoint) -> VantagePoint:
    return {
        "name": told.name,
        "tags": list(told.tags),
        "is_private": told.is_private,
        "live_probers": told.live_probers,
        "fit_probers": told.fit_probers,
        "faults": [{"part": fault.part, "reason": fault.reason} for fault in told.faults],
        "queue": told.queue,
        "typical_wait_s": round(told.typical_wait_s, 3)
        if told.HasField("typical_wait_s")
        else None,
        "has_ipv6": told.has_ipv6,
        "versions": list(told.versions),
    }
