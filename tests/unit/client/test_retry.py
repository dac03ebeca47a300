"""When a call is made again, and after how long."""

import pytest
from outscope_client.messages import Loss
from outscope_client.retry import pause_s_after, retry_after_s

from tests.unit.client.stepping import refusal, reply, settings

LOST = Loss(error=OSError(), may_have_arrived=True)


def test_a_pause_is_drawn_from_nothing_up_to_a_bound_that_doubles_and_ends() -> None:
    many = settings(max_retries=20)
    pauses = [pause_s_after(LOST, attempt, many, is_repeatable=True) for attempt in range(1, 9)]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0]
    never = settings(chance=lambda: 0.0)
    assert pause_s_after(LOST, 1, never, is_repeatable=True) == 0.0


@pytest.mark.parametrize("status", [200, 201, 304, 400, 401, 404, 409, 413, 500, 501])
def test_an_answer_that_would_be_the_same_again_is_taken(status: int) -> None:
    assert pause_s_after(reply(status), 1, settings(), is_repeatable=True) is None


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_an_answer_that_may_pass_is_asked_for_again(status: int) -> None:
    assert pause_s_after(reply(status), 1, settings(), is_repeatable=True) == 0.5


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(429), 0.5),
        (refusal(503, "overloaded"), 0.5),
        (refusal(503, "unavailable"), None),
        (reply(503, ["no object"]), None),
        (reply(504), None),
    ],
)
def test_what_must_not_be_done_twice_is_repeated_only_when_nothing_was_done(
    answer: object, expected: float | None
) -> None:
    assert pause_s_after(answer, 1, settings(), is_repeatable=False) == expected  # type: ignore[arg-type]  # parametrized


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Thu, 01 Jan 1970 00:00:30 GMT", 20.0),
        ("Thu, 01 Jan 1970 00:00:05 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, expected: float | None) -> None:
    assert retry_after_s({"retry-after": value}, 10.0) == expected
