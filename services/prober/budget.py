"""Asks for leave before a check sends anything to its target, where its job says so.

Law: nothing is sent without leave. When no scheduler answers, the job is handed back for a moment;
that costs it no attempt.
"""

import ipaddress
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from google.protobuf.message import DecodeError

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import BUDGET
from outscope.failures import FailureReason
from outscope.netguard.policy import Policy, embedded_addresses
from outscope.netguard.ranges import IPAddress
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from services.prober.facts import BudgetKind, Failure, Owner, Postponed
from services.prober.observe.leave import Leave

log = logger(__name__)

# Longer than a scheduler needs while Postgres is slow.
ANSWER_WITHIN_S: Final = 5.0
_UNANSWERED: Final = Postponed(wait_s=2.0)
_KINDS: Final = MappingProxyType(
    {
        messages_pb2.BUDGET_KIND_HOST: BudgetKind.HOST,
        messages_pb2.BUDGET_KIND_ADDRESS: BudgetKind.ADDRESS,
    }
)
_PLACES: Final = MappingProxyType({BudgetKind.HOST: "host name", BudgetKind.ADDRESS: "address"})


def counted_addresses(addresses: Sequence[str]) -> tuple[IPAddress, ...]:
    """Return the hosts behind addresses, each once: of a translated address the one it carries."""
    literals = map(ipaddress.ip_address, addresses)
    layers = ((embedded_addresses(literal) or (literal,)) for literal in literals)
    return tuple(dict.fromkeys(address for layer in layers for address in layer))


class TargetBudgets:
    """Asks the schedulers, who count for all probers."""

    def __init__(
        self, bus: Bus, policy: Policy, *, answer_within_s: float = ANSWER_WITHIN_S
    ) -> None:
        self._bus = bus
        self._policy = policy
        self._answer_within_s = answer_within_s

    def leave_within(self, budget: messages_pb2.TargetBudget) -> Leave:
        """Return what a check asks for leave whose job tells of this budget."""

        async def leave(
            fqdn: str, addresses: Sequence[str], requests: int
        ) -> Failure | Postponed | None:
            request = self._request(fqdn, addresses, requests, budget)
            if not request.host and not request.addresses:
                return None
            return _excess(fqdn, request, budget) or await self._asked(request)

        return leave

    def _request(
        self,
        fqdn: str,
        addresses: Sequence[str],
        requests: int,
        budget: messages_pb2.TargetBudget,
    ) -> messages_pb2.BudgetRequest:
        """Return what to ask for: the name and the addresses that have a budget."""
        counted = counted_addresses(addresses)
        strange = [each for each in counted if not self._policy.is_opened(each)]
        has_host = budget.host and (strange or budget.host_covers_opened)
        covered = counted if budget.address_covers_opened else strange
        return messages_pb2.BudgetRequest(
            host=fqdn if has_host else "",
            addresses=map(str, covered if budget.address else ()),
            requests=requests,
        )

    async def _asked(self, request: messages_pb2.BudgetRequest) -> Postponed | None:
        try:
            answer = await self._bus.ask(
                BUDGET, request.SerializeToString(), timeout_s=self._answer_within_s
            )
            reply = messages_pb2.BudgetReply.FromString(answer)
        except (BusUnavailable, DecodeError) as error:
            log.warning("no answer about a target's budget, job handed back", cause=repr(error))
            return _UNANSWERED
        if reply.granted:
            return None
        told = reply.postponement
        return Postponed(wait_s=told.wait_ms / 1000, used_up=_KINDS.get(told.used_up))


def _excess(
    fqdn: str, request: messages_pb2.BudgetRequest, budget: messages_pb2.TargetBudget
) -> Failure | None:
    """Return the failure of a check that is by itself more than a minute's budget."""
    for kind, limit, is_asked in (
        (BudgetKind.HOST, budget.host, bool(request.host)),
        (BudgetKind.ADDRESS, budget.address, bool(request.addresses)),
    ):
        if is_asked and request.requests > limit:
            return Failure(
                reason=FailureReason.TARGET_BUDGET,
                owner=Owner.POLICY,
                message=(
                    f"This check of {fqdn} takes {request.requests} "
                    f"requests, more than the {limit} a minute that this installation sends to "
                    f"one {_PLACES[kind]}. Ask for less at once, or have the operator raise "
                    f"OUTSCOPE_TARGET_BUDGET_{kind.name}."
                ),
            )
    return None
