from services.scheduler.store.accounts import list_accounts, set_retention
from services.scheduler.store.database import Database
from services.scheduler.store.keys import insert_account


async def test_an_account_has_the_configured_retention_until_it_is_given_its_own(
    database: Database,
) -> None:
    async with database.session() as connection:
        await insert_account(connection, "acc_1", "one")
        await insert_account(connection, "acc_2", "two")
        changed = await set_retention(connection, "acc_2", 90)
        assert await set_retention(connection, "acc_3", 90) is None
        listed = await list_accounts(connection)
    assert [(each.id, each.name, each.retention_days) for each in listed] == [
        ("acc_1", "one", None),
        ("acc_2", "two", 90),
    ]
    assert changed == listed[1]
