from services.scheduler.store.database import Database
from services.scheduler.store.samples import (
    NewSample,
    delete_expired_samples,
    find_samples,
    insert_samples,
)
from tests.integration.scheduler.driving import rows


def sample(path: str, *, check_id: str = "chk_1", days: int = 7) -> NewSample:
    return NewSample(
        check_id=check_id,
        probe_id="prb_1",
        path=path,
        sample=b"\x00\xffbody of " + path.encode(),
        retention_days=days,
    )


async def keep(database: Database, *samples: NewSample) -> None:
    async with database.session() as connection:
        await insert_samples(connection, samples)


async def test_samples_are_kept_for_their_days(database: Database) -> None:
    await keep(database, sample("/", days=7), sample("/a", days=30), sample("/", check_id="chk_2"))
    async with database.session() as connection:
        root, other = await find_samples(connection, "chk_1")
    assert (root.path, other.path) == ("/", "/a")
    assert root.sample == b"\x00\xffbody of /"
    assert (other.expires_at - root.expires_at).days == 23


async def test_a_sample_told_twice_is_kept_once(database: Database) -> None:
    await keep(database, sample("/"))
    await keep(database, sample("/"), sample("/b"))
    assert await rows(database, "SELECT count(*) FROM content_samples") == [(2,)]


async def test_what_has_expired_is_neither_shown_nor_kept(database: Database) -> None:
    await keep(database, *(sample(f"/{n}") for n in range(10)), sample("/kept"))
    await rows(database, "UPDATE content_samples SET expires_at = now() WHERE path <> '/kept'")
    async with database.session() as connection:
        assert [each.path for each in await find_samples(connection, "chk_1")] == ["/kept"]
        assert await delete_expired_samples(connection, limit=6) == 6
        assert await delete_expired_samples(connection, limit=6) == 4
        assert await delete_expired_samples(connection, limit=6) == 0
    assert await rows(database, "SELECT path FROM content_samples") == [("/kept",)]
