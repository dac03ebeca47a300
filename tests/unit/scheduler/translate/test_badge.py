from datetime import UTC, datetime

import pytest

from outscope.v1 import badge_service_pb2, check_pb2
from services.scheduler.domain.badge import Badge
from services.scheduler.translate.badge import badge_message, published_message

AT = datetime(2026, 4, 21, 10, tzinfo=UTC)


def check(analyzability: str, *, reachable: bool) -> check_pb2.Check:
    message = check_pb2.Check()
    message.result.analysis.analyzability = analyzability
    message.result.analysis.reachable = reachable
    message.ended_at.FromDatetime(AT)
    return message


@pytest.mark.parametrize(
    ("analyzability", "reachable", "verdict"),
    [
        ("analyzable", True, badge_service_pb2.BADGE_VERDICT_ANALYZABLE),
        ("not_analyzable", True, badge_service_pb2.BADGE_VERDICT_NOT_ANALYZABLE),
        ("not_analyzable", False, badge_service_pb2.BADGE_VERDICT_UNREACHABLE),
        ("unknown", True, badge_service_pb2.BADGE_VERDICT_UNKNOWN),
        # That nobody could tell is no statement about the target.
        ("unknown", False, badge_service_pb2.BADGE_VERDICT_UNKNOWN),
        ("of_a_later_version", True, badge_service_pb2.BADGE_VERDICT_UNKNOWN),
    ],
)
def test_a_badge_shows_the_verdict_and_when_it_was_reached(
    analyzability: str,
    reachable: bool,  # noqa: FBT001 - a parameter
    verdict: badge_service_pb2.BadgeVerdict.ValueType,
) -> None:
    message = badge_message("example.com", check(analyzability, reachable=reachable))
    assert (message.fqdn, message.verdict) == ("example.com", verdict)
    assert message.checked_at.ToDatetime(UTC) == AT


def test_without_a_check_or_a_verdict_it_is_unknown() -> None:
    assert badge_message("example.com", None) == badge_service_pb2.Badge(
        fqdn="example.com", verdict=badge_service_pb2.BADGE_VERDICT_UNKNOWN
    )
    message = badge_message("example.com", check_pb2.Check())
    assert message.verdict == badge_service_pb2.BADGE_VERDICT_UNKNOWN


def test_a_published_name_is_told_with_since_when() -> None:
    message = published_message(Badge(fqdn="example.com", account_id="acc_a", created_at=AT))
    assert (message.fqdn, message.published_at.ToDatetime(UTC)) == ("example.com", AT)
