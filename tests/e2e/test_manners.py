"""How the whole system treats its targets: within a budget, and not at all when told not to."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest

from outscope.failures import FailureReason
from tests.e2e.conftest import Town
from tests.e2e.receiver import Receiver
from tests.e2e.running import System, running_system
from tests.producing import produces, saw_reason
from tests.targets.http import HttpServer, response
from tests.targets.serve import serve

BUDGET = 5
DEADLINE_S = 8.0
ALONE = {"discovery": "off"}
RELOADED_WITHIN_S = 4.0
REPLICAS = ("--schedulers", "2", "--vantage", "eu-west-1:3", "--vantage", "us-east-1:2")


@pytest.fixture(scope="module")
def deny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("deny") / "deny.txt"
    path.write_text("from.the.start.town.test\n")
    return path


@pytest.fixture(scope="module")
def mannered(
    town: Town, deny_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system of many replicas that is strict with itself, and impatient."""
    with running_system(
        tmp_path_factory.mktemp("mannered"),
        *town.options(),
        *REPLICAS,
        "--deny-file",
        str(deny_file),
        OUTSCOPE_TARGET_BUDGET_HOST=str(BUDGET),
        OUTSCOPE_CHECK_DEADLINE=f"{DEADLINE_S:g}",
    ) as running:
        yield running


@asynccontextmanager
async def a_target() -> AsyncIterator[tuple[HttpServer, int]]:
    """A site on loopback that counts what it is asked, and its port."""
    server = HttpServer({"/": response(200, b"<title>Target</title>")})
    async with serve(server) as port:
        yield server, port


async def create(system: System, fqdn: str, **spec: object) -> str:
    """Create a check that requests nothing but its paths: they are counted here."""
    return await system.create(fqdn, **ALONE, **spec)


def asked(server: HttpServer) -> int:
    return sum(request.startswith(b"GET ") for request in server.requests)


async def rows(system: System, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    url = str(system.first_line["postgres"])
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(statement, parameters)
        return await cursor.fetchall() if cursor.description else []


async def states(system: System, fqdn: str) -> dict[str, int]:
    """How many probes of a name are completed, failed, waiting for its budget, or under way."""
    found = await rows(
        system,
        "SELECT CASE WHEN used_up IS NOT NULL AND state = 'queued' THEN 'waiting' ELSE state END,"
        " count(*) FROM probes JOIN checks ON checks.id = check_id WHERE fqdn = %s GROUP BY 1",
        fqdn,
    )
    return dict(found)


async def until(system: System, fqdn: str, expected: dict[str, int]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while await states(system, fqdn) != expected:
            await asyncio.sleep(0.05)


async def a_minute_later(system: System, fqdn: str) -> None:
    """Let it be a minute later for one name and for what waits for it."""
    await rows(
        system,
        "UPDATE target_budgets SET seconds = ARRAY(SELECT unnest(seconds) - 61) WHERE target = %s",
        fqdn,
    )
    await rows(
        system,
        "UPDATE probes SET due_at = now() FROM checks"
        " WHERE checks.id = check_id AND fqdn = %s AND used_up IS NOT NULL",
        fqdn,
    )


async def create_as(system: System, key: str, fqdn: str, **spec: object) -> None:
    async with (
        aiohttp.ClientSession(headers={"x-api-key": key}) as session,
        session.post(f"{system.rest}/v1/check", json={"fqdn": fqdn, **ALONE, **spec}) as answer,
    ):
        assert answer.status == 201


async def test_a_budget_is_exact_over_accounts_vantage_points_and_replicas(
    mannered: System,
) -> None:
    fqdn, other_key = "exact.town.test", mannered.another_key()
    async with a_target() as (server, port):
        for number in range(12):
            vantage = ("eu-west-1", "us-east-1")[number % 2]
            spec = {"ports": [port], "vantage_point": vantage}
            await create(mannered, fqdn, **spec)
            await create_as(mannered, other_key, fqdn, **spec)
        await until(mannered, fqdn, {"completed": BUDGET, "waiting": 24 - BUDGET})
        assert asked(server) == BUDGET
        # Another name has a budget of its own.
        free = await mannered.ended(await create(mannered, "free.town.test", ports=[port]))
        assert free["status"] == "completed"


async def test_a_check_that_waits_completes_when_there_is_budget_again(mannered: System) -> None:
    fqdn = "patient.town.test"
    async with a_target() as (server, port):
        ids = [await create(mannered, fqdn, ports=[port]) for _ in range(BUDGET + 2)]
        await until(mannered, fqdn, {"completed": BUDGET, "waiting": 2})
        await a_minute_later(mannered, fqdn)
        for check_id in ids:
            assert (await mannered.ended(check_id))["status"] == "completed"
        assert asked(server) == BUDGET + 2


@produces(FailureReason.TARGET_BUDGET)
async def test_a_check_that_waits_until_its_deadline_is_told_which_budget_and_what_to_do(
    mannered: System,
) -> None:
    fqdn = "late.town.test"
    async with a_target() as (server, port):
        ids = [await create(mannered, fqdn, ports=[port]) for _ in range(BUDGET + 1)]
        ends = [await mannered.ended(check_id) for check_id in ids]
        assert asked(server) == BUDGET
    (failed,) = [end for end in ends if end["status"] == "failed"]
    failure = failed["failure"]
    saw_reason(failure["reason"])
    assert (failure["reason"], failure["owner"]) == ("target_budget", "policy")
    assert f"{BUDGET} requests a minute to {fqdn}" in failure["message"]
    assert "OUTSCOPE_TARGET_BUDGET_HOST" in failure["message"]
    created, ended = (
        await rows(mannered, "SELECT created_at, ended_at FROM checks WHERE id = %s", failed["id"])
    )[0]
    assert DEADLINE_S <= (ended - created).total_seconds() < DEADLINE_S + 4


async def test_what_waits_for_a_budget_holds_up_nobody(mannered: System) -> None:
    async with a_target() as (_, port):
        for _ in range(60):
            await create(mannered, "crowd.town.test", ports=[port], vantage_point="us-east-1")
        started_s = time.monotonic()
        passing = await create(
            mannered, "passing.town.test", ports=[port], vantage_point="us-east-1"
        )
        assert (await mannered.ended(passing))["status"] == "completed"
        assert time.monotonic() - started_s < DEADLINE_S / 2


async def test_by_default_an_opened_range_has_no_budget(system: System, town: Town) -> None:
    ids = [await create(system, "busy.town.test", ports=[town.http]) for _ in range(70)]
    for check_id in ids:
        assert (await system.ended(check_id))["status"] == "completed"
    assert await rows(system, "SELECT target FROM target_budgets") == []


async def test_what_is_listed_from_the_start_is_refused(mannered: System) -> None:
    ended = await mannered.ended(await create(mannered, "from.the.start.town.test"))
    assert ended["failure"]["reason"] == "target_refused"


async def test_a_webhook_that_the_operator_lists_is_posted_to_no_more(
    mannered: System, town: Town, deny_file: Path, receiver: Receiver
) -> None:
    receiver.url = receiver.url.replace("127.0.0.1", "hook.town.test")
    await receiver.subscribe(mannered)
    first = await create(mannered, "one.town.test", ports=[town.http])
    async with asyncio.timeout(20):
        while first not in {each.check_id for each in receiver.deliveries}:
            await asyncio.sleep(0.05)
    await listed_from_now_on(deny_file, "hook.town.test\n")
    second = await create(mannered, "two.town.test", ports=[town.http])
    ended = "SELECT state, last_error FROM webhook_deliveries WHERE check_id = %s"
    async with asyncio.timeout(20):
        while await rows(mannered, ended, second) != [("failed", "target_refused")]:
            await asyncio.sleep(0.05)
    # Checks of other tests may have ended meanwhile, while it was not listed yet.
    assert second not in {each.check_id for each in receiver.deliveries}


async def listed_from_now_on(deny_file: Path, text: str) -> None:
    """Replace the list as an operator does, and wait until every service has seen it."""
    replacement = deny_file.with_suffix(".new")
    await asyncio.to_thread(replacement.write_text, text)
    await asyncio.to_thread(replacement.rename, deny_file)
    await asyncio.sleep(RELOADED_WITHIN_S)


async def test_what_the_operator_lists_is_refused_from_the_moment_the_file_says_so(
    mannered: System, deny_file: Path
) -> None:
    await listed_from_now_on(deny_file, "listed.town.test  # asked us not to\n")
    async with a_target() as (server, port):
        listed = await mannered.ended(await create(mannered, "listed.town.test", ports=[port]))
        assert listed["status"] == "failed"
        failure = listed["failure"]
        assert (failure["reason"], failure["owner"]) == ("target_refused", "policy")
        assert "operator of this installation has listed listed.town.test" in failure["message"]
        assert asked(server) == 0
        before = await mannered.ended(await create(mannered, "a.later.town.test", ports=[port]))
        assert before["status"] == "completed"
        await listed_from_now_on(deny_file, "*.later.town.test\n")
        for vantage in ("eu-west-1", "us-east-1"):
            spec = {"ports": [port], "vantage_point": vantage}
            after = await mannered.ended(await create(mannered, "b.later.town.test", **spec))
            assert after["failure"]["reason"] == "target_refused"
            freed = await mannered.ended(await create(mannered, "listed.town.test", **spec))
            assert freed["status"] == "completed"
        status, answer = await mannered.call(
            "POST",
            "/v1/webhooks",
            {"url": "https://c.later.town.test/hook", "events": ["check.completed"]},
        )
        assert status == 400
        assert "deny list" in answer["error"]["message"]


@pytest.mark.slow
@pytest.mark.timeout(200)
async def test_a_real_minute_passes_before_there_is_budget_again(
    town: Town, tmp_path: Path
) -> None:
    settings = {"OUTSCOPE_TARGET_BUDGET_HOST": "2"}
    with running_system(tmp_path / "system", *town.options(), *REPLICAS, **settings) as running:
        async with a_target() as (server, port):
            started_s = time.monotonic()
            ids = [await create(running, "slow.town.test", ports=[port]) for _ in range(4)]
            ends = [await running.ended(check_id, within_s=150) for check_id in ids]
            assert [end["status"] for end in ends] == ["completed"] * 4
            assert 60 <= time.monotonic() - started_s < 75
            assert asked(server) == 4
