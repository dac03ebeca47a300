"""Has kept facts judged by a prober, and stores what comes of it.

Law: no target is asked anything, and a verdict is stored only in the place of the one it was
reached beside: of two who judge at once, the second begins again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JUDGE
from outscope.deadline import remaining_s
from outscope.errors import Conflict, DeadlineExceeded, Unavailable
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2, verdict_pb2
from services.scheduler.domain.check import CheckDetail, CheckSpec, CheckStatus
from services.scheduler.rpc.detail import check_detail
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.kept import Judged, find_judged, replace_result
from services.scheduler.translate.detail import detail_message
from services.scheduler.translate.judgement import (
    analysis_in,
    answer_in,
    question_payload,
    with_judgement,
)
from services.scheduler.translate.report import UndecodableError
from services.scheduler.translate.several import shown_view

log = logger(__name__)

# Longer than a busy prober takes over the largest facts.
_ANSWER_WITHIN_S: Final = 5.0
# How many questions one scheduler asks at once, so that probers have time for their checks.
_AT_ONCE: Final = 8
_TRIES: Final = 3
# Room for the bus's own headers.
_ENVELOPE_BYTES: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """A check with its new verdict, and the one it had."""

    detail: CheckDetail
    before: verdict_pb2.Analysis
    after: verdict_pb2.Analysis


class _OvertakenError(Exception):
    """A result is no longer the one that was judged."""


class Judging:
    """Has checks judged again."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def rejudge(self, check_id: str, *, account_id: str) -> Rejudged:
        """Judge a check anew and store the verdict; raises NotFound, Conflict, Unavailable."""
        for _ in range(_TRIES):
            detail, judged = await self._all_judged(check_id, account_id=account_id)
            results = await self._judged_anew(detail.check.spec, judged)
            rejudged_at = await self._replaced(judged, results)
            if rejudged_at is not None:
                new = _with_results(detail, results)
                return Rejudged(
                    detail=replace(new, check=replace(detail.check, rejudged_at=rejudged_at)),
                    before=_analysis_of(detail),
                    after=_analysis_of(new),
                )
        raise Conflict("Others are judging this check at the same moment; ask again later")

    async def explain(
        self, check_id: str, *, account_id: str
    ) -> tuple[verdict_pb2.Analysis, messages_pb2.JudgeReply]:
        """Return the verdict of a check, and what the rules say now; raises like rejudge."""
        detail, judged = await self.judged(check_id, account_id=account_id)
        spec = detail.check.spec.at(judged.vantage_point)
        reply = await self._ask(spec, judged, explain=True)
        return analysis_in(judged.result), reply

    async def judged(self, check_id: str, *, account_id: str) -> tuple[CheckDetail, Judged]:
        """Return a completed check with what its verdict rests on; raises NotFound and Conflict."""
        detail, judged = await self._all_judged(check_id, account_id=account_id)
        shown = shown_view(detail.views, detail.check.spec.options.quorum)
        if shown is None:  # it is from one vantage point
            return detail, judged[0]
        return detail, next(each for each in judged if each.probe_id == shown.probe_id)

    async def _all_judged(
        self, check_id: str, *, account_id: str
    ) -> tuple[CheckDetail, list[Judged]]:
        """Return a completed check with all its facts; raises NotFound and Conflict."""
        detail = await check_detail(self._database, check_id, account_id=account_id)
        if detail.check.status is CheckStatus.PENDING:
            raise Conflict(
                "The check has no verdict yet; ask again when it has completed",
                status=detail.check.status.value,
            )
        async with self._database.session() as connection:
            judged = await find_judged(connection, check_id)
        if detail.check.status is not CheckStatus.COMPLETED or not judged:
            ended = (
                "was cancelled" if detail.check.status is CheckStatus.CANCELLED else "has failed"
            )
            raise Conflict(
                f"The check {ended}, so it has no verdict; create another check of the name",
                status=detail.check.status.value,
            )
        # Another may have judged between both reads: what is judged now is what it is told beside.
        return _with_results(detail, {each.probe_id: each.result for each in judged}), judged

    async def _judged_anew(self, spec: CheckSpec, judged: Sequence[Judged]) -> dict[str, bytes]:
        """Return each result with its new verdict, by probe; all of them, or none."""
        results = {}
        for each in judged:
            reply = await self._ask(spec.at(each.vantage_point), each, explain=False)
            results[each.probe_id] = with_judgement(each.result, reply)
        return results

    async def _replaced(
        self, judged: Sequence[Judged], results: Mapping[str, bytes]
    ) -> datetime | None:
        """Store all results in the place of those judged, or none; return when, or None."""
        try:
            async with self._database.transaction() as connection:
                return await _replace_all(connection, judged, results)
        except _OvertakenError:
            return None

    async def _ask(
        self, spec: CheckSpec, judged: Judged, *, explain: bool
    ) -> messages_pb2.JudgeReply:
        if judged.kept is None:
            raise _not_kept(
                f"it is kept for {spec.content_retention_days} days, and not at all when the "
                "answers are too long"
            )
        question = question_payload(spec, judged.result, judged.kept, explain=explain)
        if len(question) > self._bus.max_payload_bytes - _ENVELOPE_BYTES:
            raise _not_kept("it is too long to be sent to a prober")
        try:
            async with self._places:
                answer = await self._bus.ask(JUDGE, question, timeout_s=_patience_s())
            reply = answer_in(answer)
        except (BusUnavailable, UndecodableError) as error:
            log.warning("no prober judged", cause=error)
            raise Unavailable("No prober is there to judge; try again in a moment") from error
        if reply.problem:
            raise _not_kept(reply.problem)
        return reply


async def _replace_all(
    connection: Connection, judged: Sequence[Judged], results: Mapping[str, bytes]
) -> datetime | None:
    """Store results in a transaction; raises _OvertakenError, which undoes it."""
    rejudged_at = None
    for each in judged:
        rejudged_at = await replace_result(connection, each, results[each.probe_id])
        if rejudged_at is None:
            raise _OvertakenError
    return rejudged_at


def _with_results(detail: CheckDetail, results: Mapping[str, bytes]) -> CheckDetail:
    """Return a check with other results, by probe."""
    if detail.views:
        views = (replace(each, result=results.get(each.probe_id)) for each in detail.views)
        return replace(detail, views=tuple(views))
    (result,) = results.values()
    return replace(detail, result=result)


def _analysis_of(detail: CheckDetail) -> verdict_pb2.Analysis:
    return detail_message(detail).result.analysis


def _patience_s() -> float:
    """Return how long a prober's answer is waited for; raises DeadlineExceeded."""
    left_s = remaining_s()
    if left_s is None:
        return _ANSWER_WITHIN_S
    if left_s <= 0:
        raise DeadlineExceeded("No prober had answered before the caller's deadline")
    return min(left_s, _ANSWER_WITHIN_S)


def _not_kept(why: str) -> Conflict:
    return Conflict(
        "What this verdict was reached from is not there to be judged again: "
        f"{why}. Create another check of the name instead."
    )
