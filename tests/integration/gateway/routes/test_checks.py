from collections.abc import Sequence
from typing import Any

import pytest

from outscope.errors import InvalidRequest, RateLimited
from outscope.v1 import check_pb2, check_service_pb2, problem_pb2
from tests.integration.gateway.conftest import Gateway
from tests.integration.gateway.recorded import CHECK_ID, OTHER_ID, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")


def page(*checks: check_pb2.Check, cursor: str = "") -> check_service_pb2.ListChecksResponse:
    return check_service_pb2.ListChecksResponse(checks=checks, next_cursor=cursor)


async def test_a_page_has_the_documented_form(gateway: Gateway) -> None:
    ended = pending()
    ended.status = check_pb2.CHECK_STATUS_COMPLETED
    gateway.scheduler.will_answer(page(ended, cursor="cur_xyz789"))
    answer = await gateway.get("/v1/checks")
    assert answer.status == 200
    assert answer.body == {
        "data": [
            {
                "id": CHECK_ID,
                "fqdn": "example.com",
                "status": "completed",
                "created_at": "2026-04-21T10:00:00Z",
            }
        ],
        "pagination": {"next_cursor": "cur_xyz789", "has_more": True},
    }


async def test_the_last_page_has_no_cursor(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(page())
    answer = await gateway.get("/v1/checks")
    assert answer.body == {"data": [], "pagination": {"next_cursor": None, "has_more": False}}


async def test_thirty_checks_are_asked_for_unless_told_otherwise(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(page())
    await gateway.get("/v1/checks")
    assert gateway.scheduler.last.request == check_service_pb2.ListChecksRequest(page_size=30)


async def test_every_parameter_reaches_the_scheduler(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(page())
    answer = await gateway.get("/v1/checks?limit=100&cursor=cur_x&fqdn=EXAMPLE.com.&status=failed")
    assert answer.status == 200
    assert gateway.scheduler.last.request == check_service_pb2.ListChecksRequest(
        page_size=100, cursor="cur_x", fqdn="EXAMPLE.com.", status=check_pb2.CHECK_STATUS_FAILED
    )


@pytest.mark.parametrize(
    ("query", "field", "value", "told"),
    [
        ("limit=0", "limit", 0, "at least 1"),
        ("limit=101", "limit", 101, "at most 100"),
        ("limit=-1", "limit", -1, "at least 1"),
        ("limit=abc", "limit", "abc", "integer"),
        ("limit=", "limit", "", "integer"),
        ("limit=3.0", "limit", "3.0", "integer"),
        ("limit=%2030", "limit", " 30", "integer"),
        ("limit=" + "9" * 5000, "limit", "9" * 256 + "…", "integer"),
        ("limit=1&limit=2", "limit", None, "2 times"),
        ("status=done", "status", "done", "pending, completed, failed or cancelled"),
        ("status=", "status", "", "pending, completed, failed or cancelled"),
        ("cursor=", "cursor", "", "empty"),
        ("fqdn=", "fqdn", "", "empty"),
        ("fdqn=example.com", "fdqn", "example.com", '"fqdn"'),
        ("Limit=5", "Limit", "5", '"limit"'),
    ],
)
async def test_a_wrong_parameter_is_named(
    gateway: Gateway, query: str, field: str, value: object, told: str
) -> None:
    answer = await gateway.get(f"/v1/checks?{query}")
    assert answer.status == 400
    error = answer.body["error"]
    assert error["details"]["field"] == field
    assert error["details"]["value"] == value
    assert told in error["message"]
    assert gateway.scheduler.asked == []


async def test_a_tampered_cursor_is_refused_by_the_scheduler(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(InvalidRequest("Not ours", field="cursor", value="cur_evil"))
    answer = await gateway.get("/v1/checks?cursor=cur_evil")
    assert answer.status == 400
    assert answer.body["error"]["details"] == {"field": "cursor", "value": "cur_evil"}


def outcomes(
    *items: check_pb2.Check | problem_pb2.Problem, limit: int = 0
) -> check_service_pb2.BatchCreateChecksResponse:
    return check_service_pb2.BatchCreateChecksResponse(
        items=[
            check_service_pb2.BatchItem(check=item)
            if isinstance(item, check_pb2.Check)
            else check_service_pb2.BatchItem(problem=item)
            for item in items
        ],
        rate_limit=check_service_pb2.RateLimit(limit=limit, remaining=5, reset_s=60),
    )


BAD_NAME = problem_pb2.Problem(
    code="invalid_request", message="Invalid FQDN format", field="fqdn", value="nope"
)


async def test_the_documented_batch_gets_the_documented_answer(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        outcomes(pending("example1.com", CHECK_ID), pending("example2.com", OTHER_ID), limit=600)
    )
    checks = [
        {"fqdn": "example1.com", "ports": [443]},
        {"fqdn": "example2.com", "ports": [80, 443]},
    ]
    answer = await gateway.post("/v1/checks/batch", {"checks": checks})
    assert answer.status == 201
    assert answer.body == {
        "created": [
            {"id": CHECK_ID, "fqdn": "example1.com"},
            {"id": OTHER_ID, "fqdn": "example2.com"},
        ],
        "stats": {"total": 2, "created": 2, "failed": 0},
        "errors": [],
    }
    assert answer.headers["RateLimit-Remaining"] == "5"
    assert [list(spec.ports) for spec in gateway.scheduler.last.request.specs] == [[443], [80, 443]]


MIXED: list[Any] = [
    {"fqdn": "bad.test", "ports": ["80"]},
    {"fqdn": "a.test"},
    "not an object",
    {"fqdn": "nope"},
    {"fqdn": 7},
    {"fqdn": "c.test"},
    {"fqdn": "d.test", "port": 80},
]


async def test_each_item_stands_alone_and_in_its_place(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        outcomes(pending("a.test", CHECK_ID), BAD_NAME, pending("c.test", OTHER_ID))
    )
    answer = await gateway.post("/v1/checks/batch", {"checks": MIXED})
    assert answer.status == 201
    assert answer.body["created"] == [
        {"id": CHECK_ID, "fqdn": "a.test"},
        {"id": OTHER_ID, "fqdn": "c.test"},
    ]
    assert answer.body["stats"] == {"total": 7, "created": 2, "failed": 5}
    assert [(each["index"], each["fqdn"]) for each in answer.body["errors"]] == [
        (0, "bad.test"),
        (2, None),
        (3, "nope"),
        (4, None),
        (6, "d.test"),
    ]
    sent = [spec.fqdn for spec in gateway.scheduler.last.request.specs]
    assert sent == ["a.test", "nope", "c.test"]


async def test_each_refused_item_has_an_error_of_its_own(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(outcomes(pending(), BAD_NAME, pending()))
    answer = await gateway.post("/v1/checks/batch", {"checks": MIXED})
    errors = [each["error"] for each in answer.body["errors"]]
    assert {error["code"] for error in errors} == {"invalid_request"}
    fields = [error["details"].get("field") for error in errors]
    assert fields == ["ports[0]", None, "fqdn", "fqdn", "port"]
    assert errors[2] == {
        "code": "invalid_request",
        "message": "Invalid FQDN format",
        "details": {"field": "fqdn", "value": "nope"},
    }


@pytest.mark.parametrize(
    ("checks", "answers"),
    [
        ([{"fqdn": "nope"}, {"fqdn": "nope"}], [outcomes(BAD_NAME, BAD_NAME)]),
        ([{"fqdn": 1}, {}], []),
        ([{"fqdn": 1}], []),
    ],
)
async def test_a_batch_of_which_nothing_could_be_created_is_400(
    gateway: Gateway,
    checks: Sequence[object],
    answers: Sequence[check_service_pb2.BatchCreateChecksResponse],
) -> None:
    gateway.scheduler.will_answer(*answers)
    answer = await gateway.post("/v1/checks/batch", {"checks": checks})
    assert answer.status == 400
    assert answer.body["error"]["code"] == "invalid_request"
    assert answer.body["error"]["details"]["field"] == "checks"
    assert answer.body["error"]["request_id"] == answer.headers["x-request-id"]
    assert answer.body["created"] == []
    total = len(checks)
    assert answer.body["stats"] == {"total": total, "created": 0, "failed": total}
    assert [each["index"] for each in answer.body["errors"]] == list(range(total))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "checks"),
        ({"checks": []}, "checks"),
        ({"checks": "x"}, "checks"),
        ({"checks": {"fqdn": "a.test"}}, "checks"),
        ({"checks": [{"fqdn": "a.test"}] * 101}, "checks"),
        ({"check": [{"fqdn": "a.test"}]}, "check"),
        ({"checks": [{"fqdn": "a.test"}], "vantage_point": "eu-west-1"}, "vantage_point"),
    ],
)
async def test_a_wrong_envelope_is_refused_whole(
    gateway: Gateway, body: object, field: str
) -> None:
    answer = await gateway.post("/v1/checks/batch", body)
    assert answer.status == 400
    assert answer.body["error"]["details"]["field"] == field
    assert len(str(answer.body["error"]["details"].get("value"))) < 300
    assert gateway.scheduler.asked == []


async def test_a_hundred_items_are_allowed(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(outcomes(*[pending()] * 100))
    answer = await gateway.post("/v1/checks/batch", {"checks": [{"fqdn": "example.com"}] * 100})
    assert answer.status == 201
    assert answer.body["stats"]["created"] == 100


async def test_a_batch_over_the_limit_is_refused_whole(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        RateLimited("Too many", limit=10, remaining=3, reset_s=9, retry_after_s=9)
    )
    answer = await gateway.post("/v1/checks/batch", {"checks": [{"fqdn": "example.com"}] * 4})
    assert answer.status == 429
    assert "created" not in answer.body
    assert answer.headers["Retry-After"] == "9"
    assert answer.headers["RateLimit-Remaining"] == "3"


async def test_an_answer_that_lacks_items_is_a_defect_and_not_a_success(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(outcomes(pending()))
    answer = await gateway.post("/v1/checks/batch", {"checks": [{"fqdn": "example.com"}] * 2})
    assert answer.status == 500
    assert answer.body["error"]["code"] == "internal_error"
