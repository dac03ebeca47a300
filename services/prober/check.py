"""Carries out one check in this process: observe within the deadline, then judge.

Law: a defect of ours becomes a failure that is ours, never a fact about the target and never an
exception. Only what has nothing to do with the check is raised: that we are out of means for it.
"""

import asyncio
import gc
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from OpenSSL import SSL

from outscope.descriptors import raise_descriptor_limit
from outscope.failures import FailureReason
from outscope.netguard.dial import Exhausted
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from outscope.telemetry.logs import logger
from outscope.telemetry.tracing import span
from services.prober.facts import CheckSpec, Failure, HostFacts, Owner, Postponed
from services.prober.heap import free_bodies_at_once
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import Verdict
from services.prober.observe.capacity import Places, connections_within
from services.prober.observe.dns import machine_has_ipv6
from services.prober.observe.host import observe_host
from services.prober.observe.leave import Leave
from services.prober.observe.limits import Limits
from services.prober.observe.means import Tools
from services.prober.observe.memory import Allowance
from services.prober.observe.note import Note, unheard
from services.prober.observe.trust import client_context
from services.prober.pace import Pace

log = logger(__name__)

# Every stage ends by the deadline by itself; what has not a moment later is a defect.
_GRACE_S: Final = 2.0
# A check makes thousands of objects and next to no cycles: to look for those as often as Python
# does by default is a twentieth of its cost.
_COLLECT_AFTER: Final = (20_000, 20, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found."""

    facts: HostFacts
    verdict: Verdict
    judged_s: float = 0.0


class CheckRunner:
    """Runs checks, as many at once as the caller starts; made once a process."""

    def __init__(
        self,
        *,
        resolver: Resolver,
        policy: Policy,
        context: SSL.Context,
        limits: Limits | None = None,
        user_agent: str,
        has_ipv6: bool,
        places: Places | None = None,
    ) -> None:
        self._resolver = resolver
        # Whether IPv6 addresses can be tried from here.
        self.has_ipv6 = has_ipv6
        # What requests are signed with.
        self.user_agent = user_agent
        self._limits = limits or Limits()
        self._pace = Pace()
        self._tools = Tools(
            policy=policy,
            context=context,
            limits=self._limits,
            user_agent=user_agent,
            places=places or Places(),
        )

    @classmethod
    def of(
        cls,
        *,
        resolver: Resolver,
        policy: Policy,
        user_agent: str,
        limits: Limits | None = None,
        ca_file: Path | None = None,
    ) -> Self:
        """Return a runner that trusts the public roots and ca_file, on this machine's network.

        The process collects its garbage at the pace of checks from then on, gives the memory of
        bodies back at once, and may open as many descriptors as the system allows it.
        """
        gc.set_threshold(*_COLLECT_AFTER)
        free_bodies_at_once()
        return cls(
            resolver=resolver,
            policy=policy,
            context=client_context(ca_file=ca_file),
            limits=limits,
            user_agent=user_agent,
            has_ipv6=machine_has_ipv6(),
            places=Places(connections_within(raise_descriptor_limit())),
        )

    def allowance(self) -> Allowance:
        """Return what counts the bytes that one check holds; to be closed when it holds none."""
        return Allowance(self._tools.memory)

    async def run(
        self,
        spec: CheckSpec,
        leave: Leave | None = None,
        allowance: Allowance | None = None,
        note: Note = unheard,
        *,
        egress_addresses: tuple[str, ...] = (),
    ) -> Checked | Failure | Postponed:
        """Observe and judge; raises Exhausted when it has to be done another time.

        Egress addresses are those that requests come from, as far as they are known.
        """
        try:
            facts = await self.observe(spec, leave, allowance, note)
            if isinstance(facts, (Failure, Postponed)):
                return facts
            facts = replace(facts, egress_addresses=egress_addresses, user_agent=self.user_agent)
            return judged(facts)
        except Exhausted:
            raise
        except TimeoutError as error:
            log.error("check overran its deadline", fqdn=spec.fqdn, exception=error)  # noqa: TRY400 - ours has fields
            return _ours(FailureReason.DEADLINE_EXCEEDED, "The check overran its deadline.")
        except Exception as error:  # noqa: BLE001 - whatever it was, the check must end
            log.error("check failed", fqdn=spec.fqdn, exception=error)  # noqa: TRY400 - ours has fields
            return _ours(FailureReason.INTERNAL, "The prober failed on a defect of its own.")

    async def observe(
        self,
        spec: CheckSpec,
        leave: Leave | None = None,
        allowance: Allowance | None = None,
        note: Note = unheard,
    ) -> HostFacts | Failure | Postponed:
        """Observe only, when it is this check's turn; a defect raises.

        Without an allowance the caller's own, what the facts hold is counted only until then.
        """
        await self._pace.turn()
        with self.allowance() as own:
            allowance = allowance or own
            try:
                async with asyncio.timeout(self._limits.deadline_s + _GRACE_S):
                    return await observe_host(
                        *(spec, self._resolver, self._tools),
                        has_ipv6=self.has_ipv6,
                        leave=leave,
                        allowance=allowance,
                        note=note,
                    )
            except TimeoutError as error:
                if allowance.was_held_up:
                    raise Exhausted("no memory or TLS session was left in time") from error
                raise


def judged(facts: HostFacts) -> Checked:
    """Return facts with their verdict, and how long it took to reach."""
    started_s = time.perf_counter()
    with span("judge"):
        verdict = verdict_for(facts)
    return Checked(facts=facts, verdict=verdict, judged_s=time.perf_counter() - started_s)


def _ours(reason: FailureReason, message: str) -> Failure:
    return Failure(reason=reason, owner=Owner.OURS, message=message)
