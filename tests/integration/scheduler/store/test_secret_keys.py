import asyncio

from services.scheduler.store.database import Database
from services.scheduler.store.secret_keys import secret_key


async def test_schedulers_that_start_at_once_agree_on_a_key(database: Database) -> None:
    async def ask(fresh: bytes) -> bytes:
        async with database.session() as connection:
            return await secret_key(connection, "cursor", fresh)

    keys = await asyncio.gather(*(ask(bytes([n]) * 32) for n in range(6)))
    assert len(set(keys)) == 1
    assert await ask(b"later" * 8) == keys[0]
