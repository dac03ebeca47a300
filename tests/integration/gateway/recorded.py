"""A scheduler behind a real gRPC server that gives recorded answers and remembers what it is asked.

The contract between gateway and scheduler is a seam of ours; the scheduler's own tests hold the
other side of it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc.aio
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.errors import Unauthorized
from outscope.v1 import (
    api_key_service_pb2,
    api_key_service_pb2_grpc,
    badge_service_pb2,
    badge_service_pb2_grpc,
    check_pb2,
    check_service_pb2,
    check_service_pb2_grpc,
    judgement_service_pb2,
    judgement_service_pb2_grpc,
    usage_service_pb2,
    usage_service_pb2_grpc,
    vantage_service_pb2,
    vantage_service_pb2_grpc,
    webhook_service_pb2_grpc,
)
from tests.integration.gateway.recorded_webhooks import RecordedWebhooks

CREATED_AT = Timestamp(seconds=1_776_765_600, nanos=123_000_000)
CHECK_ID = "chk_01kprq4e00c5s6h9m2t8v4x3za"
OTHER_ID = "chk_01kprq4e00c5s6h9m2t8v4x3zb"

A = TypeVar("A", bound=Message)
Told = check_service_pb2.WatchCheckResponse | float | Exception


@dataclass(frozen=True)
class Asked:
    """One call that arrived."""

    request: Any
    metadata: dict[str, str]
    seconds_left: float


def pending(fqdn: str = "example.com", check_id: str = CHECK_ID) -> check_pb2.Check:
    return check_pb2.Check(
        id=check_id,
        status=check_pb2.CHECK_STATUS_PENDING,
        created_at=CREATED_AT,
        spec=check_pb2.CheckSpec(
            fqdn=fqdn, ports=[80, 443], paths=["/"], vantage_point="eu-west-1"
        ),
    )


class RecordedKeys(api_key_service_pb2_grpc.ApiKeyServiceServicer):
    """Knows every key, or none; counts how often it is asked."""

    def __init__(self) -> None:
        self.knows_keys = True
        self.asked = 0

    async def GetOwnApiKey(  # noqa: N802 - named by gRPC
        self,
        request: api_key_service_pb2.GetOwnApiKeyRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> api_key_service_pb2.GetOwnApiKeyResponse:
        self.asked += 1
        if not self.knows_keys:
            raise Unauthorized("The API key is unknown, expired or revoked")
        return api_key_service_pb2.GetOwnApiKeyResponse()

    async def CreateApiKey(  # noqa: N802 - named by gRPC
        self,
        request: api_key_service_pb2.CreateApiKeyRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> api_key_service_pb2.CreateApiKeyResponse:
        raise NotImplementedError

    async def ListApiKeys(  # noqa: N802 - named by gRPC
        self,
        request: api_key_service_pb2.ListApiKeysRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> api_key_service_pb2.ListApiKeysResponse:
        raise NotImplementedError

    async def RevokeApiKey(  # noqa: N802 - named by gRPC
        self,
        request: api_key_service_pb2.RevokeApiKeyRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> api_key_service_pb2.RevokeApiKeyResponse:
        raise NotImplementedError

    async def LimitApiKey(  # noqa: N802 - named by gRPC
        self,
        request: api_key_service_pb2.LimitApiKeyRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> api_key_service_pb2.LimitApiKeyResponse:
        raise NotImplementedError


class RecordedScheduler(
    badge_service_pb2_grpc.BadgeServiceServicer,
    check_service_pb2_grpc.CheckServiceServicer,
    judgement_service_pb2_grpc.JudgementServiceServicer,
    usage_service_pb2_grpc.UsageServiceServicer,
    RecordedWebhooks,
    vantage_service_pb2_grpc.VantageServiceServicer,
):
    """Answers every method with what stands in answers; an exception is raised."""

    def __init__(self) -> None:
        self.answers: list[Message | Exception] = []
        self.asked: list[Asked] = []
        self.delay_s = 0.0
        # One for each call of WatchCheck: responses, pauses in seconds, exceptions.
        self.streams: list[list[Told]] = []
        # Calls that are being served.
        self.going = 0
        self.keys = RecordedKeys()

    def reset(self) -> None:
        self.keys.asked = 0
        self.keys.knows_keys = True
        self.answers.clear()
        self.asked.clear()
        self.streams.clear()
        self.delay_s = 0.0

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    def will_answer(self, *answers: Message | Exception) -> None:
        self.answers.extend(answers)

    def will_tell(self, *stream: "Told") -> None:
        self.streams.append(list(stream))

    def add_to(self, server: grpc.aio.Server) -> Iterable[str]:
        badge_service_pb2_grpc.add_BadgeServiceServicer_to_server(self, server)
        check_service_pb2_grpc.add_CheckServiceServicer_to_server(self, server)
        judgement_service_pb2_grpc.add_JudgementServiceServicer_to_server(self, server)
        usage_service_pb2_grpc.add_UsageServiceServicer_to_server(self, server)
        webhook_service_pb2_grpc.add_WebhookServiceServicer_to_server(self, server)
        vantage_service_pb2_grpc.add_VantageServiceServicer_to_server(self, server)
        api_key_service_pb2_grpc.add_ApiKeyServiceServicer_to_server(self.keys, server)
        return ["outscope.v1.CheckService", "outscope.v1.WebhookService"]

    async def _answer(self, kind: type[A], request: Message, context: Any) -> A:  # noqa: ANN401 - typed by gRPC
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        self.asked.append(Asked(request, metadata, context.time_remaining()))
        self.going += 1
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.going -= 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, kind)
        return answer

    async def PublishBadge(  # noqa: N802 - named by gRPC
        self,
        request: badge_service_pb2.PublishBadgeRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> badge_service_pb2.PublishBadgeResponse:
        return await self._answer(badge_service_pb2.PublishBadgeResponse, request, context)

    async def WithdrawBadge(  # noqa: N802 - named by gRPC
        self,
        request: badge_service_pb2.WithdrawBadgeRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> badge_service_pb2.WithdrawBadgeResponse:
        return await self._answer(badge_service_pb2.WithdrawBadgeResponse, request, context)

    async def ListBadges(  # noqa: N802 - named by gRPC
        self,
        request: badge_service_pb2.ListBadgesRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> badge_service_pb2.ListBadgesResponse:
        return await self._answer(badge_service_pb2.ListBadgesResponse, request, context)

    async def GetBadge(  # noqa: N802 - named by gRPC
        self,
        request: badge_service_pb2.GetBadgeRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> badge_service_pb2.GetBadgeResponse:
        return await self._answer(badge_service_pb2.GetBadgeResponse, request, context)

    async def ListVantagePoints(  # noqa: N802 - named by gRPC
        self,
        request: vantage_service_pb2.ListVantagePointsRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> vantage_service_pb2.ListVantagePointsResponse:
        return await self._answer(vantage_service_pb2.ListVantagePointsResponse, request, context)

    async def CreateCheck(  # noqa: N802 - named by gRPC
        self,
        request: check_service_pb2.CreateCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> check_service_pb2.CreateCheckResponse:
        return await self._answer(check_service_pb2.CreateCheckResponse, request, context)

    async def BatchCreateChecks(  # noqa: N802 - named by gRPC
        self,
        request: check_service_pb2.BatchCreateChecksRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> check_service_pb2.BatchCreateChecksResponse:
        return await self._answer(check_service_pb2.BatchCreateChecksResponse, request, context)

    async def GetCheck(  # noqa: N802 - named by gRPC
        self,
        request: check_service_pb2.GetCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> check_service_pb2.GetCheckResponse:
        return await self._answer(check_service_pb2.GetCheckResponse, request, context)

    async def GetLatestCheck(  # noqa: N802 - named by gRPC
        self,
        request: check_service_pb2.GetLatestCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> check_service_pb2.GetLatestCheckResponse:
        return await self._answer(check_service_pb2.GetLatestCheckResponse, request, context)

    async def ListChecks(  # noqa: N802 - named by gRPC
        self,
        request: check_service_pb2.ListChecksRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> check_service_pb2.ListChecksResponse:
        return await self._answer(check_service_pb2.ListChecksResponse, request, context)

    async def CancelCheck(  # noqa: N802 - named by gRPC
        self,
        request: check_service_pb2.CancelCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> check_service_pb2.CancelCheckResponse:
        return await self._answer(check_service_pb2.CancelCheckResponse, request, context)

    async def WatchCheck(  # noqa: N802 - named by gRPC
        self,
        request: check_service_pb2.WatchCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> AsyncIterator[check_service_pb2.WatchCheckResponse]:
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        copied = check_service_pb2.WatchCheckRequest()
        copied.CopyFrom(request)
        self.asked.append(Asked(copied, metadata, context.time_remaining()))
        self.going += 1
        try:
            for told in self.streams.pop(0):
                if isinstance(told, Exception):
                    raise told
                if isinstance(told, float):
                    await asyncio.sleep(told)
                    continue
                yield told
        finally:
            self.going -= 1

    async def GetUsage(  # noqa: N802 - named by gRPC
        self,
        request: usage_service_pb2.GetUsageRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> usage_service_pb2.GetUsageResponse:
        return await self._answer(usage_service_pb2.GetUsageResponse, request, context)

    async def RejudgeCheck(  # noqa: N802 - named by gRPC
        self,
        request: judgement_service_pb2.RejudgeCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> judgement_service_pb2.RejudgeCheckResponse:
        return await self._answer(judgement_service_pb2.RejudgeCheckResponse, request, context)

    async def RejudgeChecks(  # noqa: N802 - named by gRPC
        self,
        request: judgement_service_pb2.RejudgeChecksRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> judgement_service_pb2.RejudgeChecksResponse:
        return await self._answer(judgement_service_pb2.RejudgeChecksResponse, request, context)

    async def ExplainCheck(  # noqa: N802 - named by gRPC
        self,
        request: judgement_service_pb2.ExplainCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> judgement_service_pb2.ExplainCheckResponse:
        return await self._answer(judgement_service_pb2.ExplainCheckResponse, request, context)

    async def ReviewCheck(  # noqa: N802 - named by gRPC
        self,
        request: judgement_service_pb2.ReviewCheckRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> judgement_service_pb2.ReviewCheckResponse:
        return await self._answer(judgement_service_pb2.ReviewCheckResponse, request, context)

    async def GetReview(  # noqa: N802 - named by gRPC
        self,
        request: judgement_service_pb2.GetReviewRequest,
        context: Any,  # noqa: ANN401 - typed by gRPC
    ) -> judgement_service_pb2.GetReviewResponse:
        return await self._answer(judgement_service_pb2.GetReviewResponse, request, context)
