"""Looks at a port once more when what it showed may have been an accident: a reset, a 5xx.

Law: at most once, within the deadline, with leave, not where somebody answered on purpose, and only
with a request to spare.
"""

import asyncio
from dataclasses import replace
from typing import Final

from services.prober.facts import OutcomeCode, PortFacts, TcpState
from services.prober.observe.port import PortVisit, visit_port
from services.prober.observe.target import Target

_PAUSE_S: Final = 0.25
# Errors that pass: of a deployment, of a worker that died, of a backend that was slow.
_MAY_PASS: Final = frozenset({500, 502, 503, 504})
# Asks to come back later, or says that a bot defence answered.
_ON_PURPOSE: Final = frozenset(
    {
        "cf-mitigated",
        "retry-after",
        "x-amzn-waf-action",
        "x-datadome",
        "x-dd-b",
        "x-sucuri-block",
        "x-vercel-mitigated",
    }
)
_RESETS: Final = frozenset({OutcomeCode.TLS_RESET, OutcomeCode.HTTP_RESET})


async def visit_steadily(target: Target, port: int) -> PortVisit:
    """Visit a port, and again if the first visit may have met with an accident."""
    first = await visit_port(target, port)
    if not may_pass(first.facts) or not target.requests.has_spare():
        return first
    await asyncio.sleep(_PAUSE_S)
    if not target.requests.has_spare():  # others took them meanwhile
        return first
    if not await target.has_leave_again(first.facts.address):
        return first  # what was seen stands
    first.close()
    second = await visit_port(target, port)
    better, worse = (
        (second, first) if _worth(second.facts) >= _worth(first.facts) else (first, second)
    )
    worse.forget(target.allowance)
    return replace(better, facts=replace(better.facts, attempts=2))


def may_pass(facts: PortFacts) -> bool:
    """Tell whether a port may show something else in a moment."""
    if facts.probe is None:
        outcomes = (facts.tls_outcome, facts.http_outcome)
        was_reset = any(one is not None and one.code in _RESETS for one in outcomes)
        return was_reset or facts.state is TcpState.RESET
    if facts.probe.status not in _MAY_PASS:
        return False
    return _ON_PURPOSE.isdisjoint(name for name, _ in facts.probe.headers)


def _worth(facts: PortFacts) -> tuple[bool, bool]:
    """Return how much a visit showed: an answer before none, any other before a passing error."""
    return facts.probe is not None, not may_pass(facts)
