"""Starts the scheduler: the only place where its parts are made and joined."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from io import TextIOWrapper
from typing import Final

import grpc.aio

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.certificates import opened_certificates
from outscope.clock import utc_now
from outscope.config import ConfigError, Environment
from outscope.errors import Refusal
from outscope.lifecycle import EXIT_CONFIG, Tasks, run_configured_service
from outscope.netguard.deny import NOTHING_LISTED
from outscope.netguard.policy import Policy
from outscope.rpc.server import RpcServer, serve
from outscope.telemetry.health import health_server
from outscope.telemetry.logs import configure_logs, logger
from services.scheduler.auditor import (
    EXIT_BROKEN,
    EXIT_HOLDS,
    EXIT_UNREACHABLE,
    NotReached,
    audit,
    audit_text,
)
from services.scheduler.cli import parser
from services.scheduler.commands import CommandConfig, run_command
from services.scheduler.config import (
    SchedulerConfig,
    config_from,
    database_url_from,
    nats_url_from,
    replay_config_from,
    secret_keys_from,
)
from services.scheduler.delivering import Delivering, Loop
from services.scheduler.keyring import Keyring
from services.scheduler.loops.ages import Ages
from services.scheduler.loops.backlog import Backlog
from services.scheduler.loops.budgets import TargetBudgets
from services.scheduler.loops.cancel import Cancelling
from services.scheduler.loops.cancelled import CancelledChecks
from services.scheduler.loops.create import CreateBatcher
from services.scheduler.loops.dead_letters import DeadLetters
from services.scheduler.loops.dispatch import Dispatcher, probe_jobs
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.ingest import Ingest
from services.scheduler.loops.left_aside import LeftAside
from services.scheduler.loops.lost import BusLoss, LostAttempts, LostJobs
from services.scheduler.loops.presence import VantagePoints
from services.scheduler.loops.probers import LiveProbers, Unserved
from services.scheduler.loops.progress import ProgressWatch
from services.scheduler.loops.purge import Purge
from services.scheduler.loops.reports import Reports, Told
from services.scheduler.loops.retention import Retention
from services.scheduler.loops.sweep import ProbeSweep
from services.scheduler.loops.turns import Turns
from services.scheduler.loops.waits import Waits
from services.scheduler.loops.watch import EndWatch
from services.scheduler.readiness import Dependencies, prepared, tell_ready
from services.scheduler.rpc.allowance import JudgementAllowance
from services.scheduler.rpc.api_keys import add_api_key_service
from services.scheduler.rpc.badges import BadgeParts, add_badge_service
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.checks import CheckParts, add_check_service
from services.scheduler.rpc.deliveries import add_delivery_service
from services.scheduler.rpc.judgements import JudgementParts, add_judgement_service
from services.scheduler.rpc.judging import Judging
from services.scheduler.rpc.pages import CheckPages
from services.scheduler.rpc.usage import UsageParts, add_usage_service
from services.scheduler.rpc.vantage_points import VantageParts, add_vantage_service
from services.scheduler.rpc.watching import Watching
from services.scheduler.rpc.webhooks import WebhookParts, add_webhook_service, webhook_parts
from services.scheduler.sealing import Seal, new_key
from services.scheduler.store.database import Databases, open_database
from services.scheduler.translate.lost import lost_job_in
from services.scheduler.translate.report import report_in

log = logger(__name__)

_SEAL_THEM: Final = "set OUTSCOPE_SECRET_KEYS, then `secrets rotate`: docs/operations.md"
_WORK_CONNECTIONS: Final = 6
_CALL_CONNECTIONS: Final = 8


class Scheduler:
    """All parts of a scheduler, joined; nothing runs yet."""

    def __init__(
        self,
        config: SchedulerConfig,
        databases: Databases,
        bus: Bus,
        *,
        vantage_points: VantagePoints,
        cursor_key: bytes,
    ) -> None:
        self._config = config
        self._calls, database = databases.calls, databases.work
        self._database = database
        self._bus = bus
        self._vantage_points = vantage_points
        self._probes = Dispatcher(probe_jobs(config.budget), bus, database)
        self._turns = Turns(database, bus, self._probes.offer, vantage_points.places)
        self._backlog = Backlog(database, most=config.max_waiting)
        self._delivering = Delivering(database, bus, config.endpoint_pace)
        self._waits = Waits()
        self._ending = Ending(
            database, bus, lambda _: self._delivering.turns.look(), utc_now, self._waits
        )
        self._cancelling = Cancelling(bus, self._ending)
        self._lost = LostAttempts(database, bus, self._probes, self._ending)
        self._live = LiveProbers(bus)
        self._watch = EndWatch(database, bus)
        self._progress = ProgressWatch(database, bus)
        self._callers = Callers(
            self._calls, config.service_token, identities=config.service_identities
        )
        self._seal = Seal(config.secret_keys)
        self._cursor_key = cursor_key
        self._pages = CheckPages(database=self._calls, cursor_key=cursor_key)
        self._checks = self._check_parts(config)

    def _check_parts(self, config: SchedulerConfig) -> CheckParts:
        deadline_s = config.check_deadline_s
        return CheckParts(
            database=self._calls,
            callers=self._callers,
            batcher=CreateBatcher(
                self._database, lambda _: self._turns.look(), deadline_s=deadline_s
            ),
            backlog=self._backlog,
            cancelling=self._cancelling,
            watching=self._watching(config.max_watches),
            vantage_points=self._vantage_points,
            pages=self._pages,
            limits=config.limits,
            clock=utc_now,
        )

    def _watching(self, most: int) -> Watching:
        return Watching(
            database=self._calls,
            callers=self._callers,
            ends=self._watch,
            progress=self._progress,
            most=most,
        )

    def loops(self) -> dict[str, Loop]:
        """Return what must run all the time, by name."""
        probe_sweep = ProbeSweep(
            self._database, self._bus, self._probes, self._ending, self._lost, self._config.budget
        )
        unserved = Unserved(
            self._database,
            self._bus,
            self._live,
            self._ending,
            patience_s=self._config.vantage_patience_s,
        )
        return (
            self._ingests()
            | self._delivering.loops()
            | self._listening()
            | self._looking()
            | {
                "turns": self._turns.run,
                "backlog": self._backlog.run,
                "ages": Ages(self._database).run,
                "probe dispatch": self._probes.run,
                "live probers": self._live.run,
                "unserved checks": unserved.run,
                "probe sweep": probe_sweep.run,
                "purge": Purge(
                    self._database,
                    webhook_days=self._config.webhook_retention_days,
                    audit_days=self._config.audit_retention_days,
                ).run,
                "retention": Retention(self._database, self._config.retention_days).run,
                "key use": self._callers.note_uses,
            }
        )

    def _looking(self) -> dict[str, Loop]:
        """Return what makes up for words on the bus that were lost."""
        return {
            "bus loss": BusLoss(self._database, self._bus).run,
            "cancellations told again": self._cancelling.run,
            "ends looked for": self._watch.look,
            "progress looked for": self._progress.look,
            "presence noted": self._vantage_points.note,
            "jobs left aside": LeftAside(
                self._database, self._bus, self._lost, lambda: tuple(self._vantage_points.names)
            ).run,
        }

    def _listening(self) -> dict[str, Loop]:
        """Return what hears what is said or asked on the bus, unstored."""
        return {
            "live probers heard": self._live.listen,
            "target budgets": TargetBudgets(self._database, self._bus, self._config.budget).serve,
            "cancelled checks": CancelledChecks(self._database, self._bus).serve,
            "ends heard": self._watch.listen,
            "progress heard": self._progress.listen,
            "presence heard": self._vantage_points.listen,
        }

    def _ingests(self) -> dict[str, Loop]:
        """Return what records what others tell over the bus."""
        letters = DeadLetters(self._database, utc_now)
        recording = Reports(self._database, self._ending, self._lost, letters)
        set_aside = letters.set_aside

        async def record_reports(told: Sequence[Told]) -> None:
            await recording.record(told)
            self._turns.fill()

        return {
            "reports": Ingest(
                self._bus, subjects.REPORTS_CONSUMER, report_in, record_reports, set_aside
            ).run,
            "lost jobs": Ingest(
                self._bus,
                subjects.LOST_JOBS_CONSUMER,
                lost_job_in,
                LostJobs(self._bus, self._lost).record,
                set_aside,
            ).run,
        }

    def _judgements(self) -> JudgementParts:
        return JudgementParts(
            database=self._calls,
            callers=self._callers,
            judging=Judging(self._calls, self._bus),
            allowance=JudgementAllowance(self._calls, rate_limit=self._config.limits.rate),
            pages=self._pages,
            clock=utc_now,
        )

    def _vantages(self) -> VantageParts:
        return VantageParts(
            database=self._calls,
            callers=self._callers,
            vantage_points=self._vantage_points,
            probers=self._live,
            waits=self._waits,
        )

    def _webhooks(self) -> WebhookParts:
        config = self._config
        return webhook_parts(
            self._calls,
            self._callers,
            policy=Policy(allow=config.allow_net, deny=config.deny_file or NOTHING_LISTED),
            vantage_points=self._vantage_points.known_to,
            seal=self._seal,
            cursor_key=self._cursor_key,
            replays=self._delivering.replays,
        )

    def _badges(self) -> BadgeParts:
        return BadgeParts(database=self._calls, callers=self._callers, cursor_key=self._cursor_key)

    def _usage(self) -> UsageParts:
        return UsageParts(
            database=self._calls,
            callers=self._callers,
            limits=self._config.limits,
            deadline_s=self._config.check_deadline_s,
        )

    def add_services(self, server: grpc.aio.Server) -> Iterable[str]:
        """Serve the contract's services; return their names."""
        return [
            add_check_service(server, self._checks),
            add_judgement_service(server, self._judgements()),
            add_webhook_service(server, self._webhooks()),
            add_vantage_service(server, self._vantages()),
            add_api_key_service(server, Keyring(self._calls, utc_now), self._callers),
            add_delivery_service(server, self._database, self._callers, self._seal),
            add_usage_service(server, self._usage()),
            add_badge_service(server, self._badges()),
        ]


@asynccontextmanager
async def scheduler(config: SchedulerConfig) -> AsyncIterator[RpcServer]:
    """Serve gRPC and keep checks going while the context is open."""
    async with AsyncExitStack() as stack:
        database, calls = [
            await stack.enter_async_context(open_database(config.database_url, connections=count))
            for count in (_WORK_CONNECTIONS, _CALL_CONNECTIONS)
        ]
        if not config.secret_keys:
            log.warning("secrets of webhooks are stored in plain text", remedy=_SEAL_THEM)
        dependencies = Dependencies(database)
        await stack.enter_async_context(health_server(config.health_listen, dependencies.readiness))
        bus = await stack.enter_async_context(_connected(config))
        dependencies.bus = bus
        vantage_points = VantagePoints(database, bus, config.vantage_points)
        cursor_key = await prepared(config.database_url, database, bus, vantage_points)
        parts = Scheduler(
            config,
            Databases(calls=calls, work=database),
            bus,
            vantage_points=vantage_points,
            cursor_key=cursor_key,
        )
        tasks = await stack.enter_async_context(Tasks())
        for name, loop in parts.loops().items():
            tasks.keep(name, loop)
        if config.deny_file is not None:
            tasks.keep("deny list", config.deny_file.watch)
        server = await stack.enter_async_context(
            serve(
                config.grpc_listen,
                parts.add_services,
                max_calls=config.max_calls,
                identity=config.server_identity,
            )
        )
        dependencies.server = server
        tasks.keep("readiness", lambda: tell_ready(server, database))
        yield server


def _connected(config: SchedulerConfig) -> AbstractAsyncContextManager[Bus]:
    return connect_bus(
        config.nats_url,
        "scheduler",
        replicas=config.stream_replicas,
        certificates=config.certificates,
    )


async def _run_command(environment: Environment, asked: Namespace) -> str:
    """Do what an operator typed; return what to print."""
    config = CommandConfig(
        database_url=database_url_from(environment),
        secret_keys=lambda: secret_keys_from(environment),
        replay=lambda: replay_config_from(environment),
    )
    return await run_command(config, asked, utc_now)


def _run_audit(environment: Environment, asked: Namespace) -> int:
    """Print what an audit found; return the exit status."""
    try:
        breaks = asyncio.run(
            audit(
                database_url_from(environment),
                nats_url_from(environment),
                grace_s=asked.grace,
                certificates=opened_certificates(environment.certificate_paths()),
            )
        )
    except (ConfigError, NotReached) as error:
        sys.stderr.write(f"scheduler: {error}\n")
        return EXIT_UNREACHABLE
    sys.stdout.write(audit_text(breaks, as_json=asked.json) + "\n")
    return EXIT_BROKEN if breaks else EXIT_HOLDS


def main() -> None:
    """Serve until told to stop, or do what was typed and end."""
    asked = parser().parse_args()
    environment = Environment()
    if asked.command in {None, "serve"}:
        run_configured_service("scheduler", lambda: config_from(environment), scheduler)
        return
    configure_logs("scheduler", level="WARNING", as_json=False)
    if isinstance(sys.stdout, TextIOWrapper):  # what a terminal's charset lacks is escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    if asked.command == "secrets" and asked.action == "new-key":
        sys.stdout.write(f"{new_key()}\n")
        return
    if asked.command == "audit":
        sys.exit(_run_audit(environment, asked))
    try:
        sys.stdout.write(asyncio.run(_run_command(environment, asked)) + "\n")
    except ConfigError as error:
        sys.stderr.write(f"scheduler: {error}\n")
        sys.exit(EXIT_CONFIG)
    except Refusal as refusal:
        sys.stderr.write(f"scheduler: {refusal.message}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
