import json
from collections.abc import Sequence
from typing import Any

import pytest

from outscope.errors import Conflict, InvalidRequest
from services.scheduler.cli import parser
from services.scheduler.sealing import Seal, new_key
from services.scheduler.secret_desk import tend_secrets
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import make_key, rows

OLD, NEW = new_key(), new_key()
PLAIN = ("whsec_c2VjcmV0", "whsk_a2V5", '{"X-Key":"1"}', "whsec_b2xk")
STORED = (
    "SELECT secret, signing_key, headers, old FROM webhooks LEFT JOIN"
    " (SELECT webhook_id, secret AS old FROM webhook_old_secrets) AS olds ON webhook_id = id"
    " ORDER BY id"
)


async def typed(database: Database, keys: Sequence[str], *words: str) -> str:
    return await tend_secrets(database, parser().parse_args(["secrets", *words]), keys)


async def store(database: Database, webhook_id: str, seal: Seal) -> None:
    """Store a webhook with everything that is kept under seal."""
    _, _, account_id = await make_key(database)
    secret, signing_key, headers, old = map(seal.sealed, PLAIN)
    await rows(
        database,
        "INSERT INTO webhooks (id, account_id, url, events, secret, signing_key, headers)"
        " VALUES (%s, %s, 'https://x.test', '{*}', %s, %s, %s)",
        *(webhook_id, account_id, secret, signing_key, headers),
    )
    await rows(
        database,
        "INSERT INTO webhook_old_secrets VALUES (%s, %s, now() + interval '1 day')",
        *(webhook_id, old),
    )


async def opened(database: Database, keys: Sequence[str]) -> list[tuple[Any, ...]]:
    return [tuple(map(Seal(keys).opened, row)) for row in await rows(database, STORED)]


async def test_after_a_rotation_the_new_key_alone_opens_everything(database: Database) -> None:
    await store(database, "whk_1", Seal([OLD]))
    await store(database, "whk_2", Seal())
    await store(database, "whk_3", Seal([NEW]))
    assert await typed(database, [NEW, OLD], "rotate") == "changed 8, as wanted already 4"
    assert await opened(database, [NEW]) == [PLAIN] * 3
    stored = await rows(database, STORED)
    assert all(value.startswith("sealed:") for row in stored for value in row)


async def test_doing_it_again_changes_nothing(database: Database) -> None:
    await store(database, "whk_1", Seal([OLD]))
    await typed(database, [NEW, OLD], "rotate")
    before = await rows(database, STORED)
    told = json.loads(await typed(database, [NEW], "rotate", "--json"))
    assert told == {"changed": 0, "unchanged": 4}
    assert await rows(database, STORED) == before


async def test_what_no_key_opens_is_left_and_named_and_all_else_is_done(
    database: Database,
) -> None:
    await store(database, "whk_1", Seal([OLD]))
    await store(database, "whk_2", Seal())
    before = await rows(database, STORED)
    with pytest.raises(Conflict, match=r"4 values were changed.*whk_1") as raised:
        await typed(database, [NEW], "rotate")
    assert "whk_2" not in raised.value.message
    first, second = await rows(database, STORED)
    assert first == before[0]
    assert tuple(map(Seal([NEW]).opened, second)) == PLAIN


async def test_unsealing_brings_plain_text_back(database: Database) -> None:
    await store(database, "whk_1", Seal([OLD]))
    assert await typed(database, [NEW, OLD], "unseal") == "changed 4, as wanted already 0"
    assert await rows(database, STORED) == [PLAIN]


async def test_what_a_webhook_does_not_have_stays_absent(database: Database) -> None:
    _, _, account_id = await make_key(database)
    await rows(
        database,
        "INSERT INTO webhooks (id, account_id, url, events, secret)"
        " VALUES ('whk_1', %s, 'https://x.test', '{*}', '')",
        account_id,
    )
    assert await typed(database, [NEW], "rotate") == "changed 0, as wanted already 0"
    assert await rows(database, STORED) == [("", None, None, None)]


async def test_without_a_key_it_is_refused(database: Database) -> None:
    for action in ("rotate", "unseal"):
        with pytest.raises(InvalidRequest, match="OUTSCOPE_SECRET_KEYS"):
            await typed(database, [], action)
