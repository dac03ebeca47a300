from services.scheduler.store.database import Database
from services.scheduler.store.vantage_points import (
    add_vantage_points,
    list_vantage_points,
    note_presence,
)
from tests.integration.scheduler.driving import rows


async def test_vantage_points_are_made_once_and_learnt_from_presence(database: Database) -> None:
    async with database.session() as connection:
        await add_vantage_points(connection, ["us-east-1", "eu-west-1"])
        await add_vantage_points(connection, ["eu-west-1"])
        await note_presence(connection, {"eu-west-1", "ap-south-1"})
        assert await list_vantage_points(connection) == ["ap-south-1", "eu-west-1", "us-east-1"]
    seen = await rows(
        database, "SELECT name FROM vantage_points WHERE last_seen_at IS NOT NULL ORDER BY name"
    )
    assert seen == [("ap-south-1",), ("eu-west-1",)]
