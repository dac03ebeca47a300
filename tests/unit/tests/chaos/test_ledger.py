from typing import Any

import pytest

from tests.chaos.hooks import Hook
from tests.chaos.ledger import Outcome, broken_promises, failures, misjudged


def healthy(check_id: str = "chk_1") -> dict[str, Any]:
    return {
        "id": check_id,
        "status": "completed",
        "analysis": {"reachable": True, "analyzability": "analyzable"},
        "ports": [
            {"port": 80, "tcp_open": True, "tls": None},
            {"port": 443, "tcp_open": True, "tls": {"valid": True}},
        ],
        "paths": [{"path": "/", "status_code": 200}],
        "failure": None,
    }


def failed(owner: str) -> dict[str, Any]:
    failure = {"reason": "attempts_exhausted", "owner": owner}
    return {**healthy(), "status": "failed", "failure": failure}


def hook(**told: dict[str, set[str]]) -> Hook:
    return Hook(told=dict(told), last={check_id: healthy(check_id) for check_id in told})


BOTH = "chk_1 ['check.completed', 'check.failed']"
COMPLETED = {"check.completed": {"evt_1"}}


def test_kept_promises_are_no_line() -> None:
    outcome = Outcome(statuses=[("chk_1", "completed")])
    assert broken_promises(["chk_1"], outcome, [hook(chk_1=COMPLETED)]) == []


@pytest.mark.parametrize(
    ("accepted", "statuses", "told", "line"),
    [
        (["chk_1"], [], {}, "accepted and lost: 1: chk_1"),
        (["chk_1"], [("chk_1", "completed")] * 2, {"chk_1": COMPLETED}, "listed twice: 1: chk_1"),
        ([], [("chk_1", "completed")], {}, "never asked for: 1: chk_1"),
        (["chk_1"], [("chk_1", "pending")], {}, "never ended: 1: chk_1"),
        (["chk_1"], [("chk_1", "completed")], {}, "webhook 0: not told: 1: chk_1"),
        (
            ["chk_1"],
            [("chk_1", "completed")],
            {"chk_1": {"check.completed": {"evt_1", "evt_2"}}},
            "webhook 0: told under two ids: 1: chk_1",
        ),
        (
            ["chk_1"],
            [("chk_1", "completed")],
            {"chk_1": {**COMPLETED, "check.failed": {"evt_2"}}},
            f"webhook 0: told of another end: 1: {BOTH} but completed",
        ),
    ],
)
def test_each_broken_promise_is_one_line(
    accepted: list[str], statuses: list[tuple[str, str]], told: dict[str, Any], line: str
) -> None:
    assert broken_promises(accepted, Outcome(statuses=statuses), [hook(**told)]) == [line]


def test_a_forged_request_and_a_wrong_verdict_are_lines() -> None:
    receiving = hook(chk_1=COMPLETED)
    receiving.forged = 2
    receiving.last["chk_1"]["ports"][0]["tcp_open"] = False
    outcome = Outcome(statuses=[("chk_1", "completed")])
    assert broken_promises(["chk_1"], outcome, [receiving]) == [
        "webhook 0: a healthy target misjudged: 1: chk_1 port 80 not open",
        "webhook 0: 2 requests with a bad signature",
    ]


def test_many_are_counted_and_a_few_are_named() -> None:
    many = [f"chk_{number}" for number in range(9)]
    outcome = Outcome(statuses=[])
    [line, *_] = broken_promises(many, outcome, [])
    assert line == "accepted and lost: 9: chk_0, chk_1, chk_2, chk_3, chk_4 and 4 more"


@pytest.mark.parametrize(
    ("part", "value", "why"),
    [
        ("analysis", {"reachable": False, "analyzability": "unknown"}, "not reachable"),
        ("analysis", {"reachable": True, "analyzability": "unknown"}, "unknown"),
        ("ports", [{"port": 443, "tcp_open": False}], "port 443 not open"),
        (
            "ports",
            [{"port": 443, "tcp_open": True, "tls": {"valid": False}}],
            "certificate of port 443 not valid",
        ),
        (
            "paths",
            [{"path": "/", "status_code": None, "outcome": "http_timeout"}],
            "/ answered None (http_timeout)",
        ),
    ],
)
def test_a_healthy_target_is_judged_as_it_is(part: str, value: object, why: str) -> None:
    assert misjudged(healthy()) == ""
    assert misjudged({**healthy(), part: value}) == why


def test_a_failure_that_is_ours_is_no_verdict() -> None:
    assert misjudged(failed("ours")) == ""
    assert misjudged(failed("target")) == "attempts_exhausted blamed on the target"
    told = Hook(last={"chk_1": failed("ours")})
    assert failures(["chk_1", "chk_2"], [told]) == {"attempts_exhausted (ours)": 1}


def test_an_endpoint_is_to_be_told_of_the_checks_it_wants_and_of_no_other() -> None:
    names = {"chk_1": "1.watched.town.test", "chk_2": "2.town.test"}
    outcome = Outcome(statuses=[(each, "completed") for each in names], names=names)
    picky = hook(chk_1=COMPLETED)
    picky.only = ".watched.town.test"
    assert broken_promises(list(names), outcome, [picky]) == []
    picky.told = {"chk_2": COMPLETED}
    assert broken_promises(list(names), outcome, [picky]) == [
        "webhook 0: not told: 1: chk_1",
        "webhook 0: told of what it does not want: 1: chk_2",
    ]


def test_what_was_refused_is_not_told_and_comes_again_under_the_same_id() -> None:
    outcome = Outcome(statuses=[("chk_1", "completed")])
    refusing = hook()
    refusing.refused = {"chk_1": COMPLETED}
    assert broken_promises(["chk_1"], outcome, [refusing]) == ["webhook 0: not told: 1: chk_1"]
    refusing.told = {"chk_1": COMPLETED}
    assert broken_promises(["chk_1"], outcome, [refusing]) == []
    refusing.refused = {"chk_1": {"check.completed": {"evt_2"}}}
    assert broken_promises(["chk_1"], outcome, [refusing]) == [
        "webhook 0: told under two ids: 1: chk_1"
    ]


CANCELLED = {"check.cancelled": {"evt_1"}}


def test_a_check_that_was_cancelled_is_so_at_the_end_and_told_as_such() -> None:
    outcome = Outcome(statuses=[("chk_1", "cancelled")], cancelled={"chk_1": "cancelled"})
    assert broken_promises(["chk_1"], outcome, [hook(chk_1=CANCELLED)]) == []
    untold = broken_promises(["chk_1"], outcome, [hook()])
    assert untold == ["webhook 0: not told: 1: chk_1"]
    twice = {"check.cancelled": {"evt_1", "evt_2"}}
    assert broken_promises(["chk_1"], outcome, [hook(chk_1=twice)]) == [
        "webhook 0: told under two ids: 1: chk_1"
    ]


@pytest.mark.parametrize(
    ("status", "cancelled", "line"),
    [
        ("cancelled", {}, "cancelled by nobody: 1: chk_1"),
        (
            "completed",
            {"chk_1": "cancelled"},
            "told of another end when cancelled: 1: chk_1 cancelled but completed",
        ),
        (
            "cancelled",
            {"chk_1": "completed"},
            "told of another end when cancelled: 1: chk_1 completed but cancelled",
        ),
    ],
)
def test_a_cancellation_ends_as_it_was_answered(
    status: str, cancelled: dict[str, str], line: str
) -> None:
    outcome = Outcome(statuses=[("chk_1", status)], cancelled=cancelled)
    told = {f"check.{status}": {"evt_1"}}
    assert broken_promises(["chk_1"], outcome, [hook(chk_1=told)]) == [line]


def test_a_cancelled_check_has_no_verdict() -> None:
    assert misjudged({"status": "cancelled", "analysis": None}) == ""
    assert misjudged({"status": "cancelled", "analysis": {"reachable": True}}) != ""
