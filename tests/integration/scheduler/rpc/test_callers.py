import asyncio
from datetime import timedelta

import grpc
import pytest

from outscope.apikey import new_api_key
from outscope.clock import utc_now
from outscope.errors import Forbidden, Refusal, Unauthorized
from outscope.rpc.metadata import AUTHORIZATION, SERVICE_TOKEN, X_API_KEY
from outscope.rpc.status import refusal_from
from outscope.v1 import api_key_service_pb2, check_service_pb2
from services.scheduler.keyring import Keyring
from services.scheduler.rpc import callers, checks
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import TOKEN, Caller, eventually, rows
from tests.integration.scheduler.rpc.conftest import Account


@pytest.fixture(autouse=True)
def noting_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "_NOTE_EVERY_S", 0.2)


async def refusal_of(caller: Caller, *metadata: tuple[str, str]) -> Refusal | None:
    try:
        await caller.checks.ListChecks(check_service_pb2.ListChecksRequest(), metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return refusal_from(error)
    return None


async def service_refusal_of(caller: Caller, *metadata: tuple[str, str]) -> Refusal | None:
    try:
        await caller.keys.ListApiKeys(api_key_service_pb2.ListApiKeysRequest(), metadata=metadata)
    except grpc.aio.AioRpcError as error:
        return refusal_from(error)
    return None


async def test_a_key_is_accepted_in_either_place(caller: Caller, account: Account) -> None:
    assert await refusal_of(caller, (X_API_KEY, account.key)) is None
    assert await refusal_of(caller, (AUTHORIZATION, f"Bearer {account.key}")) is None
    assert await refusal_of(caller, (AUTHORIZATION, f"bearer {account.key}")) is None


async def test_each_fault_of_a_key_is_told(caller: Caller, account: Account) -> None:
    typo = account.key[:-1] + ("a" if account.key[-1] != "a" else "b")
    faults = {
        (): "Send an API key",
        ((X_API_KEY, typo),): "mistyped",
        ((X_API_KEY, "nonsense"),): "mistyped",
        ((X_API_KEY, new_api_key()),): "unknown, expired or revoked",
        ((AUTHORIZATION, f"Basic {account.key}"),): "Send an API key",
        ((SERVICE_TOKEN, TOKEN),): "Send an API key",
    }
    for metadata, told in faults.items():
        refusal = await refusal_of(caller, *metadata)
        assert isinstance(refusal, Unauthorized)
        assert told in refusal.message


async def test_a_defect_in_a_call_is_logged_with_the_account_that_called(
    caller: Caller,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(checks, "status_asked", lambda _: 1 / 0)
    await refusal_of(caller, (X_API_KEY, account.key))
    (line,) = [each for each in caplog.records if each.getMessage() == "call failed"]
    assert vars(line)["fields"]["account_id"] == account.id
    assert account.key not in str(vars(line))


async def test_our_own_services_present_their_token(caller: Caller, account: Account) -> None:
    assert await service_refusal_of(caller, (SERVICE_TOKEN, TOKEN)) is None
    for wrong in ((SERVICE_TOKEN, TOKEN + "x"), (SERVICE_TOKEN, ""), (X_API_KEY, new_api_key())):
        assert isinstance(await service_refusal_of(caller, wrong), Unauthorized)
    assert isinstance(await service_refusal_of(caller), Unauthorized)
    assert isinstance(await service_refusal_of(caller, (X_API_KEY, account.key)), Forbidden)


async def test_a_revoked_key_is_refused_within_seconds(
    caller: Caller, account: Account, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callers._KNOWN_S <= 10  # noqa: SLF001 - the promise is 30 seconds everywhere
    monkeypatch.setattr(callers, "_KNOWN_S", 0.2)
    assert await refusal_of(caller, *caller.metadata) is None
    await Keyring(database, utc_now).revoke(account.key_id)

    async def is_refused() -> bool:
        return isinstance(await refusal_of(caller, *caller.metadata), Unauthorized)

    await eventually(is_refused, patience_s=2)


async def test_a_key_that_expires_is_refused_from_then_on(
    caller: Caller, database: Database
) -> None:
    _, secret = await Keyring(database, utc_now).create(
        name="short",
        account_id=None,
        expires_at=utc_now() + timedelta(seconds=0.5),
        rate_limit=None,
    )
    assert await refusal_of(caller, (X_API_KEY, secret)) is None
    await asyncio.sleep(0.8)
    assert isinstance(await refusal_of(caller, (X_API_KEY, secret)), Unauthorized)


async def test_callers_at_once_with_one_key_cost_one_look_up(
    caller: Caller, account: Account, database: Database
) -> None:
    await rows(database, "SELECT pg_stat_reset()")
    await asyncio.gather(*(refusal_of(caller, *caller.metadata) for _ in range(50)))

    async def is_counted() -> bool:
        ((scans,),) = await rows(
            database,
            "SELECT idx_scan FROM pg_stat_user_indexes"
            " WHERE indexrelname = 'api_keys_key_hash_key'",
        )
        return bool(scans == 1)

    await eventually(is_counted)


async def test_a_caller_that_hangs_up_during_its_look_up_harms_no_other(
    caller: Caller, account: Account
) -> None:
    calls = [asyncio.create_task(refusal_of(caller, *caller.metadata)) for _ in range(20)]
    await asyncio.sleep(0.001)
    for call in calls[::2]:
        call.cancel()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert outcomes[1::2] == [None] * 10


async def test_the_last_use_of_a_key_is_noted(caller: Caller, database: Database) -> None:
    assert await refusal_of(caller, *caller.metadata) is None

    async def is_noted() -> bool:
        return await rows(database, "SELECT last_used_at IS NULL FROM api_keys") == [(False,)]

    await eventually(is_noted)
