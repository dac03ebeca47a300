"""CheckService: everything a caller can do with checks."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import grpc.aio
from google.protobuf.message import Message

from outscope.clock import Clock
from outscope.errors import InvalidRequest, Refusal
from outscope.ids import CHECK_PREFIX, PROBE_PREFIX, new_id
from outscope.limits import MAX_BATCH
from outscope.rpc.interceptors import Context
from outscope.rpc.metadata import IDEMPOTENCY_BESIDE, value_in
from outscope.slices import mapped_in_slices
from outscope.telemetry.logs import bound_field, logger
from outscope.telemetry.traceparent import current_traceparent
from outscope.v1 import check_pb2, check_service_pb2, check_service_pb2_grpc
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.check import NewCheck
from services.scheduler.domain.idempotency import KeyedRequest
from services.scheduler.domain.limits import DefaultLimits, limits_of
from services.scheduler.domain.rate import Allowance
from services.scheduler.loops.backlog import Backlog
from services.scheduler.loops.cancel import Cancelling
from services.scheduler.loops.create import CreateBatcher, Keyed, Order, Receipt
from services.scheduler.loops.keyed import Replay
from services.scheduler.loops.presence import VantagePoints
from services.scheduler.rpc.callers import Callers
from services.scheduler.rpc.detail import check_detail, latest_detail
from services.scheduler.rpc.once import answer_before, keyed_request
from services.scheduler.rpc.pages import CheckPages
from services.scheduler.rpc.problem import problem_message
from services.scheduler.rpc.watching import Watching
from services.scheduler.store.database import Database
from services.scheduler.translate.check import (
    check_message,
    is_for_several,
    spec_as_asked,
    spec_asked,
    spec_message,
    status_asked,
)
from services.scheduler.translate.detail import detail_message

log = logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckParts:
    """What serving checks takes."""

    database: Database
    callers: Callers
    batcher: CreateBatcher
    backlog: Backlog
    cancelling: Cancelling
    watching: Watching
    vantage_points: VantagePoints
    pages: CheckPages
    limits: DefaultLimits
    clock: Clock


class CheckServicer(check_service_pb2_grpc.CheckServiceServicer):
    """Serves checks."""

    def __init__(self, parts: CheckParts) -> None:
        self._parts = parts

    async def CreateCheck(  # noqa: N802 - the contract's name
        self, request: check_service_pb2.CreateCheckRequest, context: Context
    ) -> check_service_pb2.CreateCheckResponse:
        """Store one check."""
        caller = await self._parts.callers.account_calling(context)
        check = self._new_check_or_refusal(caller, request.spec)

        def normalised() -> check_service_pb2.CreateCheckRequest:
            spec = self._as_asked(caller, check, request.spec)
            return check_service_pb2.CreateCheckRequest(spec=spec)

        def answer(receipt: Receipt) -> check_service_pb2.CreateCheckResponse:
            return check_service_pb2.CreateCheckResponse(check=check_message(receipt.checks[0]))

        asked = keyed_request(context, caller, "CreateCheck", normalised)
        if isinstance(check, Refusal):
            before = await answer_before(self._parts.database, asked)
            if before is None:
                raise check
            outcome: Receipt | Replay = Replay(answer=before)
        else:
            outcome = await self._create(caller, [check], asked, answer)
        if isinstance(outcome, Replay):
            replayed = check_service_pb2.CreateCheckResponse.FromString(outcome.answer)
            replayed.replayed = True
            return replayed
        created = answer(outcome)
        created.rate_limit.CopyFrom(_rate_limit(outcome.allowance))
        return created

    async def BatchCreateChecks(  # noqa: N802 - the contract's name
        self, request: check_service_pb2.BatchCreateChecksRequest, context: Context
    ) -> check_service_pb2.BatchCreateChecksResponse:
        """Store the valid ones of up to 100 checks in one transaction."""
        caller = await self._parts.callers.account_calling(context)
        if not _fewest(context) <= len(request.specs) <= MAX_BATCH:
            raise InvalidRequest(
                f"A batch has 1 to {MAX_BATCH} checks", field="checks", value=len(request.specs)
            )

        def outcome_of(spec: check_pb2.CheckSpec) -> NewCheck | Refusal:
            return self._new_check_or_refusal(caller, spec)

        outcomes = await mapped_in_slices(outcome_of, request.specs)
        valid = [outcome for outcome in outcomes if isinstance(outcome, NewCheck)]

        def answer(receipt: Receipt) -> check_service_pb2.BatchCreateChecksResponse:
            return check_service_pb2.BatchCreateChecksResponse(items=_items(outcomes, receipt))

        def normalised() -> check_service_pb2.BatchCreateChecksRequest:
            specs = zip(outcomes, request.specs, strict=True)
            return check_service_pb2.BatchCreateChecksRequest(
                specs=[self._as_asked(caller, outcome, spec) for outcome, spec in specs]
            )

        asked = keyed_request(context, caller, "BatchCreateChecks", normalised)
        outcome = await self._create(caller, valid, asked, answer)
        if isinstance(outcome, Replay):
            replayed = check_service_pb2.BatchCreateChecksResponse.FromString(outcome.answer)
            replayed.replayed = True
            return replayed
        created = answer(outcome)
        created.rate_limit.CopyFrom(_rate_limit(outcome.allowance))
        return created

    async def GetCheck(  # noqa: N802 - the contract's name
        self, request: check_service_pb2.GetCheckRequest, context: Context
    ) -> check_service_pb2.GetCheckResponse:
        """Return a check with all that is known of it."""
        caller = await self._parts.callers.account_calling(context)
        return check_service_pb2.GetCheckResponse(check=await self._detail(caller, request.id))

    async def GetLatestCheck(  # noqa: N802 - the contract's name
        self, request: check_service_pb2.GetLatestCheckRequest, context: Context
    ) -> check_service_pb2.GetLatestCheckResponse:
        """Return the completed check of a name that was created last."""
        caller = await self._parts.callers.account_calling(context)
        detail = await latest_detail(
            self._parts.database,
            request.fqdn,
            account_id=caller.account_id,
            vantage_point=request.vantage_point or None,
        )
        return check_service_pb2.GetLatestCheckResponse(check=detail_message(detail))

    async def ListChecks(  # noqa: N802 - the contract's name
        self, request: check_service_pb2.ListChecksRequest, context: Context
    ) -> check_service_pb2.ListChecksResponse:
        """Return one page of checks, newest first."""
        caller = await self._parts.callers.account_calling(context)
        status = status_asked(request.status)
        checks, next_cursor = await self._parts.pages.page(caller, request, status)
        return check_service_pb2.ListChecksResponse(
            checks=[check_message(check) for check in checks], next_cursor=next_cursor
        )

    async def CancelCheck(  # noqa: N802 - the contract's name
        self, request: check_service_pb2.CancelCheckRequest, context: Context
    ) -> check_service_pb2.CancelCheckResponse:
        """End a pending check, and return it."""
        caller = await self._parts.callers.account_calling(context)
        await self._parts.cancelling.cancel(request.id, account_id=caller.account_id)
        return check_service_pb2.CancelCheckResponse(check=await self._detail(caller, request.id))

    async def WatchCheck(  # noqa: N802 - the contract's name
        self, request: check_service_pb2.WatchCheckRequest, context: Context
    ) -> AsyncIterator[check_service_pb2.WatchCheckResponse]:
        """Send a check as it is now and, unless that was its end, again when it has ended."""
        async with aclosing(self._parts.watching.responses(request, context)) as responses:
            async for response in responses:
                yield response

    async def _detail(self, caller: Caller, check_id: str) -> check_pb2.Check:
        detail = await check_detail(self._parts.database, check_id, account_id=caller.account_id)
        return detail_message(detail)

    async def _create(
        self,
        caller: Caller,
        checks: list[NewCheck],
        asked: KeyedRequest | None,
        answer: Callable[[Receipt], Message],
    ) -> Receipt | Replay:
        """Store checks unless the same request did; answer is what is kept of the receipt.

        With nothing to store no key is used up; one that stands for another request is a conflict.
        """
        if asked is not None and not checks:
            before = await answer_before(self._parts.database, asked)
            if before is not None:
                return Replay(answer=before)
            asked = None
        self._parts.backlog.admit(checks)
        order = Order(limits=limits_of(caller, self._parts.limits), checks=tuple(checks))
        if asked is None:
            outcome: Receipt | Replay = await self._parts.batcher.create(order)
        else:
            keyed = Keyed(request=asked, answer=lambda receipt: answer(receipt).SerializeToString())
            outcome = await self._parts.batcher.create_once(order, keyed)
        if isinstance(outcome, Receipt):
            ids = [check.id for check in outcome.checks]
            log.debug("checks created", account_id=caller.account_id, check_ids=ids)
        return outcome

    def _new_check(self, caller: Caller, spec: check_pb2.CheckSpec) -> NewCheck:
        normalised = spec_asked(spec, self._parts.vantage_points.known_to(caller.account_id))
        unix_ms = int(self._parts.clock().timestamp() * 1000)
        return NewCheck(
            id=new_id(CHECK_PREFIX, unix_ms),
            probe_id=new_id(PROBE_PREFIX, unix_ms),
            account_id=caller.account_id,
            further_probe_ids=tuple(
                new_id(PROBE_PREFIX, unix_ms) for _ in normalised.vantage_points[1:]
            ),
            spec=normalised,
            counted_for=caller.account_id if caller.inflight_limit is None else caller.key_id,
            traceparent=current_traceparent() or "",
            request_id=str(bound_field("request_id") or ""),
        )

    def _new_check_or_refusal(
        self, caller: Caller, spec: check_pb2.CheckSpec
    ) -> NewCheck | Refusal:
        try:
            return self._new_check(caller, spec)
        except InvalidRequest as refusal:
            return refusal

    def _as_asked(
        self, caller: Caller, outcome: NewCheck | Refusal, asked: check_pb2.CheckSpec
    ) -> check_pb2.CheckSpec:
        """Return a spec for telling requests apart: normalised, or as it came when it is refused.

        Which vantage points a tag stands for, or all, changes with them, and with that whether
        they are too many or none; the request does not.
        """
        if is_for_several(asked):
            return spec_as_asked(asked, self._parts.vantage_points.known_to(caller.account_id))
        return asked if isinstance(outcome, Refusal) else spec_message(outcome.spec)


def add_check_service(server: grpc.aio.Server, parts: CheckParts) -> str:
    """Serve CheckService; return its full name."""
    check_service_pb2_grpc.add_CheckServiceServicer_to_server(CheckServicer(parts), server)
    return check_service_pb2.DESCRIPTOR.services_by_name["CheckService"].full_name


def _fewest(context: Context) -> int:
    """Return how few checks a batch may have: none where its sender refused some itself."""
    metadata = list(context.invocation_metadata() or ())
    return 0 if value_in(metadata, IDEMPOTENCY_BESIDE) else 1


def _items(
    outcomes: Sequence[NewCheck | Refusal], receipt: Receipt
) -> list[check_service_pb2.BatchItem]:
    stored = iter(receipt.checks)
    return [
        check_service_pb2.BatchItem(check=check_message(next(stored)))
        if isinstance(outcome, NewCheck)
        else check_service_pb2.BatchItem(problem=problem_message(outcome))
        for outcome in outcomes
    ]


def _rate_limit(allowance: Allowance) -> check_service_pb2.RateLimit:
    return check_service_pb2.RateLimit(
        limit=allowance.limit, remaining=allowance.remaining, reset_s=allowance.reset_s
    )
