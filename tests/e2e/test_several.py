"""One check from several vantage points, with everything between REST and the target."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.nats import Nats
from outscope.v1 import check_pb2
from tests.backends import ServerProcess, nats_process
from tests.e2e.conftest import Town
from tests.e2e.fleet import Fleet, fleet_on
from tests.e2e.receiver import Receiver
from tests.e2e.running import System

HERE, THERE, NOWHERE = "eu-west-1", "us-east-1", "ap-south-1"
BOTH = [HERE, THERE]
PENDING = check_pb2.CHECK_STATUS_PENDING


def a_name() -> str:
    return f"{secrets.token_hex(4)}.town.test"


async def test_two_vantage_points_look_and_agree_and_are_told_of_once(
    system: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(system)
    name = a_name()
    check_id = await system.create(name, ports=[town.http], vantage_points=BOTH)
    check = await system.ended(check_id)
    assert check["status"] == "completed"
    assert check["request"]["vantage_points"] == BOTH
    assert [view["vantage_point"] for view in check["vantages"]] == BOTH
    assert [view["observer"]["vantage_point"] for view in check["vantages"]] == BOTH
    assert [view["analysis"]["kind"] for view in check["vantages"]] == ["website"] * 2
    assert check["analysis"] == check["vantages"][0]["analysis"]
    assert check["agreement"] == {"code": "agree", "counted": BOTH, "dissents": []}
    async with asyncio.timeout(30):
        while not any(each.check_id == check_id for each in receiver.deliveries):
            await asyncio.sleep(0.1)
    (event,) = [each for each in receiver.events if each["data"]["id"] == check_id]
    assert event["data"]["agreement"]["code"] == "agree"
    for vantage_point in BOTH:
        query = f"fqdn={name}&vantage_point={vantage_point}"
        status, latest = await system.call("GET", f"/v1/check/latest?{query}")
        assert (status, latest["id"]) == (200, check_id)


async def test_all_are_asked_for_by_a_word_and_all_views_are_judged_again(
    system: System, town: Town
) -> None:
    check_id = await system.create(a_name(), ports=[town.http], vantage_points="all", quorum="all")
    check = await system.ended(check_id)
    assert sorted(view["vantage_point"] for view in check["vantages"]) == sorted(BOTH)
    status, judged = await system.call("POST", f"/v1/check/{check_id}/rejudge")
    assert status == 200, judged
    again = await system.check(check_id)
    assert again["rejudged_at"] is not None
    assert [view["analysis"] for view in again["vantages"]] == [
        view["analysis"] for view in check["vantages"]
    ]
    status, explained = await system.call("GET", f"/v1/check/{check_id}/explain")
    assert status == 200, explained
    assert explained["is_current"]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"vantage_point": HERE, "vantage_points": [THERE]}, "vantage_points"),
        ({"vantage_point": HERE, "vantage_points": "all"}, "vantage_points"),
        ({"vantage_points": [HERE, "mars"]}, "vantage_points[1]"),
        ({"vantage_points": ["continent:none"]}, "vantage_points[0]"),
        ({"quorum": "any"}, "quorum"),
        ({"vantage_points": [HERE] * 21}, "vantage_points"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_name(
    system: System, spec: dict[str, object], field: str
) -> None:
    status, answer = await system.call("POST", "/v1/check", {"fqdn": "town.test", **spec})
    assert status == 400
    assert answer["error"]["details"]["field"] == field


@pytest.fixture
def bus_server(tmp_path: Path) -> Iterator[ServerProcess[Nats]]:
    with nats_process(tmp_path) as server:
        yield server


@pytest.fixture
async def fleet(
    town: Town, bus_server: ServerProcess[Nats], database_url: str, tmp_path: Path
) -> AsyncIterator[Fleet]:
    settings = {
        "OUTSCOPE_RESOLVERS": f"127.0.0.1:{town.dns}",
        "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
        "OUTSCOPE_CA_FILE": str(town.ca_file),
        "OUTSCOPE_VANTAGE_POINTS": f"{HERE},{THERE},{NOWHERE}",
    }
    async with fleet_on(
        tmp_path, nats_url=bus_server.server.url(), database_url=database_url, settings=settings
    ) as running:
        yield running


async def test_a_prober_killed_and_a_vantage_point_without_any_cost_the_others_nothing(
    fleet: Fleet, town: Town
) -> None:
    killed = await fleet.prober(OUTSCOPE_CONCURRENCY="1")
    await fleet.prober(VANTAGE_POINT=THERE)
    made = await fleet.caller.create(
        "slow.town.test",
        ports=[town.slow],
        paths=["/", "/a"],
        all_vantage_points=True,
        discovery=check_pb2.DISCOVERY_OFF,
    )
    await fleet.in_work()
    other = await fleet.prober()
    killed.service.kill()
    async with asyncio.timeout(60):
        while (check := await fleet.caller.find(made.id)).status == PENDING:
            await asyncio.sleep(0.1)
    views = {view.vantage_point: view for view in check.vantages}
    assert list(views) == [HERE, THERE, NOWHERE]
    assert check.status == check_pb2.CHECK_STATUS_COMPLETED
    assert views[HERE].status == views[THERE].status == check_pb2.CHECK_STATUS_COMPLETED
    assert views[HERE].result.paths[0].status_code == 200
    assert views[NOWHERE].failure.reason == "vantage_unavailable"
    assert list(check.agreement.counted) == [HERE, THERE]
    assert check.agreement.code == "agree"
    assert await fleet.events(made.id) == ["check.completed"]
    assert await fleet.scheduler.metric("outscope_checks_ended_total") == 1
    assert other.service.process.poll() is None
