"""How much work each benchmark does: enough to be trusted, or just enough to show that it runs."""

from dataclasses import dataclass
from typing import Final

from outscope.config import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """The sizes of one run."""

    # Interleaved rounds of a comparison; the median is reported.
    rounds: int
    # Names served by the targets.
    hosts: int
    # Hosts probed in one round of a comparison.
    hosts_per_round: int
    # Checks held at once, half of them of targets that never answer, and how often.
    in_flight: int
    flights: int
    # Checks created one by one, and in batches of 100, to measure creating.
    singles: int
    batches: int
    # Checks sent through the whole system in one round, and how many rounds.
    checks_per_round: int
    check_rounds: int
    # Single checks of an idle system.
    idle_checks: int
    # Checks of the small and of the large account, and pages read of each.
    small_account: int
    large_account: int
    pages: int
    # Seconds that each number of callers calls for.
    load_s: float
    # Checks of the long run.
    soak_checks: int
    # Checks in the database at first and in the end, and calls measured with each.
    few_checks: int
    many_checks: int
    call_rounds: int
    # Endpoints of webhooks, events that each is told in a round, and how many rounds.
    endpoints: int
    events: int
    delivery_rounds: int
    # Events told to a good endpoint by itself, and beside a slow and a dead one.
    isolated_events: int


FULL: Final = Mode(
    rounds=5,
    hosts=1_500,
    hosts_per_round=1_500,
    in_flight=10_000,
    flights=3,
    singles=2_000,
    batches=100,
    checks_per_round=5_000,
    check_rounds=4,
    idle_checks=200,
    small_account=1_000,
    large_account=1_000_000,
    pages=200,
    load_s=8.0,
    soak_checks=200_000,
    few_checks=10_000,
    many_checks=1_000_000,
    call_rounds=20,
    endpoints=1_000,
    events=5,
    delivery_rounds=3,
    isolated_events=5_000,
)
QUICK: Final = Mode(
    rounds=1,
    hosts=20,
    hosts_per_round=20,
    in_flight=200,
    flights=1,
    singles=20,
    batches=2,
    checks_per_round=100,
    check_rounds=2,
    idle_checks=5,
    small_account=100,
    large_account=1_000,
    pages=5,
    load_s=0.3,
    soak_checks=200,
    few_checks=1_000,
    many_checks=10_000,
    call_rounds=4,
    endpoints=20,
    events=2,
    delivery_rounds=1,
    isolated_events=60,
)


def mode_from(environment: Environment) -> Mode:
    """Return the quick mode when OUTSCOPE_BENCH_QUICK is 1, else the full one."""
    return QUICK if environment.integer("OUTSCOPE_BENCH_QUICK", 0, maximum=1) else FULL
