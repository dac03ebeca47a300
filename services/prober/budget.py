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
from services.prober.facts import BudgetKind, CheckSpec, Failure, Owner, Postponed
from services.prober.observe.host import Leave

log = logger(__name__)

# Longer than a scheduler needs while Postgres is slow.
_ANSWER_WITHIN_S: Final = 5.0
_UNANSWERED: Final = Postponed(wait_s=2.0)
_KINDS: Final = MappingProxyType(
    {
        messages_pb2.BUDGET_KIND_HOST: BudgetKind.HOST,
        messages_pb2.BUDGET_KIND_ADDRESS: BudgetKind.ADDRESS,
    }
)


def requests_of(spec: CheckSpec) -> int:
    """Return how many requests a check counts as: one a port, and one a path after the first."""
    return len(spec.ports) + len(spec.paths) - 1


def counted_addresses(addresses: Sequence[str]) -> tuple[IPAddress, ...]:
    """Return the hosts behind addresses, each once: of a translated address the one it carries."""
    literals = map(ipaddress.ip_address, addresses)
    layers = ((embedded_addresses(literal) or (literal,)) for literal in literals)
    return tuple(dict.fromkeys(address for layer in layers for address in layer))


class TargetBudgets:
    """Asks the schedulers, who count for all probers."""

    def __init__(self, bus: Bus, policy: Policy) -> None:
        self._bus = bus
        self._policy = policy

    def leave_for(self, spec: CheckSpec, budget: messages_pb2.TargetBudget) -> Leave:
        """Return what a check asks for leave."""

        async def leave(addresses: Sequence[str]) -> Failure | Postponed | None:
            request = self.request(spec, addresses, budget)
            if not request.host and not request.addresses:
                return None
            return excess(spec, request, budget) or await self._asked(request)

        return leave

    def request(
        self, spec: CheckSpec, addresses: Sequence[str], budget: messages_pb2.TargetBudget
    ) -> messages_pb2.BudgetRequest:
        """Return what to ask for: the name and the addresses that have a budget."""
        counted = counted_addresses(addresses)
        strange = [each for each in counted if not self._policy.is_opened(each)]
        has_host = budget.host and (strange or budget.host_covers_opened)
        covered = counted if budget.address_covers_opened else strange
        return messages_pb2.BudgetRequest(
            host=spec.fqdn if has_host else "",
            addresses=map(str, covered if budget.address else ()),
            requests=requests_of(spec),
        )

    async def _asked(self, request: messages_pb2.BudgetRequest) -> Postponed | None:
        try:
            answer = await self._bus.ask(
                BUDGET, request.SerializeToString(), timeout_s=_ANSWER_WITHIN_S
            )
            reply = messages_pb2.BudgetReply.FromString(answer)
        except (BusUnavailable, DecodeError) as error:
            log.warning("no answer about a target's budget, job handed back", cause=repr(error))
            return _UNANSWERED
        if reply.granted:
            return None
        told = reply.postponement
        return Postponed(wait_s=told.wait_ms / 1000, used_up=_KINDS.get(told.used_up))


def excess(
    spec: CheckSpec, request: messages_pb2.BudgetRequest, budget: messages_pb2.TargetBudget
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
                    f"The ports and paths of this check of {spec.fqdn} take {request.requests} "
                    f"requests, more than the {limit} a minute that this installation sends to "
                    f"one {_PLACES[kind]}. Ask for fewer at once, or have the operator raise "
                    f"OUTSCOPE_TARGET_BUDGET_{kind.name}."
                ),
            )
    return None


_PLACES: Final = MappingProxyType({BudgetKind.HOST: "host name", BudgetKind.ADDRESS: "address"})
