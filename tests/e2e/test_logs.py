"""What is done for a check is found in the logs by its request, check, account, place and trace."""

import asyncio
import json
import re
from collections.abc import Iterator

import aiohttp
import psycopg
import pytest

from tests.e2e.conftest import Town
from tests.e2e.receiver import Receiver
from tests.e2e.running import Json, System, running_system

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENT = {"x-request-id": "asked-by-me", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
UNKNOWN = f"chk_{'0' * 26}"


@pytest.fixture(scope="module")
def telling(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with two vantage points that logs all it ever logs."""
    places = ["--vantage", "eu-west-1:1", "--vantage", "us-east-1:1"]
    logs = {"OUTSCOPE_LOG_FORMAT": "json", "OUTSCOPE_LOG_LEVEL": "DEBUG"}
    folder = tmp_path_factory.mktemp("telling")
    with running_system(folder, *town.options(), *places, **logs) as system:
        yield system


async def lines(
    system: System, check_id: str, service: str, event: str, **fields: str
) -> list[Json]:
    """The lines of an event of a check, with these fields, once there are any."""
    async with asyncio.timeout(30):
        while True:
            text = (system.folder / "system.log").read_text("utf-8")
            told = [json.loads(each) for each in re.findall(r"\{\"time\".*\}$", text, re.MULTILINE)]
            wanted = {"check_id": check_id, "service": service, "event": event, **fields}
            found = [x for x in told if wanted.items() <= x.items()]
            if found:
                return found
            await asyncio.sleep(0.1)


async def account_of(system: System, check_id: str) -> str:
    """The account of a check, as the database has it."""
    async with await psycopg.AsyncConnection.connect(str(system.first_line["postgres"])) as opened:
        found = await opened.execute("SELECT account_id FROM checks WHERE id = %s", (check_id,))
        ((account_id,),) = await found.fetchall()
    return str(account_id)


async def test_each_service_tells_all_that_a_check_is_found_by(
    telling: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(telling)
    body: Json = {"fqdn": "told.town.test", "ports": [town.http], "vantage_point": "us-east-1"}
    status, created = await telling.call("POST", "/v1/check", body, SENT)
    assert status == 201, created
    check_id = str(created["id"])
    expected = {
        "request_id": "asked-by-me",
        "account_id": await account_of(telling, check_id),
        "vantage_point": "us-east-1",
        "trace_id": TRACE,
    }
    for service, event in (
        ("gateway", "request answered"),
        ("prober", "observed"),
        ("scheduler", "check ended"),
        ("notifier", "delivery attempted"),
    ):
        (line,) = await lines(telling, check_id, service, event)
        assert {name: line.get(name) for name in expected} == expected, (service, line)


async def test_how_a_check_ended_is_a_line_at_info(telling: System, town: Town) -> None:
    served = await telling.create("ended.town.test", ports=[town.http])
    refused = await telling.create("inner.town.test", ports=[80])
    (line,) = await lines(telling, served, "scheduler", "check ended")
    assert (line["level"], line["status"], "reason" in line) == ("info", "completed", False)
    (line,) = await lines(telling, refused, "scheduler", "check ended")
    assert (line["level"], line["status"]) == ("info", "failed")
    assert (line["reason"], line["owner"]) == ("target_refused", "policy")


async def test_a_check_from_several_vantage_points_names_them_all_and_each_prober_its_own(
    telling: System, town: Town
) -> None:
    places = ["eu-west-1", "us-east-1"]
    check_id = await telling.create("both.town.test", ports=[town.http], vantage_points=places)
    (line,) = await lines(telling, check_id, "scheduler", "check ended")
    assert (line["vantage_points"], "vantage_point" in line) == (places, False)
    seen = await lines(telling, check_id, "prober", "observed")
    assert sorted(line["vantage_point"] for line in seen) == places


async def test_a_refused_request_has_its_account_and_the_check_it_named(
    telling: System, town: Town
) -> None:
    mine = await telling.create("mine.town.test", ports=[town.http])
    status, _ = await telling.call("GET", f"/v1/check/{UNKNOWN}")
    assert status == 404
    (line,) = await lines(telling, UNKNOWN, "gateway", "request answered")
    assert (line["level"], line["status"]) == ("info", 404)
    assert line["account_id"] == await account_of(telling, mine)


async def test_a_page_has_the_account_that_has_signed_in_and_the_check_it_shows(
    telling: System, town: Town
) -> None:
    mine = await telling.create("page.town.test", ports=[town.http])
    as_browsers_do = {"accept": "text/html", "sec-fetch-site": "same-origin"}
    async with aiohttp.ClientSession(
        telling.rest, headers=as_browsers_do, cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as browser:
        await browser.post("/sign-in", data={"api_key": telling.api_key})
        for check_id, expected in ((mine, 200), (UNKNOWN[:-1] + "1", 404)):
            async with browser.get(f"/checks/{check_id}") as page:
                assert page.status == expected
            asked = ("gateway", "request answered")
            (line,) = await lines(telling, check_id, *asked, route="/checks/{id}")
            assert line["account_id"] == await account_of(telling, mine)


async def test_a_cancelled_check_has_the_request_that_cancelled_it(
    telling: System, town: Town
) -> None:
    check_id = await telling.create("slow.town.test", ports=[town.slow])
    cancelling = {"x-request-id": "cancelled-by-me"}
    status, answer = await telling.call("DELETE", f"/v1/check/{check_id}", None, cancelling)
    assert status == 200, answer
    (line,) = await lines(telling, check_id, "scheduler", "check ended")
    assert (line["status"], line["request_id"]) == ("cancelled", "cancelled-by-me")
    assert line["account_id"] == await account_of(telling, check_id)
