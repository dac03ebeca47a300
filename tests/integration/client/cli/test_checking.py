"""What becomes of jobs when the server misbehaves: every one has a result."""

import time

import pytest
from outscope_client import Client
from outscope_client.cli.checking import Job, jobs_for, joint_jobs_for, results_of
from outscope_client.cli.targets import Target
from outscope_client.events import Event

from tests.integration.client.misbehaving import RESET, SLOW_S, Act, Answer, misbehaving

TARGETS = [Target("a.example"), Target("b.example")]
CREATED = Answer(
    201,
    {
        "created": [{"id": "chk_1", "fqdn": "a.example"}],
        "stats": {},
        "errors": [{"index": 1, "error": {"code": "invalid_request", "message": "No name"}}],
    },
)
DONE = Answer(body={"id": "chk_1", "fqdn": "a.example", "status": "completed"})


def outcome(*acts: Act, live: bool = False, timeout_s: float = 30) -> tuple[list[int], list[str]]:
    """Run both jobs; their endings, and the names of the events that were told."""
    told: list[str] = []

    def note(_: Job, event: Event | None) -> None:
        told.append(event.name if event else "result")

    with misbehaving(*acts) as server, Client("svc_key", url=server.url, max_retries=0) as client:
        results = results_of(client, jobs_for(TARGETS, [], {}), timeout_s, note, live=live)
    assert [result.job.target for result in results] == TARGETS
    return [result.ending for result in results], told


def test_each_job_has_its_own_result_in_order() -> None:
    assert outcome(CREATED, DONE) == ([0, 3], ["result", "result"])


@pytest.mark.parametrize("act", [RESET, Answer(500, {}), Answer(200, "page")])
def test_when_nothing_can_be_created_that_is_the_result_of_each(act: Act) -> None:
    assert outcome(act)[0] == [2, 2]


def test_a_check_whose_end_is_not_to_be_had_is_undecided() -> None:
    assert outcome(CREATED, RESET)[0] == [2, 3]


def test_without_its_events_a_check_still_has_its_end() -> None:
    endings, told = outcome(CREATED, RESET, DONE, live=True)
    assert (endings, told) == ([0, 3], ["result", "result"])


def test_events_that_do_not_come_take_no_more_than_the_time_there_is() -> None:
    pending = Answer(body={"id": "chk_1", "fqdn": "a.example", "status": "pending"})
    begun_s = time.monotonic()
    endings, _ = outcome(CREATED, Answer(delay_s=SLOW_S), pending, live=True, timeout_s=0.5)
    assert endings == [2, 3]
    assert time.monotonic() - begun_s < SLOW_S


def test_events_are_told_as_they_come() -> None:
    stream = 'event: dns\ndata: {}\n\nevent: completed\ndata: {"status": "completed"}\n\n'
    events = Answer(200, stream, content_type="text/event-stream")
    endings, told = outcome(CREATED, events, DONE, live=True)
    assert endings == [0, 3]
    assert [one for one in told if one != "result"] == ["dns", "completed"]


def test_a_job_is_made_for_each_name_and_each_place() -> None:
    jobs = jobs_for(TARGETS, ["x", "y"], {"ports": (443,)})
    assert [job.as_request()["vantage_point"] for job in jobs] == ["x", "y", "x", "y"]
    assert jobs[0].as_request() == {"fqdn": "a.example", "vantage_point": "x", "ports": (443,)}
    assert "vantage_point" not in jobs_for(TARGETS, [], {})[0].as_request()


@pytest.mark.parametrize(
    ("places", "asked"),
    [
        ([], {}),
        (["x"], {"vantage_point": "x"}),
        (["x", "y", "x"], {"vantage_points": ["x", "y"]}),
        (["continent:eu"], {"vantage_points": ["continent:eu"]}),
        (["all"], {"vantage_points": "all"}),
    ],
)
def test_a_joint_job_is_one_for_each_name(places: list[str], asked: dict[str, object]) -> None:
    jobs = joint_jobs_for(TARGETS, places, {"quorum": "any"})
    assert [job.target for job in jobs] == TARGETS
    assert jobs[0].as_request() == {"fqdn": "a.example", "quorum": "any", **asked}


def test_a_name_that_the_answer_leaves_out_is_undecided() -> None:
    none = Answer(201, {"created": [], "stats": {}, "errors": []})
    assert outcome(none) == ([2, 2], ["result", "result"])


@pytest.mark.parametrize("index", [-1, 7, "x", None, []])
def test_an_error_of_a_name_that_was_not_sent_is_that_of_none(index: object) -> None:
    error = {"index": index, "error": {"code": "invalid_request", "message": "No"}}
    both = [{"id": "chk_1", "fqdn": target.fqdn} for target in TARGETS]
    answer = Answer(201, {"created": both, "stats": {}, "errors": [error]})
    assert outcome(answer, DONE, DONE)[0] == [0, 0]
