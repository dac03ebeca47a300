import json

import pytest

from outscope.errors import NotFound
from services.scheduler.badge_desk import tend_badges
from services.scheduler.cli import parser
from services.scheduler.store.badges import hold_badge
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import make_key


async def typed(database: Database, *arguments: str) -> str:
    return await tend_badges(database, parser().parse_args(["badges", *arguments]))


async def test_badges_are_listed_and_removed_whoever_publishes_them(database: Database) -> None:
    assert await typed(database, "list") == "no badge"
    _, _, account_id = await make_key(database)
    async with database.session() as connection:
        for fqdn in ("b.example", "a.example"):
            await hold_badge(connection, fqdn, account_id=account_id)
    assert await typed(database, "list") == f"{account_id}  a.example\n{account_id}  b.example"
    (first, _) = json.loads(await typed(database, "list", "--json"))
    assert (first["fqdn"], first["account_id"]) == ("a.example", account_id)
    assert await typed(database, "remove", "A.example.") == "removed a.example"
    assert json.loads(await typed(database, "remove", "b.example", "--json")) == {
        "removed": "b.example"
    }
    assert await typed(database, "list") == "no badge"
    with pytest.raises(NotFound):
        await typed(database, "remove", "a.example")
