"""What checks are carried out with: what all of a process share, and what each has of its own."""

from dataclasses import dataclass, field
from typing import Self

from OpenSSL import SSL

from outscope.clock import Clock, utc_now
from outscope.netguard.policy import Policy
from services.prober.observe.capacity import Places
from services.prober.observe.leave import Leave
from services.prober.observe.limits import Limits
from services.prober.observe.memory import Allowance, Memory
from services.prober.observe.seats import OWN_SESSIONS, SHARED_SESSIONS, Pool, Silent
from services.prober.observe.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every check of the process shares."""

    policy: Policy
    context: SSL.Context
    limits: Limits
    user_agent: str
    places: Places = field(default_factory=Places)
    memory: Memory = field(default_factory=Memory)
    sessions: Pool = field(default_factory=lambda: Pool(SHARED_SESSIONS))
    silent: Silent = field(default_factory=Silent)
    clock: Clock = utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What one check may use, to whichever names its visits lead."""

    # Of the loop's clock, when it ends.
    deadline: float
    allowance: Allowance
    # Where its TLS sessions are taken from.
    sessions: tuple[Pool, ...]
    silent: Silent
    # Asked for each request that the check did not count as.
    leave: Leave | None = None
    # Every request over HTTP is one of these.
    requests: Tally = field(default_factory=Tally)

    @classmethod
    def of(
        cls,
        tools: Tools,
        deadline: float,
        allowance: Allowance,
        leave: Leave | None = None,
        *,
        requests: Tally | None = None,
    ) -> Self:
        """Return the means of one more check."""
        sessions = (Pool(OWN_SESSIONS), tools.sessions)
        return cls(
            deadline=deadline,
            allowance=allowance,
            sessions=sessions,
            silent=tools.silent,
            leave=leave,
            requests=requests or Tally(),
        )
