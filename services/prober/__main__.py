"""Starts the prober: the only place where its parts are made and joined."""

import platform
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.work import Terms, Worker
from outscope.clock import utc_now
from outscope.config import Environment
from outscope.lifecycle import Tasks, run_configured_service
from outscope.netguard.deny import NOTHING_LISTED
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from outscope.telemetry.health import Readiness, health_server
from services.prober import once
from services.prober.budget import ANSWER_WITHIN_S, TargetBudgets
from services.prober.cancelled import Cancellations
from services.prober.check import CheckRunner
from services.prober.config import ProberConfig, config_from, config_of_nowhere
from services.prober.fitness import Fitness
from services.prober.presence import Presence, tell_presence
from services.prober.progress import Audience
from services.prober.pulse import Pulse
from services.prober.rejudge import serve_judgements
from services.prober.self_tests import self_tests
from services.prober.worker import PROBE_PLACES, Company, Identity, ProbeTask


class Dependencies:
    """What the prober needs to do its work, and whether it answers now."""

    def __init__(self) -> None:
        self.bus: Bus | None = None
        self.fitness: Fitness | None = None

    async def readiness(self) -> Readiness:
        """Tell whether the bus is there, and which self-tests are passed."""
        parts = {} if self.fitness is None else self.fitness.parts
        return {"nats": self.bus is not None and self.bus.is_connected, **parts}


@asynccontextmanager
async def prober(config: ProberConfig) -> AsyncIterator[None]:
    """Probe while the context is open."""
    identity, dependencies = _identity(config), Dependencies()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(health_server(config.health_listen, dependencies.readiness))
        resolver = await stack.enter_async_context(
            Resolver(config.resolvers, timeout_s=config.dns_timeout_s)
        )
        policy = Policy(allow=config.allow_net, deny=config.deny_file or NOTHING_LISTED)
        bus = await stack.enter_async_context(_connected(config, identity))
        dependencies.bus = bus
        cancellations, pulse, audience = Cancellations(), Pulse(), Audience()
        fitness = Fitness(
            self_tests(resolver, config.canary), pulse, every_s=config.self_test_every_s
        )
        dependencies.fitness = fitness
        runner = _runner(config, resolver, policy)
        task = ProbeTask(
            bus=bus,
            runner=runner,
            budgets=_budgets(config, bus, policy),
            company=Company(cancellations=cancellations, audience=audience, fitness=fitness),
            identity=identity,
            clock=utc_now,
        )
        tasks = await stack.enter_async_context(Tasks())
        tasks.keep("pulse", pulse.beat)
        tasks.keep("fitness", fitness.watch)
        presence = _presence(config, identity, runner)
        tasks.keep("presence", lambda: tell_presence(bus, presence, fitness))
        _keep(tasks, config, bus, cancellations, audience)
        await stack.enter_async_context(_worker(config, bus, task, fitness))
        yield


def _connected(config: ProberConfig, identity: Identity) -> AbstractAsyncContextManager[Bus]:
    return connect_bus(
        config.nats_url,
        f"prober-{identity.prober_id}",
        replicas=config.stream_replicas,
        inbox=subjects.prober_inbox(config.vantage_point),
        certificates=config.certificates,
    )


def _identity(config: ProberConfig) -> Identity:
    return Identity(
        vantage_point=config.vantage_point,
        prober_id=f"{platform.node()}-{secrets.token_hex(4)}",
        egress_addresses=config.egress_addresses,
    )


def _worker(config: ProberConfig, bus: Bus, task: ProbeTask, fitness: Fitness) -> Worker:
    PROBE_PLACES.set(config.concurrency)
    return Worker(
        bus,
        subjects.jobs_consumer(config.vantage_point),
        task,
        concurrency=config.concurrency,
        drain_s=config.drain_s,
        terms=Terms(
            return_message=task.give_back,
            may_pull=fitness.until_fit,
            before_pause=fitness.before_stopping,
        ),
    )


def _keep(
    tasks: Tasks,
    config: ProberConfig,
    bus: Bus,
    cancellations: Cancellations,
    audience: Audience,
) -> None:
    """Keep going what runs beside the jobs."""
    if config.deny_file is not None:
        tasks.keep("deny list", config.deny_file.watch)
    tasks.keep("cancellations", lambda: cancellations.listen(bus))
    tasks.keep("cancellations asked for", lambda: cancellations.ask(bus))
    tasks.keep("watched checks", lambda: audience.listen(bus))
    if not config.owner:  # facts of other accounts are not for a prober of one
        tasks.keep("judgements", lambda: serve_judgements(bus))


def _presence(config: ProberConfig, identity: Identity, runner: CheckRunner) -> Presence:
    return Presence(
        vantage_point=identity.vantage_point,
        prober_id=identity.prober_id,
        has_ipv6=runner.has_ipv6,
        concurrency=config.concurrency,
        tags=config.tags,
        owner=config.owner,
    )


def _budgets(config: ProberConfig, bus: Bus, policy: Policy) -> TargetBudgets:
    """Return who is asked for leave; waiting for that takes of the time a check has."""
    return TargetBudgets(
        bus, policy, answer_within_s=min(ANSWER_WITHIN_S, config.limits.deadline_s / 2)
    )


def _runner(config: ProberConfig, resolver: Resolver, policy: Policy) -> CheckRunner:
    return CheckRunner.of(
        resolver=resolver,
        policy=policy,
        user_agent=config.user_agent,
        limits=config.limits,
        ca_file=config.ca_file,
    )


def main() -> None:
    """Serve until told to stop; with a name, check that once and print it instead."""
    if len(sys.argv) > 1:
        sys.exit(once.run(sys.argv[1:], lambda: config_of_nowhere(Environment())))
    run_configured_service("prober", lambda: config_from(Environment()), prober)


if __name__ == "__main__":
    main()
