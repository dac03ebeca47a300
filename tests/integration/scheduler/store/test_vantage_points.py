from services.scheduler.store.database import Database
from services.scheduler.store.vantage_points import NotedVantage, list_noted, note_presence
from tests.integration.scheduler.driving import rows


async def test_a_vantage_point_is_present_while_its_probers_are_heard_of(
    database: Database,
) -> None:
    async with database.session() as connection:
        await note_presence(connection, {"eu-west-1": ["a:1"], "ap-south-1": ["a:1", "b:2"]})
        await rows(database, "UPDATE vantage_points SET last_seen_at = now() - interval '61 s'")
        await note_presence(connection, {"eu-west-1": ["a:2"], "us-east-1": []})
        assert await list_noted(connection, present_s=60) == [
            NotedVantage(name="ap-south-1", tags=("a:1", "b:2"), is_present=False),
            NotedVantage(name="eu-west-1", tags=("a:2",), is_present=True),
            NotedVantage(name="us-east-1", tags=(), is_present=True),
        ]
        assert all(each.is_present for each in await list_noted(connection, present_s=120))


async def test_one_that_was_only_configured_once_is_not_present(database: Database) -> None:
    await rows(database, "INSERT INTO vantage_points (name) VALUES ('old-1')")
    async with database.session() as connection:
        assert await list_noted(connection, present_s=60) == [
            NotedVantage(name="old-1", tags=(), is_present=False)
        ]
