"""Calls the scheduler: one method per call, each with a deadline, the key and the request id.

Law: what the scheduler refuses is raised as the same refusal; anything else it fails with is a bug.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2

from outscope.errors import Refusal, Unavailable
from outscope.rpc.metadata import (
    IDEMPOTENCY_BESIDE,
    IDEMPOTENCY_KEY,
    X_API_KEY,
    X_REQUEST_ID,
)
from outscope.rpc.status import refusal_from
from outscope.telemetry.logs import logger
from outscope.v1 import (
    api_key_service_pb2,
    api_key_service_pb2_grpc,
    check_service_pb2,
    check_service_pb2_grpc,
    judgement_service_pb2,
    judgement_service_pb2_grpc,
    usage_service_pb2,
    usage_service_pb2_grpc,
    webhook_service_pb2,
    webhook_service_pb2_grpc,
)

log = logger(__name__)

_HEALTH_DEADLINE_S: Final = 2.0

Request_contra = TypeVar("Request_contra", contravariant=True)
Answer_co = TypeVar("Answer_co", covariant=True)


class UnaryCall(Protocol[Request_contra, Answer_co]):
    """One method of a stub."""

    def __call__(
        self,
        request: Request_contra,
        *,
        timeout: float,
        metadata: tuple[tuple[str, str], ...],
    ) -> Awaitable[Answer_co]:
        """Call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a call is made, and the id that ties its logs together."""

    api_key: str
    request_id: str
    # Under which the call is made once; empty when it may be made again.
    idempotency_key: str = ""
    # A digest of what the request asks beside the message that is sent.
    idempotency_beside: str = ""


class Scheduler:
    """The scheduler as the gateway knows it."""

    def __init__(self, channel: grpc.aio.Channel, *, deadline_s: float) -> None:
        self._checks = check_service_pb2_grpc.CheckServiceStub(channel)
        self._judgements = judgement_service_pb2_grpc.JudgementServiceStub(channel)
        self._webhooks = webhook_service_pb2_grpc.WebhookServiceStub(channel)
        self._keys = api_key_service_pb2_grpc.ApiKeyServiceStub(channel)
        self._usage = usage_service_pb2_grpc.UsageServiceStub(channel)
        self._health = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        self._deadline_s = deadline_s
        self._was_serving: bool | None = None

    async def create_check(
        self, request: check_service_pb2.CreateCheckRequest, caller: Caller
    ) -> check_service_pb2.CreateCheckResponse:
        """Create one check."""
        return await self._call(self._checks.CreateCheck, request, caller)

    async def create_checks(
        self, request: check_service_pb2.BatchCreateChecksRequest, caller: Caller
    ) -> check_service_pb2.BatchCreateChecksResponse:
        """Create several checks in one transaction."""
        return await self._call(self._checks.BatchCreateChecks, request, caller)

    async def check(
        self, request: check_service_pb2.GetCheckRequest, caller: Caller
    ) -> check_service_pb2.GetCheckResponse:
        """Return one check of the caller's account."""
        return await self._call(self._checks.GetCheck, request, caller)

    async def cancel_check(
        self, request: check_service_pb2.CancelCheckRequest, caller: Caller
    ) -> check_service_pb2.CancelCheckResponse:
        """End a pending check of the caller's account."""
        return await self._call_newer(self._checks.CancelCheck, request, caller)

    async def check_page(
        self, request: check_service_pb2.ListChecksRequest, caller: Caller
    ) -> check_service_pb2.ListChecksResponse:
        """Return one page of the checks of the caller's account."""
        return await self._call(self._checks.ListChecks, request, caller)

    async def rejudge_check(
        self, request: judgement_service_pb2.RejudgeCheckRequest, caller: Caller
    ) -> judgement_service_pb2.RejudgeCheckResponse:
        """Judge one check anew from what is kept of it."""
        return await self._call_newer(self._judgements.RejudgeCheck, request, caller)

    async def rejudge_checks(
        self, request: judgement_service_pb2.RejudgeChecksRequest, caller: Caller
    ) -> judgement_service_pb2.RejudgeChecksResponse:
        """Judge a page of completed checks anew."""
        return await self._call_newer(self._judgements.RejudgeChecks, request, caller)

    async def explain_check(
        self, request: judgement_service_pb2.ExplainCheckRequest, caller: Caller
    ) -> judgement_service_pb2.ExplainCheckResponse:
        """Return which rules had something to say of a check."""
        return await self._call_newer(self._judgements.ExplainCheck, request, caller)

    async def review_check(
        self, request: judgement_service_pb2.ReviewCheckRequest, caller: Caller
    ) -> judgement_service_pb2.ReviewCheckResponse:
        """Dispute the verdict of a check."""
        return await self._call_newer(self._judgements.ReviewCheck, request, caller)

    async def review(
        self, request: judgement_service_pb2.GetReviewRequest, caller: Caller
    ) -> judgement_service_pb2.GetReviewResponse:
        """Return the latest review of a check."""
        return await self._call_newer(self._judgements.GetReview, request, caller)

    async def create_webhook(
        self, request: webhook_service_pb2.CreateWebhookRequest, caller: Caller
    ) -> webhook_service_pb2.CreateWebhookResponse:
        """Subscribe a URL to events of the caller's account."""
        return await self._call(self._webhooks.CreateWebhook, request, caller)

    async def usage(self, caller: Caller) -> usage_service_pb2.GetUsageResponse:
        """Return what the caller's account has used of its limits."""
        request = usage_service_pb2.GetUsageRequest()
        return await self._call_newer(self._usage.GetUsage, request, caller)

    async def authenticate(self, caller: Caller) -> None:
        """Raise Unauthorized unless the caller's key is valid."""
        try:
            await self._call(
                self._keys.GetOwnApiKey, api_key_service_pb2.GetOwnApiKeyRequest(), caller
            )
        except grpc.aio.AioRpcError as error:
            # A scheduler one version older does not know the method; every call authenticates.
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise

    async def is_serving(self) -> bool:
        """Tell whether the scheduler says that it can answer, and log it when that changes."""
        is_serving = await self._says_serving()
        if is_serving is not self._was_serving:
            self._was_serving = is_serving
            tell = log.info if is_serving else log.warning
            tell("ready" if is_serving else "not ready: the scheduler does not serve")
        return is_serving

    async def _says_serving(self) -> bool:
        """Ask for the health of the whole server (grpc.health.v1)."""
        try:
            answer = await self._health(health_pb2.HealthCheckRequest(), timeout=_HEALTH_DEADLINE_S)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def _call_newer(
        self, method: UnaryCall[Request_contra, Answer_co], request: Request_contra, caller: Caller
    ) -> Answer_co:
        """Call what a scheduler one version older does not know."""
        try:
            return await self._call(method, request, caller)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise
            # No answer of the scheduler's: it has not looked at the key.
            raise Unavailable("The scheduler is being brought up to date; try again soon") from None

    async def _call(
        self, method: UnaryCall[Request_contra, Answer_co], request: Request_contra, caller: Caller
    ) -> Answer_co:
        try:
            return await method(request, timeout=self._deadline_s, metadata=_metadata(caller))
        except grpc.aio.AioRpcError as error:
            refusal = refusal_from(error)
            if refusal is None:
                raise
            raise refusal from error


def _metadata(caller: Caller) -> tuple[tuple[str, str], ...]:
    metadata = ((X_API_KEY, caller.api_key), (X_REQUEST_ID, caller.request_id))
    if not caller.idempotency_key:
        return metadata
    return (
        *metadata,
        (IDEMPOTENCY_KEY, caller.idempotency_key),
        (IDEMPOTENCY_BESIDE, caller.idempotency_beside),
    )


def is_answer_of_scheduler(refusal: Refusal) -> bool:
    """Tell whether the scheduler refused a call, or failed to answer it, and not the gateway."""
    return isinstance(refusal.__cause__, grpc.aio.AioRpcError)
