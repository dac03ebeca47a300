"""ApiKeyService: the credentials of accounts, for our own services, operators and their owners."""

from datetime import UTC

import grpc.aio

from outscope.errors import InvalidRequest
from outscope.rpc.interceptors import Context
from outscope.v1 import api_key_service_pb2, api_key_service_pb2_grpc
from services.scheduler.keyring import Keyring
from services.scheduler.rpc.callers import Callers
from services.scheduler.translate.api_key import api_key_message, limits_asked


class ApiKeyServicer(api_key_service_pb2_grpc.ApiKeyServiceServicer):
    """Serves API keys."""

    def __init__(self, keyring: Keyring, callers: Callers) -> None:
        self._keyring = keyring
        self._callers = callers

    async def CreateApiKey(  # noqa: N802 - the contract's name
        self, request: api_key_service_pb2.CreateApiKeyRequest, context: Context
    ) -> api_key_service_pb2.CreateApiKeyResponse:
        """Make a key, shown this once."""
        await self._callers.require_service(context)
        expires_at = None
        if request.HasField("expires_at"):
            try:
                expires_at = request.expires_at.ToDatetime(tzinfo=UTC)
            except ValueError as error:
                raise InvalidRequest(
                    "The expiry is no time", field="expires_at", value=str(request.expires_at)
                ) from error
        key, secret = await self._keyring.create(
            name=request.name,
            account_id=request.account_id or None,
            expires_at=expires_at,
            rate_limit=request.rate_limit if request.HasField("rate_limit") else None,
            inflight_limit=(request.inflight_limit if request.HasField("inflight_limit") else None),
            monthly_quota=request.monthly_quota if request.HasField("monthly_quota") else None,
        )
        return api_key_service_pb2.CreateApiKeyResponse(api_key=api_key_message(key), secret=secret)

    async def ListApiKeys(  # noqa: N802 - the contract's name
        self, request: api_key_service_pb2.ListApiKeysRequest, context: Context
    ) -> api_key_service_pb2.ListApiKeysResponse:
        """Return keys, oldest first."""
        await self._callers.require_service(context)
        keys = await self._keyring.list(request.account_id or None)
        return api_key_service_pb2.ListApiKeysResponse(
            api_keys=[api_key_message(key) for key in keys]
        )

    async def RevokeApiKey(  # noqa: N802 - the contract's name
        self, request: api_key_service_pb2.RevokeApiKeyRequest, context: Context
    ) -> api_key_service_pb2.RevokeApiKeyResponse:
        """Revoke a key for good."""
        await self._callers.require_service(context)
        key = await self._keyring.revoke(request.id)
        return api_key_service_pb2.RevokeApiKeyResponse(api_key=api_key_message(key))

    async def LimitApiKey(  # noqa: N802 - the contract's name
        self, request: api_key_service_pb2.LimitApiKeyRequest, context: Context
    ) -> api_key_service_pb2.LimitApiKeyResponse:
        """Change a key's own limits."""
        await self._callers.require_service(context)
        key = await self._keyring.limit(request.id, limits_asked(request))
        return api_key_service_pb2.LimitApiKeyResponse(api_key=api_key_message(key))

    async def GetOwnApiKey(  # noqa: N802 - the contract's name
        self, request: api_key_service_pb2.GetOwnApiKeyRequest, context: Context
    ) -> api_key_service_pb2.GetOwnApiKeyResponse:
        """Return the key that the caller presents."""
        del request
        caller = await self._callers.account_calling(context)
        key = await self._keyring.find(caller.key_id)
        return api_key_service_pb2.GetOwnApiKeyResponse(api_key=api_key_message(key))


def add_api_key_service(server: grpc.aio.Server, keyring: Keyring, callers: Callers) -> str:
    """Serve ApiKeyService; return its full name."""
    api_key_service_pb2_grpc.add_ApiKeyServiceServicer_to_server(
        ApiKeyServicer(keyring, callers), server
    )
    return api_key_service_pb2.DESCRIPTOR.services_by_name["ApiKeyService"].full_name
