from collections.abc import Sequence

import pytest

from outscope.errors import InvalidRequest, NotFound
from services.scheduler.domain.check import View
from services.scheduler.rpc import detail
from services.scheduler.rpc.detail import check_detail, latest_detail
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.samples import NewSample, insert_samples
from services.scheduler.store.views import find_views
from tests.integration.scheduler.driving import new_check, new_check_from, rows, store


async def test_a_detail_has_the_result_and_the_samples_asked_for(database: Database) -> None:
    with_samples, without = new_check(include_content_sample=True), new_check()
    await store(database, with_samples, without)
    await rows(database, "UPDATE probes SET state = 'completed', result = check_id::bytea")
    async with database.session() as connection:
        await insert_samples(
            connection,
            [
                NewSample(
                    check_id=check.id,
                    probe_id=check.probe_id,
                    path="/",
                    sample=b"s",
                    retention_days=7,
                )
                for check in (with_samples, without)
            ],
        )
    found = await check_detail(database, with_samples.id, account_id="acc_a")
    assert found.result == with_samples.id.encode()
    assert [sample.path for sample in found.samples] == ["/"]
    assert (await check_detail(database, without.id, account_id="acc_a")).samples == ()


async def test_the_result_of_a_failed_probe_is_none(database: Database) -> None:
    check = new_check()
    await store(database, check)
    await rows(database, "UPDATE probes SET state = 'failed'")
    assert (await check_detail(database, check.id, account_id="acc_a")).result is None


async def test_a_check_from_several_that_is_deleted_as_it_is_read_is_not_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = new_check_from("eu-west-1", "us-east-1")
    await store(database, check)
    await rows(database, "UPDATE checks SET status = 'completed'")

    async def deleting(
        connection: Connection, check_id: str, vantage_points: Sequence[str]
    ) -> tuple[View, ...]:
        await rows(database, "DELETE FROM probes")
        await rows(database, "DELETE FROM checks")
        return await find_views(connection, check_id, vantage_points)

    monkeypatch.setattr(detail, "find_views", deleting)
    with pytest.raises(NotFound):
        await check_detail(database, check.id, account_id="acc_a")


@pytest.mark.parametrize("check_id", ["", "chk_x", "\0", "chk_" + "0" * 26])
async def test_what_is_not_there_is_refused(database: Database, check_id: str) -> None:
    with pytest.raises(NotFound) as refused:
        await check_detail(database, check_id, account_id="acc_a")
    assert refused.value.value == check_id


async def test_the_latest_check_of_a_name_is_found_in_any_spelling(database: Database) -> None:
    check = new_check(fqdn="xn--bcher-kva.example")
    await store(database, check)
    with pytest.raises(NotFound, match=r"No check of xn--bcher-kva\.example has completed"):
        await latest_detail(database, "b\u00fccher.example", account_id="acc_a")
    await rows(database, "UPDATE checks SET status = 'completed'")
    found = await latest_detail(database, "B\u00dcCHER.example.", account_id="acc_a")
    assert found.check.id == check.id
    with pytest.raises(NotFound):
        await latest_detail(database, "b\u00fccher.example", account_id="acc_b")


async def test_the_latest_check_is_found_from_one_vantage_point(database: Database) -> None:
    old, new = new_check(fqdn="a.example"), new_check(fqdn="a.example")
    await store(database, old, new)
    await rows(database, "UPDATE checks SET status = 'completed'")
    await rows(database, "UPDATE checks SET vantage_point = 'us-east-1' WHERE id = %s", old.id)

    async def latest(vantage_point: str | None) -> str:
        found = await latest_detail(
            database, "a.example", account_id="acc_a", vantage_point=vantage_point
        )
        return found.check.id

    assert await latest(None) == new.id
    assert await latest("eu-west-1") == new.id
    assert await latest("us-east-1") == old.id
    with pytest.raises(NotFound, match=r"No check of a\.example from gone-1 has completed"):
        await latest("gone-1")
    with pytest.raises(InvalidRequest) as refused:
        await latest("not a name")
    assert refused.value.field == "vantage_point"


@pytest.mark.parametrize("fqdn", ["", "https://a.example", "192.0.2.1", "a"])
async def test_the_latest_check_of_what_is_no_name_is_refused(
    database: Database, fqdn: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await latest_detail(database, fqdn, account_id="acc_a")
    assert refused.value.field == "fqdn"
