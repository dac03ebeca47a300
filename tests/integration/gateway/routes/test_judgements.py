import pytest

from outscope.errors import Conflict, RateLimited, Unavailable
from outscope.v1 import check_pb2, judgement_service_pb2, verdict_pb2
from tests.integration.gateway.conftest import API_KEY, Gateway
from tests.integration.gateway.recorded import CHECK_ID, pending

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEFORE = verdict_pb2.Analysis(kind="none", rules_version="1")
AFTER = verdict_pb2.Analysis(kind="api", analyzable=True, rules_version="2")
DIFFERENCE = judgement_service_pb2.Difference(before=BEFORE, after=AFTER, changed=["kind"])


def judged() -> check_pb2.Check:
    check = pending()
    check.status = check_pb2.CHECK_STATUS_COMPLETED
    check.result.analysis.CopyFrom(AFTER)
    check.rejudged_at.FromSeconds(1_776_765_700)
    return check


async def test_a_check_is_judged_anew_by_a_post_without_a_body(gateway: Gateway) -> None:
    gateway.scheduler.will_answer(
        judgement_service_pb2.RejudgeCheckResponse(check=judged(), difference=DIFFERENCE)
    )
    answer = await gateway.call("POST", f"/v1/check/{CHECK_ID}/rejudge")
    assert answer.status == 200
    assert set(answer.body) == {"check", "difference"}
    assert answer.body["check"]["rejudged_at"] == "2026-04-21T10:01:40Z"
    assert answer.body["check"]["analysis"]["kind"] == "api"
    assert answer.body["difference"]["before"]["kind"] == "none"
    assert answer.body["difference"]["changed"] == ["kind"]
    assert gateway.scheduler.last.request.id == CHECK_ID


async def test_a_page_is_judged_anew_and_tells_where_the_next_begins(gateway: Gateway) -> None:
    page = judgement_service_pb2.RejudgeChecksResponse(next_cursor="cur_next")
    page.items.add(id=CHECK_ID, fqdn="example.com", difference=DIFFERENCE)
    gateway.scheduler.will_answer(page)
    answer = await gateway.post("/v1/checks/rejudge", {"fqdn": "Example.com", "limit": 1})
    assert answer.status == 200
    assert answer.body["data"][0]["difference"]["changed"] == ["kind"]
    assert answer.body["pagination"] == {"next_cursor": "cur_next", "has_more": True}
    asked = gateway.scheduler.last.request
    assert (asked.fqdn, asked.page_size, asked.cursor) == ("Example.com", 1, "")


async def test_an_explanation_names_its_check(gateway: Gateway) -> None:
    explained = judgement_service_pb2.ExplainCheckResponse(analysis=AFTER, is_current=True)
    explained.rules.add(
        rule="generic.captcha", role=verdict_pb2.RULE_ROLE_GATED, where="paths[0]", message="So."
    )
    gateway.scheduler.will_answer(explained)
    answer = await gateway.get(f"/v1/check/{CHECK_ID}/explain")
    assert answer.status == 200
    assert answer.body["id"] == CHECK_ID
    assert [(rule["rule"], rule["role"]) for rule in answer.body["rules"]] == [
        ("generic.captcha", "gated")
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/check/{}/rejudge"), ("GET", "/v1/check/{}/explain")],
)
async def test_what_cannot_be_judged_says_why(gateway: Gateway, method: str, path: str) -> None:
    gateway.scheduler.will_answer(Conflict("It is kept for 7 days"), Unavailable("No prober"))
    gone = await gateway.call(method, path.format(CHECK_ID))
    assert (gone.status, gone.body["error"]["code"]) == (409, "conflict")
    assert gone.body["error"]["message"] == "It is kept for 7 days"
    away = await gateway.call(method, path.format(CHECK_ID))
    assert (away.status, away.headers["Retry-After"]) == (503, "1")
    unnamed = await gateway.call(method, path.format("chk_x"))
    assert unnamed.status == 404
    assert unnamed.body["error"]["details"] == {"field": "id", "value": "chk_x"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/v1/check/{CHECK_ID}/rejudge"),
        ("GET", f"/v1/check/{CHECK_ID}/explain"),
        ("POST", "/v1/checks/rejudge"),
    ],
)
async def test_over_the_allowance_it_is_told_when_to_come_back(
    gateway: Gateway, method: str, path: str
) -> None:
    gateway.scheduler.will_answer(
        RateLimited("5 a minute", limit=5, remaining=0, reset_s=41, retry_after_s=41)
    )
    answer = await gateway.call(method, path)
    assert (answer.status, answer.body["error"]["code"]) == (429, "rate_limited")
    assert answer.headers["Retry-After"] == "41"
    assert answer.headers["RateLimit-Limit"] == "5"


ROUTE = f"POST /v1/checks/rejudge HTTP/1.1\r\nHost: x\r\nx-api-key: {API_KEY}\r\n".encode()
ABSENT = {
    "nothing": b"\r\n",
    "no bytes": b"Content-Length: 0\r\n\r\n",
    "no bytes of a type": b"Content-Type: application/json\r\nContent-Length: 0\r\n\r\n",
    "no bytes of a form": (
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("name", ABSENT)
async def test_without_a_body_all_checks_are_meant(gateway: Gateway, name: str) -> None:
    gateway.scheduler.will_answer(judgement_service_pb2.RejudgeChecksResponse())
    answer = await gateway.raw(ROUTE + b"Connection: close\r\n" + ABSENT[name])
    assert answer.startswith(b"HTTP/1.1 200 ")
    asked = gateway.scheduler.last.request
    assert (asked.fqdn, asked.page_size, asked.cursor) == ("", 30, "")


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        (b"Content-Length: 2\r\n\r\n{}", b"415"),
        (b"Content-Type: application/json\r\nContent-Length: 1\r\n\r\n ", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"415"),
    ],
)
async def test_a_body_that_is_there_is_json(gateway: Gateway, rest: bytes, status: bytes) -> None:
    answer = await gateway.raw(ROUTE + b"Connection: close\r\n" + rest)
    assert answer.startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"name": "x"}, "name"), ([], None)],
)
async def test_a_page_that_cannot_be_asked_for_is_refused(
    gateway: Gateway, body: object, field: str | None
) -> None:
    answer = await gateway.post("/v1/checks/rejudge", body)
    assert answer.status == 400
    assert answer.body["error"]["details"].get("field") == field
