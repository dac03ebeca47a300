"""Reads a check with all that is known of it."""

from outscope.errors import NotFound
from outscope.fqdn import normalised_fqdn
from outscope.ids import CHECK_PREFIX, is_id
from services.scheduler.domain.check import CheckDetail, StoredSample
from services.scheduler.store.checks import find_check, find_latest_completed
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


async def latest_detail(database: Database, fqdn: str, *, account_id: str) -> CheckDetail:
    """Return this account's completed check of a name that was created last.

    Raises InvalidRequest for what is no name, and NotFound.
    """
    name = normalised_fqdn(fqdn)
    async with database.session() as connection:
        check_id = await find_latest_completed(connection, name, account_id=account_id)
    if check_id is None:
        raise NotFound(
            f"No check of {name} has completed in this account", field="fqdn", value=fqdn
        )
    return await check_detail(database, check_id, account_id=account_id)
