"""Calls the scheduler: one method per call; those about webhooks are in webhook_calls.

A call that its caller no longer waits for is cancelled, and so is all that was begun for it.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2

from outscope.errors import DeadlineExceeded
from outscope.telemetry.logs import logger
from outscope.v1 import (
    api_key_service_pb2,
    api_key_service_pb2_grpc,
    badge_service_pb2,
    badge_service_pb2_grpc,
    check_service_pb2,
    check_service_pb2_grpc,
    judgement_service_pb2,
    judgement_service_pb2_grpc,
    usage_service_pb2,
    usage_service_pb2_grpc,
    vantage_service_pb2,
    vantage_service_pb2_grpc,
)
from services.gateway.calls import Caller, Calls, metadata_of, told
from services.gateway.webhook_calls import WebhookCalls

log = logger(__name__)

# Longer than any request waits.
_WATCH_DEADLINE_S: Final = 660.0
_HEALTH_DEADLINE_S: Final = 2.0


class Scheduler:
    """The scheduler as the gateway knows it."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        *,
        deadline_s: float,
        keyed_channel: grpc.aio.Channel | None = None,
    ) -> None:
        self._checks = check_service_pb2_grpc.CheckServiceStub(channel)
        self._judgements = judgement_service_pb2_grpc.JudgementServiceStub(channel)
        self._vantages = vantage_service_pb2_grpc.VantageServiceStub(channel)
        # What creates under an idempotency key: this channel may repeat it.
        keyed = keyed_channel or channel
        self._keyed_checks = check_service_pb2_grpc.CheckServiceStub(keyed)
        self._keyed_judgements = judgement_service_pb2_grpc.JudgementServiceStub(keyed)
        self._keys = api_key_service_pb2_grpc.ApiKeyServiceStub(channel)
        self._usage = usage_service_pb2_grpc.UsageServiceStub(channel)
        self._badges = badge_service_pb2_grpc.BadgeServiceStub(channel)
        self._health = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        self._calls = Calls(deadline_s)
        self.webhooks = WebhookCalls(self._calls, channel, keyed)
        self._was_serving: bool | None = None

    async def create_check(
        self, request: check_service_pb2.CreateCheckRequest, caller: Caller
    ) -> check_service_pb2.CreateCheckResponse:
        """Create one check."""
        checks = self._keyed_checks if caller.idempotency_key else self._checks
        return await self._calls.known(checks.CreateCheck, request, caller)

    async def create_checks(
        self, request: check_service_pb2.BatchCreateChecksRequest, caller: Caller
    ) -> check_service_pb2.BatchCreateChecksResponse:
        """Create several checks in one transaction."""
        checks = self._keyed_checks if caller.idempotency_key else self._checks
        return await self._calls.known(checks.BatchCreateChecks, request, caller)

    async def check(
        self, request: check_service_pb2.GetCheckRequest, caller: Caller
    ) -> check_service_pb2.GetCheckResponse:
        """Return one check of the caller's account."""
        return await self._calls.known(self._checks.GetCheck, request, caller)

    async def latest_check(
        self, request: check_service_pb2.GetLatestCheckRequest, caller: Caller
    ) -> check_service_pb2.GetLatestCheckResponse:
        """Return the completed check of a name that the caller's account created last."""
        return await self._calls.newer(self._checks.GetLatestCheck, request, caller)

    async def cancel_check(
        self, request: check_service_pb2.CancelCheckRequest, caller: Caller
    ) -> check_service_pb2.CancelCheckResponse:
        """End a pending check of the caller's account."""
        return await self._calls.newer(self._checks.CancelCheck, request, caller)

    async def watched(
        self, request: check_service_pb2.WatchCheckRequest, caller: Caller
    ) -> AsyncGenerator[check_service_pb2.WatchCheckResponse, None]:
        """Yield what the scheduler tells of a check until it has ended; to be closed.

        The first must come within the deadline of every call.
        """
        metadata = metadata_of(caller)
        stream = self._checks.WatchCheck(request, timeout=_WATCH_DEADLINE_S, metadata=metadata)
        try:
            async with asyncio.timeout(self._calls.deadline_s):
                response = await stream.read()
            while isinstance(response, check_service_pb2.WatchCheckResponse):  # or EOF
                yield response
                response = await stream.read()
        except TimeoutError as error:
            raise DeadlineExceeded("The scheduler did not answer in time") from error
        except grpc.aio.AioRpcError as error:
            raise told(error) from error
        finally:
            stream.cancel()

    async def check_page(
        self, request: check_service_pb2.ListChecksRequest, caller: Caller
    ) -> check_service_pb2.ListChecksResponse:
        """Return one page of the checks of the caller's account."""
        return await self._calls.known(self._checks.ListChecks, request, caller)

    async def rejudge_check(
        self, request: judgement_service_pb2.RejudgeCheckRequest, caller: Caller
    ) -> judgement_service_pb2.RejudgeCheckResponse:
        """Judge one check anew from what is kept of it."""
        return await self._calls.newer(self._judgements.RejudgeCheck, request, caller)

    async def rejudge_checks(
        self, request: judgement_service_pb2.RejudgeChecksRequest, caller: Caller
    ) -> judgement_service_pb2.RejudgeChecksResponse:
        """Judge a page of completed checks anew."""
        return await self._calls.newer(self._judgements.RejudgeChecks, request, caller)

    async def explain_check(
        self, request: judgement_service_pb2.ExplainCheckRequest, caller: Caller
    ) -> judgement_service_pb2.ExplainCheckResponse:
        """Return which rules had something to say of a check."""
        return await self._calls.newer(self._judgements.ExplainCheck, request, caller)

    async def review_check(
        self, request: judgement_service_pb2.ReviewCheckRequest, caller: Caller
    ) -> judgement_service_pb2.ReviewCheckResponse:
        """Dispute the verdict of a check."""
        judgements = self._keyed_judgements if caller.idempotency_key else self._judgements
        return await self._calls.newer(judgements.ReviewCheck, request, caller)

    async def review(
        self, request: judgement_service_pb2.GetReviewRequest, caller: Caller
    ) -> judgement_service_pb2.GetReviewResponse:
        """Return the latest review of a check."""
        return await self._calls.newer(self._judgements.GetReview, request, caller)

    async def vantage_points(self, caller: Caller) -> vantage_service_pb2.ListVantagePointsResponse:
        """Return every vantage point."""
        request = vantage_service_pb2.ListVantagePointsRequest()
        return await self._calls.newer(self._vantages.ListVantagePoints, request, caller)

    async def usage(self, caller: Caller) -> usage_service_pb2.GetUsageResponse:
        """Return what the caller's account has used of its limits."""
        request = usage_service_pb2.GetUsageRequest()
        return await self._calls.newer(self._usage.GetUsage, request, caller)

    async def publish_badge(
        self, request: badge_service_pb2.PublishBadgeRequest, caller: Caller
    ) -> badge_service_pb2.PublishBadgeResponse:
        """Show everybody the verdict on a name."""
        return await self._calls.newer(self._badges.PublishBadge, request, caller)

    async def withdraw_badge(
        self, request: badge_service_pb2.WithdrawBadgeRequest, caller: Caller
    ) -> badge_service_pb2.WithdrawBadgeResponse:
        """Show the verdict on a name no longer."""
        return await self._calls.newer(self._badges.WithdrawBadge, request, caller)

    async def published_badges(
        self, request: badge_service_pb2.ListBadgesRequest, caller: Caller
    ) -> badge_service_pb2.ListBadgesResponse:
        """Return one page of the names that the caller's account shows."""
        return await self._calls.newer(self._badges.ListBadges, request, caller)

    async def badge(
        self, request: badge_service_pb2.GetBadgeRequest, caller: Caller
    ) -> badge_service_pb2.GetBadgeResponse:
        """Return what is shown of a name to anybody."""
        return await self._calls.newer(self._badges.GetBadge, request, caller)

    async def authenticate(self, caller: Caller) -> None:
        """Raise Unauthorized unless the caller's key is valid."""
        try:
            await self._calls.known(
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
