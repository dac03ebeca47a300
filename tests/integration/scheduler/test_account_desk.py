import json

import pytest

from outscope.errors import InvalidRequest, NotFound
from services.scheduler.account_desk import tend_accounts
from services.scheduler.cli import parser
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import make_key


async def typed(database: Database, *arguments: str) -> str:
    return await tend_accounts(database, parser().parse_args(["accounts", *arguments]))


async def test_the_retention_of_an_account_is_set_and_listed(database: Database) -> None:
    assert await typed(database, "list") == "no account"
    _, _, account_id = await make_key(database)
    assert await typed(database, "list") == f"{account_id}  checks kept as configured  test"
    assert await typed(database, "retention", account_id, "--days", "30") == (
        f"{account_id}  checks kept for 30 days  test"
    )
    (told,) = json.loads(await typed(database, "list", "--json"))
    assert (told["id"], told["name"], told["retention_days"]) == (account_id, "test", 30)
    assert "kept for ever" in await typed(database, "retention", account_id, "--days", "0")
    told = json.loads(await typed(database, "retention", account_id, "--default", "--json"))
    assert told["retention_days"] is None


async def test_what_is_no_account_or_no_number_of_days_is_refused(database: Database) -> None:
    with pytest.raises(NotFound):
        await typed(database, "retention", "acc_none", "--days", "1")
    with pytest.raises(InvalidRequest):
        await typed(database, "retention", "acc_none", "--days", "-1")
