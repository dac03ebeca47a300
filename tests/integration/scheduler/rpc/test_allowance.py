import asyncio
from dataclasses import replace

from outscope.errors import RateLimited
from services.scheduler.domain.api_key import Caller
from services.scheduler.rpc.allowance import JudgementAllowance
from services.scheduler.store.database import Database, open_database
from tests.integration.scheduler.driving import rows


async def test_an_allowance_is_exact_over_two_schedulers(
    database: Database, database_url: str
) -> None:
    caller = Caller(account_id="acc_a", key_id="key_a", rate_limit=10)
    async with open_database(database_url) as other:
        allowances = [JudgementAllowance(each, rate_limit=600) for each in (database, other)]
        outcomes = await asyncio.gather(
            *(allowances[n % 2].spend(caller, 1) for n in range(30)), return_exceptions=True
        )
    assert sum(outcome is None for outcome in outcomes) == 10
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 20
    await rows(database, "UPDATE rate_windows SET started_at = now() - interval '61 seconds'")
    await allowances[0].spend(caller, 10)
    await allowances[0].spend(replace(caller, key_id="key_b", rate_limit=0), 10_000)
    await allowances[0].spend(caller, 0)
