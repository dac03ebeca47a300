"""JudgementService: what can be done about the verdict of a check that has completed."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import grpc.aio

from outscope.clock import Clock
from outscope.errors import Conflict, NotFound, Refusal, Unavailable
from outscope.ids import CHECK_PREFIX, REVIEW_PREFIX, is_id, new_id
from outscope.limits import MAX_PAGE
from outscope.rpc.interceptors import Context
from outscope.v1 import judgement_service_pb2, judgement_service_pb2_grpc
from services.scheduler.domain.check import Check, CheckStatus
from services.scheduler.domain.idempotency import KeyedRequest
from services.scheduler.domain.review import NewReview, Review, ReviewState, checked_comment
from services.scheduler.rpc.allowance import JudgementAllowance
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.judging import Judging, Rejudged
from services.scheduler.rpc.once import answer_before, claim, keep, keyed_request
from services.scheduler.rpc.pages import CheckPages
from services.scheduler.rpc.problem import problem_message
from services.scheduler.store.database import Database
from services.scheduler.store.retention import hold_check
from services.scheduler.store.reviews import find_review, insert_review
from services.scheduler.translate.detail import detail_message
from services.scheduler.translate.judgement import difference_message
from services.scheduler.translate.review import expected_in, reason_asked, review_message


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementParts:
    """What serving judgements takes."""

    database: Database
    callers: Callers
    judging: Judging
    allowance: JudgementAllowance
    pages: CheckPages
    clock: Clock


class JudgementServicer(judgement_service_pb2_grpc.JudgementServiceServicer):
    """Serves judgements and reviews."""

    def __init__(self, parts: JudgementParts) -> None:
        self._parts = parts

    async def RejudgeCheck(  # noqa: N802 - the contract's name
        self, request: judgement_service_pb2.RejudgeCheckRequest, context: Context
    ) -> judgement_service_pb2.RejudgeCheckResponse:
        """Judge one check anew."""
        caller = await self._parts.callers.account_calling(context)
        await self._parts.allowance.spend(caller, 1)
        rejudged = await self._parts.judging.rejudge(request.id, account_id=caller.account_id)
        return judgement_service_pb2.RejudgeCheckResponse(
            check=detail_message(rejudged.detail), difference=_difference(rejudged)
        )

    async def RejudgeChecks(  # noqa: N802 - the contract's name
        self, request: judgement_service_pb2.RejudgeChecksRequest, context: Context
    ) -> judgement_service_pb2.RejudgeChecksResponse:
        """Judge a page of completed checks anew; one that cannot be judged stops no other."""
        caller = await self._parts.callers.account_calling(context)
        # A page that no minute has room for is a shorter one.
        most = self._parts.allowance.limit_of(caller) or MAX_PAGE
        checks, next_cursor = await self._parts.pages.page(
            caller, request, CheckStatus.COMPLETED, most=most
        )
        await self._parts.allowance.spend(caller, len(checks))
        outcomes = await asyncio.gather(*(self._rejudged_or_refusal(check) for check in checks))
        away = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
        if away and len(away) == len(outcomes):
            raise away[0]
        return judgement_service_pb2.RejudgeChecksResponse(
            items=[_item(check, outcome) for check, outcome in zip(checks, outcomes, strict=True)],
            next_cursor=next_cursor,
        )

    async def ExplainCheck(  # noqa: N802 - the contract's name
        self, request: judgement_service_pb2.ExplainCheckRequest, context: Context
    ) -> judgement_service_pb2.ExplainCheckResponse:
        """Tell which rules had something to say."""
        caller = await self._parts.callers.account_calling(context)
        await self._parts.allowance.spend(caller, 1)
        stored, reply = await self._parts.judging.explain(request.id, account_id=caller.account_id)
        return judgement_service_pb2.ExplainCheckResponse(
            analysis=reply.analysis, rules=reply.rules, is_current=stored == reply.analysis
        )

    async def ReviewCheck(  # noqa: N802 - the contract's name
        self, request: judgement_service_pb2.ReviewCheckRequest, context: Context
    ) -> judgement_service_pb2.ReviewCheckResponse:
        """Store a review with copies of what it is about."""
        caller = await self._parts.callers.account_calling(context)
        reason = reason_asked(request.reason)
        comment = checked_comment(request.comment, reason)
        expected = expected_in(request.expected)
        asked = keyed_request(context, caller, "ReviewCheck", lambda: request)
        # Looked for before the facts, which may be gone by now; and the claim decides.
        before = await answer_before(self._parts.database, asked)
        if before is not None:
            return _replayed_review(before)
        _, judged = await self._parts.judging.judged(request.id, account_id=caller.account_id)
        new = NewReview(
            id=new_id(REVIEW_PREFIX, int(self._parts.clock().timestamp() * 1000)),
            check_id=request.id,
            account_id=caller.account_id,
            reason=reason,
            comment=comment,
            expected=expected,
            result=judged.result,
            kept=judged.kept,
        )
        return await self._review(new, asked)

    async def _review(
        self, new: NewReview, asked: KeyedRequest | None
    ) -> judgement_service_pb2.ReviewCheckResponse:
        """Store a review, or return what the same request was answered in the meantime."""
        async with self._parts.database.transaction() as connection:
            before = await claim(connection, asked)
            if before is not None:
                return _replayed_review(before)
            if not await hold_check(connection, new.check_id, account_id=new.account_id):
                raise NotFound("There is no such check", field="id", value=new.check_id)
            created_at = await insert_review(connection, new)
            if created_at is None:
                raise Conflict("A review of this check is open; wait until it is closed")
            answer = judgement_service_pb2.ReviewCheckResponse(
                review=review_message(_opened(new, created_at))
            )
            await keep(connection, asked, answer)
        return answer

    async def GetReview(  # noqa: N802 - the contract's name
        self, request: judgement_service_pb2.GetReviewRequest, context: Context
    ) -> judgement_service_pb2.GetReviewResponse:
        """Return the latest review of a check."""
        caller = await self._parts.callers.account_calling(context)
        review = None
        if is_id(CHECK_PREFIX, request.id):
            async with self._parts.database.session() as connection:
                review = await find_review(connection, request.id, account_id=caller.account_id)
        if review is None:
            raise NotFound("There is no review of such a check", field="id", value=request.id)
        return judgement_service_pb2.GetReviewResponse(review=review_message(review))

    async def _rejudged_or_refusal(self, check: Check) -> Rejudged | Refusal:
        try:
            return await self._parts.judging.rejudge(check.id, account_id=check.account_id)
        except (Conflict, NotFound, Unavailable) as refusal:
            return refusal


def add_judgement_service(server: grpc.aio.Server, parts: JudgementParts) -> str:
    """Serve JudgementService; return its full name."""
    judgement_service_pb2_grpc.add_JudgementServiceServicer_to_server(
        JudgementServicer(parts), server
    )
    return judgement_service_pb2.DESCRIPTOR.services_by_name["JudgementService"].full_name


def _replayed_review(before: bytes) -> judgement_service_pb2.ReviewCheckResponse:
    answer = judgement_service_pb2.ReviewCheckResponse.FromString(before)
    answer.replayed = True
    return answer


def _opened(new: NewReview, created_at: datetime) -> Review:
    return Review(
        id=new.id,
        check_id=new.check_id,
        state=ReviewState.OPEN,
        reason=new.reason,
        comment=new.comment,
        expected=new.expected,
        created_at=created_at,
        closed_at=None,
        answer="",
    )


def _difference(rejudged: Rejudged) -> judgement_service_pb2.Difference:
    return difference_message(rejudged.before, rejudged.after)


def _item(check: Check, outcome: Rejudged | Refusal) -> judgement_service_pb2.RejudgedItem:
    item = judgement_service_pb2.RejudgedItem(id=check.id, fqdn=check.spec.fqdn)
    if isinstance(outcome, Refusal):
        item.problem.CopyFrom(problem_message(outcome))
    else:
        item.difference.CopyFrom(_difference(outcome))
    return item
