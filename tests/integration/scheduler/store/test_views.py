from datetime import UTC, datetime

from services.scheduler.domain.check import CheckStatus, Failure, Owner
from services.scheduler.store.database import Database
from services.scheduler.store.samples import NewSample, insert_samples
from services.scheduler.store.views import find_views
from tests.integration.scheduler.driving import new_check_from, rows, store

NAMES = ("us-east-1", "eu-west-1", "ap-south-1")


async def test_each_vantage_point_has_its_own_view_in_the_order_asked(database: Database) -> None:
    check = new_check_from(*NAMES)
    await store(database, check)
    ids = dict(check.probes())
    await rows(
        database,
        "UPDATE probes SET state = 'completed', result = 'r', ended_at = '2026-04-21'"
        " WHERE id = %s",
        ids["us-east-1"],
    )
    await rows(
        database,
        "UPDATE probes SET state = 'failed', failure_reason = 'target_refused',"
        " failure_owner = 'policy', failure_message = 'No.' WHERE id = %s",
        ids["eu-west-1"],
    )
    async with database.session() as connection:
        samples = [
            NewSample(
                check_id=check.id,
                probe_id=ids["us-east-1"],
                path="/",
                sample=b"s",
                retention_days=days,
            )
            for days in (7,)
        ]
        await insert_samples(connection, samples)
        views = await find_views(connection, check.id, NAMES)
    assert [(view.vantage_point, view.probe_id) for view in views] == list(check.probes())
    assert [view.status for view in views] == [
        CheckStatus.COMPLETED,
        CheckStatus.FAILED,
        CheckStatus.PENDING,
    ]
    assert [view.result for view in views] == [b"r", None, None]
    assert views[0].ended_at == datetime(2026, 4, 21, tzinfo=UTC)
    assert [len(view.samples) for view in views] == [1, 0, 0]
    assert views[1].failure == Failure(reason="target_refused", owner=Owner.POLICY, message="No.")
