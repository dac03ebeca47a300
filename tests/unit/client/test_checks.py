"""What each operation on checks asks for, and the two that take more than one call."""

import json
from collections.abc import Iterator

import pytest
from outscope_client import checks
from outscope_client.errors import ConflictError, WaitTimeoutError
from outscope_client.messages import Reply
from outscope_client.models import Check

from services.gateway.schemas.batch import BatchRequest
from services.gateway.schemas.check import CheckRequest
from services.gateway.schemas.request import validated
from tests.unit.client.stepping import Clock, refusal, reply, run, settings

PENDING = {"id": "chk_1", "fqdn": "example.com", "status": "pending"}
COMPLETED = {**PENDING, "status": "completed"}


def body_of(plan: object) -> dict[str, object]:
    seen = run(plan, iter([reply(201, {})]), settings())  # type: ignore[arg-type]  # any plan
    told: dict[str, object] = json.loads(seen.requests[0].body or b"")
    return told


def test_a_create_sends_what_was_given_and_nothing_else() -> None:
    assert body_of(checks.create("example.com")) == {"fqdn": "example.com"}
    asked = body_of(
        checks.create(
            "example.com",
            ports=(443,),
            paths=("/",),
            vantage_point="eu-west-1",
            include_content_sample=False,
            content_retention_days=7,
            max_redirects=3,
        )
    )
    assert validated(CheckRequest, asked).max_redirects == 3
    assert asked["include_content_sample"] is False


def test_a_create_from_several_vantage_points_is_what_the_server_takes() -> None:
    asked = body_of(
        checks.create("example.com", vantage_points=["eu-west-1", "continent:na"], quorum="any")
    )
    assert validated(CheckRequest, asked).vantage_points == ["eu-west-1", "continent:na"]
    assert asked["quorum"] == "any"
    assert "vantage_point" not in asked
    assert body_of(checks.create("a.example", vantage_points="all"))["vantage_points"] == "all"


def test_a_batch_takes_names_and_whole_requests() -> None:
    asked = body_of(checks.create_batch(["a.example", {"fqdn": "b.example", "ports": [80]}]))
    assert len(validated(BatchRequest, asked).checks) == 2
    assert asked["checks"] == [{"fqdn": "a.example"}, {"fqdn": "b.example", "ports": [80]}]


def test_a_key_of_the_callers_own_is_sent() -> None:
    plan = checks.create("example.com", idempotency_key="mine")
    seen = run(plan, iter([reply(201, {})]), settings())
    assert seen.requests[0].headers["idempotency-key"] == "mine"


def test_a_list_asks_only_for_what_was_given() -> None:
    assert checks.list_page().query == {}
    asked = checks.list_page(limit=30, cursor="cur_1", fqdn="a.example", status="failed").query
    assert asked == {"limit": "30", "cursor": "cur_1", "fqdn": "a.example", "status": "failed"}


def test_judging_again_is_not_repeated_when_it_may_have_happened() -> None:
    assert not checks.rejudge("chk_1").is_repeatable
    assert checks.explain("chk_1").is_repeatable


def test_a_wait_goes_on_until_the_end() -> None:
    answers = iter([reply(200, PENDING), reply(200, COMPLETED)])
    seen = run(checks.wait("chk_1"), answers, settings(monotonic=Clock()))
    assert isinstance(seen.result, Check)
    assert seen.result.status == "completed"
    assert [one.query for one in seen.requests] == [{"wait": "25"}] * 2
    # The request itself is given the time that the server waits.
    assert seen.requests[0].timeout_s == 30 + 25


def test_a_wait_ends_with_its_time_and_says_what_to_do() -> None:
    clock = Clock()

    def answers() -> Iterator[Reply]:
        while True:
            clock.now_s += 25
            yield reply(200, PENDING)

    told = settings(monotonic=clock)
    with pytest.raises(WaitTimeoutError, match=r"still pending after 30 s.* wait for chk_1") as it:
        run(checks.wait("chk_1", timeout=30), answers(), told)
    assert it.value.check_id == "chk_1"
    assert [one.query["wait"] for one in it.value.run.requests] == ["25", "5"]  # type: ignore[attr-defined]  # as run() has set it


def test_a_server_that_answers_too_early_is_not_asked_without_end() -> None:
    clock = Clock()
    answers = iter([reply(200, PENDING), reply(200, PENDING), reply(200, COMPLETED)])
    seen = run(checks.wait("chk_1"), answers, settings(monotonic=clock), clock)
    assert seen.pauses == [1.0, 1.0]


def test_a_check_that_is_cancelled_already_stays_so() -> None:
    ended = refusal(409, "conflict", {"status": "cancelled"})
    cancelled = {**PENDING, "status": "cancelled"}
    seen = run(checks.cancel("chk_1"), iter([ended, reply(200, cancelled)]), settings())
    assert seen.result.status == "cancelled"
    assert [one.method for one in seen.requests] == ["DELETE", "GET"]


def test_a_check_that_has_completed_cannot_be_cancelled() -> None:
    ended = refusal(409, "conflict", {"status": "completed"})
    with pytest.raises(ConflictError):
        run(checks.cancel("chk_1"), iter([ended]), settings())


def test_an_id_that_is_a_path_leads_nowhere_else() -> None:
    assert checks.get("../usage").path == "/v1/check/..%2Fusage"
    assert checks.follow("a/b").request(settings()).path == "/v1/check/a%2Fb/events"


def test_the_latest_check_is_of_any_place_unless_one_is_named() -> None:
    assert checks.latest("a.example").query == {"fqdn": "a.example"}
    asked = checks.latest("a.example", vantage_point="eu-west-1").query
    assert asked == {"fqdn": "a.example", "vantage_point": "eu-west-1"}
