"""One call, step by step: what is asked, when again, and what comes of it."""

import json

import pytest
from outscope_client.errors import (
    APIError,
    CallTimeoutError,
    ConnectionFailedError,
    InvalidRequestError,
    OverloadedError,
    QuotaExceededError,
    RateLimitedError,
    ServerError,
    UnavailableError,
    UnreadableAnswerError,
)
from outscope_client.exchange import Call, present, segment
from outscope_client.messages import Loss, Reply
from outscope_client.models import CreatedCheck

from tests.unit.client.stepping import Run, refusal, reply, run, settings

READ = Call("GET", "/v1/usage", dict)
CREATE = Call("POST", "/v1/check", CreatedCheck, body={"fqdn": "example.com"}, creates=True)
CHANGE = Call("POST", "/v1/check/chk_1/rejudge", dict, is_repeatable=False)
RESET = Loss(error=OSError("reset"), may_have_arrived=True)
REFUSED = Loss(error=OSError("refused"), may_have_arrived=False)


def run_of(error: BaseException) -> Run:
    found = error.run  # type: ignore[attr-defined]  # as run() has set it
    assert isinstance(found, Run)
    return found


def test_an_answer_is_read_as_what_the_call_says() -> None:
    seen = run(CREATE, iter([reply(201, {"id": "chk_1"})]), settings())
    assert isinstance(seen.result, CreatedCheck)
    assert json.loads(seen.requests[0].body or b"") == {"fqdn": "example.com"}
    assert seen.requests[0].headers["content-type"] == "application/json"


def test_every_attempt_of_a_create_has_the_same_key_and_every_create_its_own() -> None:
    told = settings()
    answers: list[Loss | Reply] = [RESET, refusal(503, "unavailable"), reply(201, {})]
    seen = run(CREATE, iter(answers), told)
    assert [one.headers["idempotency-key"] for one in seen.requests] == ["key-0"] * 3
    again = run(CREATE, iter([reply(201, {})]), told)
    assert again.requests[0].headers["idempotency-key"] == "key-1"


def test_a_read_has_no_key() -> None:
    seen = run(READ, iter([reply(200, {})]), settings())
    assert "idempotency-key" not in seen.requests[0].headers


def test_pauses_grow_between_attempts_and_end() -> None:
    with pytest.raises(ConnectionFailedError, match=r"https://api\.test: reset") as caught:
        run(READ, iter([RESET] * 5), settings())
    assert run_of(caught.value).pauses == [0.5, 1.0, 2.0, 4.0]
    assert isinstance(caught.value.__cause__, OSError)


def test_what_may_have_arrived_is_not_sent_again_unless_that_is_safe() -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        run(CHANGE, iter([RESET]), settings())
    assert run_of(caught.value).pauses == []
    assert run(CHANGE, iter([REFUSED, reply(200, {})]), settings()).pauses == [0.5]
    with pytest.raises(UnavailableError):
        run(CHANGE, iter([refusal(503, "unavailable")]), settings())


def test_overload_and_limits_mean_that_nothing_was_done() -> None:
    answers = [refusal(503, "overloaded"), refusal(429, "rate_limited"), reply(200, {})]
    assert len(run(CHANGE, iter(answers), settings()).requests) == 3


def test_nobody_comes_back_before_retry_after() -> None:
    answers = [refusal(429, "rate_limited", retry_after="7"), reply(200, {})]
    assert run(READ, iter(answers), settings()).pauses == [7.5]


def test_a_limit_that_lasts_longer_than_a_caller_waits_is_told_at_once() -> None:
    answers = [refusal(429, "quota_exceeded", {"remaining": 0}, retry_after="90000")]
    with pytest.raises(QuotaExceededError) as caught:
        run(READ, iter(answers), settings())
    assert caught.value.retry_after_s == 90000
    assert caught.value.details == {"remaining": 0}


def test_no_retries_are_made_where_none_are_wanted() -> None:
    with pytest.raises(RateLimitedError):
        run(READ, iter([refusal(429, "rate_limited", retry_after="0")]), settings(max_retries=0))


def test_what_the_caller_did_wrong_is_told_at_once_with_the_field() -> None:
    answers = [refusal(400, "invalid_request", {"field": "fqdn"})]
    with pytest.raises(InvalidRequestError) as caught:
        run(CREATE, iter(answers), settings())
    error = caught.value
    assert (error.status, error.error_code, error.request_id) == (400, "invalid_request", "req_1")
    assert error.details["field"] == "fqdn"


@pytest.mark.parametrize(("status", "expected"), [(502, ServerError), (403, APIError)])
def test_an_answer_from_a_proxy_is_an_error_with_its_status(
    status: int, expected: type[APIError]
) -> None:
    answer = reply(status)
    with pytest.raises(expected) as caught:
        run(READ, iter([answer] * 5), settings())
    assert caught.value.status == status


def test_a_success_that_is_no_json_is_not_believed() -> None:
    with pytest.raises(UnreadableAnswerError, match="is it the address"):
        run(READ, iter([reply(200, ["a list"])]), settings())


def test_a_timeout_is_told_from_other_losses() -> None:
    lost = Loss(error=TimeoutError(), may_have_arrived=True, is_timeout=True)
    with pytest.raises(CallTimeoutError, match="TimeoutError"):
        run(READ, iter([lost]), settings(max_retries=0))


def test_a_date_in_retry_after_is_read() -> None:
    date = "Tue, 21 Apr 2026 10:00:05 GMT"
    with pytest.raises(OverloadedError) as caught:
        run(READ, iter([refusal(503, "overloaded", retry_after=date)]), settings(max_retries=0))
    assert caught.value.retry_after_s == 5.0


def test_of_a_batch_without_a_check_the_error_says_what_each_item_lacked() -> None:
    item = {"index": 0, "fqdn": "a", "error": {"code": "invalid_request", "message": "No name"}}
    bodies: list[tuple[dict[str, object], list[object]]] = [
        ({"errors": [item, {"index": "0"}, 1]}, [item]),
        ({"errors": {}}, []),
        ({}, []),
    ]
    for body, told in bodies:
        content = json.dumps({"error": {"code": "invalid_request"}, **body}).encode()
        with pytest.raises(InvalidRequestError) as caught:
            run(READ, iter([Reply(400, {}, content)]), settings())
        assert caught.value.errors == told


def test_what_a_person_typed_stays_one_part_of_a_path() -> None:
    assert segment("../usage?x=1") == "..%2Fusage%3Fx%3D1"
    assert [segment(text) for text in ("", ".", "..")] == ["%00"] * 3
    assert present(a=1, b=None, c=False) == {"a": 1, "c": False}


@pytest.mark.parametrize("depth", [500, 100_000])
def test_an_answer_that_is_nested_too_deeply_is_no_answer(depth: int) -> None:
    deep = Reply(200, {}, b'{"a":' * depth + b"1" + b"}" * depth)
    with pytest.raises(UnreadableAnswerError):
        run(Call("GET", "/v1/usage", CreatedCheck), iter([deep]), settings())
