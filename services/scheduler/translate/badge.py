"""Badges as messages."""

from collections.abc import Iterable

from outscope.v1 import badge_service_pb2, check_pb2
from services.scheduler.domain.badge import Badge

_BY_ANALYZABILITY = {
    "analyzable": badge_service_pb2.BADGE_VERDICT_ANALYZABLE,
    "not_analyzable": badge_service_pb2.BADGE_VERDICT_NOT_ANALYZABLE,
}


def published_message(badge: Badge) -> badge_service_pb2.PublishBadgeResponse:
    """Return a badge as its account is told of it."""
    message = badge_service_pb2.PublishBadgeResponse(fqdn=badge.fqdn)
    message.published_at.FromDatetime(badge.created_at)
    return message


def listed_message(badges: Iterable[Badge]) -> badge_service_pb2.ListBadgesResponse:
    """Return badges as their account is told of them."""
    page = badge_service_pb2.ListBadgesResponse()
    for badge in badges:
        page.badges.add(fqdn=badge.fqdn).published_at.FromDatetime(badge.created_at)
    return page


def badge_message(fqdn: str, check: check_pb2.Check | None) -> badge_service_pb2.Badge:
    """Return what a badge shows of a completed check, or of none."""
    if check is None:
        return badge_service_pb2.Badge(fqdn=fqdn, verdict=badge_service_pb2.BADGE_VERDICT_UNKNOWN)
    message = badge_service_pb2.Badge(fqdn=fqdn, verdict=_verdict(check))
    message.checked_at.CopyFrom(check.ended_at)
    return message


def _verdict(check: check_pb2.Check) -> badge_service_pb2.BadgeVerdict.ValueType:
    if not check.result.HasField("analysis"):
        return badge_service_pb2.BADGE_VERDICT_UNKNOWN
    analysis = check.result.analysis
    if not analysis.reachable and analysis.analyzability != "unknown":
        return badge_service_pb2.BADGE_VERDICT_UNREACHABLE
    return _BY_ANALYZABILITY.get(analysis.analyzability, badge_service_pb2.BADGE_VERDICT_UNKNOWN)
