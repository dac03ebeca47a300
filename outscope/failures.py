"""Every reason why a check can fail, in one table: whose it is, and what it means.

A failed check says nothing about its target. What was learned of a target, good or bad, is an
outcome of a completed check instead.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FailureReason(StrEnum):
    """Why we could not carry a check out; stable, part of the API."""

    TARGET_REFUSED = "target_refused"
    TARGET_BUDGET = "target_budget"
    IPV6_UNAVAILABLE = "ipv6_unavailable"
    RESOLVER_UNAVAILABLE = "resolver_unavailable"
    RESOLVER_FAILED = "resolver_failed"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    VANTAGE_UNAVAILABLE = "vantage_unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRow:
    """One reason: who has to act for the check to succeed, and what happened."""

    reason: FailureReason
    owner: str
    summary: str


def _row(reason: FailureReason, owner: str, summary: str) -> FailureRow:
    return FailureRow(reason=reason, owner=owner, summary=summary)


FAILURE_TABLE: Final = (
    _row(
        FailureReason.TARGET_REFUSED,
        "policy",
        "The name resolves to an address that the network policy forbids, or the operator has "
        "listed it as never to be probed.",
    ),
    _row(
        FailureReason.TARGET_BUDGET,
        "policy",
        "The check would have sent its target more requests a minute than all checks together may, "
        "until its deadline.",
    ),
    _row(
        FailureReason.IPV6_UNAVAILABLE,
        "ours",
        "The name has IPv6 addresses only, and the vantage point has no IPv6.",
    ),
    _row(
        FailureReason.RESOLVER_UNAVAILABLE,
        "resolver",
        "No DNS resolver of the vantage point could be reached or answered in time.",
    ),
    _row(
        FailureReason.RESOLVER_FAILED,
        "resolver",
        "The DNS resolvers of the vantage point refused to answer, or answered unreadably.",
    ),
    _row(
        FailureReason.DEADLINE_EXCEEDED,
        "ours",
        "No prober carried the check out in time.",
    ),
    _row(
        FailureReason.ATTEMPTS_EXHAUSTED,
        "ours",
        "Several probers took the check and were lost before they reported.",
    ),
    _row(
        FailureReason.VANTAGE_UNAVAILABLE,
        "ours",
        "No prober of the vantage point was alive and fit for as long as checks wait for one.",
    ),
    _row(FailureReason.INTERNAL, "ours", "A defect of ours."),
)
