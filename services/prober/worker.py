"""Carries out probe jobs: run the check, publish the report, and only then acknowledge.

Law: every job that can be read is answered by exactly one report, be it of a failure of ours, or
that its target may not be asked now; only one whose check was cancelled is answered by none. One
we have no means for now is handed out again first, as often as the bus does that.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from google.protobuf.message import DecodeError

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.consume import Message
from outscope.bus.publish import publish_until_taken
from outscope.bus.work import GiveBack
from outscope.clock import Clock
from outscope.failures import FailureReason
from outscope.limits import MAX_REDIRECTS
from outscope.netguard.dial import Exhausted
from outscope.telemetry.logs import bound, logger
from outscope.telemetry.metrics import Counter, Histogram
from outscope.v1 import check_pb2, messages_pb2
from services.prober.budget import TargetBudgets
from services.prober.cancelled import Cancellations, CheckCancelled
from services.prober.check import CheckRunner
from services.prober.facts import CheckSpec, Discovery, Failure, Owner, Postponed
from services.prober.fit import fit
from services.prober.progress import Audience
from services.prober.report import Observer, failure_report, postponed_report, result_report
from services.prober.report_progress import Begun, Event

log = logger(__name__)

PROBES: Final = Counter(
    "outscope_probes",
    "Probes taken, by how they ended: result, postponed, cancelled or a failure.",
    ("outcome",),
)
PROBE_DURATION_SECONDS: Final = Histogram(
    "outscope_probe_duration_seconds",
    "Time from the job's arrival to its result.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)

# Time for connections of other checks to end.
_EXHAUSTED_DELAY_S: Final = 5.0
# Room for the bus's own headers.
_ENVELOPE_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this prober is and where it stands."""

    vantage_point: str
    prober_id: str
    # Where its requests come from, as seen from outside; empty when nobody told it.
    egress_addresses: tuple[str, ...] = ()


class ProbeTask:
    """What the prober does with one message."""

    def __init__(
        self,
        *,
        bus: Bus,
        runner: CheckRunner,
        budgets: TargetBudgets,
        cancellations: Cancellations,
        audience: Audience,
        identity: Identity,
        clock: Clock,
    ) -> None:
        self._bus = bus
        self._budgets = budgets
        self._cancellations = cancellations
        self._audience = audience
        self._runner = runner
        self._identity = identity
        self._clock = clock

    async def __call__(self, message: Message) -> None:
        """Carry out the job in a message and settle it."""
        try:
            job = messages_pb2.ProbeJob.FromString(message.payload)
        except DecodeError as error:
            log.error("unreadable probe job", exception=error)  # noqa: TRY400 - ours has fields
            await message.terminate()
            return
        with bound(check_id=job.check_id, probe_id=job.probe_id, attempt=job.attempt):
            report = await self._report_unless_cancelled(job, message)
            if report is not None:
                await self._publish(report)
            await message.ack()

    async def _report_unless_cancelled(
        self, job: messages_pb2.ProbeJob, message: Message
    ) -> messages_pb2.ProbeReport | None:
        """Carry out the job, until its check is cancelled: then there is nothing to report."""
        try:
            async with (
                self._cancellations.working_on(job.check_id),
                self._audience.following(self._bus, job, message.deliveries) as note,
            ):
                return await self._report_once_able(job, message, note)
        except CheckCancelled:
            PROBES.labels("cancelled").inc()
            log.info("stopped: the check was cancelled")
            return None

    async def _report_once_able(
        self, job: messages_pb2.ProbeJob, message: Message, note: Callable[[Event], None]
    ) -> messages_pb2.ProbeReport:
        """Carry out the job; when we are out of means for it, have it handed out again."""
        try:
            return await self._report(job, note)
        except Exhausted as error:
            durable = subjects.jobs_consumer(self._identity.vantage_point)
            if message.deliveries >= durable.max_deliver:
                return self._failed(job, _EXHAUSTED)
            reason = f"no means left for another connection: {error}"
            raise GiveBack(reason, delay_s=_EXHAUSTED_DELAY_S) from error

    async def _report(
        self, job: messages_pb2.ProbeJob, note: Callable[[Event], None]
    ) -> messages_pb2.ProbeReport:
        started_at = self._clock()
        started_s = time.monotonic()
        if (
            job.HasField("deadline")
            and started_at.timestamp() >= job.deadline.ToMilliseconds() / 1000
        ):
            return self._failed(job, _LATE)
        note(self._begun(job, started_at))
        leave = self._budgets.leave_within(job.budget) if job.HasField("budget") else None
        checked = await self._runner.run(spec_of(job), leave, note)
        if isinstance(checked, Postponed):
            PROBES.labels("postponed").inc()
            log.info("put off", wait_s=checked.wait_s, used_up=checked.used_up)
            return postponed_report(job, checked)
        elapsed_s = time.monotonic() - started_s
        PROBE_DURATION_SECONDS.observe(elapsed_s)
        if isinstance(checked, Failure):
            return self._failed(job, checked)
        note(checked.verdict)
        PROBES.labels("result").inc()
        observer = Observer(
            vantage_point=self._identity.vantage_point,
            prober_id=self._identity.prober_id,
            started_at=started_at,
            duration_ms=round(elapsed_s * 1000),
            egress_addresses=self._identity.egress_addresses,
            has_ipv6=self._runner.has_ipv6,
            user_agent=self._runner.user_agent,
        )
        return result_report(job, checked.facts, checked.verdict, observer)

    def _begun(self, job: messages_pb2.ProbeJob, started_at: datetime) -> Begun:
        return Begun(
            vantage_point=self._identity.vantage_point,
            prober_id=self._identity.prober_id,
            started_at=started_at,
            attempt=job.attempt,
        )

    def _failed(self, job: messages_pb2.ProbeJob, failure: Failure) -> messages_pb2.ProbeReport:
        PROBES.labels(failure.reason.value).inc()
        log.info("not observed", reason=failure.reason.value, message=failure.message)
        return failure_report(job, failure)

    async def _publish(self, report: messages_pb2.ProbeReport) -> None:
        """Publish until the bus takes it: the job given back now would be carried out twice."""
        if not fit(report, self._bus.max_payload_bytes - _ENVELOPE_BYTES):
            log.error("report too large", bytes=report.ByteSize())
            report = failure_report(
                messages_pb2.ProbeJob(
                    probe_id=report.probe_id, check_id=report.check_id, attempt=report.attempt
                ),
                _TOO_LARGE,
            )
        payload = report.SerializeToString()
        message_id = f"{report.probe_id}-{report.attempt}"
        await publish_until_taken(self._bus, subjects.REPORTS, payload, message_id)


_LATE: Final = Failure(
    reason=FailureReason.DEADLINE_EXCEEDED,
    owner=Owner.OURS,
    message="The job reached a prober only after its deadline.",
)
_TOO_LARGE: Final = Failure(
    reason=FailureReason.INTERNAL,
    owner=Owner.OURS,
    message=(
        "What was seen is more than this installation's NATS takes in one message; ask for fewer "
        "ports and paths, or have the operator raise max_payload."
    ),
)
_EXHAUSTED: Final = Failure(
    reason=FailureReason.INTERNAL,
    owner=Owner.OURS,
    message="The prober had no means left for another connection; check again later.",
)

# A scheduler that says nothing of it has promised its callers that nothing more is requested.
_DISCOVERIES: Final[dict[int, Discovery]] = {
    check_pb2.DISCOVERY_STANDARD: Discovery.STANDARD,
    check_pb2.DISCOVERY_DEEP: Discovery.DEEP,
}


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
