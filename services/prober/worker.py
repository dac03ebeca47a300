"""Carries out probe jobs: run the check, publish the report, and only then acknowledge.

Law: every job is answered by exactly one report, be it of a failure of ours, that it is to be made
later, or that nobody could carry it out here; only one whose check was cancelled is answered by
none. A job that is answered by none otherwise is lost with its prober, and the bus says so.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from google.protobuf.message import DecodeError

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.consume import Message
from outscope.bus.publish import BusUnavailable, publish_until_taken
from outscope.bus.traced import processing
from outscope.bus.work import GiveBack, Unfinished
from outscope.clock import Clock
from outscope.failures import FailureReason
from outscope.limits import MAX_REDIRECTS
from outscope.netguard.dial import Exhausted
from outscope.telemetry.logs import bound, logger
from outscope.telemetry.metrics import Counter, Gauge, Histogram
from outscope.telemetry.traceparent import carried
from outscope.telemetry.tracing import Span
from outscope.v1 import check_pb2, messages_pb2
from services.prober.budget import TargetBudgets
from services.prober.cancelled import Cancellations, CheckCancelled
from services.prober.check import Checked, CheckRunner
from services.prober.doubt import is_doubtful
from services.prober.facts import CheckSpec, Discovery, Failure, Owner, Postponed
from services.prober.fit import fit
from services.prober.fitness import Fitness, Unfit
from services.prober.observe.memory import OWN_BODIES_BYTES, Allowance
from services.prober.progress import Audience
from services.prober.report import (
    Observer,
    failure_report,
    job_named,
    postponed_report,
    rejected_report,
    result_report,
)
from services.prober.report_progress import Begun, Event
from services.prober.spans import with_spans
from services.prober.stages import count_stages

log = logger(__name__)

PROBES: Final = Counter(
    "outscope_probes",
    "Probes taken, by how they ended: result, postponed, returned, cancelled or a failure.",
    ("outcome",),
)
PROBES_IN_WORK: Final = Gauge(
    "outscope_probes_in_work", "Jobs the prober holds now, of OUTSCOPE_CONCURRENCY at most."
)
PROBE_PLACES: Final = Gauge("outscope_probe_places", "Jobs the prober may hold at once.")
PROBE_DURATION_SECONDS: Final = Histogram(
    "outscope_probe_duration_seconds",
    "Time from the job's arrival to its result.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)

# Time for connections of other checks to end.
_EXHAUSTED_DELAY_S: Final = 5.0
# So that another prober takes it.
_UNFIT_DELAY_S: Final = 1.0
# Room for the bus's own headers.
_ENVELOPE_BYTES: Final = 4096
# Checks that hold more are reported a few at a time: a report is up to a megabyte, and while the
# bus is away every check would hold one beside what it has seen.
_LARGE_BYTES: Final = OWN_BODIES_BYTES
_LARGE_REPORTS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this prober is and where it stands."""

    vantage_point: str
    prober_id: str
    # Where its requests come from, as seen from outside; empty when nobody told it.
    egress_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """A check that is over."""

    result: Checked | Failure | Postponed
    started_at: datetime
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What goes along with each job: who may stop it, who listens, and whether we are well."""

    cancellations: Cancellations
    audience: Audience
    fitness: Fitness


class ProbeTask:
    """What the prober does with one message."""

    def __init__(
        self,
        *,
        bus: Bus,
        runner: CheckRunner,
        budgets: TargetBudgets,
        company: Company,
        identity: Identity,
        clock: Clock,
    ) -> None:
        self._bus = bus
        self._budgets = budgets
        self._company = company
        self._runner = runner
        self._identity = identity
        self._clock = clock
        self._large_reports = asyncio.Semaphore(_LARGE_REPORTS)

    async def __call__(self, message: Message) -> None:
        """Carry out the job in a message and settle it."""
        with PROBES_IN_WORK.track_inprogress(), processing(message) as span:
            await self._settle(message, span)

    async def _settle(self, message: Message, span: Span) -> None:
        try:
            job = messages_pb2.ProbeJob.FromString(message.payload)
        except DecodeError as error:
            log.error("unreadable probe job", exception=error)  # noqa: TRY400 - ours has fields
            await self._reject(message, "The job could not be read.", payload=message.payload)
            return
        span.note({"outscope.check.id": job.check_id})
        with (
            bound(
                vantage_point=self._identity.vantage_point,
                check_id=job.check_id,
                probe_id=job.probe_id,
                attempt=job.attempt,
                **_asked_by(job),
            ),
            self._runner.allowance() as allowance,
        ):
            ended = await self._ended_unless_cancelled(job, allowance, message.deliveries)
            if ended is not None:
                async with self._room_to_report(allowance):
                    payload = self._payload(job, ended)
                    del ended  # while the bus is waited for, only the report is held
                    await self._publish(job, payload)
            await message.ack()

    async def give_back(self, message: Message, unfinished: Unfinished) -> None:
        """Have a job that is not finished handed out again; raises BusUnavailable.

        What failed on a defect counts as an attempt, so that it is not tried for ever.
        """
        PROBES.labels("returned").inc()
        if unfinished.is_defect:
            await self._reject(message, f"The prober failed on it: {unfinished.reason}")
            return
        if not self._bus.is_connected:
            raise BusUnavailable("nobody can be told")
        report = postponed_report(_job_of(message), Postponed(wait_s=unfinished.delay_s))
        with carried(message.traceparent):
            await self._bus.publish(
                subjects.REPORTS, report.SerializeToString(), f"{report.probe_id}-{report.attempt}"
            )
        await message.ack()

    async def _reject(self, message: Message, reason: str, *, payload: bytes = b"") -> None:
        """Report that a job cannot be carried out, and be rid of it."""
        rejection = messages_pb2.Rejection(
            reason=reason,
            vantage_point=self._identity.vantage_point,
            payload=payload[: self._bus.max_payload_bytes - _ENVELOPE_BYTES],
        )
        report = rejected_report(message.message_id, rejection)
        await self._bus.publish(
            subjects.REPORTS, report.SerializeToString(), message.message_id or None
        )
        await message.terminate()

    async def _ended_unless_cancelled(
        self, job: messages_pb2.ProbeJob, allowance: Allowance, deliveries: int
    ) -> _Ended | None:
        """Carry out the job, until its check is cancelled: then there is nothing to report."""
        try:
            async with (
                self._company.cancellations.working_on(job.check_id),
                self._company.fitness.working(),
                self._company.audience.following(self._bus, job, deliveries) as note,
            ):
                return await self._ended_once_able(job, allowance, note)
        except CheckCancelled:
            PROBES.labels("cancelled").inc()
            log.info("stopped: the check was cancelled")
            return None
        except Unfit as error:
            raise GiveBack(f"the prober is unfit: {error}", delay_s=_UNFIT_DELAY_S) from error

    async def _ended_once_able(
        self, job: messages_pb2.ProbeJob, allowance: Allowance, note: Callable[[Event], None]
    ) -> _Ended:
        """Carry out the job; when we are out of means for it, have it handed out again."""
        started_at = self._clock()
        try:
            return await self._ended(job, started_at, allowance, note)
        except Exhausted as error:
            reason = f"no means left for another connection: {error}"
            raise GiveBack(reason, delay_s=_EXHAUSTED_DELAY_S) from error

    async def _ended(
        self,
        job: messages_pb2.ProbeJob,
        started_at: datetime,
        allowance: Allowance,
        note: Callable[[Event], None],
    ) -> _Ended:
        started_s = time.monotonic()
        if (
            job.HasField("deadline")
            and started_at.timestamp() >= job.deadline.ToMilliseconds() / 1000
        ):
            log.warning("a job came after its deadline, or the clock is wrong")
            return _Ended(result=_LATE, started_at=started_at)
        note(self._begun(job, started_at))
        leave = self._budgets.leave_within(job.budget) if job.HasField("budget") else None
        result = await self._runner.run(
            *(spec_of(job), leave, allowance, with_spans(job.spec.fqdn, note)),
            egress_addresses=self._identity.egress_addresses,
        )
        if isinstance(result, Checked):
            if is_doubtful(result.facts):
                await self._confirm_fitness(started_s)
            note(result.verdict)
            count_stages(result.facts, self._identity.vantage_point, judged_s=result.judged_s)
        elapsed_s = time.monotonic() - started_s
        if not isinstance(result, Postponed):
            PROBE_DURATION_SECONDS.observe(elapsed_s)
        return _Ended(result=result, started_at=started_at, elapsed_s=elapsed_s)

    def _room_to_report(self, allowance: Allowance) -> AbstractAsyncContextManager[object]:
        is_large = allowance.held_bytes > _LARGE_BYTES
        return self._large_reports if is_large else nullcontext()

    def _payload(self, job: messages_pb2.ProbeJob, ended: _Ended) -> bytes:
        """Return the report as it is published."""
        report = self._report(job, ended)
        if not fit(report, self._bus.max_payload_bytes - _ENVELOPE_BYTES):
            log.error("report too large", bytes=report.ByteSize())
            report = failure_report(job, _TOO_LARGE)
        return report.SerializeToString()

    def _report(self, job: messages_pb2.ProbeJob, ended: _Ended) -> messages_pb2.ProbeReport:
        result = ended.result
        if isinstance(result, Postponed):
            PROBES.labels("postponed").inc()
            log.info("put off", wait_s=result.wait_s, used_up=result.used_up)
            return postponed_report(job, result)
        if isinstance(result, Failure):
            PROBES.labels(result.reason.value).inc()
            log.info("not observed", reason=result.reason.value, message=result.message)
            return failure_report(job, result)
        PROBES.labels("result").inc()
        log.debug("observed", duration_ms=round(ended.elapsed_s * 1000))
        observer = Observer(
            vantage_point=self._identity.vantage_point,
            prober_id=self._identity.prober_id,
            started_at=ended.started_at,
            duration_ms=round(ended.elapsed_s * 1000),
            egress_addresses=self._identity.egress_addresses,
            has_ipv6=self._runner.has_ipv6,
            user_agent=self._runner.user_agent,
        )
        return result_report(job, result.facts, result.verdict, observer)

    def _begun(self, job: messages_pb2.ProbeJob, started_at: datetime) -> Begun:
        return Begun(
            vantage_point=self._identity.vantage_point,
            prober_id=self._identity.prober_id,
            started_at=started_at,
            attempt=job.attempt,
        )

    async def _confirm_fitness(self, started_s: float) -> None:
        """Raise Unfit when what was seen since then may be a fault of the prober's own."""
        if self._company.fitness.was_starved_since(started_s):
            raise Unfit("the process was starved of processor time meanwhile")
        if not await self._company.fitness.confirm():
            raise Unfit("found so when a check had gone wrong")

    async def _publish(self, job: messages_pb2.ProbeJob, payload: bytes) -> None:
        """Publish until the bus takes it: the job given back now would be carried out twice."""
        message_id = f"{job.probe_id}-{job.attempt}"
        await publish_until_taken(self._bus, subjects.REPORTS, payload, message_id)


# The scheduler ends what is late, by the clock of Postgres: ours may be wrong, and another prober's
# right.
_LATE: Final = Postponed(wait_s=2.0)
_TOO_LARGE: Final = Failure(
    reason=FailureReason.INTERNAL,
    owner=Owner.OURS,
    message=(
        "What was seen is more than this installation's NATS takes in one message; ask for fewer "
        "ports and paths, or have the operator raise max_payload."
    ),
)

# A scheduler that says nothing of it has promised its callers that nothing more is requested.
_DISCOVERIES: Final[dict[int, Discovery]] = {
    check_pb2.DISCOVERY_STANDARD: Discovery.STANDARD,
    check_pb2.DISCOVERY_DEEP: Discovery.DEEP,
}


def _job_of(message: Message) -> messages_pb2.ProbeJob:
    """Return the job in a message; of one that cannot be read what its id tells."""
    try:
        return messages_pb2.ProbeJob.FromString(message.payload)
    except DecodeError:
        return job_named(message.message_id)


def _asked_by(job: messages_pb2.ProbeJob) -> dict[str, str]:
    """Return the log fields of who asked for a job, as far as its scheduler tells."""
    told = {"account_id": job.account_id, "request_id": job.request_id}
    return {name: value for name, value in told.items() if value}


def spec_of(job: messages_pb2.ProbeJob) -> CheckSpec:
    """Return what a job asks for."""
    spec = job.spec
    return CheckSpec(
        fqdn=spec.fqdn,
        ports=tuple(spec.ports),
        paths=tuple(spec.paths),
        include_content_sample=spec.include_content_sample,
        dns_records=spec.dns_records,
        tls_versions=spec.tls_versions,
        max_redirects=min(spec.max_redirects, MAX_REDIRECTS),
        all_addresses=spec.all_addresses,
        http2=spec.http2,
        discovery=_DISCOVERIES.get(spec.discovery, Discovery.OFF),
    )
