from services.scheduler.loops.purge import Purge
from services.scheduler.store.database import Database
from services.scheduler.store.samples import NewSample, insert_samples
from tests.integration.scheduler.driving import rows


async def test_expired_samples_are_really_deleted_slice_by_slice(database: Database) -> None:
    samples = [
        NewSample(check_id=f"chk_{n}", probe_id="prb", path="/", sample=b"secret", retention_days=7)
        for n in range(250)
    ]
    async with database.session() as connection:
        await insert_samples(connection, samples)
    await rows(
        database, "UPDATE content_samples SET expires_at = now() WHERE check_id <> 'chk_249'"
    )
    purge = Purge(database)
    assert await purge.purge()
    assert not await purge.purge()
    assert await rows(database, "SELECT check_id FROM content_samples") == [("chk_249",)]
