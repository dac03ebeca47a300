from services.scheduler.store.database import Database
from services.scheduler.store.keys import insert_account
from services.scheduler.store.retention import accounts_with_old_checks, hold_check
from tests.integration.scheduler.driving import new_check, rows, store


async def test_accounts_are_looked_at_page_by_page(database: Database) -> None:
    async with database.session() as connection:
        for number in range(5):
            await insert_account(connection, f"acc_{number}", "x")
    await store(database, new_check("acc_1"), new_check("acc_3"), new_check("acc_4"))
    await rows(database, "UPDATE checks SET created_at = now() - interval '10 days'")
    await rows(database, "UPDATE checks SET status = 'failed' WHERE account_id <> 'acc_4'")
    await rows(database, "UPDATE accounts SET retention_days = 9 WHERE id = 'acc_3'")
    pages = []
    after: str | None = ""
    while after is not None:
        async with database.session() as connection:
            found, after = await accounts_with_old_checks(
                connection, after=after, default_days=5, page=2
            )
        pages.append((found, after))
    assert pages == [
        ([("acc_1", 5)], "acc_1"),
        ([("acc_3", 9)], "acc_3"),
        ([], None),  # the check of acc_4 is pending
    ]


async def test_a_check_that_is_not_there_cannot_be_held(database: Database) -> None:
    check = new_check()
    await store(database, check)
    async with database.transaction() as connection:
        assert await hold_check(connection, check.id, account_id="acc_a")
        assert not await hold_check(connection, check.id, account_id="acc_b")
        assert not await hold_check(connection, "chk_none", account_id="acc_a")
