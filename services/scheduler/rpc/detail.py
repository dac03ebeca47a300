"""Reads a check with all that is known of it."""

from outscope.errors import NotFound
from outscope.ids import CHECK_PREFIX, is_id
from services.scheduler.domain.check import CheckDetail, StoredSample
from services.scheduler.store.checks import find_check
from services.scheduler.store.database import Database
from services.scheduler.store.samples import find_samples


async def check_detail(database: Database, check_id: str, *, account_id: str) -> CheckDetail:
    """Return a check of this account, or raise NotFound; another's looks like none at all."""
    found = None
    samples: tuple[StoredSample, ...] = ()
    if is_id(CHECK_PREFIX, check_id):
        async with database.session() as connection:
            found = await find_check(connection, check_id, account_id=account_id)
            if found is not None and found[0].spec.include_content_sample:
                samples = await find_samples(connection, check_id)
    if found is None:
        raise NotFound("There is no such check", field="id", value=check_id)
    check, result = found
    return CheckDetail(check=check, result=result, samples=samples)
