"""Vantage points as messages."""

from collections.abc import Iterable, Sequence

from outscope.v1 import vantage_service_pb2
from services.scheduler.domain.vantage import LiveProber, faults_of


def vantage_message(
    name: str,
    probers: Sequence[LiveProber],
    *,
    tags: Iterable[str],
    is_private: bool,
    queue: int,
    typical_wait_s: float | None,
) -> vantage_service_pb2.VantagePoint:
    """Return how it stands at a vantage point with these live probers."""
    return vantage_service_pb2.VantagePoint(
        name=name,
        live_probers=len(probers),
        fit_probers=sum(prober.is_fit for prober in probers),
        faults=[
            vantage_service_pb2.VantageFault(part=fault.part, reason=fault.reason)
            for fault in faults_of(probers)
        ],
        queue=queue,
        typical_wait_s=typical_wait_s,
        has_ipv6=bool(probers) and all(prober.has_ipv6 for prober in probers),
        versions=sorted({prober.version for prober in probers}),
        tags=tags,
        is_private=is_private,
    )
