"""Enum values as the lower-case words of the API.

Law: a value this version does not know yet is "unknown", never an error: the contract grows.
"""

from collections.abc import Mapping
from typing import Final, Literal

from google.protobuf.descriptor import EnumDescriptor

from outscope.v1 import check_pb2, facts_pb2, verdict_pb2

StatusCode = Literal["pending", "completed", "failed", "cancelled"]
DiscoveryCode = Literal["off", "standard", "deep"]
QuorumCode = Literal["majority", "any", "all"]

_UNKNOWN: Final = "unknown"


def _words(descriptor: EnumDescriptor, prefix: str) -> Mapping[int, str]:
    return {
        value.number: value.name.removeprefix(prefix).lower()
        for value in descriptor.values
        if value.number
    }


_OUTCOMES: Final = _words(facts_pb2.OutcomeCode.DESCRIPTOR, "OUTCOME_CODE_")
_OWNERS: Final = _words(facts_pb2.Owner.DESCRIPTOR, "OWNER_")
_TCP_STATES: Final = _words(facts_pb2.TcpState.DESCRIPTOR, "TCP_STATE_")
_ROLES: Final = _words(verdict_pb2.RuleRole.DESCRIPTOR, "RULE_ROLE_")
_STATUSES: Final[Mapping[int, StatusCode]] = {
    check_pb2.CHECK_STATUS_PENDING: "pending",
    check_pb2.CHECK_STATUS_COMPLETED: "completed",
    check_pb2.CHECK_STATUS_FAILED: "failed",
    check_pb2.CHECK_STATUS_CANCELLED: "cancelled",
}
_DISCOVERIES: Final[Mapping[int, DiscoveryCode]] = {
    check_pb2.DISCOVERY_OFF: "off",
    check_pb2.DISCOVERY_STANDARD: "standard",
    check_pb2.DISCOVERY_DEEP: "deep",
}
_QUORUMS: Final[Mapping[int, QuorumCode]] = {
    check_pb2.QUORUM_MAJORITY: "majority",
    check_pb2.QUORUM_ANY: "any",
    check_pb2.QUORUM_ALL: "all",
}


def outcome_code(number: int) -> str:
    """Return an OutcomeCode as its word, such as dns_nxdomain."""
    return _OUTCOMES.get(number, _UNKNOWN)


def owner_code(number: int) -> str:
    """Return an Owner as its word, such as target."""
    return _OWNERS.get(number, _UNKNOWN)


def tcp_state_code(number: int) -> str:
    """Return a TcpState as its word, such as filtered."""
    return _TCP_STATES.get(number, _UNKNOWN)


def role_code(number: int) -> str:
    """Return a RuleRole as its word, such as gated."""
    return _ROLES.get(number, _UNKNOWN)


def status_code(number: int) -> StatusCode:
    """Return a CheckStatus as its word; what has not ended is pending."""
    return _STATUSES.get(number, "pending")


def discovery_code(number: int) -> DiscoveryCode:
    """Return a Discovery as its word; a scheduler that tells none knows of none."""
    return _DISCOVERIES.get(number, "off")


def quorum_code(number: int) -> QuorumCode:
    """Return a Quorum as its word; the majority is the default."""
    return _QUORUMS.get(number, "majority")
