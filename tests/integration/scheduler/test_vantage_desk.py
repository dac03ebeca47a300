import json

import pytest

from outscope.errors import InvalidRequest, NotFound
from services.scheduler.cli import parser
from services.scheduler.store.database import Database
from services.scheduler.store.vantage_points import note_presence
from services.scheduler.vantage_desk import tend_vantages
from tests.integration.scheduler.driving import make_key


async def typed(database: Database, *arguments: str) -> str:
    return await tend_vantages(database, parser().parse_args(["vantage-points", *arguments]))


async def test_a_vantage_point_is_given_to_an_account_and_shared_again(database: Database) -> None:
    _, _, account_id = await make_key(database)
    assert await typed(database, "list") == "no vantage point"
    async with database.session() as connection:
        await note_presence(connection, {"eu-west-1": ["continent:eu", "provider:aws"]})
    assert await typed(database, "give", "office-1", "--account", account_id) == (
        f"office-1  of {account_id} alone  without a prober"
    )
    assert (await typed(database, "list")).splitlines() == [
        "eu-west-1  of everybody  has probers  continent:eu provider:aws",
        f"office-1  of {account_id} alone  without a prober",
    ]
    (_, told) = json.loads(await typed(database, "list", "--json"))
    assert told == {
        "name": "office-1",
        "tags": [],
        "is_present": False,
        "account_id": account_id,
    }
    assert await typed(database, "share", "office-1") == (
        "office-1  of everybody  without a prober"
    )


async def test_what_is_no_account_or_no_vantage_point_is_refused(database: Database) -> None:
    with pytest.raises(NotFound, match="no such account"):
        await typed(database, "give", "office-1", "--account", "acc_none")
    with pytest.raises(InvalidRequest, match="small letters"):
        await typed(database, "give", "Office 1", "--account", "acc_none")
    with pytest.raises(NotFound, match="that an account has"):
        await typed(database, "share", "office-1")
