"""Reads a check with all that is known of it."""

from outscope.errors import InvalidRequest, NotFound
from outscope.fqdn import normalised_fqdn
from outscope.ids import CHECK_PREFIX, is_id
from outscope.vantage import is_vantage_name
from services.scheduler.domain.check import CheckDetail, StoredSample
from services.scheduler.store.checks import find_check, find_latest_completed
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.samples import find_samples
from services.scheduler.store.views import find_views


async def check_detail(database: Database, check_id: str, *, account_id: str) -> CheckDetail:
    """Return a check of this account, or raise NotFound; another's looks like none at all."""
    detail = None
    if is_id(CHECK_PREFIX, check_id):
        async with database.session() as connection:
            detail = await _found(connection, check_id, account_id)
    if detail is None:
        raise NotFound("There is no such check", field="id", value=check_id)
    return detail


async def _found(connection: Connection, check_id: str, account_id: str) -> CheckDetail | None:
    found = await find_check(connection, check_id, account_id=account_id)
    if found is None:
        return None
    check, result, attempt = found
    if check.spec.is_from_several:
        views = await find_views(connection, check_id, check.spec.vantage_points)
        if not views:  # deleted between both statements, as it is old
            return None
        return CheckDetail(check=check, result=None, samples=(), attempt=attempt, views=views)
    samples: tuple[StoredSample, ...] = ()
    if check.spec.include_content_sample:
        samples = await find_samples(connection, check_id)
    return CheckDetail(check=check, result=result, samples=samples, attempt=attempt)


async def latest_detail(
    database: Database, fqdn: str, *, account_id: str, vantage_point: str | None = None
) -> CheckDetail:
    """Return this account's completed check of a name that was created last, of any vantage point.

    Raises InvalidRequest for what is no name, and NotFound. A vantage point need not be there any
    more: what was seen from it is.
    """
    name = normalised_fqdn(fqdn)
    if vantage_point is not None and not is_vantage_name(vantage_point):
        raise InvalidRequest(
            "This is not the name of a vantage point; GET /v1/vantage-points lists them",
            field="vantage_point",
            value=vantage_point,
        )
    async with database.session() as connection:
        check_id = await find_latest_completed(
            connection, name, account_id=account_id, vantage_point=vantage_point
        )
    if check_id is None:
        where = "" if vantage_point is None else f" from {vantage_point}"
        raise NotFound(
            f"No check of {name}{where} has completed in this account", field="fqdn", value=fqdn
        )
    return await check_detail(database, check_id, account_id=account_id)
