import grpc
import pytest

from outscope.apikey import new_api_key
from outscope.errors import InvalidRequest, NotFound, Unauthorized
from outscope.rpc.status import refusal_from
from outscope.v1 import api_key_service_pb2
from tests.integration.scheduler.driving import Caller, calling
from tests.integration.scheduler.rpc.conftest import Account


async def create(
    service: Caller, request: api_key_service_pb2.CreateApiKeyRequest
) -> api_key_service_pb2.CreateApiKeyResponse:
    return await service.keys.CreateApiKey(request, metadata=service.metadata)


async def test_a_key_is_made_listed_used_and_revoked(service: Caller, address: str) -> None:
    request = api_key_service_pb2.CreateApiKeyRequest(name="ci", rate_limit=5)
    made = await create(service, request)
    assert made.secret.startswith("svc_")
    async with calling(address, made.secret) as caller:
        await caller.create()
    sibling = await create(
        service,
        api_key_service_pb2.CreateApiKeyRequest(name="x", account_id=made.api_key.account_id),
    )
    assert sibling.api_key.account_id == made.api_key.account_id
    listed = await service.keys.ListApiKeys(
        api_key_service_pb2.ListApiKeysRequest(account_id=made.api_key.account_id),
        metadata=service.metadata,
    )
    assert [key.id for key in listed.api_keys] == [made.api_key.id, sibling.api_key.id]
    assert listed.api_keys[0].rate_limit == 5
    assert not listed.api_keys[1].HasField("rate_limit")
    revoked = await service.keys.RevokeApiKey(
        api_key_service_pb2.RevokeApiKeyRequest(id=made.api_key.id), metadata=service.metadata
    )
    assert revoked.api_key.HasField("revoked_at")


async def test_what_is_asked_wrongly_is_refused(service: Caller) -> None:
    past = api_key_service_pb2.CreateApiKeyRequest(name="x")
    past.expires_at.seconds = 1
    never = api_key_service_pb2.CreateApiKeyRequest(name="x")
    never.expires_at.seconds = 10**15
    for request, field in (
        (api_key_service_pb2.CreateApiKeyRequest(), "name"),
        (api_key_service_pb2.CreateApiKeyRequest(name="x", account_id="acc_none"), "account_id"),
        (past, "expires_at"),
        (never, "expires_at"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await create(service, request)
        refusal = refusal_from(error.value)
        assert isinstance(refusal, InvalidRequest)
        assert refusal.field == field
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await service.keys.RevokeApiKey(
            api_key_service_pb2.RevokeApiKeyRequest(id="key_none"), metadata=service.metadata
        )
    assert isinstance(refusal_from(error.value), NotFound)


async def test_no_account_may_make_keys(caller: Caller, account: Account) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await create(caller, api_key_service_pb2.CreateApiKeyRequest(name="more"))
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_caller_sees_its_own_key(caller: Caller, account: Account, service: Caller) -> None:
    request = api_key_service_pb2.GetOwnApiKeyRequest()
    own = await caller.keys.GetOwnApiKey(request, metadata=caller.metadata)
    assert (own.api_key.id, own.api_key.account_id) == (account.key_id, account.id)
    for metadata in (service.metadata, (("x-api-key", new_api_key()),), ()):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await caller.keys.GetOwnApiKey(request, metadata=metadata)
        assert isinstance(refusal_from(error.value), Unauthorized)


async def test_a_key_s_own_limits_are_changed_by_our_services_only(
    service: Caller, caller: Caller, account: Account
) -> None:
    request = api_key_service_pb2.LimitApiKeyRequest(
        id=account.key_id, inflight_limit=5, monthly_quota=0
    )
    changed = await service.keys.LimitApiKey(request, metadata=service.metadata)
    assert (changed.api_key.inflight_limit, changed.api_key.monthly_quota) == (5, 0)
    assert changed.api_key.HasField("monthly_quota")
    again = api_key_service_pb2.LimitApiKeyRequest(id=account.key_id, inflight_limit=-1)
    changed = await service.keys.LimitApiKey(again, metadata=service.metadata)
    assert not changed.api_key.HasField("inflight_limit")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await caller.keys.LimitApiKey(request, metadata=caller.metadata)
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
