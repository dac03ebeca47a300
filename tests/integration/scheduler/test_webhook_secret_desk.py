"""Secrets of webhooks: rotated, shown to their owner, noted, and nowhere else."""

import base64
import json
from collections.abc import AsyncIterator

import pytest

from outscope.bus.connect import Bus
from outscope.errors import Conflict
from outscope.rpc.metadata import IDEMPOTENCY_KEY
from outscope.v1 import webhook_service_pb2
from services.scheduler.sealing import Seal, new_key
from services.scheduler.store.database import Database
from services.scheduler.webhook_secret_desk import MAX_OLD_SECRETS
from tests.integration.scheduler.driving import (
    Caller,
    calling,
    make_key,
    rows,
    running_scheduler,
)
from tests.integration.scheduler.rpc.hooking import URL, create, find, refused, update

KEY = new_key()


@pytest.fixture
async def address(database_url: str, nats_url: str, bus: Bus) -> AsyncIterator[str]:
    async with running_scheduler(database_url, nats_url, OUTSCOPE_SECRET_KEYS=KEY) as listening:
        yield listening


@pytest.fixture
async def owner(address: str, database: Database) -> AsyncIterator[tuple[Caller, str]]:
    key, key_id, _ = await make_key(database)
    async with calling(address, key) as calls:
        yield calls, key_id


async def rotate(
    caller: Caller, webhook_id: str, key: str = "", **fields: int
) -> webhook_service_pb2.RotateWebhookSecretResponse:
    request = webhook_service_pb2.RotateWebhookSecretRequest(id=webhook_id, **fields)
    metadata = (*caller.metadata, (IDEMPOTENCY_KEY, key)) if key else caller.metadata
    return await caller.webhooks.RotateWebhookSecret(request, metadata=metadata)


async def create_once(caller: Caller, key: str) -> webhook_service_pb2.CreateWebhookResponse:
    request = webhook_service_pb2.CreateWebhookRequest(url=URL, events=["*"])
    metadata = (*caller.metadata, (IDEMPOTENCY_KEY, key))
    return await caller.webhooks.CreateWebhook(request, metadata=metadata)


async def secret(caller: Caller, webhook_id: str) -> webhook_service_pb2.GetWebhookSecretResponse:
    request = webhook_service_pb2.GetWebhookSecretRequest(id=webhook_id)
    return await caller.webhooks.GetWebhookSecret(request, metadata=caller.metadata)


async def public_key(caller: Caller, webhook_id: str) -> str:
    request = webhook_service_pb2.GetWebhookPublicKeyRequest(id=webhook_id)
    answer = await caller.webhooks.GetWebhookPublicKey(request, metadata=caller.metadata)
    return answer.public_key


async def test_a_rotated_secret_signs_beside_the_new_one_for_a_day(
    owner: tuple[Caller, str], database: Database
) -> None:
    caller, _ = owner
    created = await create(caller)
    rotated = await rotate(caller, created.webhook.id)
    assert rotated.secret.startswith("whsec_")
    assert rotated.secret != created.secret
    ((old, hours),) = await rows(
        database,
        "SELECT secret, extract(epoch FROM signs_until - now()) / 3600 FROM webhook_old_secrets",
    )
    assert Seal([KEY]).opened(old) == created.secret
    assert 23.9 < float(hours) <= 24
    shown = await find(caller, created.webhook.id)
    assert shown.old_secret_signs_until == rotated.old_secret_signs_until
    assert (await secret(caller, created.webhook.id)).secret == rotated.secret


async def test_without_an_overlap_only_the_new_secret_signs(
    owner: tuple[Caller, str], database: Database
) -> None:
    caller, _ = owner
    webhook_id = (await create(caller)).webhook.id
    await rotate(caller, webhook_id, overlap_hours=168)
    rotated = await rotate(caller, webhook_id, overlap_hours=0)
    assert not rotated.HasField("old_secret_signs_until")
    assert await rows(database, "SELECT count(*) FROM webhook_old_secrets") == [(0,)]
    assert not (await find(caller, webhook_id)).HasField("old_secret_signs_until")


async def test_an_overlap_of_more_than_a_week_is_refused(owner: tuple[Caller, str]) -> None:
    caller, _ = owner
    webhook_id = (await create(caller)).webhook.id
    refusal = await refused(rotate(caller, webhook_id, overlap_hours=169))
    assert (refusal.code, refusal.field) == ("invalid_request", "overlap_hours")


async def test_not_more_than_five_old_secrets_sign_and_those_that_ended_do_not_count(
    owner: tuple[Caller, str], database: Database
) -> None:
    caller, _ = owner
    webhook_id = (await create(caller)).webhook.id
    for _ in range(MAX_OLD_SECRETS):
        await rotate(caller, webhook_id)
    before = await secret(caller, webhook_id)
    refusal = await refused(rotate(caller, webhook_id))
    assert (refusal.code, refusal.field) == ("conflict", "overlap_hours")
    assert (await secret(caller, webhook_id)).secret == before.secret
    await rows(
        database,
        "UPDATE webhook_old_secrets SET signs_until = now() WHERE secret ="
        " (SELECT min(secret) FROM webhook_old_secrets)",
    )
    await rotate(caller, webhook_id)
    ((count,),) = await rows(database, "SELECT count(*) FROM webhook_old_secrets")
    assert count == MAX_OLD_SECRETS


async def test_a_rotation_under_a_key_is_done_once_and_its_answer_has_the_secret_again(
    owner: tuple[Caller, str], database: Database
) -> None:
    caller, _ = owner
    webhook_id = (await create(caller)).webhook.id
    first = await rotate(caller, webhook_id, "k")
    again = await rotate(caller, webhook_id, "k", overlap_hours=24)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.secret, again.old_secret_signs_until) == (
        first.secret,
        first.old_secret_signs_until,
    )
    assert await rows(database, "SELECT count(*) FROM webhook_old_secrets") == [(1,)]
    refusal = await refused(rotate(caller, webhook_id, "k", overlap_hours=1))
    assert refusal.code == "idempotency_conflict"
    ((kept,),) = await rows(
        database, "SELECT string_agg(encode(answer, 'escape'), ' ') FROM idempotency_keys"
    )
    assert first.secret not in kept


async def test_who_read_or_rotated_a_secret_is_told_latest_first(
    owner: tuple[Caller, str], database: Database
) -> None:
    caller, key_id = owner
    webhook_id = (await create(caller)).webhook.id
    await rotate(caller, webhook_id)
    await secret(caller, webhook_id)
    told = await secret(caller, webhook_id)
    assert [(each.action, each.key_id) for each in told.accesses] == [
        ("read", key_id),
        ("read", key_id),
        ("rotated", key_id),
    ]
    for _ in range(20):
        await secret(caller, webhook_id)
    assert len((await secret(caller, webhook_id)).accesses) == 20
    assert await rows(database, "SELECT count(*) FROM webhook_audit") == [(24,)]


async def test_a_replay_that_tells_the_secret_once_more_is_noted_as_a_read(
    owner: tuple[Caller, str], database: Database
) -> None:
    caller, key_id = owner
    webhook_id = (await create_once(caller, "c")).webhook.id
    rotated = await rotate(caller, webhook_id, "k")
    assert (await create_once(caller, "c")).secret == rotated.secret
    await rotate(caller, webhook_id, "k")
    assert await rows(database, "SELECT action, key_id FROM webhook_audit ORDER BY id") == [
        ("secret_rotated", key_id),
        ("secret_read", key_id),
        ("secret_read", key_id),
    ]


async def test_a_public_key_is_that_of_the_pair_and_there_is_none_without_v1a(
    owner: tuple[Caller, str], database: Database
) -> None:
    caller, _ = owner
    webhook_id = (await create(caller)).webhook.id
    refusal = await refused(public_key(caller, webhook_id))
    assert (refusal.code, refusal.field) == ("conflict", "signatures")
    await update(caller, webhook_id, signatures=["v1", "v1a"])
    told = await public_key(caller, webhook_id)
    ((stored,),) = await rows(database, "SELECT signing_key FROM webhooks")
    pair = base64.b64decode(Seal([KEY]).opened(stored).removeprefix("whsk_"))
    assert told == "whpk_" + base64.b64encode(pair[32:]).decode()
    # Asked for once more it stays; taken away and asked for, it is another.
    await update(caller, webhook_id, signatures=["v1a"])
    assert await public_key(caller, webhook_id) == told
    await update(caller, webhook_id, signatures=["v1"])
    await update(caller, webhook_id, signatures=["v1a"])
    assert await public_key(caller, webhook_id) != told


async def test_what_is_secret_is_sealed_where_it_is_stored_and_stands_in_no_line_of_the_log(
    owner: tuple[Caller, str], database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caller, _ = owner
    caplog.set_level("DEBUG")
    token = "Bearer of-a-very-secret-token"
    created = await create(caller, signatures=["v1a"], headers={"Authorization": token})
    webhook_id = created.webhook.id
    rotated = await rotate(caller, webhook_id)
    await secret(caller, webhook_id)
    ((current, signing_key, headers),) = await rows(
        database, "SELECT secret, signing_key, headers FROM webhooks"
    )
    seal = Seal([KEY])
    assert seal.opened(current) == rotated.secret
    assert json.loads(seal.opened(headers)) == {"Authorization": token}
    stored = await rows(
        database,
        "SELECT webhooks::text || webhook_old_secrets::text"
        " FROM webhooks JOIN webhook_old_secrets ON webhook_id = id",
    )
    written = f"{stored} {caplog.text} {[each.__dict__ for each in caplog.records]}"
    hidden = (created.secret, rotated.secret, token, seal.opened(signing_key))
    assert "webhook secret asked for" in written
    assert [each for each in hidden if each in written] == []


@pytest.mark.parametrize("table", ["webhooks", "webhook_old_secrets"])
async def test_a_secret_that_no_key_opens_can_be_replaced_and_not_overlapped(
    owner: tuple[Caller, str], database: Database, table: str
) -> None:
    caller, _ = owner
    webhook_id = (await create(caller)).webhook.id
    await rotate(caller, webhook_id)
    lost = Seal([new_key()]).sealed("whsec_b2xk")
    await rows(database, f"UPDATE {table} SET secret = %s", lost)
    refusal = await refused(rotate(caller, webhook_id, overlap_hours=2))
    assert isinstance(refusal, Conflict)
    assert (refusal.field, refusal.value) == ("overlap_hours", 2)
    assert "overlap_hours 0" in refusal.message
    assert (await find(caller, webhook_id)).unreadable
    rotated = await rotate(caller, webhook_id, overlap_hours=0)
    assert (await secret(caller, webhook_id)).secret == rotated.secret
    assert not (await find(caller, webhook_id)).unreadable
    assert await rows(database, "SELECT count(*) FROM webhook_old_secrets") == [(0,)]
