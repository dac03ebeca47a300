import pytest

from services.scheduler.domain.invariant import InvariantName
from services.scheduler.store.audit import snapshot
from services.scheduler.store.audit_messages import unwanted
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import new_check, rows, store


@pytest.mark.parametrize(
    ("state", "attempt", "is_unwanted"),
    [
        ("queued", 1, False),  # published, and not noted yet
        ("published", 1, False),
        ("published", 2, True),
        ("completed", 1, True),
        ("cancelled", 1, True),
    ],
)
async def test_a_job_is_wanted_by_an_open_probe_at_its_attempt(
    database: Database, database_url: str, state: str, attempt: int, *, is_unwanted: bool
) -> None:
    check = new_check()
    await store(database, check)
    await rows(database, "UPDATE probes SET state = %s", state)
    named = (check.probe_id, attempt)
    async with snapshot(database_url) as connection:
        found = await unwanted(connection, InvariantName.JOB_IS_WANTED, [named, named])
    assert found == ({named} if is_unwanted else set())


async def test_a_report_is_wanted_whatever_became_of_its_probe(
    database: Database, database_url: str
) -> None:
    check = new_check()
    await store(database, check)
    await rows(database, "UPDATE probes SET state = 'failed', attempt = 3")
    named = [(check.probe_id, 1), ("prb_none", 1)]
    async with snapshot(database_url) as connection:
        found = await unwanted(connection, InvariantName.REPORT_HAS_PROBE, named)
    assert found == {("prb_none", 1)}
