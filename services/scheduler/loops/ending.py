"""Ends probes, and the checks whose last probe ended, with all that follows: one transaction.

In it: the probe's result or failure, its samples, the check's terminal state, and a delivery for
each webhook that wants to know. After it: the word to those who wait for the check.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import check_ended
from outscope.clock import Clock
from outscope.errors import Conflict, NotFound
from outscope.failures import FAILURE_TABLE, FailureReason
from outscope.ids import DEAD_LETTER_PREFIX, new_id
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from outscope.telemetry.traceparent import carried
from outscope.v1 import messages_pb2
from outscope.vantage import vantage_fields
from services.scheduler.domain.check import CheckStatus, Failure, ProbeEnd
from services.scheduler.domain.check_state import ProbeEvent, ProbeState, status_given
from services.scheduler.domain.dead_letter import LostCheck, reason_of
from services.scheduler.domain.delivery import DeliveryJob, DeliveryState, NewDelivery
from services.scheduler.domain.subscription import Event
from services.scheduler.domain.webhook import event_of
from services.scheduler.loops.dead_letters import DEAD_LETTERS
from services.scheduler.loops.outbox import store_events
from services.scheduler.loops.waits import Waits
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.dead_letters import insert_lost_checks
from services.scheduler.store.ends import (
    CancelledProbe,
    CheckEnd,
    LockedCheck,
    cancel_probes,
    end_checks,
    end_probes,
    lock_check,
    lock_pending_checks,
    lost_among,
    note_lost,
    probe_states,
)
from services.scheduler.store.kept import NewKept, insert_kept
from services.scheduler.store.samples import NewSample, insert_samples

log = logger(__name__)

_ENDED = Counter("outscope_checks_ended_total", "Checks that ended.", ("status",))
_FAILED = Counter(
    "outscope_checks_failed_total",
    "Checks that could not be carried out, by reason and by who has to act.",
    ("reason", "owner"),
)
# Told as zero from the start, or nobody would see the first one as a rise.
for _row in FAILURE_TABLE:
    _FAILED.labels(_row.reason.value, _row.owner)
_IGNORED = Counter("outscope_reports_ignored_total", "Reports that were late or came twice.")
_REASONS: Final = frozenset(reason.value for reason in FailureReason)
_OTHER_REASON: Final = "other"

Probes = Sequence[tuple[ProbeState, Failure | None]]


class Ending:
    """Ends checks; offer is told the deliveries that this makes due."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        offer: Callable[[Sequence[DeliveryJob]], None],
        clock: Clock,
        waits: Waits | None = None,
    ) -> None:
        self._waits = waits or Waits()
        self._database = database
        self._bus = bus
        self._offer = offer
        self._clock = clock

    async def record_reports(self, ends: Sequence[ProbeEnd]) -> None:
        """End probes as their probers reported; what is late or told twice changes nothing."""
        await self._end(ends, failure_event=ProbeEvent.FAILURE_REPORTED)

    async def give_up(self, ends: Sequence[ProbeEnd]) -> None:
        """End probes that nobody will report."""
        await self._end(ends, failure_event=ProbeEvent.GIVEN_UP)

    async def cancel(self, check_id: str, *, account_id: str) -> list[CancelledProbe]:
        """End a pending check of this account; return its probes that had not ended.

        Raises NotFound and Conflict. Of a cancellation and a report that come at once, the one
        that locks the check first ends it, and the other finds it ended.
        """
        async with self._database.transaction() as connection:
            found = await lock_check(connection, check_id, account_id=account_id)
            if found is None:
                raise NotFound("There is no such check", field="id", value=check_id)
            status, locked = found
            if status is not CheckStatus.PENDING:
                raise Conflict(f"The check has ended already: it is {status}", status=status)
            probes = await cancel_probes(connection, check_id)
            end = CheckEnd(check_id=check_id, status=CheckStatus.CANCELLED, failure=None)
            await end_checks(connection, [end])
            deliveries = await self._store_events(connection, [end], {check_id: locked})
        await self._tell([end], {check_id: locked})
        self._offer_due(deliveries)
        return probes

    async def _end(self, told: Sequence[ProbeEnd], *, failure_event: ProbeEvent) -> None:
        ends = _each_once(told)
        async with self._database.transaction() as connection:
            checks = await lock_pending_checks(connection, list({end.check_id for end in ends}))
            ended_probes = await self._end_probes(
                connection, [end for end in ends if end.check_id in checks], failure_event
            )
            accepted = [end for end in ends if end.probe_id in ended_probes]
            await _keep_samples(connection, accepted, checks)
            await _keep_facts(connection, accepted, checks)
            check_ends = await _end_checks(connection, {end.check_id for end in accepted})
            await self._set_aside(connection, accepted, check_ends, checks)
            deliveries = await self._store_events(connection, check_ends, checks)
        _IGNORED.inc(len(told) - len(accepted))
        self._note_waits(accepted, checks)
        await self._tell(check_ends, checks)
        self._offer_due(deliveries)

    def _note_waits(self, ends: Sequence[ProbeEnd], checks: Mapping[str, LockedCheck]) -> None:
        for end in ends:
            check = checks[end.check_id]
            if end.started_at is not None and check.created_at is not None:
                seen_from = end.vantage_point or check.vantage_points[0]
                self._waits.note(seen_from, end.started_at - check.created_at)

    async def _set_aside(
        self,
        connection: Connection,
        ends: Sequence[ProbeEnd],
        check_ends: Sequence[CheckEnd],
        checks: Mapping[str, LockedCheck],
    ) -> None:
        """Keep checks that failed by lost attempts, for operators to look into.

        Of several vantage points that were lost one tells of the check, and it need not have been
        the last to end.
        """
        of_several = [end for end in ends if end.lost and _is_from_more(checks[end.check_id])]
        await note_lost(connection, of_several)
        failed = {end.check_id for end in check_ends if end.status is CheckStatus.FAILED}
        lost = {end.check_id: end.lost for end in ends if end.lost and end.check_id in failed}
        untold = [each for each in failed if each not in lost and _is_from_more(checks[each])]
        if untold:
            lost |= await lost_among(connection, untold)
        unix_ms = int(self._clock().timestamp() * 1000)
        letters = [
            LostCheck(
                id=new_id(DEAD_LETTER_PREFIX, unix_ms), check_id=check_id, reason=reason_of(reasons)
            )
            for check_id, reasons in lost.items()
        ]
        if letters:
            await insert_lost_checks(connection, letters)
            DEAD_LETTERS.labels("check").inc(len(letters))

    @staticmethod
    async def _end_probes(
        connection: Connection, ends: Sequence[ProbeEnd], failure_event: ProbeEvent
    ) -> set[str]:
        results = [end for end in ends if end.failure is None]
        failures = [end for end in ends if end.failure is not None]
        return await end_probes(
            connection, results, event=ProbeEvent.RESULT_REPORTED
        ) | await end_probes(connection, failures, event=failure_event)

    async def _store_events(
        self,
        connection: Connection,
        ends: Sequence[CheckEnd],
        checks: Mapping[str, LockedCheck],
    ) -> list[NewDelivery]:
        events = [
            Event(
                account_id=checks[end.check_id].account_id,
                type=event_of(end.status),
                subject_id=end.check_id,
                fqdn=checks[end.check_id].fqdn,
                vantage_points=checks[end.check_id].vantage_points,
            )
            for end in ends
        ]
        unix_ms = int(self._clock().timestamp() * 1000)
        return await store_events(connection, events, unix_ms=unix_ms)

    def _offer_due(self, deliveries: Sequence[NewDelivery]) -> None:
        self._offer(
            [
                DeliveryJob(delivery_id=each.id, attempt=1)
                for each in deliveries
                if each.state is DeliveryState.WAITING
            ]
        )

    async def _tell(self, ends: Sequence[CheckEnd], checks: Mapping[str, LockedCheck]) -> None:
        for end in ends:
            _log(end, checks[end.check_id])
            _ENDED.labels(end.status).inc()
            if end.failure is not None:
                _FAILED.labels(_known_reason(end.failure), end.failure.owner).inc()
        try:
            for end in ends:
                word = messages_pb2.CheckEnded(check_id=end.check_id)
                await self._bus.send(check_ended(end.check_id), word.SerializeToString())
        except BusUnavailable as error:
            log.warning("ends not told, those who wait will look", checks=len(ends), cause=error)


def _log(end: CheckEnd, check: LockedCheck) -> None:
    """Write the line of a check that has ended, with all that it can be found by.

    One that is cancelled has the request and the trace of the call that cancels it.
    """
    fields: dict[str, object] = {"check_id": end.check_id, "account_id": check.account_id}
    if check.request_id:
        fields["request_id"] = check.request_id
    if end.failure is not None:
        fields |= {"reason": _known_reason(end.failure), "owner": str(end.failure.owner)}
    with carried(check.traceparent):
        log.info(
            "check ended",
            **fields,
            **vantage_fields(check.vantage_points),
            status=str(end.status),
        )


def _is_from_more(check: LockedCheck) -> bool:
    """Tell whether a check is made from more than one vantage point."""
    return len(check.vantage_points) > 1


def _known_reason(failure: Failure) -> str:
    """Return a reason of ours: a prober of another version may tell any."""
    return failure.reason if failure.reason in _REASONS else _OTHER_REASON


def _each_once(ends: Sequence[ProbeEnd]) -> list[ProbeEnd]:
    """Return one end per probe and attempt, the first told, ordered by probe."""
    first: dict[tuple[str, int], ProbeEnd] = {}
    for end in ends:
        first.setdefault((end.probe_id, end.attempt), end)
    return [first[key] for key in sorted(first)]


async def _keep_samples(
    connection: Connection, ends: Sequence[ProbeEnd], checks: Mapping[str, LockedCheck]
) -> None:
    samples = [
        NewSample(
            check_id=end.check_id,
            probe_id=end.probe_id,
            path=path,
            sample=sample,
            retention_days=checks[end.check_id].content_retention_days,
        )
        for end in ends
        if checks[end.check_id].include_content_sample
        for path, sample in end.samples
    ]
    if samples:
        await insert_samples(connection, samples)


async def _keep_facts(
    connection: Connection, ends: Sequence[ProbeEnd], checks: Mapping[str, LockedCheck]
) -> None:
    kept = [
        NewKept(
            check_id=end.check_id,
            probe_id=end.probe_id,
            kept=end.kept,
            retention_days=checks[end.check_id].content_retention_days,
        )
        for end in ends
        if end.kept
    ]
    if kept:
        await insert_kept(connection, kept)


async def _end_checks(connection: Connection, check_ids: set[str]) -> list[CheckEnd]:
    """End those checks whose last probe has ended."""
    if not check_ids:
        return []
    states = await probe_states(connection, list(check_ids))
    ends = [
        CheckEnd(check_id=check_id, status=status, failure=_failure_of(status, probes))
        for check_id, probes in states.items()
        for status in (status_given([state for state, _ in probes]),)
        if status is not CheckStatus.PENDING
    ]
    if ends:
        await end_checks(connection, ends)
    return ends


def _failure_of(status: CheckStatus, probes: Probes) -> Failure | None:
    """Return why a failed check failed: what its first probe says."""
    if status is not CheckStatus.FAILED:
        return None
    return next((failure for _, failure in probes if failure is not None), None)
