import re
from xml.etree import ElementTree as ET

import pytest

from outscope.errors import Conflict, NotFound
from outscope.v1 import badge_service_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CREATED_AT

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Names are kept for a minute, so each test has its own.
SHOWN = badge_service_pb2.GetBadgeResponse(
    badge=badge_service_pb2.Badge(
        fqdn="example.com",
        verdict=badge_service_pb2.BADGE_VERDICT_ANALYZABLE,
        checked_at=CREATED_AT,
    )
)
WITHOUT_KEY = {"x-api-key": None}


async def test_a_badge_is_shown_without_a_key_and_may_be_kept_for_five_minutes(
    gateway: Gateway,
) -> None:
    gateway.scheduler.will_answer(SHOWN)
    path = "/v1/badge/SHOWN.example.svg?v=1"
    answer = await gateway.call("GET", path, headers=WITHOUT_KEY)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert ET.fromstring(answer.content).get("role") == "img"
    assert gateway.scheduler.last.request.fqdn == "shown.example"
    tag = answer.headers["ETag"]
    same = await gateway.call("GET", path, headers={**WITHOUT_KEY, "If-None-Match": tag})
    assert (same.status, same.content, same.headers["ETag"]) == (304, b"", tag)
    head = await gateway.call("HEAD", path, headers=WITHOUT_KEY)
    assert (head.status, head.headers["ETag"]) == (200, tag)
    assert len(gateway.scheduler.asked) == 1


async def test_what_is_not_shown_is_the_same_404_whatever_it_is(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(NotFound("There is no such badge"))
    answers = [
        await gateway.call("GET", f"/v1/badge/{name}.svg", headers=WITHOUT_KEY)
        for name in ("unpublished.example", "localhost", "127.0.0.1", "a%20b", "%00")
    ]
    told = set()
    for answer in answers:
        assert answer.status == 404
        body = re.sub(r"req_\w+", "", answer.content.decode())
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name.lower() not in {"x-request-id", "date"}
        }
        told.add((body, tuple(sorted(headers.items()))))
    assert len(told) == 1
    assert len(gateway.scheduler.asked) == 1


async def test_a_name_is_published_and_withdrawn(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        badge_service_pb2.PublishBadgeResponse(fqdn="example.com", published_at=CREATED_AT),
        badge_service_pb2.WithdrawBadgeResponse(),
    )
    published = await gateway.call("PUT", "/v1/badge/Example.com")
    assert (published.status, published.body) == (
        200,
        {
            "fqdn": "example.com",
            "published_at": "2026-04-21T10:00:00Z",
            "path": "/v1/badge/example.com.svg",
        },
    )
    withdrawn = await gateway.call("DELETE", "/v1/badge/example.com")
    assert (withdrawn.status, withdrawn.content) == (204, b"")
    assert [asked.request.fqdn for asked in gateway.scheduler.asked] == [
        "Example.com",
        "example.com",
    ]


async def test_a_name_that_another_account_publishes_is_a_conflict(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(Conflict("Another account publishes it", field="fqdn"))
    answer = await gateway.call("PUT", "/v1/badge/example.com")
    assert (answer.status, answer.body["error"]["code"]) == (409, "conflict")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_publishing_and_withdrawing_need_a_key(gateway: Gateway, method: str) -> None:
    answer = await gateway.call(method, "/v1/badge/example.com", headers=WITHOUT_KEY)
    assert answer.status == 401
    assert not gateway.scheduler.asked


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_the_address_of_the_picture_is_refused_and_the_right_one_told(
    gateway: Gateway, method: str
) -> None:
    answer = await gateway.call(method, "/v1/badge/example.com.svg")
    error = answer.body["error"]
    assert (answer.status, error["code"]) == (400, "invalid_request")
    assert error["message"].endswith("send this to /v1/badge/example.com")
    assert error["details"] == {"field": "fqdn", "value": "example.com.svg"}
    assert not gateway.scheduler.asked


async def test_an_account_sees_the_names_that_it_publishes_page_by_page(gateway: Gateway) -> None:
    badge = badge_service_pb2.PublishedBadge(fqdn="example.com", published_at=CREATED_AT)
    gateway.scheduler.will_answer(
        badge_service_pb2.ListBadgesResponse(badges=[badge], next_cursor="cur_2"),
        badge_service_pb2.ListBadgesResponse(),
    )
    answer = await gateway.call("GET", "/v1/badges?limit=1")
    assert (answer.status, answer.body) == (
        200,
        {
            "data": [
                {
                    "fqdn": "example.com",
                    "published_at": "2026-04-21T10:00:00Z",
                    "path": "/v1/badge/example.com.svg",
                }
            ],
            "pagination": {"next_cursor": "cur_2", "has_more": True},
        },
    )
    last = await gateway.call("GET", "/v1/badges?cursor=cur_2")
    assert last.body == {"data": [], "pagination": {"next_cursor": None, "has_more": False}}
    asked = [call.request for call in gateway.scheduler.asked]
    assert [(one.page_size, one.cursor) for one in asked] == [(1, ""), (30, "cur_2")]
    assert (await gateway.call("GET", "/v1/badges?limit=0")).status == 400
    assert (await gateway.call("GET", "/v1/badges", headers=WITHOUT_KEY)).status == 401
