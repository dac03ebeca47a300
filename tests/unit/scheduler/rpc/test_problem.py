import json

from outscope.errors import Conflict, InvalidRequest
from services.scheduler.rpc.problem import problem_message


def test_a_problem_is_the_refusal_it_would_have_been_alone() -> None:
    refusal = InvalidRequest("There is no such port", field="ports[2]", value=0, nearest=1)
    problem = problem_message(refusal)
    assert (problem.code, problem.message) == ("invalid_request", "There is no such port")
    assert (problem.field, problem.value) == ("ports[2]", "0")
    told = {name: json.loads(text) for name, text in problem.metadata.items()}
    assert told == {"field": "ports[2]", "value": 0, "nearest": 1}


def test_a_problem_of_no_field_has_none() -> None:
    problem = problem_message(Conflict("Not now"))
    assert (problem.code, problem.field, problem.value) == ("conflict", "", "")


def test_what_was_sent_is_bounded() -> None:
    assert len(problem_message(InvalidRequest("", field="x", value="y" * 100_000)).value) < 1000
